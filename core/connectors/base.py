"""The base of connectors: how to talk to one kind of system, and what a person can try out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.connectors.http import HttpClient
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from core.flows.base import UserField


class SecretField(forms.CharField):
    """A form field whose value is encrypted at rest and never rendered, logged or compared in the audit log."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}))
        options.setdefault("strip", True)
        super().__init__(**options)


@dataclass(frozen=True)
class Check:
    """Outcome of a connection test, in words. ``facts``: what a person wants to see (user, company, version)."""

    ok: bool
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """An action (执行动作) of a connector that a person can try with typed inputs."""

    name: str
    label: str | Promise
    form: type[forms.Form]
    run: Callable[..., Any]
    writes: bool


def action(label: str | Promise, form: type[forms.Form] | None = None, *, writes: bool = False) -> Callable:
    """Decorate a connector method ``(self, client, **inputs) -> JSON`` as an action; ``form`` types its inputs."""

    def decorate(method: Callable) -> Callable:
        method.action = (label, form or forms.Form, writes)  # type: ignore[attr-defined]
        return method

    return decorate


@dataclass(frozen=True)
class FieldInfo:
    """A field that discovery found. ``each``: the collection it stands in; ``type``: text, number, date, table ..."""

    name: str
    label: str = ""
    type: str = "text"
    required: bool = False
    each: str = ""
    options: tuple[str, ...] = ()


class Connector:
    """One kind of system.

    ``Settings``: Django form of the settings and secrets (SecretField); ``client_class``: HttpClient subclass.
    ``has_company``: belongs to one ERP company. ``account_settings``: settings that say whose numbers an answer
    holds (two corps of one vendor count alike); without any, the address says it.
    """

    key: ClassVar[str] = ""
    label: ClassVar[str | Promise] = ""
    default_base_url: ClassVar[str] = ""
    has_company: ClassVar[bool] = False
    account_settings: ClassVar[tuple[str, ...]] = ()
    client_class: ClassVar[type[HttpClient]]
    Settings: ClassVar[type[forms.Form]] = forms.Form

    def __init__(self, target: Target, recorder: Recorder | None = None, slot: str = "") -> None:
        self.target = target
        self.client = self.client_class(target, recorder, slot)

    def check(self) -> Check:
        """Talk to the system and say whether the connection works, in words. Raises what the client raises."""
        raise NotImplementedError(f"{type(self).__name__}.check: write how to test a connection")

    def discover(self, kind: str, **options: Any) -> list[FieldInfo]:
        """Fields of an object, form or template over there (``kind`` and options are the connector's own)."""
        return []

    def missing_fields(self, fields: Sequence[UserField]) -> list[str]:
        """User fields that flows need and the system lacks, in words. Override where a system has user fields."""
        return []

    def create_fields(self, fields: Sequence[UserField]) -> list[str]:
        """Make those that are missing; their names. Raises DocumentRejected with the system's words."""
        return []

    @classmethod
    def same_account(cls, one: Target, other: Target) -> bool:
        """Do both connections lead to the same corp? What one of them leaves out tells no difference."""
        if one.id is not None and one.id == other.id:
            return True
        if not cls.account_settings:
            return one.base_url == other.base_url
        pairs = [(one.settings.get(name), other.settings.get(name)) for name in cls.account_settings]
        return all(a == b for a, b in pairs if a and b)

    @classmethod
    def secret_names(cls) -> set[str]:
        """Names of the secrets among the settings' fields."""
        return {name for name, f in cls.Settings.base_fields.items() if isinstance(f, SecretField)}

    @classmethod
    def clean(cls, settings: dict[str, Any], secrets: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Validated (settings, secrets) with defaults; ConfigurationError names each wrong field."""
        given = {**settings, **secrets}
        unknown = sorted(set(given) - set(cls.Settings.base_fields))
        if unknown:
            known = ", ".join(cls.Settings.base_fields)
            raise ConfigurationError(fields=dict.fromkeys(unknown, f"unknown setting of {cls.key}; known: {known}"))
        initial = {name: f.initial for name, f in cls.Settings.base_fields.items() if f.initial is not None}
        form = cls.Settings({**initial, **{k: v for k, v in given.items() if v is not None}})
        if not form.is_valid():
            raise ConfigurationError(fields={n: " ".join(map(str, errors)) for n, errors in form.errors.items()})
        hidden = cls.secret_names()
        plain = {name: value for name, value in form.cleaned_data.items() if name not in hidden}
        return plain, {name: str(form.cleaned_data.get(name) or "") for name in hidden}

    @classmethod
    def actions(cls) -> dict[str, Action]:
        """The actions by method name."""
        found = {}
        for name, method in inspect.getmembers(cls, inspect.isfunction):
            if hasattr(method, "action"):
                label, form, writes = method.action
                found[name] = Action(name, label, form, method, writes)
        return found


class RawRequest(forms.Form):
    """Inputs of the action every HTTP connector has."""

    path = forms.CharField(label=_("Path"))
