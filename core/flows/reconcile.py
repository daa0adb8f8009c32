"""Asks for the decisions of open approvals whose callback did not come; they are decided the same way."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models.functions import Now

from core.connectors.steps import Recorder, current_delivery
from core.errors import B1FlowError, ConfigurationError, ConnectionBroken
from core.flows import broken, stopping
from core.flows.base import SyncFlow
from core.flows.context import FlowContext, load
from core.flows.inserting import insert_steps
from core.flows.ledger import recall_of
from core.models import Delivery, FlowRun
from core.models.delivery import DecisionState
from core.models.run import RunStatus

log = logging.getLogger(__name__)
BLOCK = 100


def run(run_id: int) -> None:
    """Carry out a reconciling run: every open approval that is due, one after the other."""
    if not FlowRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
        status=RunStatus.RUNNING, started_at=Now()
    ):
        return
    run = FlowRun.objects.select_related("flow", "flow__tenant").get(pk=run_id)
    recorder, ctx, asked, errors = Recorder(), None, 0, []  # type: ignore[var-annotated]
    try:
        ctx = load(run.flow, run=run, recorder=recorder)
        asked = _all(ctx, errors)
    except ConfigurationError as error:
        errors.append(str(error))
    except B1FlowError as error:
        broken.report(error)
        errors.append(str(error))
    insert_steps(run.pk, recorder.take())
    if ctx is not None:
        ctx.unknown.write(run.flow_id)
    status = RunStatus.SUCCEEDED if not errors else RunStatus.PARTIAL if len(errors) < asked else RunStatus.FAILED
    FlowRun.objects.filter(pk=run.pk).update(
        status=status, ended_at=Now(), total=asked, succeeded=max(0, asked - len(errors)), failed=len(errors),
        message="; ".join(dict.fromkeys(errors))[:1000],
    )  # fmt: skip


def _all(ctx: FlowContext, errors: list[str]) -> int:
    flow: SyncFlow = ctx.flow_type  # type: ignore[assignment]
    minutes = float(ctx.config.get("reconcile_minutes") or 0)
    asked = 0
    _free_claims(ctx.flow.pk)
    while not stopping.requested():
        due = Delivery.objects.filter(flow_id=ctx.flow.pk, decide_at__lte=Now(), decision_state=DecisionState.PENDING)
        rows = list(due.order_by("decide_at")[:BLOCK])
        if not rows:
            return asked
        for row in rows:
            following = Now() + timedelta(minutes=minutes) if minutes else None
            if not due.filter(pk=row.pk).update(decide_at=following):  # the claim: others see it in the future
                continue
            asked += 1
            _ask(flow, ctx, row, errors)
    return asked


def _free_claims(flow_id: int) -> None:
    """A process died while it applied a decision: its claim (see ``decisions``) is over; nobody else may come."""
    Delivery.objects.filter(flow_id=flow_id, decide_at__lte=Now(), decision_state=DecisionState.DECIDING).update(
        decision_state=DecisionState.PENDING
    )


def _ask(flow: SyncFlow, ctx: FlowContext, row: Delivery, errors: list[str]) -> None:
    current_delivery.set(row.pk)
    try:
        flow.reconcile(ctx, recall_of(row))
    except ConnectionBroken:
        raise
    except B1FlowError as error:
        errors.append(f"{row.label}: {error}")
    except Exception as error:
        log.exception("delivery %s: reconcile failed", row.pk)
        errors.append(f"{row.label}: {type(error).__name__}: {error}")
    finally:
        current_delivery.set(None)
