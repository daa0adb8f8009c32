"""Finds what got lost between two processes and sets it going again. Everything here may be done twice."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from core import registry
from core.alerts import raise_alert
from core.connectors.steps import Recorder
from core.errors import B1FlowError, RetryLater
from core.flows import queueing
from core.flows.base import Receipt, RequestFlow
from core.flows.clock import database_now
from core.flows.context import load
from core.flows.ledger import recall_of
from core.models import Delivery, FlowInstance, FlowRun
from core.models.delivery import DeliveryState
from core.models.run import RunStatus, Trigger
from core.processes import is_dead

log = logging.getLogger(__name__)
State = DeliveryState
QUEUED_LONG = timedelta(seconds=60)


def sweep() -> None:
    """All of it."""
    requeue_runs()
    end_dead_runs()
    resolve_requests()


def requeue_runs(waited: timedelta = QUEUED_LONG) -> int:
    """Runs that wait for a bell that nobody will ring: ring again.

    ``waited``: for so long at least; zero when a cluster is known to have died with the tasks it had taken.
    """
    old = FlowRun.objects.filter(status=RunStatus.QUEUED, queued_at__lte=timezone.now() - waited)
    rows = list(old.values_list("pk", "trigger")[:500])
    if not rows:
        return 0
    count = 0
    for path, triggers in ((queueing.RUN, None), (queueing.RECONCILE, Trigger.RECONCILE)):
        waiting = queueing.waiting_ids(path) or set()
        pks = [pk for pk, trigger in rows if (trigger == Trigger.RECONCILE) == bool(triggers) and pk not in waiting]
        FlowRun.objects.filter(pk__in=pks).update(queued_at=timezone.now(), attempts=F("attempts") + 1)
        queueing.ring_many(path, pks)
        count += len(pks)
    return count


def end_dead_runs() -> int:
    """Runs whose process died: ended as failed; what they left open is taken up by a new run at once."""
    running = FlowRun.objects.filter(status=RunStatus.RUNNING).exclude(trigger__in=[Trigger.EVENT, Trigger.REQUEST])
    count = 0
    for run in running.select_related("flow"):
        if _is_alive(run):
            continue
        text = "the process that carried out this run ended; its documents are taken up by the next run"
        ended = FlowRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
            status=RunStatus.FAILED, ended_at=Now(), message=text
        )
        if ended:
            count += 1
            log.warning("flow %s run %s: its process ended", run.flow_id, run.pk)
            _take_up(run.flow)
    _end_orphaned_records()
    return count


def _is_alive(run: FlowRun) -> bool:
    """By the flow's lease; reconciling runs hold none and are given ten minutes."""
    flow = run.flow
    if run.trigger == Trigger.RECONCILE:
        return run.started_at is not None and run.started_at > timezone.now() - timedelta(minutes=10)
    if run.fence == 0:  # between claim and lease: a moment
        return run.started_at is not None and run.started_at > timezone.now() - timedelta(seconds=30)
    if flow.fence != run.fence:
        return False
    expired = flow.lease_until is None or flow.lease_until < database_now()
    return not expired and not is_dead(flow.lease_holder)


def _take_up(flow: FlowInstance) -> None:
    open_rows = Delivery.objects.filter(flow=flow, due_at__isnull=False).exists()
    queued = FlowRun.objects.filter(flow=flow, status=RunStatus.QUEUED).exclude(trigger=Trigger.RECONCILE).exists()
    if flow.enabled and not flow.paused and open_rows and not queued:
        queueing.run_now(flow, trigger=Trigger.SCHEDULE)


def _end_orphaned_records() -> None:
    """Records of events and requests whose process died: the event or the caller tries again by itself."""
    FlowRun.objects.filter(
        status=RunStatus.RUNNING,
        trigger__in=[Trigger.EVENT, Trigger.REQUEST],
        started_at__lt=timezone.now() - timedelta(minutes=10),
    ).update(status=RunStatus.FAILED, ended_at=Now(), failed=1, message="the process ended before it answered")


def resolve_requests() -> int:
    """Rows of API flows whose process died between sending and writing down: ask, or hold for a person."""
    kinds = [key for key, flow_type in registry.flow_types().items() if issubclass(flow_type, RequestFlow)]
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now())
    rows = Delivery.objects.filter(
        free, flow__flow_type__in=kinds, state__in=[State.SENDING, State.UNCERTAIN], due_at__lte=Now()
    ).select_related("flow", "flow__tenant")[:50]
    count = 0
    for row in rows:
        claimed = Delivery.objects.filter(free, pk=row.pk, attempt=row.attempt, state=row.state).update(
            claimed_until=Now() + timedelta(seconds=settings.CALL_DEADLINE_SECONDS * 2)
        )
        if claimed:
            count += 1
            _resolve(row)
    return count


def _resolve(row: Delivery) -> None:
    try:
        ctx = load(row.flow, recorder=Recorder(bodies=False))
        got = ctx.flow_type.find_delivered(ctx, recall_of(row), (row.sent_at or row.created_at) - timedelta(minutes=2))  # type: ignore[attr-defined]
        got = got if got is None or isinstance(got, Receipt) else (got[0] if len(got) == 1 else None)
    except RetryLater as error:
        _write(row, state=State.UNCERTAIN, due_at=Now() + timedelta(seconds=60), error=str(error))
        return
    except B1FlowError as error:
        _write(row, state=State.HELD, due_at=None, error=f"the outcome is unknown: {error}")
        text = f"{row.flow.name} {row.label}: outcome unknown"
        raise_alert(row.flow.tenant_id, f"flow:{row.flow_id}:held", text)
        return
    if got is not None:
        _write(row, state=State.DONE, due_at=None, target_key=got.target_key, answer=got.answer, error="")
    elif row.absent_at is None:
        settle = float(getattr(ctx.flow_type, "settle_seconds", 10.0))
        _write(row, state=State.UNCERTAIN, due_at=Now() + timedelta(seconds=settle), absent_at=Now())
    else:
        _write(row, state=State.REFUSED, due_at=None, error="it never arrived; the next request with this id sends it")


def _write(row: Delivery, **values: object) -> None:
    Delivery.objects.filter(pk=row.pk, attempt=row.attempt, state__in=[State.SENDING, State.UNCERTAIN]).update(
        claimed_until=None, updated_at=Now(), **values
    )
