"""The connection form, generated from the connector's Settings: secrets are write-only (empty = keep)."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _

from core import registry
from core.admin.forms import ScopedForm, themed
from core.connectors.base import Connector
from core.errors import B1FlowError, ConfigurationError
from core.models import Connection
from core.security import addresses

PREFIX = "setting_"
STORED = _("Stored. Leave empty to keep it.")


def plain(value: Any) -> Any:
    """A cleaned value as JSON keeps it (dates become texts)."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


class ConnectionForm(ScopedForm):
    """``kind`` is the connector, set on the class made for it (``connection_form``)."""

    kind: type[Connector]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "base_url" in self.fields and self.kind.default_base_url:
            self.fields["base_url"].widget.attrs["placeholder"] = self.kind.default_base_url
        stored = self.instance.secrets or {}
        for name in self.kind.Settings.base_fields:
            field = self.fields.get(PREFIX + name)
            if field is None:
                continue
            if name not in self.kind.secret_names():
                field.initial = (self.instance.settings or {}).get(name, field.initial)
            elif stored.get(name):
                field.required, field.help_text = False, STORED

    def clean_base_url(self) -> str:
        address = self.cleaned_data.get("base_url") or ""
        try:
            if address:
                addresses.check_url(address)
        except B1FlowError as error:
            raise forms.ValidationError(str(error)) from error
        if not address and not self.kind.default_base_url:
            raise forms.ValidationError(_("Where does the system answer?"), code="required")
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(name.startswith(PREFIX) for name in self.errors):
            self._clean_settings(cleaned)
        self.instance.connector = self.kind.key
        return cleaned

    def _clean_settings(self, cleaned: dict[str, Any]) -> None:
        """Validate all settings together with the connector's own form, and keep them on the row."""
        hidden, stored = self.kind.secret_names(), self.instance.secrets or {}
        given = {name: cleaned.get(PREFIX + name) for name in self.kind.Settings.base_fields}
        secrets = {name: given[name] or stored.get(name, "") for name in hidden}
        settings = {name: value for name, value in given.items() if name not in hidden}
        try:
            settings, secrets = self.kind.clean(settings, secrets)
        except ConfigurationError as error:
            for name, text in error.fields.items():
                self.add_error(PREFIX + name if PREFIX + name in self.fields else None, text)
            return
        self.instance.settings = plain(settings)
        self.instance.secrets = {name: value for name, value in secrets.items() if value}


def connection_form(connector: str) -> type[ConnectionForm]:
    """The form class for one connector; ConfigurationError for an unknown key."""
    kind = registry.connector(connector)
    fields = {PREFIX + name: themed(field) for name, field in kind.Settings.base_fields.items()}
    return type("ConnectionForm", (ConnectionForm,), {**fields, "kind": kind, "Meta": _Meta})


class _Meta:
    model = Connection
    fields = ["tenant", "company", "name", "base_url", "verify_tls", "ca_bundle", "proxy", "max_parallel", "rate_limit"]


def setting_names(connector: str) -> list[str]:
    """Names of the generated fields, secrets last."""
    kind = registry.connector(connector)
    names = list(kind.Settings.base_fields)
    return [PREFIX + n for n in sorted(names, key=lambda name: name in kind.secret_names())]
