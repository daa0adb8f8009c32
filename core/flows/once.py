"""Do one thing once per (flow, key), for flows that a request or an event starts: they hold no lease.

The row itself is claimed (INSERT, or a conditional UPDATE) and carries ``claimed_until``. Only a success is
remembered as the answer; a refusal is tried anew. An uncertain row is asked about before anything is sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from core.connectors.steps import current_delivery
from core.errors import B1FlowError, CannotTell, DocumentRejected, NotFound, OutcomeUnknown, RetryLater
from core.flows.base import Receipt
from core.flows.clock import database_now
from core.flows.context import FlowContext
from core.flows.fingerprint import fingerprint
from core.flows.rows import clean
from core.models import Delivery
from core.models.delivery import DeliveryState

State = DeliveryState
WAIT_SECONDS = 5.0
SLACK = timedelta(minutes=2)
Find = Callable[[datetime], "Receipt | Sequence[Receipt] | None"]


class InProgress(B1FlowError):
    """Another call with this key is at it; ask again."""


@dataclass(frozen=True)
class Outcome:
    """``duplicate``: it was done before, ``receipt`` is the first one's; ``conflict``: with another content."""

    delivery: int
    receipt: Receipt
    duplicate: bool = False
    conflict: bool = False


def once(
    ctx: FlowContext,
    key: str,
    *,
    payload: Any,
    send: Callable[[], Receipt],
    find: Find | None = None,
    label: str = "",
    recall: dict[str, Any] | None = None,
    window_seconds: float | None = None,
    owns_target: bool = False,
) -> Outcome:
    """Send, unless it was done before; the receipt either way.

    ``find(since)``: did an earlier, uncertain attempt arrive? ``window_seconds``: a success older than this no
    longer counts. Raises DocumentRejected (tried anew next time), RetryLater, ConnectionBroken, InProgress,
    OutcomeUnknown (a person, or the next repeat, finds out).
    """
    work = _Once(ctx, key[:120], fingerprint(payload), send, find, label, recall or {}, window_seconds, owns_target)
    return work.done()


@dataclass
class _Once:
    ctx: FlowContext
    key: str
    print_: str
    send: Callable[[], Receipt]
    find: Find | None
    label: str
    recall: dict[str, Any]
    window: float | None
    owns_target: bool

    def done(self) -> Outcome:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            row = self._newest()
            if row is not None and self._counts(row):
                return self._repeat(row)
            unsure = row is not None and row.state in (State.SENDING, State.UNCERTAIN)
            claimed = self._claim(row)
            if claimed is not None:
                return self._attempt(claimed, unsure=unsure)
            if time.monotonic() > deadline:
                raise InProgress("the same request is being processed; ask again")
            time.sleep(0.1)

    def _newest(self) -> Delivery | None:
        return Delivery.objects.filter(flow_id=self.ctx.flow.pk, key=self.key).order_by("-generation").first()

    def _counts(self, row: Delivery) -> bool:
        """Is this an outcome that is answered again?"""
        if row.state == State.HELD and row.target_key is None:
            raise OutcomeUnknown(f"an earlier attempt's outcome is unknown, ask the operator: {row.error}")
        if row.state not in (State.DONE, State.DELIVERED):
            return False
        return self.window is None or row.updated_at >= database_now() - timedelta(seconds=self.window)

    def _repeat(self, row: Delivery) -> Outcome:
        receipt = Receipt(row.target_key or "", row.answer, recall=row.recall)
        return Outcome(row.pk, receipt, duplicate=True, conflict=row.fingerprint != self.print_)

    def _claim(self, row: Delivery | None) -> Delivery | None:
        """A row that is ours now, or None while somebody else has it."""
        if row is None or row.state in (State.DONE, State.DELIVERED):
            return self._insert(1 if row is None else row.generation + 1)
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now())
        taken = Delivery.objects.filter(
            free, pk=row.pk, attempt=row.attempt, state=row.state
        ).update(
            state=State.SENDING,
            attempt=F("attempt") + 1,
            claimed_until=_claim_end(),
            due_at=_claim_end(),
            sent_at=F("sent_at") if row.state in (State.SENDING, State.UNCERTAIN) else Now(),
            fingerprint=self.print_,
            recall={**row.recall, **self.recall},
            run_id=self.ctx.run.pk if self.ctx.run else None,
            updated_at=Now(),
        )  # fmt: skip
        if not taken:
            return None
        row.refresh_from_db()
        return row

    def _insert(self, generation: int) -> Delivery | None:
        now = database_now()
        end = now + timedelta(seconds=_claim_seconds())
        try:
            with transaction.atomic():
                return Delivery.objects.create(
                    flow_id=self.ctx.flow.pk,
                    key=self.key,
                    generation=generation,
                    label=clean(self.label or self.key, 120),
                    fingerprint=self.print_,
                    state=State.SENDING,
                    claimed_until=end,
                    due_at=end,
                    sent_at=now,
                    recall=self.recall,
                    owns_target=self.owns_target,
                    run=self.ctx.run,
                )
        except IntegrityError:
            return None

    def _attempt(self, row: Delivery, *, unsure: bool) -> Outcome:
        current_delivery.set(row.pk)
        try:
            if unsure:
                earlier = self._ask(row)
                if earlier is not None:
                    return self._store(row, earlier, duplicate=True)
                Delivery.objects.filter(pk=row.pk, attempt=row.attempt).update(sent_at=Now())
            return self._send(row)
        finally:
            current_delivery.set(None)

    def _send(self, row: Delivery) -> Outcome:
        try:
            receipt = self.send()
        except OutcomeUnknown as error:
            return self._after_lost_answer(row, error)
        except (DocumentRejected, NotFound) as error:
            self._write(row, state=State.REFUSED, due_at=None, error=str(error), failures=F("failures") + 1)
            raise
        except B1FlowError as error:  # nothing was done: the next call tries again
            self._write(row, state=State.REFUSED, due_at=None, error=str(error), failures=F("failures") + 1)
            raise
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            self._write(row, state=State.UNCERTAIN, due_at=Now(), error=text, crashes=F("crashes") + 1)
            raise
        return self._store(row, receipt, duplicate=False)

    def _after_lost_answer(self, row: Delivery, error: OutcomeUnknown) -> Outcome:
        """Ask at once, inside the call; what cannot be found out waits for a person or the sweeper."""
        try:
            found = self._ask(row, first=True)
        except B1FlowError:
            found = None
        if found is not None:
            return self._store(row, found, duplicate=False)
        if self.find is None:
            self._write(row, state=State.HELD, due_at=None, error=str(error))
        else:
            settle = timedelta(seconds=self._settle())
            self._write(row, state=State.UNCERTAIN, due_at=Now() + settle, error=str(error), absent_at=Now())
        raise error

    def _ask(self, row: Delivery, *, first: bool = False) -> Receipt | None:
        """What became of the earlier attempt. None: certainly not there. Raises OutcomeUnknown where unclear."""
        if self.find is None:
            if first:
                return None
            self._write(row, state=State.HELD, due_at=None, error="sent once, outcome unknown, cannot be asked")
            raise OutcomeUnknown("an earlier attempt's outcome is unknown, ask the operator")
        try:
            got = self.find((row.sent_at or row.created_at) - SLACK)
            if got is not None and not isinstance(got, Receipt):
                if len(got) > 1:
                    raise CannotTell(f"{len(got)} objects could be it")
                got = got[0] if got else None
        except RetryLater:
            self._write(row, state=State.UNCERTAIN, due_at=Now(), claimed_until=None)
            raise
        except B1FlowError as error:
            self._write(row, state=State.HELD, due_at=None, error=str(error))
            raise OutcomeUnknown(f"an earlier attempt's outcome is unknown, ask the operator: {error}") from error
        if got is None and not first and not self._settled(row):
            self._write(row, state=State.UNCERTAIN, due_at=Now(), claimed_until=None, absent_at=Now())
            raise RetryLater("an earlier attempt is still being looked for; ask again", after=self._settle())
        return got

    def _settle(self) -> float:
        return float(getattr(self.ctx.flow_type, "settle_seconds", 0.0))

    def _settled(self, row: Delivery) -> bool:
        """Could the earlier attempt still be on its way, or not yet be visible?"""
        return database_now() - (row.sent_at or row.created_at) >= timedelta(seconds=self._settle())

    def _store(self, row: Delivery, receipt: Receipt, *, duplicate: bool) -> Outcome:
        self._write(
            row,
            state=State.DONE,
            due_at=None,
            target_key=clean(receipt.target_key, 160),
            answer=receipt.answer,
            error=clean(receipt.note, 500),
            recall={**row.recall, **receipt.recall},
        )
        return Outcome(row.pk, receipt, duplicate=duplicate)

    def _write(self, row: Delivery, **values: Any) -> None:
        """A fact about our attempt: written whoever holds the claim now."""
        if isinstance(values.get("error"), str):
            values["error"] = clean(values["error"], 500)
        values.setdefault("claimed_until", None)
        Delivery.objects.filter(pk=row.pk, attempt=row.attempt, state=State.SENDING).update(updated_at=Now(), **values)


def _claim_seconds() -> float:
    return float(settings.CALL_DEADLINE_SECONDS) * 2


def _claim_end() -> Any:
    return Now() + timedelta(seconds=_claim_seconds())
