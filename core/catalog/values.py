"""Values of a flow's global config: stored as JSON, checked against the flow type's form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.catalog.document import truth
from core.errors import ConfigurationError
from core.flows.base import FlowType
from core.models import Connection, Tenant

EMPTY: tuple[Any, ...] = (None, "", [], {}, ())
WHOLE_FORM = "__all__"


def storable(flow_type: type[FlowType], values: dict[str, Any]) -> dict[str, Any]:
    """The values as JSON: days as ISO text, yes/no as a bool where the form has a check box."""
    fields = flow_type.Config.base_fields
    boxes = {name for name, field in fields.items() if isinstance(field, forms.BooleanField)}
    return {str(n): _json(truth(v) if n in boxes else v) for n, v in values.items() if v is not None}


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(inner) for inner in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def check(flow_type: type[FlowType], values: dict[str, Any], *, complete: bool) -> None:
    """Raise ConfigurationError by field for unknown names and wrong values.

    ``complete`` False: what is not filled in yet is no mistake; enabling the flow asks for it.
    """
    try:
        flow_type.clean_config(values)
    except ConfigurationError as error:
        wrong = dict(error.fields) if complete else _not_merely_missing(flow_type, values, error)
        if wrong or not error.fields:
            raise ConfigurationError("" if wrong else error.message, fields=wrong) from error


def _not_merely_missing(flow_type: type[FlowType], values: dict[str, Any], error: ConfigurationError) -> dict[str, str]:
    known = flow_type.Config.base_fields
    return {
        name: text
        for name, text in error.fields.items()
        if name != WHOLE_FORM and (name not in known or values.get(name) not in EMPTY)
    }


def named_connections(flow_type: type[FlowType], values: dict[str, Any]) -> set[str]:
    """Names of the connections that a config uses beside the slots; none while it is incomplete."""
    try:
        return set(flow_type.Config.connection_names(flow_type.clean_config(values)))
    except ConfigurationError:
        return set()


def check_named_connections(tenant: Tenant, flow_type: type[FlowType], values: dict[str, Any]) -> None:
    """ConfigurationError where the config names a connection that the tenant does not have."""
    names = named_connections(flow_type, values)
    missing = names - set(Connection.objects.filter(tenant=tenant, name__in=names).values_list("name", flat=True))
    if missing:
        listed = ", ".join(sorted(missing))
        raise ConfigurationError(
            _("the config names connections that tenant %(tenant)s does not have: %(listed)s")
            % {"tenant": tenant.slug, "listed": listed}
        )


def naming_fields(flow_type: type[FlowType], values: dict[str, Any]) -> set[str]:
    """The config fields that name connections: those whose emptying makes a name disappear."""
    names = named_connections(flow_type, values)
    if not names:
        return set()
    cleaned = flow_type.clean_config(values)

    def without(field: str) -> set[str]:
        return set(flow_type.Config.connection_names({**cleaned, field: type(cleaned[field])()}))

    filled = [field for field in values if cleaned.get(field) not in EMPTY]
    return {field for field in filled if isinstance(cleaned[field], str | list | dict) and without(field) != names}


def rename_connections(
    flow_type: type[FlowType], values: dict[str, Any], renamed: Callable[[str], str]
) -> dict[str, Any]:
    """The config with every connection name in it replaced by ``renamed(name)``."""
    names = named_connections(flow_type, values)
    changed = {field: _replaced(values[field], names, renamed) for field in naming_fields(flow_type, values)}
    return {**values, **changed}


def _replaced(value: Any, names: set[str], renamed: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(inner, names, renamed) for name, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, names, renamed) for inner in value]
    return renamed(value) if isinstance(value, str) and value in names else value
