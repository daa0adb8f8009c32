"""From the address to the flow.

An inbox is asked hundreds of times a second for the same flow. What was found is kept for a second in this process:
another process's change counts that much later, our own at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models.signals import post_delete, post_save

from core import registry
from core.connectors.target import Target
from core.flows.base import FlowType
from core.models import Connection, FlowConnection, FlowInstance, Tenant

# What an inbox needs to know; Django compiles every column of a query anew, for each request.
FEW = ("id", "name", "flow_type", "endpoint_key", "tenant__id", "tenant__is_active")
KEPT_SECONDS = 1.0
MOST = 2000
_kept: dict[tuple[Any, ...], tuple[float, Any]] = {}
Found = TypeVar("Found")


def flow_at(endpoint_key: str, kinds: tuple[str, ...], label: str) -> FlowInstance | None:
    """The flow of one integration (app label) with this endpoint key; None for everything else.

    A flow of another integration at the same key is as unknown as no flow: addresses give nothing away. Of a flow
    that only receives events its columns are FEW, the others are read when somebody asks for them.
    """
    only_events = kinds == ("event",)
    flow = _brief(("flow", endpoint_key), lambda: _inbox(endpoint_key)) if only_events else _whole(endpoint_key)
    if flow is None or not flow.tenant.is_active or flow.flow_type not in registry.flow_types():
        return None
    flow_type: type[FlowType] = registry.flow_type(flow.flow_type)
    if flow_type.kind not in kinds or flow.flow_type.split(".")[0] != label:
        return None
    return flow


def target_of(flow: FlowInstance, slot: str) -> Target | None:
    """The connection that is bound to a flow's slot. Raises ConfigurationError where its settings are wrong."""
    return _brief(("target", flow.pk, slot), lambda: _bound(flow, slot))


def _inbox(endpoint_key: str) -> FlowInstance | None:
    return _first(FlowInstance.objects.select_related("tenant").filter(endpoint_key=endpoint_key).only(*FEW))


def _whole(endpoint_key: str) -> FlowInstance | None:
    return _first(FlowInstance.objects.select_related("tenant").filter(endpoint_key=endpoint_key))


def _bound(flow: FlowInstance, slot: str) -> Target | None:
    bound = flow.bindings.filter(slot=slot)
    version = _first(bound.values_list("connection_id", "connection__updated_at"))
    return Target.at(*version) if version else None


def _first(rows: Any) -> Any:
    return next(iter(rows.order_by()[:1]), None)


def _brief(key: tuple[Any, ...], read: Callable[[], Found | None]) -> Found | None:
    """What ``read`` found less than a second ago. Nothing found is not kept: anybody can ask for anything."""
    at, found = _kept.get(key, (0.0, None))
    if found is not None and time.monotonic() - at < KEPT_SECONDS:
        return found
    found = read()
    if found is not None:
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[key] = (time.monotonic(), found)
    return found


def forget(**_signal: Any) -> None:
    """Something changed in this process."""
    _kept.clear()


for _model in (Tenant, FlowInstance, FlowConnection, Connection):
    post_save.connect(forget, sender=_model, dispatch_uid=f"lookup:{_model.__name__}:save")
    post_delete.connect(forget, sender=_model, dispatch_uid=f"lookup:{_model.__name__}:delete")
