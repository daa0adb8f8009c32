"""The delivery ledger of one run: claims, facts and marks, written in groups by the run's main thread.

A claim is committed before the first byte leaves; ``delivered`` is committed before the source is marked.
Claims need the lease. Facts do not: they are written where the row's id and attempt match, whoever holds the lease.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Case, F, Max, Q, Value, When

from core.connectors.steps import Recorder, Step
from core.flows.base import Document, Recall, SyncFlow
from core.flows.clock import Clock
from core.flows.inserting import insert_deliveries, insert_steps
from core.flows.lease import Lease
from core.flows.rows import Change, change, clean
from core.mapping.unknown import Seen
from core.models import Delivery, FlowRun
from core.models.delivery import OPEN_STATES, DeliveryState

log = logging.getLogger(__name__)
State = DeliveryState
# A receipt's note stays; the words of a mark that failed before go.
KEPT_NOTE = Case(When(mark_attempts=0, then=F("error")), default=Value(""))
UNSETTLED = (State.SENDING.value, State.UNCERTAIN.value)


class Ledger:
    """Rows of one flow, as one run sees and writes them."""

    def __init__(self, run: FlowRun, flow_type: SyncFlow, lease: Lease, recorder: Recorder, clock: Clock) -> None:
        self.run = run
        self.flow_id = run.flow_id
        self.flow_type = flow_type
        self.lease = lease
        self.recorder = recorder
        self.clock = clock
        self.facts: list[Change] = []
        self.done: list[int] = []
        self.mark_errors: dict[int, str] = {}
        self.unknown = Seen()  # what the value maps could not translate
        self.lost_claims = 0
        self.written: set[int] = set()  # ids of facts that took effect in the last commit

    # -- reading

    def latest(self, keys: Iterable[str]) -> dict[str, Delivery]:
        """The newest generation of each key that has a row: one query."""
        rows: dict[str, Delivery] = {}
        query = Delivery.objects.filter(flow_id=self.flow_id, key__in=list(keys)).defer("answer", "payload")
        for row in query.order_by("generation"):
            rows[row.key] = row
        return rows

    def open_rows(self, limit: int = 2000) -> list[Delivery]:
        """Rows with something to do, whenever it is due."""
        query = Delivery.objects.filter(flow_id=self.flow_id, due_at__isnull=False)
        return list(query.defer("answer", "payload").order_by("due_at")[:limit])

    # -- group commits

    @property
    def pending(self) -> bool:
        """Is there anything to write?"""
        return bool(self.facts or self.done or self.mark_errors)

    def commit(self, new: list[tuple[Document, Delivery]], again: list[Change]) -> tuple[list[Delivery], set[int]]:
        """One transaction: lease, facts, done, claims, steps. Returns (rows claimed anew, ids claimed again).

        Repeated while the database is away, until the lease is over; a row that the database refuses does not sink
        the group: then everything is written row by row. Raises LeaseLost before any claim.
        """
        steps = self.recorder.take()
        self.written = set()
        while True:
            try:
                return self._written(new, again, steps)
            except IntegrityError:
                return self._row_by_row(new, again, steps)
            except DatabaseError as error:
                if not self.lease.may_send():
                    self._shout(error)
                    raise
                log.warning("flow %s run %s: ledger not written, again in 1 s: %s", self.flow_id, self.run.pk, error)
                time.sleep(1.0)

    def _written(
        self, new: list[tuple[Document, Delivery]], again: list[Change], steps: list[Step]
    ) -> tuple[list[Delivery], set[int]]:
        now = self.clock.now()
        with transaction.atomic(durable=True):
            self.lease.beat()
            self.written |= change(self.facts, UNSETTLED, now, self.run.pk)
            if self.done:
                Delivery.objects.filter(pk__in=self.done, state=State.DELIVERED).update(
                    state=State.DONE, due_at=None, error=KEPT_NOTE, updated_at=now
                )
            self._write_mark_errors(now)
            rows = [row for _, row in new]
            insert_deliveries(rows, now)
            taken = change(again, [s.value for s in State if s != State.SENDING], now, self.run.pk) if again else set()
            insert_steps(self.run.pk, steps)
            self.unknown.write(self.flow_id)
        self._forget()
        return rows, taken

    def _write_mark_errors(self, now: Any) -> None:
        for pk, text in self.mark_errors.items():
            Delivery.objects.filter(pk=pk, state=State.DELIVERED).update(
                mark_attempts=F("mark_attempts") + 1, error=clean(text, 500), due_at=now, updated_at=now
            )

    def _forget(self) -> None:
        self.facts, self.done, self.mark_errors = [], [], {}
        self.unknown.clear()

    def _row_by_row(
        self, new: list[tuple[Document, Delivery]], again: list[Change], steps: list[Step]
    ) -> tuple[list[Delivery], set[int]]:
        """The same, each row in its own transaction; what the database refuses is held or left to others."""
        facts, self.facts, self.written = self.facts, [], set()
        for fact in facts:
            self._fact_alone(fact)
        _, taken = self._written([], again, steps)
        rows = []
        for _, row in new:
            try:
                with transaction.atomic(durable=True):
                    self.lease.beat()
                    row.save(force_insert=True)
                rows.append(row)
            except IntegrityError:  # somebody else has a row of this key: the next run looks at it
                self.lost_claims += 1
        return rows, taken

    def _fact_alone(self, fact: Change) -> None:
        now = self.clock.now()
        try:
            with transaction.atomic(durable=True):
                self.written |= change([fact], UNSETTLED, now, self.run.pk)
        except IntegrityError:
            text = f"the target answered {fact.target_key!r}, which belongs to another document already"
            with transaction.atomic(durable=True):
                held = replace(fact, state=State.HELD, due_at=None, target_key=None, error=text, decide_at=None)
                change([held], UNSETTLED, now, self.run.pk)

    def _shout(self, error: DatabaseError) -> None:
        """What this process knows and the database will not take: source and target keys, into the log."""
        for fact in self.facts:
            log.error(
                "flow %s run %s delivery %s: NOT WRITTEN state=%s target=%s (%s)",
                self.flow_id, self.run.pk, fact.id, fact.state, fact.target_key, error,
            )  # fmt: skip

    # -- making rows and changes

    def new_row(self, document: Document, print_: str, generation: int = 1) -> Delivery:
        """An unsaved claim of a document."""
        now = self.clock.now()
        return Delivery(
            flow_id=self.flow_id,
            key=document.key,
            generation=generation,
            label=clean(document.label or document.key, 120),
            fingerprint=print_,
            state=State.SENDING,
            sent_at=now,
            due_at=now,
            recall=document.recall,
            payload=document.payload if self.flow_type.keeps_payload else None,
            owns_target=self.flow_type.owns_target,
            run_id=self.run.pk,
        )

    def claim_again(self, row: Delivery, document: Document, print_: str) -> Change:
        """The claim of a document whose row exists: attempt +1."""
        now = self.clock.now()
        return Change(
            id=row.pk,
            attempt=row.attempt,
            state=State.SENDING,
            due_at=now,
            sent_at=now,
            fingerprint=print_,
            recall=document.recall,
            payload=document.payload if self.flow_type.keeps_payload else None,
            claim=True,
        )


def recall_of(row: Delivery) -> Recall:
    """The row as flow types see it."""
    return Recall(
        delivery=row.pk,
        key=row.key,
        generation=row.generation,
        target_key=row.target_key or "",
        recall=row.recall,
        label=row.label,
        sent_at=row.sent_at,
        fingerprint=row.fingerprint,
        payload=row.payload if "payload" in row.__dict__ else None,
    )


def next_generation(flow_id: int, key: str) -> int:
    """The number of a new generation of this key."""
    top = Delivery.objects.filter(flow_id=flow_id, key=key).aggregate(top=Max("generation"))["top"]
    return (top or 0) + 1


def counts(flow_id: int) -> dict[str, int]:
    """{state: rows} of the states that are open or need a person."""
    states = [*OPEN_STATES, State.HELD, State.DEAD, State.REFUSED]
    rows = Delivery.objects.filter(Q(flow_id=flow_id, state__in=states)).values_list("state", flat=True)
    found: dict[str, int] = {}
    for state in rows:
        found[state] = found.get(state, 0) + 1
    return found
