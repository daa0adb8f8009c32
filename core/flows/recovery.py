"""What a run does first: its own open rows, not the source.

Rows that a dead run left in ``sending`` become uncertain; uncertain ones that are due are asked about; delivered
ones are marked; failed ones are read afresh where the flow type can. No new claim is made before the rows of dead
runs are resolved or wait for a later time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F

from core.connectors.steps import current_delivery
from core.errors import CannotTell
from core.flows import outcome
from core.flows.base import Receipt
from core.flows.ledger import recall_of
from core.flows.pool import Job, Result
from core.flows.puller import Pulled
from core.models import Delivery
from core.models.delivery import DeliveryState

if TYPE_CHECKING:
    from core.flows.runner import SyncRun

State = DeliveryState
SLACK = timedelta(minutes=2)  # two clocks: the target's may be behind ours
NOT_SHOWN_SECONDS = 300.0


class Recovery:
    """The recovering half of a run. ``uncertain``: rows of which nobody knows yet whether they arrived."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self.uncertain = 0
        self._waiting: dict[str, Delivery] = {}  # failed rows that pull has to show

    def start(self) -> None:
        """Read the open rows and set everything going."""
        run = self.run
        rows = run.ledger.open_rows()
        now = run.ledger.clock.now()
        orphans = [row for row in rows if row.state == State.SENDING and row.claimed_until is None]
        for row in orphans:
            change = outcome.orphan(
                run.flow, row, run.ledger.clock, alone=len(orphans) == 1, process_dead=run.lease.inherited_dead
            )
            run.fact(change)
        if orphans:
            run.ledger.commit([], [])
            rows = run.ledger.open_rows()
        self.uncertain = sum(row.state == State.UNCERTAIN for row in rows)
        for row in rows:
            run.sooner.row(row, now)
            due = row.due_at is not None and row.due_at <= now
            if row.state == State.UNCERTAIN and due:
                run.pool.submit(Job("find", [row], self._find(row)))
            elif row.state == State.DELIVERED:
                run.marks.append(recall_of(row))
            elif row.state == State.FAILED and (due or run.forced):
                self._again(row)

    def _again(self, row: Delivery) -> None:
        """A failed row: read its document afresh, or wait until pull shows it."""
        if self.run.only and row.key not in self.run.only:
            return
        self._waiting[row.key] = row
        if self.run.flow.can_read:
            self.run.pool.submit(Job("read", [row], self._read(row)))

    def _find(self, row: Delivery) -> Callable[[], Any]:
        run, recall = self.run, recall_of(row)
        since = (row.sent_at or row.created_at) - SLACK

        def work() -> Any:
            current_delivery.set(row.pk)
            return run.flow.find_delivered(run.ctx, recall, since)

        return work

    def _read(self, row: Delivery) -> Callable[[], Any]:
        run, key, recall = self.run, row.key, row.recall

        def work() -> Pulled | None:
            current_delivery.set(row.pk)
            document = run.flow.read(run.ctx, key, recall)
            return None if document is None else run.puller.mapped(document)

        return work

    # -- what came back

    def take(self, result: Result) -> None:
        """The result of a find or a read."""
        row: Delivery = result.job.items[0]
        if result.job.what == "find":
            self._found(row, result)
        elif result.error is not None:
            self.run.tally.problem(f"{row.label}: {result.error}")
        elif result.value is not None:
            self.run.pulled.appendleft(result.value)

    def _found(self, row: Delivery, result: Result) -> None:
        run, clock = self.run, self.run.ledger.clock
        run.tally.total += 1
        got, error = result.value, result.error
        if error is None:
            try:
                got = self._only_ours(row, got)
            except CannotTell as unclear:
                error = unclear
        if error is not None:
            change = outcome.not_found_out(run.flow, row, error, clock)
            run.tally.held += 1
            run.tally.problem(f"{row.label}: {change.error}")
        else:
            change = outcome.found(run.flow, row, got, clock, run.reconcile_seconds)
            if got is not None:
                run.tally.succeeded += 1
                run.arrived(row, got)
            else:
                run.tally.skipped += 1
                run.sooner.note(change.due_at)
        self.uncertain -= change.state != State.UNCERTAIN
        run.fact(change)

    def _only_ours(self, row: Delivery, got: Receipt | Sequence[Receipt] | None) -> Receipt | None:
        """The one candidate that no other delivery owns; CannotTell for two."""
        if got is None or isinstance(got, Receipt):
            return got
        keys = [candidate.target_key for candidate in got]
        others = Delivery.objects.filter(flow_id=row.flow_id, target_key__in=keys).exclude(pk=row.pk)
        taken = set(others.values_list("target_key", flat=True))
        left = [candidate for candidate in got if candidate.target_key not in taken]
        if len(left) > 1:
            raise CannotTell(f"{len(left)} objects over there could be it: {', '.join(r.target_key for r in left)}")
        return left[0] if left else None

    def shown(self, key: str) -> None:
        """The source (or read) showed this document."""
        self._waiting.pop(key, None)

    def end(self) -> None:
        """Failed rows that a complete pull did not show: counted, and given up in the end."""
        run = self.run
        missing = [row.pk for row in self._waiting.values()]
        if not missing or not run.complete or run.only:
            return
        clock, text = run.ledger.clock, "the source does not show it any more"
        rows = Delivery.objects.filter(pk__in=missing, state=State.FAILED)
        rows.filter(failures__gte=run.flow.max_attempts).update(
            state=State.DEAD, due_at=None, error=text, updated_at=clock.now()
        )
        rows.update(failures=F("failures") + 1, due_at=clock.now(NOT_SHOWN_SECONDS), error=text)
