"""AppCodes in an apply file: a given code is kept as its hash; one made here is shown once."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from core import registry
from core.catalog.apply.report import told
from core.catalog.apply.saving import Place, once, validate
from core.catalog.document import Node
from core.models import AppCredential, FlowInstance
from core.models.credential import digest

KEYS = ("name", "app_code", "flows", "active")
SHORTEST = 16
OVERLAP = timedelta(hours=24)  # how long the code before still works, as after a change in the console


def credentials(place: Place, node: Node) -> None:
    """``[{name, app_code, flows: [names], active}]``"""
    for entry, given in zip(node.rows(), once(node.rows(), "name"), strict=True):
        entry.table(*KEYS)
        _credential(place, entry, given)


def _credential(place: Place, node: Node, given: dict[str, Node]) -> None:
    name = given["name"].text()
    row = AppCredential.objects.filter(tenant=place.tenant, name=name).first()
    created = row is None
    row = row or AppCredential(tenant=place.tenant, name=name)
    flows = [_flow(place, child) for child in given["flows"].rows()] if "flows" in given else None
    details = _code(place, row, given.get("app_code"))
    if "active" in given and row.is_active != given["active"].flag():
        row.is_active = not row.is_active
        details.append(told("active", not row.is_active, row.is_active))
    if created or details:
        validate(node, row, ["name"])
        row.save()
    details += _bind(row, flows)
    place.report.note(place.title("AppCode", name), created=created, details=details)


def _code(place: Place, row: AppCredential, node: Node | None) -> list[str]:
    """Set a code that differs from the stored one, or make the first."""
    if node is None:
        if row.pk is None:
            place.report.codes[place.title("AppCode", row.name)] = row.set_code()
        return []
    code = node.text()
    if len(code) < SHORTEST:
        node.fail(f"an AppCode needs at least {SHORTEST} characters; left out, a random one is made and shown once")
    if row.code_hash == digest(code):
        return []
    if row.pk is not None:
        row.previous_hash, row.previous_until = row.code_hash, timezone.now() + OVERLAP
    row.set_code(code)
    return ["another code; the one before works for 24 hours more"]


def _flow(place: Place, node: Node) -> FlowInstance:
    name = node.text(empty=False)
    flow = FlowInstance.objects.filter(tenant=place.tenant, name=name).first()
    if flow is None:
        known = ", ".join(place.tenant.flows.values_list("name", flat=True)) or "none"
        node.fail(f"tenant {place.tenant.slug} has no flow {name!r}; it has: {known}")
    if registry.flow_type(flow.flow_type).kind != "request":
        node.fail(f"flow {name!r} ({flow.flow_type}) is no API flow: it takes no AppCode")
    return flow


def _bind(row: AppCredential, flows: list[FlowInstance] | None) -> list[str]:
    if flows is None:
        return []
    before = {flow.pk: flow.name for flow in row.flows.all()}
    after = {flow.pk: flow.name for flow in flows}
    if before == after:
        return []
    row.flows.set(flows)
    return [told("flows", ", ".join(before.values()), ", ".join(after.values()))]
