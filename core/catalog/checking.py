"""Whether a flow can be switched on, in words (design: enable checks)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.utils.translation import gettext as _

from core import registry
from core.catalog import rows as mapping_rows
from core.catalog import values
from core.catalog.schedules import check_schedule
from core.errors import B1FlowError, ConfigurationError
from core.flows import context
from core.flows.base import FlowType, RouterFlow
from core.mapping.engine import check_rows
from core.models import Connection, FlowInstance, FlowRoute, ValueMap
from core.models.connection import ConnectionStatus


@dataclass(frozen=True)
class Problem:
    """Why a flow cannot be switched on, or (``blocking`` False) what a person should know.

    ``place``: where to mend it: slot:<slot>, config:<name>, mapping, route:<match>, schedule, erp, flow.
    """

    text: str
    place: str = "flow"
    blocking: bool = True

    def __str__(self) -> str:
        return self.text


def check(flow: FlowInstance, *, strict: bool = True, calls: bool = True) -> list[Problem]:
    """Everything that stands against switching the flow on; call it outside of a transaction.

    ``strict`` False: connections that were never tested only warn. ``calls`` False: nothing is asked over the wire
    (the flow type's own check looks into the ERP for missing user fields).
    """
    try:
        flow_type = registry.flow_type(flow.flow_type)
    except ConfigurationError as error:
        return [Problem(error.message)]
    found = [
        *_slots(flow, flow_type, strict),
        *_config(flow, flow_type),
        *_mapping(flow, flow_type),
        *_schedule(flow, flow_type),
        *_routes(flow, flow_type),
        *_callers(flow, flow_type),
    ]
    if not flow.tenant.is_active:
        found.append(Problem(_("tenant %(name)s is switched off") % {"name": flow.tenant}))
    if calls and not any(problem.blocking for problem in found):
        found += _own_check(flow)
    return found


def _slots(flow: FlowInstance, flow_type: type[FlowType], strict: bool) -> Iterator[Problem]:
    bound = {b.slot: b.connection for b in flow.bindings.select_related("connection")}
    for slot in flow_type.connections:
        place = f"slot:{slot}"
        if slot not in bound:
            if slot not in flow_type.optional_slots:
                needed = registry.connectors().get(flow_type.connections[slot])
                label = needed.label if needed else flow_type.connections[slot]
                yield Problem(
                    _("no connection is bound to %(slot)s (%(system)s)") % {"slot": slot, "system": label}, place
                )
            continue
        yield from _connection(bound[slot], place, strict)
    for slot in set(bound) - set(flow_type.connections):
        yield Problem(_("connection slot %(slot)s is not one of this flow type: unbind it") % {"slot": slot})
    for connection in _named(flow, flow_type):
        yield from _connection(connection, "config", strict)


def _system(connector: str) -> str:
    known = registry.connectors().get(connector)
    return str(known.label) if known else connector


def _connection(connection: Connection, place: str, strict: bool) -> Iterator[Problem]:
    name = {"name": connection.name, "text": connection.status_text}
    if connection.status == ConnectionStatus.UNTESTED:
        yield Problem(_("connection %(name)s was not tested yet: test it first") % name, place, blocking=strict)
    elif connection.status == ConnectionStatus.BROKEN:
        yield Problem(_("connection %(name)s does not work: %(text)s") % name, place, blocking=strict)
    secrets = cast("dict[str, Any]", connection.secrets or {})
    try:
        registry.connector(connection.connector).clean(connection.settings, secrets)
    except ConfigurationError as error:
        yield Problem(_("connection %(name)s: %(text)s") % {"name": connection.name, "text": error.message}, place)


def _named(flow: FlowInstance, flow_type: type[FlowType]) -> list[Connection]:
    names = values.named_connections(flow_type, flow.config)
    return list(Connection.objects.filter(tenant_id=flow.tenant_id, name__in=names)) if names else []


def _config(flow: FlowInstance, flow_type: type[FlowType]) -> Iterator[Problem]:
    fields = flow_type.Config.base_fields
    try:
        values.check(flow_type, flow.config, complete=True)
        values.check_named_connections(flow.tenant, flow_type, flow.config)
    except ConfigurationError as error:
        if not error.fields:
            yield Problem(error.message, "config")
        for name, text in error.fields.items():
            label = fields[name].label if name in fields and fields[name].label else name
            words = text if name == values.WHOLE_FORM else f"{label} ({name}): {text}"
            yield Problem(_("global config: %(text)s") % {"text": words}, f"config:{name}")


def _mapping(flow: FlowInstance, flow_type: type[FlowType]) -> Iterator[Problem]:
    names = ValueMap.objects.filter(tenant_id=flow.tenant_id).values_list("name", flat=True)
    try:
        config = flow_type.clean_config(flow.config)
    except ConfigurationError:
        config = flow.config
    for text in check_rows(mapping_rows.stored(flow), flow_type, config, list(names)):
        yield Problem(text, "mapping")


def _schedule(flow: FlowInstance, flow_type: type[FlowType]) -> Iterator[Problem]:
    try:
        check_schedule(flow_type, flow.schedule)
    except ConfigurationError as error:
        yield Problem(_("schedule: %(text)s") % {"text": error.message}, "schedule")
    if flow_type.kind == "sync" and not flow.schedule:
        yield Problem(_("the flow has no schedule: it runs by hand only"), "schedule", blocking=False)


def _routes(flow: FlowInstance, flow_type: type[FlowType]) -> Iterator[Problem]:
    if not issubclass(flow_type, RouterFlow):
        return
    routes = list(flow.routes.select_related("target"))
    if not routes:
        yield Problem(_("no routes yet: events are stored, nothing handles them"), "route", blocking=False)
    for route in routes:
        elsewhere = FlowRoute.objects.filter(
            match=route.match, flow__tenant_id=flow.tenant_id, flow__flow_type=flow.flow_type, flow__enabled=True
        ).exclude(flow=flow)
        for other in elsewhere.select_related("flow"):
            names = {"match": route.match, "name": other.flow.name}
            yield Problem(_("%(match)s is also routed by %(name)s") % names, f"route:{route.match}", blocking=False)
        if not route.target.enabled:
            names = {"match": route.match, "name": route.target.name}
            yield Problem(
                _("route %(match)s leads to %(name)s, which is switched off: switch it on first") % names,
                f"route:{route.match}",
            )


def _callers(flow: FlowInstance, flow_type: type[FlowType]) -> Iterator[Problem]:
    if flow_type.kind == "request" and not flow.app_credentials.filter(is_active=True).exists():
        yield Problem(_("no AppCode may call this flow yet: bind one"), blocking=False)


def _own_check(flow: FlowInstance) -> list[Problem]:
    """What the flow type itself looks at: may call out."""
    try:
        ctx = context.load(flow)
        return [Problem(text, "erp") for text in ctx.flow_type.check(ctx)]
    except B1FlowError as error:
        return [Problem(str(error), "erp")]
