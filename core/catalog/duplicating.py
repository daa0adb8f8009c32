"""Duplicating flows (复制): for another document type, or a whole set for another company in one action.

Seed 2.5.5.1.2 and 5.5.8, where five flows are copied, every node's connection is switched by hand and the reference
to the sub-flow is copied and pasted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import registry
from core.catalog import audit, values, wiring
from core.catalog import rows as mapping_rows
from core.catalog.creating import free_name, unused_name
from core.errors import ConfigurationError
from core.models import Company, Connection, FlowInstance


@transaction.atomic
def duplicate(
    flow: FlowInstance,
    name: str,
    *,
    company: Company | None = None,
    connections: Mapping[str, Connection] | None = None,
    keep_credentials: bool = False,
    user: Any = None,
) -> FlowInstance:
    """A copy, switched off, with an endpoint key and an empty ledger of its own.

    ``company``: the copy's (default: the same); ``connections``: {slot: connection} instead of the flow's own. A
    connection of the old company is replaced by the only one that the new company has of that connector.
    ``keep_credentials``: the AppCodes that may call the flow may call the copy too.
    """
    wiring.check_company(flow.tenant, company)
    given = dict(connections or {})
    for slot, connection in given.items():
        wiring.check_connection(flow, slot, connection, company)
    chosen, problems = _slots(flow, company or flow.company, given)
    _refuse(problems)
    renamed = {old.name: new.name for old, new in _pairs(flow, chosen)}
    return _copied(flow, name, company or flow.company, chosen, renamed, keep_credentials, user)


@transaction.atomic
def duplicate_set(
    flows: Iterable[FlowInstance],
    company: Company,
    connections: Mapping[Connection, Connection] | None = None,
    *,
    name: Callable[[FlowInstance], str] | None = None,
    user: Any = None,
) -> dict[int, FlowInstance]:
    """Copy flows for another company in one action: {id of the flow: its copy}.

    ``connections``: {connection: the one instead}, for slots and for connections that configs name; where it says
    nothing, the only connection of that connector that the company has is taken. Routes between the flows lead to
    the copies, other routes stay. AppCodes may call the copies as they may call the flows.
    """
    chosen_flows = list(flows)
    tenant = company.tenant
    for flow in chosen_flows:
        if flow.tenant_id != tenant.pk:
            raise ConfigurationError(
                _("company %(company)s does not belong to the tenant of flow '%(flow)s'")
                % {"company": company.code, "flow": flow.name}
            )
    table = _Table(company, connections or {})
    slots = {flow.pk: table.slots(flow) for flow in chosen_flows}
    renames = {flow.pk: table.names(flow) for flow in chosen_flows}
    _refuse(table.problems)
    title = name or (lambda flow: unused_name(tenant, f"{flow.name} {company.code}"))
    copies = {
        flow.pk: _copied(flow, title(flow), company, slots[flow.pk], renames[flow.pk], True, user)
        for flow in chosen_flows
    }
    with audit.acting(user):
        for flow in chosen_flows:
            _reroute(copies[flow.pk], copies)
    return copies


class _Table:
    """Which connection stands for which one in the other company; ``problems``: those without a stand-in."""

    def __init__(self, company: Company, given: Mapping[Connection, Connection]) -> None:
        self.company = company
        self.given = {old.pk: new for old, new in given.items()}
        self.problems: list[str] = []
        for old, new in given.items():
            if new.tenant_id != company.tenant_id or old.connector != new.connector:
                self.problems.append(
                    _("connection '%(new)s' cannot stand in for '%(old)s' (%(connector)s)")
                    % {"new": new.name, "old": old.name, "connector": old.connector}
                )

    def slots(self, flow: FlowInstance) -> dict[str, Connection]:
        """The copy's connections by slot."""
        bindings = flow.bindings.select_related("connection", "connection__company")
        return {binding.slot: self.stand_in(binding.connection) for binding in bindings}

    def names(self, flow: FlowInstance) -> dict[str, str]:
        """{name: name instead} of the connections that the flow's config names."""
        named = values.named_connections(registry.flow_type(flow.flow_type), flow.config)
        found = Connection.objects.filter(tenant=flow.tenant, name__in=named).select_related("company")
        return {connection.name: self.stand_in(connection).name for connection in found}

    def stand_in(self, connection: Connection) -> Connection:
        """The given one, else the company's only one; a problem is noted once."""
        if connection.pk not in self.given:
            new, problem = _stand_in(connection, self.company)
            self.given[connection.pk] = new
            self.problems += [problem] if problem else []
        return self.given[connection.pk]


def _stand_in(connection: Connection, company: Company | None) -> tuple[Connection, str]:
    """The connection to use for ``company``, and what is wrong."""
    if connection.company_id is None or company is None or connection.company_id == company.pk:
        return connection, ""
    fitting = list(company.connections.filter(connector=connection.connector)[:2])
    if len(fitting) == 1:
        return fitting[0], ""
    names = {"company": company.code, "connector": connection.connector, "connection": connection.name}
    if fitting:
        text = _("company %(company)s has several connections of %(connector)s: which stands in for '%(connection)s'?")
    else:
        text = _("company %(company)s has no connection of %(connector)s to stand in for '%(connection)s'")
    return connection, text % names


def _slots(
    flow: FlowInstance, company: Company | None, given: Mapping[str, Connection]
) -> tuple[dict[str, Connection], list[str]]:
    chosen, problems = dict(given), []
    for binding in flow.bindings.select_related("connection", "connection__company"):
        if binding.slot not in chosen:
            chosen[binding.slot], problem = _stand_in(binding.connection, company)
            problems += [f"slot {binding.slot}: {problem}"] if problem else []
    return chosen, problems


def _pairs(flow: FlowInstance, chosen: Mapping[str, Connection]) -> list[tuple[Connection, Connection]]:
    """(bound now, bound in the copy) where they differ."""
    bindings = flow.bindings.select_related("connection")
    pairs = [(binding.connection, chosen[binding.slot]) for binding in bindings if binding.slot in chosen]
    return [(old, new) for old, new in pairs if old.pk != new.pk]


def _copied(
    flow: FlowInstance,
    name: str,
    company: Company | None,
    connections: Mapping[str, Connection],
    renamed: Mapping[str, str],
    keep_credentials: bool,
    user: Any,
) -> FlowInstance:
    flow_type = registry.flow_type(flow.flow_type)
    copy = FlowInstance(
        tenant=flow.tenant,
        company=company if flow_type.has_company else None,
        name=free_name(flow.tenant, name),
        flow_type=flow.flow_type,
        template=flow.template,
        config=values.rename_connections(flow_type, flow.config, lambda n: renamed.get(n, n)),
        schedule=flow.schedule,
        endpoint_key=wiring.endpoint_key_for(flow_type),
    )
    with audit.acting(user):
        copy.save()
        wiring.bind(copy, connections)
        mapping_rows.write(copy, mapping_rows.stored(flow))
        if flow.routes.exists():
            wiring.set_routes(copy, {route.match: route.target for route in flow.routes.select_related("target")})
        if keep_credentials:
            for credential in flow.app_credentials.all():
                credential.flows.add(copy)
    return copy


def _reroute(copy: FlowInstance, copies: Mapping[int, FlowInstance]) -> None:
    routes = {route.match: copies.get(route.target_id) for route in copy.routes.all()}
    inside = {match: target for match, target in routes.items() if target is not None}
    if inside:
        wiring.set_routes(copy, inside, replace=False)


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ConfigurationError("; ".join(dict.fromkeys(problems)))
