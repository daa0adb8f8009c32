"""What a flow's page shows beside its form: state, address for callers, schedule in words, latest runs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core import registry
from core.admin import scope
from core.catalog import flows as catalog
from core.catalog import templates
from core.errors import ConfigurationError
from core.flows import schedule
from core.flows.base import FlowType
from core.models import FlowInstance, FlowTemplate, Role
from core.models.delivery import NEEDS_PERSON, DeliveryState

CONDITION_COLOURS = {"on": "success", "off": "default", "failing": "danger", "paused": "warning"}


def condition_of(flow: FlowInstance) -> str:
    """on, off, failing or paused."""
    if not flow.enabled:
        return "off"
    if flow.paused:
        return "paused"
    return "failing" if flow.failures_in_a_row else "on"


def type_of(flow: FlowInstance) -> type[FlowType] | None:
    """The flow type; None where its integration is not installed."""
    return registry.flow_types().get(flow.flow_type)


def is_sync(flow: FlowInstance) -> bool:
    """Does the scheduler start it?"""
    known = type_of(flow)
    return bool(known and known.kind == "sync")


def runs(flow: FlowInstance) -> bool:
    """Can a person start a run?"""
    return flow.enabled and is_sync(flow)


def endpoint_of(flow: FlowInstance) -> str:
    """The address that outside systems call; "" where the flow has none."""
    known = type_of(flow)
    if not flow.endpoint_key or known is None or not known.has_endpoint:
        return ""
    label = flow.flow_type.partition(".")[0]
    return flow.tenant.public_url(f"{label}/{flow.endpoint_key}/")


def curl_of(flow: FlowInstance) -> str:
    """A ready line that calls an API flow."""
    return (
        f"curl -X POST '{endpoint_of(flow)}' -H 'X-Apig-AppCode: <AppCode>' "
        f"-H 'Content-Type: application/json' -d '{{}}'"
    )


def schedule_words(flow: FlowInstance) -> str:
    """The schedule as a sentence."""
    if not flow.schedule:
        return _("Runs by hand only.")
    try:
        return schedule.in_words(flow.schedule)
    except ConfigurationError as error:
        return str(error)


def newer_template(flow: FlowInstance) -> FlowTemplate | None:
    """The tenant's newest version of the flow's template, where it is newer than the flow's."""
    if flow.template is None:
        return None
    newest = templates.own(flow.tenant, flow.template.slug)
    return newest if catalog.outdated(flow, newest) else None


def context(request: HttpRequest, flow: FlowInstance) -> dict[str, Any]:
    """For console/flow.html."""
    kind = type_of(flow)
    condition = condition_of(flow)
    return {
        "kind": kind and kind.kind,
        "condition": condition,
        "colour": CONDITION_COLOURS[condition],
        "endpoint": endpoint_of(flow),
        "curl": curl_of(flow) if kind and kind.kind == "request" else "",
        "app_codes": list(flow.app_credentials.filter(is_active=True)) if kind and kind.kind == "request" else [],
        "schedule_words": schedule_words(flow) if kind and kind.kind == "sync" else "",
        "mapping_rows": flow.mappings.count() if kind and kind.sections else None,
        "newer": newer_template(flow),
        "runs": list(flow.runs.order_by("-queued_at")[:8]),
        "needing": flow.deliveries.filter(state__in=NEEDS_PERSON).count(),
        "refused": flow.deliveries.filter(state=DeliveryState.REFUSED).count(),
        "bindings": list(flow.bindings.select_related("connection").order_by("slot")),
        "routes": list(flow.routes.select_related("target")),
        "routed_from": list(flow.routed_from.select_related("flow")),
        "may_change": scope.may(request.user, flow, Role.CONSULTANT),
    }
