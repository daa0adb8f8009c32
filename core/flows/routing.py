"""From a template id or process code to the flow that handles its events."""

from __future__ import annotations

from collections.abc import Sequence

from core.models import FlowInstance, FlowRoute


def router_for(tenant_id: int, router_types: Sequence[str], match: str) -> FlowInstance | None:
    """The enabled callback router of this tenant that has a route for ``match``; of several the oldest route's."""
    route = (
        FlowRoute.objects.filter(
            flow__tenant_id=tenant_id, flow__flow_type__in=router_types, flow__enabled=True, match=match
        )
        .select_related("flow", "flow__tenant")
        .order_by("pk")
        .first()
    )
    return route.flow if route else None


def target_for(tenant_id: int, router_types: Sequence[str], match: str) -> FlowInstance | None:
    """The flow that a route of this tenant leads to for ``match``; of several routes the oldest."""
    route = (
        FlowRoute.objects.filter(flow__tenant_id=tenant_id, flow__flow_type__in=router_types, match=match)
        .select_related("target", "target__tenant")
        .order_by("pk")
        .first()
    )
    return route.target if route else None
