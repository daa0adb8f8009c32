"""Config fields that can be picked from what a system offers (objects, users, workflows ...), instead of typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.http import urlencode

from core.flows.base import FlowType
from core.models import Connection


def with_pickers(
    form: forms.BaseForm, kind: type[FlowType], connections: dict[str, Connection], prefix: str = "config_"
) -> None:
    """Give the fields that the config names in ``discover`` an address to fetch their choices from."""
    for name, (slot, what) in kind.Config.discover.items():
        field = form.fields.get(prefix + name)
        connection = connections.get(slot)
        if field is None or connection is None:
            continue
        url = reverse("admin:discover", args=[connection.pk])
        field.widget.attrs |= {"data-choices": f"{url}?{urlencode({'kind': what})}", "autocomplete": "off"}


def options_of(query: dict[str, Any]) -> dict[str, str]:
    """What the query says beside the kind: the connector's own options."""
    return {name: str(value) for name, value in query.items() if name != "kind"}
