"""Refused documents of a flow with a cursor: its window has moved past them, so a changed mapping would never reach
them. They are shown again when config, mapping or value maps are not what they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from core.flows.base import Document, SyncFlow
from core.flows.context import FlowContext
from core.flows.fingerprint import fingerprint
from core.models import Delivery, ValueMap
from core.models.delivery import DeliveryState

MOST = 2000


def prepare(ctx: FlowContext) -> None:
    """Read what ``shown_again`` needs: threads have no database."""
    rows = Delivery.objects.filter(flow_id=ctx.flow.pk, state=DeliveryState.REFUSED)
    ctx.extra["refused"] = list(rows.order_by("-updated_at").values_list("key", "recall")[:MOST])
    maps = dict(ValueMap.objects.filter(tenant_id=ctx.flow.tenant_id).values_list("name", "rows"))
    mapping = [asdict(step.row) for part in ctx.mapper.parts.values() for step in part.steps]
    ctx.extra["settings"] = fingerprint([ctx.config, mapping, maps])


def shown_again(ctx: FlowContext, flow: SyncFlow, before: dict[str, Any]) -> Iterator[Document]:
    """Refused documents read afresh, where the settings differ from those of the stored cursor ``before``."""
    if before.get("settings") in (None, ctx.extra["settings"]):
        return
    for key, recall in ctx.extra["refused"]:
        document = flow.read(ctx, key, recall)
        if document is not None:
            yield document
