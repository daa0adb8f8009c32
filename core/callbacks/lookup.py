"""From the address to the flow."""

from __future__ import annotations

from core import registry
from core.flows.base import FlowType
from core.models import FlowInstance

# What an inbox needs to know; Django compiles every column of a query anew, for each request.
FEW = ("id", "name", "flow_type", "endpoint_key", "tenant__id", "tenant__is_active")


def flow_at(endpoint_key: str, kinds: tuple[str, ...], label: str) -> FlowInstance | None:
    """The flow of one integration (app label) with this endpoint key; None for everything else.

    A flow of another integration at the same key is as unknown as no flow: addresses give nothing away. Of a flow
    that only receives events its columns are FEW, the others are read when somebody asks for them.
    """
    flows = FlowInstance.objects.select_related("tenant").filter(endpoint_key=endpoint_key).order_by()
    flow = next(iter((flows.only(*FEW) if kinds == ("event",) else flows)[:1]), None)
    if flow is None or not flow.tenant.is_active or flow.flow_type not in registry.flow_types():
        return None
    flow_type: type[FlowType] = registry.flow_type(flow.flow_type)
    if flow_type.kind not in kinds or flow.flow_type.split(".")[0] != label:
        return None
    return flow
