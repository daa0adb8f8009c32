"""Changing flows: name, config, mappings, schedule, connections, routes, endpoint key.

A flow that runs keeps running: what would break it is refused; a switched-off flow may be unfinished.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import registry
from core.audit import note
from core.catalog import audit, values, wiring
from core.catalog import rows as mapping_rows
from core.catalog.creating import Rows, free_name
from core.catalog.schedules import check_schedule, first_time
from core.errors import ConfigurationError
from core.models import Company, Connection, FlowInstance

Changes = dict[str, tuple[Any, Any]]


@transaction.atomic
def rename(flow: FlowInstance, name: str, user: Any = None) -> Changes:
    """Another name; routes, AppCodes and the ledger follow."""
    if name.strip() == flow.name:
        return {}
    return _save(flow, user, name=free_name(flow.tenant, name))


@transaction.atomic
def update_config(flow: FlowInstance, given: dict[str, Any], *, replace: bool = False, user: Any = None) -> Changes:
    """Set these config values (``replace``: these and no others). {name: (before, after)} of what changed."""
    flow_type = registry.flow_type(flow.flow_type)
    new = values.storable(flow_type, given)
    config = new if replace else {**flow.config, **new}
    values.check(flow_type, config, complete=flow.enabled)
    values.check_named_connections(flow.tenant, flow_type, config)
    before = flow.config
    _save(flow, user, config=config)
    names = [name for name in {**before, **config} if before.get(name) != config.get(name)]
    return {name: (before.get(name), config.get(name)) for name in names}


@transaction.atomic
def update_mappings(
    flow: FlowInstance, given: Rows, *, sections: tuple[str, ...] | None = None, user: Any = None
) -> bool:
    """``given`` replaces the rows of every section it names, and of ``sections``; True where anything changed.

    Pass the names of all sections that were edited: a section whose last row was removed is in no row.
    """
    flow_type = registry.flow_type(flow.flow_type)
    before = mapping_rows.stored(flow)
    after = mapping_rows.merged(before, mapping_rows.rows_of(given, flow_type), sections or ())
    if after == before:
        return False
    with audit.acting(user):
        mapping_rows.write(flow, after)
        note(flow, user, "mappings", f"{len(before)} -> {len(after)} rows")
    return True


@transaction.atomic
def update_schedule(flow: FlowInstance, schedule: dict[str, Any], user: Any = None) -> Changes:
    """Another schedule; a flow that is switched on takes it up at once. Empty: by hand only."""
    checked = check_schedule(registry.flow_type(flow.flow_type), schedule)
    changes = _save(flow, user, schedule=checked)
    if changes and flow.enabled:
        flow.next_run_at = first_time(flow)
        flow.save(update_fields=["next_run_at"])
    return changes


@transaction.atomic
def update_company(
    flow: FlowInstance,
    company: Company | None,
    connections: Mapping[str, Connection | None] | None = None,
    user: Any = None,
) -> Changes:
    """Another company, with the connections that fit it, before anything was sent. {company or slot: (old, new)}."""
    wiring.check_company(flow.tenant, company)
    if not registry.flow_type(flow.flow_type).has_company:
        company = None
    moved = flow.company_id != (company.pk if company else None)
    if moved and flow.company_id and flow.deliveries.exists():
        raise ConfigurationError(
            _(
                "flow '%(flow)s' has sent documents of %(company)s: its ledger would mix companies. "
                "Duplicate the flow for the other company"
            )
            % {"flow": flow.name, "company": flow.company}
        )
    changes = _save(flow, user, company=company) if moved else {}
    changes |= switch_connections(flow, connections or {}, user)
    for binding in flow.bindings.select_related("connection", "connection__company") if moved else ():
        wiring.check_connection(flow, binding.slot, binding.connection)
    return changes


@transaction.atomic
def switch_connection(flow: FlowInstance, slot: str, connection: Connection | None, user: Any = None) -> Changes:
    """Bind another connection to a slot (切换连接); None unbinds an optional slot or one of a switched-off flow."""
    flow_type = registry.flow_type(flow.flow_type)
    if connection is None and flow.enabled and slot not in flow_type.optional_slots:
        raise ConfigurationError(
            _("slot %(slot)s: flow '%(flow)s' is switched on and needs a connection there")
            % {"slot": slot, "flow": flow.name}
        )
    with audit.acting(user):
        return wiring.bind(flow, {slot: connection})


@transaction.atomic
def switch_connections(flow: FlowInstance, connections: Mapping[str, Connection | None], user: Any = None) -> Changes:
    """Several slots at once."""
    changes: Changes = {}
    for slot, connection in connections.items():
        changes |= switch_connection(flow, slot, connection, user)
    return changes


@transaction.atomic
def update_routes(
    flow: FlowInstance, routes: Mapping[str, FlowInstance], *, replace: bool = True, user: Any = None
) -> Changes:
    """The routes of a callback router; ``replace``: those not named are removed."""
    with audit.acting(user):
        return wiring.set_routes(flow, routes, replace=replace)


@transaction.atomic
def update_endpoint_key(flow: FlowInstance, key: str = "", user: Any = None) -> Changes:
    """Another endpoint key (random when none is given): callers need the new address."""
    if key and key == flow.endpoint_key:
        return {}
    new = wiring.endpoint_key_for(registry.flow_type(flow.flow_type), key, flow=flow)
    return _save(flow, user, endpoint_key=new)


def _save(flow: FlowInstance, user: Any, **fields: Any) -> Changes:
    changes = {name: (getattr(flow, name), value) for name, value in fields.items() if getattr(flow, name) != value}
    for name in changes:
        setattr(flow, name, fields[name])
    if changes:
        with audit.acting(user):
            flow.save(update_fields=list(changes))
    return changes
