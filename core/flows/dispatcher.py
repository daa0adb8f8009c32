"""From due flows to queued runs, and back from what got lost: one tick a second in ``manage.py worker``.

A tick is a handful of statements however many flows are due. Missed ticks are not replayed: the run reads what is
there, and the next time is always in the future.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, DateTimeField, F, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from core.errors import ConfigurationError
from core.flows import queueing, schedule
from core.flows.clock import database_now
from core.models import Delivery, FlowInstance, FlowRun, InboundEvent
from core.models.run import RunStatus, Trigger

log = logging.getLogger(__name__)
BLOCK = 500
RECONCILE_EVERY = timedelta(seconds=15)


def dispatch() -> int:
    """Queue a run of every due flow; how many. Two dispatchers may do this at the same time."""
    total = 0
    while True:
        count = _block()
        total += count
        if count < BLOCK:
            return total


def _block() -> int:
    with transaction.atomic():
        due = FlowInstance.objects.filter(enabled=True, paused="", next_run_at__lte=Now(), tenant__is_active=True)
        due = due.order_by("next_run_at")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        rows = list(due.select_related("tenant").only(
            "pk", "schedule", "next_run_at", "tenant__time_zone", "tenant__slug")[:BLOCK])  # fmt: skip
        if not rows:
            return 0
        taken = _advance(rows)
        runs = FlowRun.objects.bulk_create(
            [FlowRun(flow_id=row.pk, scheduled_for=row.next_run_at, queued_at=timezone.now()) for row in taken],
            ignore_conflicts=True,
        )
        queueing.ring_many(queueing.RUN, _ids(runs))
    return len(rows)


def _ids(runs: list[FlowRun]) -> list[int]:
    """Primary keys of new rows: ``ignore_conflicts`` does not set them; a doubled tick leaves no second row."""
    if not runs:
        return []
    wanted = {(run.flow_id, run.scheduled_for) for run in runs}
    query = FlowRun.objects.filter(flow_id__in=[run.flow_id for run in runs], status=RunStatus.QUEUED)
    found = query.filter(scheduled_for__in={run.scheduled_for for run in runs})
    return [pk for pk, flow_id, at in found.values_list("pk", "flow_id", "scheduled_for") if (flow_id, at) in wanted]


def _advance(rows: list[FlowInstance]) -> list[FlowInstance]:
    """Set the next times by one conditional UPDATE; the rows that nobody else had advanced."""
    now = database_now()
    nexts: dict[int, datetime | None] = {row.pk: _next(row, now) for row in rows}
    whens = [When(pk=row.pk, next_run_at=row.next_run_at, then=Value(nexts[row.pk])) for row in rows]
    if connection.features.has_select_for_update_skip_locked or connection.vendor == "sqlite":
        # Locked (PostgreSQL) or alone (IMMEDIATE): the rows are still as they were read.
        FlowInstance.objects.filter(pk__in=nexts).update(
            next_run_at=Case(*whens, default=F("next_run_at"), output_field=DateTimeField())
        )
        return rows
    return [row for row in rows if FlowInstance.objects.filter(pk=row.pk, next_run_at=row.next_run_at).update(
        next_run_at=nexts[row.pk])]  # fmt: skip


def _next(row: FlowInstance, now: datetime) -> datetime | None:
    """When the flow is due again; a schedule that cannot be read switches its flow's clock off, not the others'."""
    try:
        return schedule.next_after(row.schedule, now, row.tenant.zone)
    except (ConfigurationError, ValueError) as error:
        log.error("flow %s: schedule %r: %s", row.pk, row.schedule, error)
        return None


def ring_inbox() -> int:
    """Ring for flows whose events are due: the bell of a stored event may have been lost."""
    late = InboundEvent.objects.filter(due_at__lte=Now()).values_list("flow_id", flat=True).distinct()
    flows = list(late[:BLOCK])
    waiting = queueing.waiting_ids(queueing.EVENTS) if flows else set()
    flows = [flow for flow in flows if not waiting or flow not in waiting]
    queueing.ring_many(queueing.EVENTS, flows, queue="inbound")
    return len(flows)


def ring_reconcile() -> int:
    """Queue a reconciling run for flows with open approvals whose time to ask has come."""
    due = Delivery.objects.filter(
        decide_at__lte=Now(), flow__enabled=True, flow__paused="", flow__tenant__is_active=True
    )
    flows = set(due.values_list("flow_id", flat=True).distinct()[:BLOCK])
    if not flows:
        return 0
    busy = FlowRun.objects.filter(flow_id__in=flows, trigger=Trigger.RECONCILE, ended_at__isnull=True)
    flows -= set(busy.values_list("flow_id", flat=True))
    for flow_id in flows:
        with transaction.atomic():
            run = FlowRun.objects.create(flow_id=flow_id, trigger=Trigger.RECONCILE, queued_at=timezone.now())
            queueing.ring(queueing.RECONCILE, run.pk, queue="inbound")
    return len(flows)


def ask_all_open() -> None:
    """At the start of a worker: callbacks may have been missed while we were down."""
    Delivery.objects.filter(decide_at__isnull=False, decide_at__gt=Now(), decision_state="pending").update(
        decide_at=Now()
    )
