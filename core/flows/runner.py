"""One run of a SyncFlow: pull -> claim -> deliver -> record -> mark.

Threads do HTTP (core.flows.pool, core.flows.puller); this loop, in the main thread, owns the database and does no
HTTP. Order is everything here: a claim is committed before its job is submitted, a receipt is committed before its
mark is submitted. Results wait for each other up to WINDOW and are committed together, unless a thread would starve.
"""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from django.conf import settings

from core.connectors.steps import current_delivery
from core.errors import B1FlowError, ConfigurationError, ConnectionBroken
from core.flows import outcome, recovery, stopping
from core.flows.base import Outgoing, Recall, Receipt, SyncFlow
from core.flows.clock import Clock
from core.flows.context import FlowContext
from core.flows.lease import Lease, LeaseLost
from core.flows.ledger import Ledger, next_generation, recall_of
from core.flows.pool import Job, Pool, Result
from core.flows.puller import Pulled, PullEnded, Puller, Stopped
from core.flows.rows import Change, clean
from core.flows.sooner import Sooner
from core.flows.tally import Tally
from core.flows.verdict import Act, judge
from core.models import Delivery, FlowRun
from core.models.delivery import DeliveryState
from core.models.run import Trigger

log = logging.getLogger(__name__)
WINDOW = 0.02  # seconds a result waits for others before it is committed
SHORT_WINDOW = 0.004  # ... when no claimed job waits for a thread
MARK_WINDOW = 0.05  # seconds a mark waits for others
LOOKUP = 64  # documents looked up in the ledger by one query


class NotSent(Exception):
    """The lease had no time left for a whole call: nothing left this process."""


class SyncRun:
    """State of one execution; ``execute`` leaves everything it learned in the ledger and in ``tally``."""

    def __init__(self, run: FlowRun, ctx: FlowContext, lease: Lease, clock: Clock) -> None:
        self.run, self.ctx, self.lease = run, ctx, lease
        self.flow: SyncFlow = ctx.flow_type  # type: ignore[assignment]
        self.forced = run.trigger in (Trigger.MANUAL, Trigger.RETRY)
        self.only: set[str] = set(run.params.get("keys") or [])
        self.tally = Tally()
        self.sooner = Sooner()
        self.inbox: queue.Queue[Any] = queue.Queue()
        self.width = max(1, min([ctx.config.get("parallel") or 8, *(t.max_parallel for t in ctx.targets.values())]))
        self.pool = Pool(self.width, self.inbox)
        self.ledger = Ledger(run, self.flow, lease, ctx.recorder, clock)
        self.puller = Puller(self.flow, ctx, self.inbox)
        self.pulled: deque[Pulled] = deque()  # to be looked up
        self.ready: deque[tuple[Pulled, Delivery | None, Act]] = deque()  # to be claimed
        self.alone: deque[tuple[Pulled, Delivery | None, Act]] = deque()  # suspects: after the others, one by one
        self.receipts: dict[int, Recall] = {}  # facts on their way into the ledger
        self.marks: list[Recall] = []  # committed, to be marked
        self.seen: set[int] = set()
        self.recovered = recovery.Recovery(self)
        self.batch = max(1, self.flow.batch_limit(ctx.config))
        self.reconcile_seconds = float(ctx.config.get("reconcile_minutes") or 0) * 60
        self.pull_ended = False
        self.complete = False  # the source was read to its end and everything in it has a row
        self.error: BaseException | None = None  # why the run stopped
        self.login: str = ""  # "", asked, done
        self._marks_since = self._facts_since = self._told = 0.0
        self._started = time.monotonic()

    # -- the loop

    def execute(self) -> None:
        """Run to the end. Raises LeaseLost when another runner took over; nothing is sent after that."""
        try:
            self.recovered.start()
            self.puller.start()
            while not self._finished():
                self._wait()
                self._look_up()
                self._commit()
                self._send_marks()
                self._guard()
            self.recovered.end()
        finally:
            self.puller.stop()
            self.pool.close()

    def _finished(self) -> bool:
        waiting = self.pulled or self.ready or self.alone or self.marks or self.receipts
        return self.pull_ended and not (waiting or self.pool.open or self.ledger.pending)

    def _wait(self) -> None:
        """Take in what came back: block for the first, then whatever is there."""
        try:
            self._take(self.inbox.get(timeout=self._patience()))
            while True:
                self._take(self.inbox.get_nowait())
        except queue.Empty:
            return

    def _patience(self) -> float:
        if self.ready and not self.pool.open and self.login != "asked":
            return 0.001
        if self._facts_since:
            return max(0.0005, self._commit_in())
        return MARK_WINDOW / 2 if self.marks else 0.5

    def _commit_in(self) -> float:
        """Seconds until what came back should be committed; at once when every thread is idle."""
        if not self.pool.open:
            return 0.0
        window = WINDOW if self.pool.waiting else SHORT_WINDOW
        return self._facts_since + window - time.monotonic()

    def _take(self, item: Any) -> None:
        if isinstance(item, Pulled):
            self.pulled.append(item)
        elif isinstance(item, PullEnded):
            self.pull_ended = True
            self.complete = item.error is None
            if item.error is not None and not isinstance(item.error, Stopped):
                self.stop(item.error)
        elif isinstance(item, Result) and id(item.job) in self.pool.open:
            self.pool.finished(item.job)
            self._facts_since = self._facts_since or time.monotonic()
            {"deliver": self._delivered, "mark": self._marked, "login": self._logged_in}.get(
                item.job.what, self.recovered.take
            )(item)

    # -- what came back

    def _logged_in(self, result: Result) -> None:
        self.login = "done"
        if result.error is not None:
            self.stop(result.error)

    def _delivered(self, result: Result) -> None:
        """Receipts and errors of one job into facts."""
        items: list[tuple[Pulled, Delivery, int]] = result.job.items
        answers = [result.error] * len(items) if result.error is not None else list(result.value)
        if len(answers) != len(items):
            answers = [ConfigurationError(f"deliver_many answered {len(answers)} for {len(items)}")] * len(items)
        for (pulled, row, attempt), answer in zip(items, answers, strict=True):
            self._record(pulled, row, attempt, answer)

    def _record(self, pulled: Pulled, row: Delivery, attempt: int, answer: Receipt | BaseException | None) -> None:
        clock = self.ledger.clock
        if isinstance(answer, Receipt):
            self.tally.succeeded += 1
            self.fact(outcome.receipt(self.flow, row, attempt, answer, clock, self.reconcile_seconds))
            self.arrived(row, answer)
            return
        error = answer if isinstance(answer, BaseException) else ConfigurationError("deliver returned no receipt")
        self.tally.failed += 1
        if isinstance(error, NotSent):
            self.fact(Change(row.pk, attempt, DeliveryState.FAILED, clock.now(), "not sent: the lease was over"))
            return
        change = outcome.failure(self.flow, row, attempt, error, clock, pulled.prints.refusal)
        self.fact(change)
        self.ledger.unknown.note(error)
        self.tally.problem(f"{row.label}: {error}")
        self.recovered.uncertain += change.state == DeliveryState.UNCERTAIN
        if isinstance(error, ConnectionBroken | ConfigurationError):
            self.stop(error)

    def arrived(self, row: Delivery, receipt: Receipt) -> None:
        """Remember to mark the source once the receipt is committed."""
        if self.flow.marks:
            known = recall_of(row)
            self.receipts[row.pk] = Recall(
                row.pk, row.key, row.generation, receipt.target_key, {**known.recall, **receipt.recall}, row.label,
                row.sent_at, row.fingerprint,
            )  # fmt: skip

    def fact(self, change: Change) -> None:
        """One more fact for the next commit."""
        self.ledger.facts.append(change)
        self.sooner.change(change)
        self._facts_since = self._facts_since or time.monotonic()

    def _marked(self, result: Result) -> None:
        recalls: list[Recall] = result.job.items
        if result.error is None:
            errors: dict[int, BaseException] = dict(result.value or {})
        else:
            errors = {recall.delivery: result.error for recall in recalls}
        for recall in recalls:
            error = errors.get(recall.delivery)
            if error is None:
                self.ledger.done.append(recall.delivery)
                continue
            self.ledger.mark_errors[recall.delivery] = str(error)
            self.tally.held += 1
            self.tally.problem(f"{recall.label}: delivered, but the source could not be marked: {error}")
            if not isinstance(error, B1FlowError):
                log.error("flow %s delivery %s: acknowledge failed", self.run.flow_id, recall.delivery, exc_info=error)

    # -- deciding

    def _look_up(self) -> None:
        """Judge pulled documents against the ledger, LOOKUP at a time, not far ahead of the claims."""
        if self.error is not None:
            self.pulled.clear()  # they were on their way when the run was stopped: the next one reads them again
            return
        while self.pulled and len(self.ready) < LOOKUP:
            chunk = [self.pulled.popleft() for _ in range(min(LOOKUP, len(self.pulled)))]
            self.puller.taken(len(chunk))
            chunk = [p for p in chunk if self._is_new(p)]
            rows = self.ledger.latest(p.document.key for p in chunk) if chunk else {}
            for pulled in chunk:
                self._judge(pulled, rows.get(pulled.document.key))

    def _is_new(self, pulled: Pulled) -> bool:
        key = pulled.document.key
        number = hash(key)
        if number in self.seen or (self.only and key not in self.only):
            return False
        self.seen.add(number)
        return True

    def _judge(self, pulled: Pulled, row: Delivery | None) -> None:
        self.recovered.shown(pulled.document.key)
        act = judge(self.flow, row, pulled.prints, self.ledger.clock.now(), forced=self.forced)
        self.tally.total += act not in (Act.MARK, Act.CHANGED) or row is None or not self.flow.marks
        if act in (Act.SEND, Act.GENERATION):
            lane = self.alone if row is not None and row.suspect and act == Act.SEND else self.ready
            lane.append((pulled, row, act))
        elif act in (Act.MARK, Act.CHANGED) and row is not None:
            self._mark_again(pulled, row, changed=act == Act.CHANGED)
        elif act == Act.HELD:
            self.tally.held += 1
        else:
            self.tally.skipped += 1

    def _mark_again(self, pulled: Pulled, row: Delivery, *, changed: bool) -> None:
        """It is there already: the source only has to be marked (again)."""
        self.tally.total += 1
        self.tally.skipped += 1
        updates: dict[str, Any] = {"recall": {**row.recall, **pulled.document.recall}}
        if changed:
            updates["changed_after"] = True
        if self.flow.marks:
            updates |= {"state": DeliveryState.DELIVERED, "due_at": self.ledger.clock.now()}
        if Delivery.objects.filter(pk=row.pk, state=DeliveryState.DONE, attempt=row.attempt).update(**updates):
            row.recall = updates["recall"]
            if self.flow.marks:
                self.marks.append(recall_of(row))

    # -- committing and sending

    def _commit(self) -> None:
        """Write facts and claims together; then, and only then, submit what was claimed."""
        if self._facts_since and self._commit_in() > 0:
            return  # no thread starves yet: let more results come together
        claims = self._claimable()
        if not (claims or self.ledger.pending):
            return
        new, again, refused = self._claim(claims)
        rows, taken = self.ledger.commit(new, [change for *_, change in again] + refused)
        self._facts_since = 0.0
        self._committed()
        sent = {row.key: row for row in rows if row.state == DeliveryState.SENDING}
        items = [(p, sent[p.document.key], 1) for p, *_ in claims if p.document.key in sent]
        for pulled, row, _change in again:
            row.recall = pulled.document.recall  # as claimed: the mark must not work from an older version's
        items += [(p, row, row.attempt + 1) for p, row, change in again if change.id in taken]
        self._submit(items)
        self._tell()

    def _claimable(self) -> list[tuple[Pulled, Delivery | None, Act]]:
        """Documents to claim now: as many as threads and the room ahead of them take."""
        if not (self.ready or self.alone) or self.error or not self._may_claim():
            return []
        flying = sum(job.what == "deliver" for job in self.pool.open.values())
        room = (self.width + self.flow.claims_ahead(self.width) - flying) * self.batch
        if self.batch > 1 and not self.pull_ended and len(self.ready) < self.batch and flying:
            return []  # a fuller batch is on its way
        claims = [self.ready.popleft() for _ in range(min(max(0, room), len(self.ready)))]
        if not claims and not flying and not self.ready and not self.pulled and self.alone and self.pull_ended:
            claims = [self.alone.popleft()]
        return claims

    def _may_claim(self) -> bool:
        """Not before the logins work, nor while too much is uncertain, nor near the end of the lease."""
        if self.login == "":
            self.login = "asked"
            self.pool.submit(Job("login", [], self._log_in))
        if self.login != "done" or not self.lease.may_send():
            return False
        if self.recovered.uncertain >= 2 * self.width * self.batch:
            self.stop(ConfigurationError(f"{self.recovered.uncertain} documents are uncertain: no more are sent yet"))
            return False
        return True

    def _log_in(self) -> None:
        for slot in self.ctx.targets:
            if slot in self.flow.connections:
                client = self.ctx.connector(slot).client
                if client.needs_login:
                    client.warm_up()

    def _claim(
        self, claims: list[tuple[Pulled, Delivery | None, Act]]
    ) -> tuple[list[tuple[Any, Delivery]], list[tuple[Pulled, Delivery, Change]], list[Change]]:
        """(new rows, rows claimed again, rows refused again), unsaved. What the mapping refused is never sent."""
        new: list[tuple[Any, Delivery]] = []
        again: list[tuple[Pulled, Delivery, Change]] = []
        refused: list[Change] = []
        for pulled, row, act in claims:
            if row is not None and act == Act.SEND:
                change = self.ledger.claim_again(row, pulled.document, pulled.prints.sent)
                if pulled.refused:
                    self._refuse(pulled)
                    refused.append(outcome.failure(self.flow, row, row.attempt, pulled.refused, self.ledger.clock,
                                                   pulled.prints.refusal))  # fmt: skip
                else:
                    again.append((pulled, row, change))
                continue
            generation = next_generation(self.run.flow_id, pulled.document.key) if row is not None else 1
            fresh = self.ledger.new_row(pulled.document, pulled.prints.sent, generation)
            if pulled.refused:
                self._refuse(pulled)
                fresh.state, fresh.due_at, fresh.sent_at = DeliveryState.REFUSED, None, None
                fresh.fingerprint, fresh.error = pulled.prints.refusal, clean(str(pulled.refused), 500)
            new.append((pulled.document, fresh))
        return new, again, refused

    def _refuse(self, pulled: Pulled) -> None:
        self.tally.failed += 1
        self.ledger.unknown.note(pulled.refused)
        self.tally.problem(f"{pulled.document.label or pulled.document.key}: {pulled.refused}")

    def _committed(self) -> None:
        """Receipts that are in the ledger now may be marked."""
        for pk in [pk for pk in self.receipts if pk in self.ledger.written]:
            self.marks.append(self.receipts.pop(pk))
        known = {fact.id for fact in self.ledger.facts}
        for pk in [pk for pk in self.receipts if pk not in known]:
            self.receipts.pop(pk)  # held: its target key belongs to another document
            self.tally.held += 1

    def _submit(self, items: list[tuple[Pulled, Delivery, int]]) -> None:
        for start in range(0, len(items), self.batch):
            part = items[start : start + self.batch]
            self.pool.submit(Job("deliver", part, self._work(part)))

    def _work(self, part: list[tuple[Pulled, Delivery, int]]) -> Callable[[], Any]:
        outgoing = [
            Outgoing(
                row.pk,
                row.key,
                p.document.body,
                p.document.recall,
                p.document.payload,
                row.target_key or "",
                row.label,
                attempt,
            )
            for p, row, attempt in part
        ]

        def work() -> Any:
            if not self.lease.may_send():
                raise NotSent
            current_delivery.set(outgoing[0].delivery if len(outgoing) == 1 else None)
            return self.flow.deliver_many(self.ctx, outgoing)

        return work

    def _send_marks(self) -> None:
        """Marks in groups: full ones, old ones, or all when nothing else goes on."""
        if not self.marks:
            self._marks_since = 0.0
            return
        self._marks_since = self._marks_since or time.monotonic()
        limit = self._mark_limit()
        idle = not self.pool.open and not self.ready
        while self.marks and (len(self.marks) >= limit or idle or time.monotonic() - self._marks_since > MARK_WINDOW):
            part, self.marks = self.marks[:limit], self.marks[limit:]
            self.pool.submit(Job("mark", part, self._mark(part)))

    def _mark_limit(self) -> int:
        if not hasattr(self, "_marks_a_call"):
            self._marks_a_call = max(1, self.flow.mark_limit(self.ctx))
        return self._marks_a_call

    def _mark(self, part: list[Recall]) -> Callable[[], Any]:
        def work() -> Any:
            current_delivery.set(part[0].delivery if len(part) == 1 else None)
            return self.flow.acknowledge(self.ctx, part)

        return work

    # -- watching over it

    def stop(self, error: BaseException) -> None:
        """Claim nothing more; what is in flight is drained and recorded."""
        if self.error is None:
            self.error = error
            self.tally.problem(error if isinstance(error, B1FlowError) else f"{type(error).__name__}: {error}")
            if not isinstance(error, B1FlowError | TooLong):
                log.error("flow %s run %s stopped", self.run.flow_id, self.run.pk, exc_info=error)
        self.complete = False
        self.puller.stop()
        self.pulled.clear()
        self.ready.clear()
        self.alone.clear()

    def _guard(self) -> None:
        """Heartbeat, soft deadline, stop switch, threads that hang."""
        if self.lease.needs_beat:
            self.lease.beat()
        too_long = time.monotonic() - self._started > settings.RUN_SOFT_SECONDS
        if self.error is None and (too_long or stopping.requested()):
            self.stop(TooLong("the run ended early and goes on in the next one"))
        for job in self.pool.overdue(3 * settings.CALL_DEADLINE_SECONDS + 30):
            self._abandon(job)

    def _abandon(self, job: Job) -> None:
        """A thread hangs in a call: count it against the document and go on without the thread."""
        self.pool.finished(job)
        error = TimeoutError(f"{job.what} did not return")
        if job.what == "deliver":
            self._delivered(Result(job, error=error))
        self.stop(error)

    def _tell(self) -> None:
        """Progress for whoever watches, once a second."""
        if time.monotonic() - self._told > 1.0:
            self._told = time.monotonic()
            FlowRun.objects.filter(pk=self.run.pk).update(**self.tally.counts())


class TooLong(Exception):
    """The run's time is over; nothing is wrong."""


__all__ = ["LeaseLost", "SyncRun", "TooLong"]
