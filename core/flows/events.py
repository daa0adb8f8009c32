"""Inbound events from the inbox to their flow: stored once, processed by a worker, retried, replayed."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from core import registry
from core.alerts import raise_alert
from core.connectors.steps import Recorder
from core.errors import B1FlowError, ConfigurationError, DocumentRejected, NotFound, RetryLater
from core.flows import backoff, broken, queueing
from core.flows.base import Event, EventFlow, RouterFlow
from core.flows.context import load
from core.flows.inserting import insert_event, insert_steps
from core.flows.rows import clean
from core.models import FlowInstance, FlowRun, InboundEvent
from core.models.event import EventState
from core.models.run import RunStatus, Trigger

log = logging.getLogger(__name__)
CLAIM = timedelta(seconds=100)  # work of a killed process goes on within two minutes
MAX_ATTEMPTS = 30
MAX_CRASHES = 5
EARLY = timedelta(minutes=15)  # an event may be faster than the ledger for so long
RING_EVERY = 0.25  # seconds; the dispatcher's tick takes what came in between
_rung: dict[int, float] = {}


def store(
    flow: FlowInstance,
    event_id: str,
    *,
    kind: str = "",
    route: str = "",
    target_key: str = "",
    body: dict[str, Any] | None = None,
    raw: str = "",
    state: str = EventState.RECEIVED,
) -> bool:
    """Put an event into the inbox and ring the bell; False when it is there already. One INSERT."""
    now = timezone.now()
    event = InboundEvent(
        flow_id=flow.pk,
        event_id=clean(event_id, 160),
        kind=clean(kind, 80),
        route=clean(route, 120),
        target_key=clean(target_key, 160),
        body=body or {},
        raw=raw.replace("\x00", ""),
        state=state,
        due_at=now if state == EventState.RECEIVED else None,
    )
    try:
        with transaction.atomic():  # event and bell by one commit
            insert_event(event, now)
            if state == EventState.RECEIVED:
                _ring(flow.pk)
    except IntegrityError:
        return False
    return True


def _ring(flow_id: int) -> None:
    """One task takes all due events of a flow: a burst rings once; the dispatcher's tick takes what is left."""
    now = time.monotonic()
    if now - _rung.get(flow_id, 0.0) < RING_EVERY:
        return
    _rung[flow_id] = now
    queueing.ring(queueing.EVENTS, flow_id, queue="inbound")


def process(flow_id: int, limit: int = 500) -> int:
    """Process the due events of a flow, oldest first; how many."""
    done = 0
    while done < limit:
        due = InboundEvent.objects.filter(flow_id=flow_id, due_at__lte=Now()).order_by("due_at", "pk")
        pks = list(due.values_list("pk", flat=True)[:20])
        if not pks:
            return done
        processed = sum(_in_turn(pk) for pk in pks)
        done += processed
        if not processed:
            return done
    return done


def _in_turn(pk: int) -> bool:
    """SQLite has one writer: leave the endpoints that store new events their chance between two events."""
    if connection.vendor == "sqlite":
        time.sleep(0.005)
    return process_one(pk)


def process_one(pk: int) -> bool:
    """Process one event if it is due and nobody else has it. Attempts are counted before the work."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now())
    claimed = InboundEvent.objects.filter(free, pk=pk, due_at__lte=Now()).update(
        state=EventState.PROCESSING, attempts=F("attempts") + 1, claimed_until=Now() + CLAIM, due_at=Now() + CLAIM
    )
    if not claimed:
        return False
    event = InboundEvent.objects.select_related("flow", "flow__tenant").get(pk=pk)
    target = _target(event)
    if target is None:
        _end(event, EventState.IGNORED, f"no route for {event.route!r}" if event.route else "nothing to do for it")
        return True
    _handle(event, target)
    return True


def _target(event: InboundEvent) -> FlowInstance | None:
    """The flow that handles it: the routed one, or the receiving flow itself where it is no router."""
    if not issubclass(registry.flow_type(event.flow.flow_type), RouterFlow):
        return event.flow
    route = event.flow.routes.filter(match=event.route).select_related("target", "target__tenant").first()
    return route.target if route else None


def _handle(event: InboundEvent, flow: FlowInstance) -> None:
    """Run the handler; its run is only kept in the list when it did something."""
    if not flow.enabled or flow.paused:
        _later(event, RetryLater(f"the flow {flow.name} is off", after=60.0), count=False)
        return
    run = FlowRun.objects.create(
        flow=flow,
        trigger=Trigger.EVENT,
        status=RunStatus.RUNNING,
        queued_at=event.received_at,
        started_at=Now(),
        total=1,
    )
    recorder, ctx = Recorder(), None
    try:
        ctx = load(flow, run=run, recorder=recorder)
        handler: EventFlow = ctx.flow_type  # type: ignore[assignment]
        text = handler.handle(ctx, as_event(event))
    except B1FlowError as error:
        status, text = RunStatus.FAILED, str(error)
        broken.report(error)
        _failed(event, error)
    except Exception as error:
        log.exception("event %s of flow %s", event.pk, flow.pk)
        status, text = RunStatus.FAILED, f"{type(error).__name__}: {error}"
        _later(event, error)
    else:
        status = RunStatus.SUCCEEDED
        _end(event, EventState.PROCESSED, text or "")
    insert_steps(run.pk, recorder.take())
    if ctx is not None:
        ctx.unknown.write(flow.pk)
    FlowRun.objects.filter(pk=run.pk).update(
        status=status, ended_at=Now(), message=clean(text or "", 1000),
        succeeded=int(status == RunStatus.SUCCEEDED), failed=int(status == RunStatus.FAILED),
    )  # fmt: skip
    InboundEvent.objects.filter(pk=event.pk).update(run_id=run.pk)


def as_event(event: InboundEvent) -> Event:
    """The row as a handler sees it."""
    return Event(event.pk, event.event_id, event.kind, event.route, event.target_key, event.body, event.attempts)


def _failed(event: InboundEvent, error: B1FlowError) -> None:
    if isinstance(error, NotFound) and timezone.now() - event.received_at < EARLY:
        _later(event, error)  # the event may be faster than the ledger
    elif isinstance(error, DocumentRejected | ConfigurationError | NotFound):
        _end(event, EventState.DEAD, str(error))
        _alert(event, error)
    else:
        _later(event, error)


def _later(event: InboundEvent, error: Exception, *, count: bool = True) -> None:
    """Again after a while; given up after MAX_ATTEMPTS, bugs after MAX_CRASHES."""
    limit = MAX_ATTEMPTS if isinstance(error, B1FlowError) else MAX_CRASHES
    if event.attempts >= limit and count:
        _end(event, EventState.DEAD, str(error))
        _alert(event, error)
        return
    after = getattr(error, "after", None)
    seconds = after if after is not None else backoff.delay(event.attempts)
    attempts = {} if count else {"attempts": F("attempts") - 1}
    InboundEvent.objects.filter(pk=event.pk).update(
        state=EventState.FAILED, due_at=Now() + timedelta(seconds=seconds), claimed_until=None,
        error=clean(str(error), 500), **attempts,
    )  # fmt: skip


def _end(event: InboundEvent, state: str, text: str) -> None:
    InboundEvent.objects.filter(pk=event.pk).update(
        state=state, due_at=None, claimed_until=None, processed_at=Now(), error=clean(text, 500)
    )


def _alert(event: InboundEvent, error: Exception) -> None:
    raise_alert(event.flow.tenant_id, f"event:{event.pk}", f"{event.flow.name} {event.event_id}: {error}")


def replay(event: InboundEvent) -> None:
    """Process it again, as a new attempt, with the present configuration."""
    InboundEvent.objects.filter(pk=event.pk).update(
        state=EventState.RECEIVED, due_at=Now(), claimed_until=None, attempts=0, error=""
    )
    queueing.ring(queueing.EVENTS, event.flow_id, queue="inbound")
