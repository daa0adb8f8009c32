"""Flows in an apply file: made from a template or changed, then routed, then switched on in the order they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import registry
from core.catalog import copying, creating, enabling, updating, upgrading, wiring
from core.catalog import rows as mapping_rows
from core.catalog.apply import tables
from core.catalog.apply.connections import connection
from core.catalog.apply.report import told
from core.catalog.apply.saving import Place, once
from core.catalog.checking import Problem
from core.catalog.document import FileError, Node, at
from core.catalog.schedules import first_time
from core.models import FlowInstance, FlowTemplate

KEYS = (
    *("name", "template", "company", "connections", "config", "mappings", "schedule"),
    *("endpoint_key", "routes", "enabled"),
)


@dataclass
class Applied:
    """A flow of the file: as it was before (``before`` None: new) and what the file says."""

    flow: FlowInstance
    node: Node
    given: dict[str, Node]
    before: dict[str, Any] | None
    was_enabled: bool


def flows(place: Place, node: Node) -> list[Applied]:
    """Make or change all flows of a tenant; nothing is routed or switched yet."""
    entries = zip(node.rows(), once(node.rows(), "name"), strict=True)
    return [_flow(place, entry, given) for entry, given in entries]


def finish(place: Place, applied: list[Applied]) -> None:
    """Switch on and off, check what runs, and report."""
    by_flow = {each.flow.pk: each for each in applied}
    for flow in enabling.in_dependency_order(each.flow for each in applied):
        each = by_flow[flow.pk]
        problems = _switch(each)
        created = each.before is None
        details = [] if each.before is None else _differences(each.before, snapshot(flow))
        if place.report.note(place.title("flow", flow.name), created=created, details=details):
            words = (problem.text for problem in problems if not problem.blocking)
            place.report.warnings += [f"{place.title('flow', flow.name)}: {text}" for text in words]


def routes(place: Place, applied: list[Applied]) -> None:
    """Template id / process code -> flow name; after all flows were made."""
    for each in applied:
        if "routes" in each.given:
            for match, node in each.given["routes"].table().items():
                with at(node):
                    updating.update_routes(each.flow, {match: _target(place, node)}, replace=False)


def _flow(place: Place, node: Node, given: dict[str, Node]) -> Applied:
    node.table(*KEYS)
    name = given["name"].text().strip()
    flow = FlowInstance.objects.filter(tenant=place.tenant, name=name).select_related("template", "tenant").first()
    template = _template(place, given.get("template"))
    before, was_enabled = (None, False) if flow is None else (snapshot(flow), flow.enabled)
    if flow is None:
        flow = _created(place, node, given, name, template)
    else:
        flow.enabled = False  # in memory only: the whole file is checked at the end, not each step towards it
        if template is not None and template.pk != flow.template_id:
            with at(given["template"]):
                upgrading.upgrade(flow, template)
    _change(place, flow, given)
    return Applied(flow, node, given, before, was_enabled)


def _template(place: Place, node: Node | None) -> FlowTemplate | None:
    if node is None:
        return None
    with at(node):
        return copying.newest(place.tenant, node.text(empty=False), provide=True)


def _created(
    place: Place, node: Node, given: dict[str, Node], name: str, template: FlowTemplate | None
) -> FlowInstance:
    if template is None:
        node.fail("needs 'template': the key of a flow template, e.g. ecology.push_approval")
    with at(node):
        return creating.create_flow(place.tenant, template, name)


def _change(place: Place, flow: FlowInstance, given: dict[str, Node]) -> None:
    """Everything but routes and switching."""
    flow_type = registry.flow_type(flow.flow_type)
    _place_and_connections(place, flow, given)
    if "config" in given:
        with at(given["config"]):
            updating.update_config(flow, {name: child.value for name, child in given["config"].table().items()})
    if "mappings" in given:
        rows = mapping_rows.read_rows(given["mappings"], flow_type)
        updating.update_mappings(flow, rows)
    if "schedule" in given:
        with at(given["schedule"]):
            updating.update_schedule(flow, {n: child.value for n, child in given["schedule"].table().items()})
    if "endpoint_key" in given:
        with at(given["endpoint_key"]):
            updating.update_endpoint_key(flow, given["endpoint_key"].text(empty=False))


def _place_and_connections(place: Place, flow: FlowInstance, given: dict[str, Node]) -> None:
    named = given["connections"].table() if "connections" in given else {}
    bound = {slot: connection(place, child) for slot, child in named.items()}
    company = tables.company(place, given["company"]) if "company" in given else flow.company
    if company is None:
        company = creating.common_company(bound)
    for slot, child in named.items():
        with at(child):
            wiring.check_connection(flow, slot, bound[slot], company)
    where = given.get("connections") or given.get("company")
    if where is not None:
        with at(where):
            updating.update_company(flow, company, bound)


def _target(place: Place, node: Node) -> FlowInstance:
    name = node.text(empty=False)
    found = FlowInstance.objects.filter(tenant=place.tenant, name=name).first()
    if found is None:
        known = ", ".join(place.tenant.flows.values_list("name", flat=True))
        node.fail(f"tenant {place.tenant.slug} has no flow {name!r}; it has: {known}")
    return found


def _switch(each: Applied) -> list[Problem]:
    """Nothing is called: connections that were never tested only warn."""
    flow = each.flow
    flow.enabled = each.was_enabled
    wanted = each.given["enabled"].flag() if "enabled" in each.given else flow.enabled
    if not wanted:
        enabling.disable(flow)
        return []
    problems = enabling.check(flow, strict=False, calls=False)
    against = [_placed(each.node, problem) for problem in problems if problem.blocking]
    if against:
        raise FileError("\n".join(against))
    if not flow.enabled:
        return enabling.enable(flow, strict=False, calls=False)
    if each.before is not None and each.before["schedule"] != flow.schedule:
        flow.next_run_at = first_time(flow)
        flow.save(update_fields=["next_run_at"])
    return problems


_PLACES = {"slot": "connections", "config": "config", "route": "routes", "mapping": "mappings", "schedule": "schedule"}


def _placed(node: Node, problem: Problem) -> str:
    """A problem at its place in the file: tenants[0].flows[2].config.page_size."""
    kind, _, name = problem.place.partition(":")
    path = f"{node.path}.{_PLACES.get(kind, 'enabled')}"
    return f"{path}.{name}: {problem.text}" if name else f"{path}: {problem.text}"


def snapshot(flow: FlowInstance) -> dict[str, Any]:
    """What a file can change of a flow."""
    return {
        "template": f"{flow.template.slug} v{flow.template.version}" if flow.template else None,
        "company": flow.company.code if flow.company else None,
        "config": dict(flow.config),
        "schedule": flow.schedule,
        "endpoint_key": flow.endpoint_key,
        "enabled": flow.enabled,
        "connections": {b.slot: b.connection.name for b in flow.bindings.select_related("connection")},
        "routes": {route.match: route.target.name for route in flow.routes.select_related("target")},
        "mappings": mapping_rows.stored(flow),
    }


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = []
    for name, old in before.items():
        new = after[name]
        if name == "mappings":
            found += [f"mappings: {len(old)} -> {len(new)} rows"] if old != new else []
        elif name in ("config", "connections", "routes"):
            keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
            found += [told(f"{name}.{key}", old.get(key), new.get(key)) for key in keys]
        elif old != new:
            found.append(told(name, old, new))
    return found
