"""Carries out one FlowRun of a SyncFlow: lease, context, runner, and what is written at the end."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core import registry
from core.alerts import flow_ended
from core.connectors.steps import Recorder
from core.errors import B1FlowError, ConfigurationError
from core.flows import broken, queueing
from core.flows.base import SyncFlow
from core.flows.clock import Clock
from core.flows.context import FlowContext, load
from core.flows.inserting import insert_steps
from core.flows.lease import Lease, LeaseLost
from core.flows.runner import SyncRun, TooLong
from core.flows.sooner import Sooner
from core.flows.tally import Tally
from core.models import FlowInstance, FlowRun
from core.models.run import RunStatus, Trigger

log = logging.getLogger(__name__)


def run_flow(run_id: int) -> FlowRun:
    """Run it, if nobody else does. The row tells the outcome; only bugs of the platform raise.

    A doubled bell is harmless: the lease, then the run's own status, let one caller through.
    """
    run = FlowRun.objects.select_related("flow", "flow__tenant").annotate(database_now=Now()).get(pk=run_id)
    if run.status != RunStatus.QUEUED:
        return run
    flow_type = registry.flow_types().get(run.flow.flow_type)
    if flow_type is None or not issubclass(flow_type, SyncFlow):
        return _not_started(run, RunStatus.FAILED, f"{run.flow.flow_type}: no scheduled flow of this type is installed")
    lease = Lease.take(run.flow_id, run.flow)
    if lease is None:
        return _not_started(run, RunStatus.SKIPPED, "another run of this flow is still going on")
    try:
        claimed = FlowRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
            status=RunStatus.RUNNING, started_at=Now(), fence=lease.fence
        )
        return _with_lease(run, lease, Clock(run.database_now)) if claimed else run
    finally:
        lease.release()


def _not_started(run: FlowRun, status: RunStatus, message: str) -> FlowRun:
    FlowRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED).update(
        status=status, started_at=Now(), ended_at=Now(), message=message
    )
    run.refresh_from_db()
    return run


def _with_lease(run: FlowRun, lease: Lease, clock: Clock) -> FlowRun:
    recorder = Recorder()
    try:
        ctx = load(run.flow, run=run, recorder=recorder)
    except ConfigurationError as error:
        return _finish(run, lease, None, Tally(problems={str(error): 1}), error, recorder, clock)
    sync = SyncRun(run, ctx, lease, clock)
    try:
        sync.execute()
    except LeaseLost:
        log.warning("flow %s run %s: lease lost, another runner took over", run.flow_id, run.pk)
        return _end(run, RunStatus.FAILED, sync.tally, "another runner took this flow over")
    return _finish(run, lease, sync, sync.tally, sync.error, recorder, clock)


def _finish(
    run: FlowRun,
    lease: Lease,
    sync: SyncRun | None,
    tally: Tally,
    error: BaseException | None,
    recorder: Recorder,
    clock: Clock,
) -> FlowRun:
    """Write the end: run, flow and cursor together, under the fence."""
    too_long = isinstance(error, TooLong)
    status = tally.status(stopped=error is not None and not too_long)
    state = _state(run.flow, sync)
    changes = {"failures_in_a_row": 0, "last_error": "", "last_success_at": Now()}
    if status == RunStatus.FAILED:
        changes = {"failures_in_a_row": run.flow.failures_in_a_row + 1, "last_error": tally.message()[:500]}
    elif status == RunStatus.PARTIAL:
        changes = {"failures_in_a_row": 0, "last_error": tally.message()[:500], "last_success_at": Now()}
    sooner = sync.sooner if sync else Sooner()
    sooner.outage(error, run.flow.failures_in_a_row, clock)
    with transaction.atomic():
        insert_steps(run.pk, recorder.take())
        lease.release(state=state, **changes, **sooner.changes())
        ended = _end(run, status, tally, tally.message())
    if isinstance(error, B1FlowError):
        broken.report(error)
    flow_ended(run.flow, status, tally.held)
    if too_long:
        queueing.run_now(run.flow, trigger=run.trigger, params=run.params)
    return ended


def _state(flow: FlowInstance, sync: SyncRun | None) -> dict[str, object]:
    """The flow's state with the new cursor, when the window was read to its end and all of it has rows."""
    if sync is None or not sync.complete or sync.only or sync.ctx.next_cursor is None:
        return flow.state
    return {**flow.state, "cursor": sync.ctx.next_cursor}


def _end(run: FlowRun, status: RunStatus, tally: Tally, message: str) -> FlowRun:
    """A terminal status is written once: an ended run is never changed again."""
    FlowRun.objects.filter(pk=run.pk, ended_at__isnull=True).update(
        status=status, ended_at=Now(), message=message[:1000], **tally.counts()
    )
    run.refresh_from_db()
    return run


def run_in_this_process(flow: FlowInstance, *, trigger: str = Trigger.MANUAL, params: dict | None = None) -> FlowRun:
    """Make a run and carry it out here (``manage.py run_flow``)."""
    run = FlowRun.objects.create(flow=flow, trigger=trigger, params=params or {}, queued_at=timezone.now())
    return run_flow(run.pk)


def dry_run(ctx: FlowContext, limit: int = 20) -> list[dict[str, object]]:
    """What would be sent: read and map up to ``limit`` documents, send nothing, write nothing.

    [{"key", "label", "payload"} or {"key", "label", "error"}]; raises what the source's client raises.
    """
    flow: SyncFlow = ctx.flow_type  # type: ignore[assignment]
    shown: list[dict[str, object]] = []
    for document in flow.pull(ctx):
        try:
            shown.append({"key": document.key, "label": document.label, "payload": flow.payload(ctx, document)})
        except B1FlowError as error:
            shown.append({"key": document.key, "label": document.label, "error": str(error)})
        if len(shown) >= limit:
            break
    return shown
