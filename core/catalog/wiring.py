"""What a flow hangs on: company, connections, routes, endpoint key. Nothing of another tenant, nothing unfitting."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from core import registry
from core.errors import ConfigurationError
from core.flows.base import FlowType, RouterFlow
from core.models import Company, Connection, FlowConnection, FlowInstance, FlowRoute, Tenant

ENDPOINT_KEY = re.compile(r"^[A-Za-z0-9_-]{16,64}$")


def check_company(tenant: Tenant, company: Company | None) -> None:
    """ConfigurationError where the company is another tenant's."""
    if company is not None and company.tenant_id != tenant.pk:
        raise ConfigurationError(
            _("company %(company)s does not belong to tenant %(tenant)s")
            % {"company": company.code, "tenant": tenant.slug}
        )


def check_connection(flow: FlowInstance, slot: str, connection: Connection, company: Company | None = None) -> None:
    """ConfigurationError where this connection cannot stand in this slot of this flow (moved to ``company``)."""
    flow_type = registry.flow_type(flow.flow_type)
    if connection.tenant_id != flow.tenant_id:
        raise ConfigurationError(
            _("slot %(slot)s: this connection does not belong to tenant %(tenant)s")
            % {"slot": slot, "tenant": flow.tenant.slug}
        )
    check_slot(flow_type, slot)
    needed = flow_type.connections[slot]
    if connection.connector != needed:
        raise ConfigurationError(
            _("slot %(slot)s of %(flow_type)s needs a connection of %(needed)s; '%(connection)s' is of %(connector)s")
            % {
                "slot": slot,
                "flow_type": flow_type.key,
                "needed": needed,
                "connection": connection.name,
                "connector": connection.connector,
            }
        )
    home, own = connection.company, company or flow.company
    if home is not None and own is not None and home.pk != own.pk:
        raise ConfigurationError(
            _(
                "connection '%(connection)s' belongs to company %(home)s, flow '%(flow)s' to "
                "%(own)s: bind a connection of %(own)s, or duplicate the flow for %(home)s"
            )
            % {"connection": connection.name, "home": home.code, "flow": flow.name, "own": own.code}
        )


def check_slot(flow_type: type[FlowType], slot: str) -> None:
    """ConfigurationError for a slot that the flow type does not declare."""
    if slot not in flow_type.connections:
        declared = ", ".join(flow_type.connections) or "none"
        raise ConfigurationError(
            _("%(flow_type)s has no connection slot '%(slot)s'; it has: %(declared)s")
            % {"flow_type": flow_type.key, "slot": slot, "declared": declared}
        )


def bind(flow: FlowInstance, connections: Mapping[str, Connection | None]) -> dict[str, tuple[Any, Any]]:
    """Bind slots (None unbinds): {slot: (name before, name after)} of what changed. Other slots stay."""
    bound = {binding.slot: binding for binding in flow.bindings.select_related("connection")}
    changes: dict[str, tuple[Any, Any]] = {}
    for slot, connection in connections.items():
        before = bound.get(slot)
        if connection is not None:
            check_connection(flow, slot, connection)
        else:
            check_slot(registry.flow_type(flow.flow_type), slot)
        if (before.connection_id if before else None) == (connection.pk if connection else None):
            continue
        changes[slot] = (before.connection.name if before else None, connection.name if connection else None)
        _rebind(flow, slot, before, connection)
    return changes


def _rebind(flow: FlowInstance, slot: str, before: FlowConnection | None, connection: Connection | None) -> None:
    if connection is None:
        if before is not None:
            before.delete()
    elif before is None:
        FlowConnection.objects.create(flow=flow, slot=slot, connection=connection)
    else:
        before.connection = connection
        before.save(update_fields=["connection"])


def check_route(flow: FlowInstance, match: str, target: FlowInstance) -> None:
    """ConfigurationError where events cannot be routed from ``flow`` to ``target``."""
    flow_type = registry.flow_type(flow.flow_type)
    if not issubclass(flow_type, RouterFlow):
        raise ConfigurationError(
            _("flow '%(flow)s' (%(flow_type)s) routes no events: only callback routers do")
            % {"flow": flow.name, "flow_type": flow.flow_type}
        )
    if not match.strip():
        raise ConfigurationError(_("a route needs the template id or process code whose events it takes"))
    if target.tenant_id != flow.tenant_id:
        raise ConfigurationError(
            _("route %(match)s: the target does not belong to tenant %(tenant)s")
            % {"match": match, "tenant": flow.tenant.slug}
        )
    fitting: tuple[str, ...] = tuple(flow_type.routed)
    if fitting and target.flow_type not in fitting:
        raise ConfigurationError(
            _("route %(match)s: flow '%(target)s' is of %(flow_type)s; %(flow_type2)s routes to: %(names)s")
            % {
                "match": match,
                "target": target.name,
                "flow_type": target.flow_type,
                "flow_type2": flow.flow_type,
                "names": ", ".join(fitting),
            }
        )
    if not fitting and registry.flow_type(target.flow_type).kind != "event":
        raise ConfigurationError(
            _("route %(match)s: flow '%(target)s' (%(flow_type)s) takes no events")
            % {"match": match, "target": target.name, "flow_type": target.flow_type}
        )


def set_routes(
    flow: FlowInstance, routes: Mapping[str, FlowInstance], *, replace: bool = True
) -> dict[str, tuple[Any, Any]]:
    """Route events; ``replace``: routes that are not named are removed. {match: (before, after)} of what changed."""
    present = {route.match: route for route in flow.routes.select_related("target")}
    changes: dict[str, tuple[Any, Any]] = {}
    for match, target in routes.items():
        check_route(flow, match, target)
        before = present.get(match)
        if before is not None and before.target_id == target.pk:
            continue
        changes[match] = (before.target.name if before else None, target.name)
        FlowRoute.objects.update_or_create(flow=flow, match=match, defaults={"target": target})
    for match in set(present) - set(routes) if replace else ():
        changes[match] = (present[match].target.name, None)
        present[match].delete()
    return changes


def new_endpoint_key() -> str:
    """32 hex characters: 128 bits that nobody guesses."""
    return secrets.token_hex(16)


def endpoint_key_for(flow_type: type[FlowType], given: str = "", *, flow: FlowInstance | None = None) -> str | None:
    """The endpoint key a flow of this type gets: the given one where it is free, a random one, or None."""
    if not flow_type.has_endpoint:
        if given:
            raise ConfigurationError(
                _("%(flow_type)s is not called from outside: it has no endpoint_key") % {"flow_type": flow_type.key}
            )
        return None
    if not given:
        return new_endpoint_key()
    if not ENDPOINT_KEY.match(given):
        raise ConfigurationError(_("an endpoint_key is 16 to 64 letters, digits, _ or -"))
    taken = FlowInstance.objects.filter(endpoint_key=given)
    if flow is not None:
        taken = taken.exclude(pk=flow.pk)
    if taken.exists():
        raise ConfigurationError(_("this endpoint_key is in use by another flow: choose another, or leave it out"))
    return given
