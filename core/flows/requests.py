"""Carries out one API request of a RequestFlow, with a run for the record."""

from __future__ import annotations

import logging
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from core.connectors.steps import Recorder
from core.errors import B1FlowError
from core.flows import broken
from core.flows.base import RequestFlow
from core.flows.context import FlowContext, load
from core.flows.inserting import insert_steps
from core.flows.rows import clean
from core.flows.samples import REQUEST
from core.models import FlowInstance, FlowRun
from core.models.run import RunStatus, Trigger

log = logging.getLogger(__name__)


def handle(flow: FlowInstance, payload: Any) -> Any:
    """The flow's answer. Raises what the handler raises, after it was written down."""
    run = FlowRun.objects.create(
        flow=flow,
        trigger=Trigger.REQUEST,
        status=RunStatus.RUNNING,
        queued_at=timezone.now(),
        started_at=Now(),
        total=1,
    )
    recorder, ctx = Recorder(), None
    recorder.add(REQUEST, input=payload)  # a later preview is made of it
    try:
        ctx = load(flow, run=run, recorder=recorder)
        handler: RequestFlow = ctx.flow_type  # type: ignore[assignment]
        answer = handler.handle(ctx, payload)
    except B1FlowError as error:
        broken.report(error)
        _end(run, recorder, ctx, RunStatus.FAILED, str(error))
        raise
    except Exception as error:
        _end(run, recorder, ctx, RunStatus.FAILED, f"{type(error).__name__}: {error}")
        raise
    refused = handler.refusal(answer)
    _end(run, recorder, ctx, RunStatus.FAILED if refused else RunStatus.SUCCEEDED, refused)
    return answer


def _end(run: FlowRun, recorder: Recorder, ctx: FlowContext | None, status: RunStatus, text: str) -> None:
    insert_steps(run.pk, recorder.take())
    if ctx is not None:
        ctx.unknown.write(run.flow_id)
    ok = status == RunStatus.SUCCEEDED
    FlowRun.objects.filter(pk=run.pk).update(
        status=status, ended_at=Now(), message=clean(text, 1000), succeeded=int(ok), failed=int(not ok)
    )
