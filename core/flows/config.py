"""The global config (全局配置): one Django form a flow type, used by wizard, API and ``apply`` alike."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import ConfigurationError


class ListField(forms.CharField):
    """A list of texts: a YAML/JSON list, or one text with commas or line breaks. Python value: list[str]."""

    def __init__(self, *, initial: Any = (), **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(initial=list(initial), **options)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        if value in (None, ""):
            return []
        if isinstance(value, str):
            value = value.replace("，", ",").replace("\n", ",").split(",")
        return [str(item).strip() for item in value if str(item).strip()]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def run_validators(self, value: Any) -> None:
        for item in value:
            super().run_validators(item)

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")


class MapField(forms.CharField):
    """A small table of names: a mapping, or lines ``name = value``. Python value: dict[str, str].

    ``nested`` lets values be mappings themselves ("name.inner = value" in lines).
    """

    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, *, initial: Any = None, nested: bool = False, **options: Any) -> None:
        self.nested = nested
        options.setdefault("required", False)
        super().__init__(initial=dict(initial or {}), **options)

    def to_python(self, value: Any) -> dict[str, Any]:  # type: ignore[override]
        if value in (None, ""):
            return {}
        if isinstance(value, str):
            value = self._from_lines(value)
        if not isinstance(value, dict):
            raise forms.ValidationError(_("Write one “name = value” a line."), code="invalid")
        return {str(k): v if self.nested and isinstance(v, dict) else _text(v) for k, v in value.items()}

    def _from_lines(self, text: str) -> dict[str, Any]:
        if text.lstrip().startswith("{"):
            try:
                return dict(json.loads(text))
            except ValueError:
                raise forms.ValidationError(_("Write one “name = value” a line."), code="invalid") from None
        table: dict[str, Any] = {}
        for line in text.splitlines():
            if not line.strip():
                continue
            name, equals, value = line.partition(" = " if " = " in line else "=")  # a name may hold one: a=b = value
            if not equals or not name.strip():
                raise forms.ValidationError(
                    _("“%(line)s” is not “name = value”."), params={"line": line}, code="invalid"
                )
            outer, dot, inner = name.strip().partition(".")
            if self.nested and dot:
                table.setdefault(outer, {})[inner] = value.strip()
            else:
                table[name.strip()] = value.strip()
        return table

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        lines = []
        for name, inner in value.items():
            pairs = inner.items() if isinstance(inner, dict) else [("", inner)]
            lines += [f"{name}.{key} = {text}" if key else f"{name} = {text}" for key, text in pairs]
        return "\n".join(lines)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def run_validators(self, value: Any) -> None:
        """The values are free texts."""


def _text(value: Any) -> str:
    return "" if value is None else str(value)


class ConfigForm(forms.Form):
    """Base of every flow type's ``Config``. ``initial`` of a field is its default.

    ``discover``: {field: (slot, kind)} names connector discoveries a field can be picked from.
    """

    discover: ClassVar[dict[str, tuple[str, str]]] = {}

    @classmethod
    def connection_names(cls, config: dict[str, Any]) -> set[str]:
        """Names of further connections that this (cleaned) config uses; override where a field names some."""
        return set()

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """{name: default} of every field."""
        return {name: _plain(f.initial) for name, f in cls.base_fields.items()}

    @classmethod
    def clean_values(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Defaults filled in and validated; unknown names are refused. Raises ConfigurationError by field."""
        unknown = sorted(set(values) - set(cls.base_fields))
        if unknown:
            known = ", ".join(cls.base_fields) or "-"
            raise ConfigurationError(fields=dict.fromkeys(unknown, f"unknown setting; known: {known}"))
        form = cls({**cls.defaults(), **{k: v for k, v in values.items() if v is not None}})
        if not form.is_valid():
            raise ConfigurationError(fields={n: " ".join(map(str, errors)) for n, errors in form.errors.items()})
        return dict(form.cleaned_data)


def _plain(value: Any) -> Any:
    return value() if callable(value) else value


class SyncConfig(ConfigForm):
    """What every push flow has beside its own settings."""

    since = forms.DateField(
        label=_("Only documents since"),
        required=False,
        help_text=_("Documents created before this day are not sent. Empty: all."),
    )
    parallel = forms.IntegerField(
        label=_("Documents at the same time"),
        initial=8,
        min_value=1,
        max_value=64,
        help_text=_("Limited by the connections' own setting."),
    )
