"""What to do with a document that the source shows, given its newest ledger row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from core.flows.base import Document, SyncFlow
from core.flows.fingerprint import digest, fingerprint
from core.models import Delivery
from core.models.delivery import Decision, DecisionState, DeliveryState

State = DeliveryState
CLOSED = {Decision.REFUSED, Decision.WITHDRAWN, Decision.DELETED}


class Act(Enum):
    """What happens next."""

    SEND = "send"  # claim: a new row, or the row again
    GENERATION = "generation"  # claim a new row of the same key
    MARK = "mark"  # it is there already: only mark the source
    CHANGED = "changed"  # as MARK, and note that it changed after sending
    SKIP = "skip"  # nothing to do
    WAIT = "wait"  # failed before, its next try is later
    HELD = "held"  # a person must act first


@dataclass(frozen=True)
class Prints:
    """Fingerprints of a document: ``sent`` for what is sent; ``refusal`` also covers the config."""

    sent: str
    refusal: str


def prints(document: Document, config_print: str) -> Prints:
    """Both fingerprints of a mapped document; ``config_print``: the config's, made once a run."""
    sent = fingerprint(document.payload, document.version)
    return Prints(sent, digest(sent + config_print))


def judge(flow: SyncFlow, row: Delivery | None, prints: Prints, now: datetime, *, forced: bool) -> Act:
    """The next act; ``forced``: a person started this run (failed rows are taken whatever their time)."""
    if row is None:
        return Act.SEND
    if row.state in (State.SENDING, State.DELIVERED, State.UNCERTAIN):
        return Act.SKIP  # the recovery of this run has them
    if row.state in (State.HELD, State.DEAD):
        return Act.HELD
    if row.state == State.FAILED:
        return Act.SEND if forced or row.due_at is None or row.due_at <= now else Act.WAIT
    if row.state == State.REFUSED:
        return Act.SEND if row.fingerprint != prints.refusal else Act.SKIP
    return _done(flow, row, prints)


def _done(flow: SyncFlow, row: Delivery, prints: Prints) -> Act:
    if row.decision in CLOSED and row.decision_state == DecisionState.APPLIED:
        return Act.GENERATION
    if row.decision_state == DecisionState.SUPERSEDED:
        return Act.GENERATION
    if row.fingerprint == prints.sent or not row.fingerprint:
        return Act.MARK if flow.marks and row.target_key else Act.SKIP
    if flow.on_change == "update":
        return Act.SEND
    if flow.on_change == "new":
        return Act.GENERATION
    return Act.CHANGED if row.target_key else Act.SKIP
