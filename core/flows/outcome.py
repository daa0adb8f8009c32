"""From an error to the ledger: the only place where a type of error becomes a state."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.conf import settings

from core.errors import (
    B1FlowError,
    CannotTell,
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)
from core.flows import backoff
from core.flows.base import Receipt, SyncFlow
from core.flows.clock import Clock
from core.flows.rows import Change
from core.models import Delivery
from core.models.delivery import DecisionState, DeliveryState

log = logging.getLogger(__name__)
State = DeliveryState
MAX_CRASHES = 3
SENT_SLACK = 2.0  # seconds: clocks of two processes on the same database


def receipt(flow: SyncFlow, row: Delivery, attempt: int, got: Receipt, clock: Clock, reconcile: float) -> Change:
    """The target has it: delivered (then marked), or done where the source is not marked."""
    decided = flow.awaits_decision
    return Change(
        id=row.pk,
        attempt=attempt,
        state=State.DELIVERED if flow.marks else State.DONE,
        due_at=clock.now() if flow.marks else None,
        target_key=got.target_key,
        error=got.note,
        suspect=False,
        answer=got.answer,
        recall={**row.recall, **got.recall} if got.recall else None,
        decision_state=DecisionState.PENDING if decided else None,
        decide_at=clock.now(reconcile) if decided and reconcile else None,
    )


def failure(flow: SyncFlow, row: Delivery, attempt: int, error: BaseException, clock: Clock, refusal: str) -> Change:
    """The change for a document whose delivery raised ``error``."""
    base = Change(id=row.pk, attempt=attempt, state=State.FAILED, due_at=clock.now(), error=str(error))
    if isinstance(error, DocumentRejected | NotFound):
        return replace(base, state=State.REFUSED, due_at=None, fingerprint=refusal)
    if isinstance(error, RetryLater):
        return _failed(flow, base, row, clock, error.after)
    if isinstance(error, ConnectionBroken | ConfigurationError):
        return base  # not the document's fault: taken again as soon as a person mended it
    if isinstance(error, CannotTell):
        return replace(base, state=State.HELD, due_at=None)
    if isinstance(error, OutcomeUnknown):
        return uncertain(flow, base, clock)
    log.exception("delivery %s (%s): unexpected error", row.pk, row.key, exc_info=error)
    text = f"{type(error).__name__}: {error}"
    if row.crashes + 1 >= MAX_CRASHES:
        return replace(base, state=State.DEAD, due_at=None, crashes=1, error=text)
    return replace(uncertain(flow, base, clock), crashes=1, error=text, suspect=True)


def _failed(flow: SyncFlow, base: Change, row: Delivery, clock: Clock, after: float | None) -> Change:
    failures = row.failures + 1
    if failures >= flow.max_attempts:
        return replace(base, state=State.DEAD, due_at=None, failures=1)
    return replace(base, due_at=clock.now(backoff.delay(failures, after)), failures=1)


def uncertain(flow: SyncFlow, base: Change, clock: Clock, *, since_end: float = 0.0) -> Change:
    """Ask before sending again; where sending again does no harm, send; where nobody can be asked, hold.

    ``since_end``: seconds until the last byte can have been sent (0: it is over already).
    """
    if flow.repeatable:
        return replace(base, state=State.FAILED, due_at=clock.now(since_end), suspect=True)
    if not flow.can_find:
        text = f"{base.error} — sent, outcome unknown, and this target cannot be asked"
        return replace(base, state=State.HELD, due_at=None, error=text)
    return replace(base, state=State.UNCERTAIN, due_at=clock.now(since_end + flow.settle_seconds), suspect=True)


def orphan(flow: SyncFlow, row: Delivery, clock: Clock, *, alone: bool, process_dead: bool) -> Change:
    """A row that a dead run left in ``sending``. ``alone``: it was the only one in flight: a crash counts.

    A process known to be dead sends no more; one that may only be frozen could until its call's deadline.
    """
    base = Change(
        id=row.pk,
        attempt=row.attempt,
        state=State.UNCERTAIN,
        due_at=None,
        error="the process that was sending it ended",
        crashes=int(alone),
        suspect=True,
    )
    if alone and row.crashes + 1 >= MAX_CRASHES:
        text = f"{MAX_CRASHES} processes died while sending this document alone"
        return replace(base, state=State.DEAD, due_at=None, error=text)
    age = (clock.now() - row.sent_at).total_seconds() if row.sent_at else settings.CALL_DEADLINE_SECONDS
    left = 0.0 if process_dead else max(0.0, settings.CALL_DEADLINE_SECONDS + SENT_SLACK - age)
    return uncertain(flow, base, clock, since_end=left)


def found(flow: SyncFlow, row: Delivery, got: Receipt | None, clock: Clock, reconcile: float) -> Change:
    """The answer to "did it arrive?": a receipt, or "not there", which counts when said twice."""
    if got is not None:
        return receipt(flow, row, row.attempt, got, clock, reconcile)
    if row.absent_at is None:
        return Change(
            id=row.pk, attempt=row.attempt, state=State.UNCERTAIN, error=row.error, absent_at=clock.now(),
            due_at=clock.now(flow.settle_seconds),
        )  # fmt: skip
    return Change(
        id=row.pk, attempt=row.attempt, state=State.FAILED, error="not there: will be sent again", due_at=clock.now()
    )


def not_found_out(flow: SyncFlow, row: Delivery, error: BaseException, clock: Clock) -> Change:
    """Asking failed: later again for an outage, a person for everything else."""
    base = Change(id=row.pk, attempt=row.attempt, state=State.UNCERTAIN, due_at=None, error=str(error))
    if isinstance(error, RetryLater | ConnectionBroken | OutcomeUnknown):
        return replace(base, due_at=clock.now(backoff.delay(row.failures + 1)), failures=1, absent_at=row.absent_at)
    if not isinstance(error, B1FlowError):
        log.exception("delivery %s (%s): find_delivered failed", row.pk, row.key, exc_info=error)
    return replace(base, state=State.HELD, error=f"cannot tell whether it arrived: {error}")
