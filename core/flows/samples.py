"""What a flow can be tried on: documents of its source, requests it got, callbacks that were stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core.flows import events
from core.flows.base import Event, Sample, SyncFlow
from core.flows.context import FlowContext
from core.models import Delivery, InboundEvent, RunStep

REQUEST = "request"  # name of the step that keeps what an API flow was sent
MOST = 20
RUNS = 50  # latest runs that are looked through for requests


def of(ctx: FlowContext) -> list[Sample]:
    """The newest first, then those that the flow type provides; [] where there is nothing to try."""
    if isinstance(ctx.flow_type, SyncFlow):
        documents = list(islice(ctx.flow_type.pull(ctx), MOST))
        return [Sample(str(number), d.label or d.key, d.body) for number, d in enumerate(documents)]
    came = callbacks(ctx) if ctx.flow_type.kind == "event" else requests(ctx)
    more = ctx.flow_type.samples(ctx)
    known = {sample.event.target_key for sample in came if sample.event}
    return came + [sample for sample in more if sample.event is None or sample.event.target_key not in known]


def callbacks(ctx: FlowContext) -> list[Sample]:
    """Stored callbacks that lead to this flow, one an instance."""
    if ctx.flow.pk is None:
        return []
    leads_here = Q(flow_id=ctx.flow.pk)
    for router, match in ctx.flow.routed_from.values_list("flow_id", "match"):
        leads_here |= Q(flow_id=router, route=match)
    found = InboundEvent.objects.filter(leads_here, flow__tenant_id=ctx.flow.tenant_id).order_by("-received_at")
    newest: dict[str, InboundEvent] = {}
    for row in found[:MOST]:
        newest.setdefault(row.target_key or row.event_id, row)
    return [
        Sample(f"event:{row.pk}", f"{row.target_key or row.event_id} · {_when(row.received_at)}", row.body,
               events.as_event(row))
        for row in newest.values()
    ]  # fmt: skip


def requests(ctx: FlowContext) -> list[Sample]:
    """Requests that this flow got, as the run list keeps them: redacted, and only those that were not cut."""
    if ctx.flow.pk is None:
        return []
    runs = list(ctx.flow.runs.order_by("-queued_at").values_list("pk", flat=True)[:RUNS])
    steps = RunStep.objects.filter(run_id__in=runs, name=REQUEST).order_by("-pk")
    return list(islice(_readable(steps), MOST))


def _readable(steps: Any) -> Iterator[Sample]:
    for step in steps:
        try:
            body = json.loads(step.input)
        except ValueError:
            continue
        words = _("Request of %(time)s (run #%(run)d)") % {"time": _when(step.at), "run": step.run_id}
        yield Sample(f"request:{step.pk}", words, body)


def sent(ctx: FlowContext, flow_types: Sequence[str]) -> list[Sample]:
    """Approvals that flows of these types started, as if their callback had come."""
    rows = Delivery.objects.filter(
        flow__tenant_id=ctx.flow.tenant_id, flow__flow_type__in=flow_types, flow__company=ctx.flow.company
    )
    newest = rows.filter(target_key__isnull=False).exclude(target_key="").order_by("-pk")[:MOST]
    return [
        Sample(f"sent:{row.pk}", f"{row.target_key} · {row.label}", {}, Event(0, "", "", "", row.target_key or "", {}))
        for row in newest
    ]


def _when(moment: Any) -> str:
    return localtime(moment).strftime("%Y-%m-%d %H:%M")
