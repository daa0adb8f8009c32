"""From the address to the flow."""

from __future__ import annotations

from core import registry
from core.flows.base import FlowType
from core.models import FlowInstance


def flow_at(endpoint_key: str, kinds: tuple[str, ...], label: str) -> FlowInstance | None:
    """The flow of one integration (app label) with this endpoint key; None for everything else.

    A flow of another integration at the same key is as unknown as no flow: addresses give nothing away.
    """
    flow = FlowInstance.objects.select_related("tenant").filter(endpoint_key=endpoint_key).first()
    if flow is None or not flow.tenant.is_active or flow.flow_type not in registry.flow_types():
        return None
    flow_type: type[FlowType] = registry.flow_type(flow.flow_type)
    if flow_type.kind not in kinds or flow.flow_type.split(".")[0] != label:
        return None
    return flow
