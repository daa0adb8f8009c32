"""A process dies at any point of a run: every document arrives exactly once, or waits for a person.

Hypothesis plays the runner against a source and a target in memory. "Dying" is a wall: from the chosen moment on no
call has an effect and nothing is committed, as after kill -9; the next run takes the lease of a dead process over.
Two planted mutants show that the test can fail: bytes that leave before the claim is committed, and "not there"
believed at once while the target's index lags.
"""

from __future__ import annotations

import itertools
import socket
import time

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.errors import DocumentRejected, OutcomeUnknown, RetryLater
from core.flows import runner as runner_module
from core.flows.base import Receipt
from core.flows.ledger import Ledger
from core.models import Delivery, FlowInstance, FlowRun
from tests.core.flows import target as target_module
from tests.core.flows.target import World, make_flow, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]
DEAD = f"{socket.gethostname()}:999999:1"  # no such process


class Died(BaseException):
    """kill -9."""


class Mortal(World):
    """A world in which our process can die at the n-th call of a kind."""

    def __init__(self) -> None:
        super().__init__()
        self.dead = False
        self.plan: tuple[str, int] = ("never", 0)
        self.fault: tuple[str, int] = ("none", 0)
        self.counts: dict[str, int] = {}
        self.before = lambda key: self._moment("before create", key)
        self.after = lambda key: self._moment("after create", key)
        self.on_mark = lambda key: self._moment("mark", key)
        self.on_find = lambda key: self._moment("find", key)

    def start(self, plan: tuple[str, int], fault: tuple[str, int]) -> None:
        self.dead, self.plan, self.fault, self.counts = False, plan, fault, {}

    def _moment(self, kind: str, key: str) -> None:
        with self.lock:
            self.counts[kind] = number = self.counts.get(kind, 0) + 1
        if self.dead:
            raise Died
        if self.plan == (kind, number):
            self.dead = True
            raise Died
        self._fault(kind, number)

    def _fault(self, kind: str, number: int) -> None:
        name, at = self.fault
        if at != number:
            return
        if name == "lost answer" and kind == "after create":
            raise OutcomeUnknown("answer lost")
        if name == "cut before" and kind == "before create":
            raise OutcomeUnknown("cut before the effect")
        if name == "busy" and kind == "before create":
            raise RetryLater("503")
        if name == "refused" and kind == "before create":
            raise DocumentRejected("no")
        if name == "mark fails" and kind == "mark":
            raise RetryLater("ERP away")


def commit_or_die(commit):
    """The ledger's commit, with death right before it and right after it."""

    def mortal(self, new, again):
        world = target_module.WORLD
        for kind in ("before commit", "after commit"):
            if kind == "after commit":
                result = commit(self, new, again)
            with world.lock:
                world.counts[kind] = number = world.counts.get(kind, 0) + 1
            if world.dead or world.plan == (kind, number):
                world.dead = True
                raise Died
        return result

    return mortal


KINDS = ["before create", "after create", "mark", "find", "before commit", "after commit"]
PLANS = st.one_of(st.just(("never", 0)), st.tuples(st.sampled_from(KINDS), st.integers(1, 6)))
FAULTS = st.one_of(
    st.just(("none", 0)),
    st.tuples(st.sampled_from(["lost answer", "cut before", "busy", "refused", "mark fails"]), st.integers(1, 6)),
)


class Machine(RuleBasedStateMachine):
    """Documents appear, runs die, faults happen; at the end all is made whole."""

    flow_type = "test.memory_push"
    index_delay = 0.0
    checks_marks = True

    @initialize()
    def begin(self) -> None:
        Delivery.objects.all().delete()
        FlowInstance.objects.all().delete()
        self.world = target_module.WORLD = Mortal()
        self.world.index_delay = self.index_delay
        self.flow = make_flow(self.flow_type)
        self.numbers = itertools.count(1)

    @rule(count=st.integers(1, 9))
    def documents_appear(self, count: int) -> None:
        self.world.add(*(f"D{next(self.numbers):03}" for _ in range(count)))

    @precondition(lambda self: self.world.documents)
    @rule(plan=PLANS, fault=FAULTS)
    def one_run(self, plan: tuple[str, int], fault: tuple[str, int]) -> None:
        self.world.start(plan, fault)
        try:
            run(self.flow)
        except Died:
            self._bury()

    def _bury(self) -> None:
        """What the operating system does: the process and its lease's holder are gone."""
        FlowRun.objects.filter(ended_at__isnull=True).update(status="failed", ended_at="2026-01-01T00:00:00Z")
        FlowInstance.objects.filter(pk=self.flow.pk).update(lease_holder=DEAD, lease_until="2126-01-01T00:00:00Z")

    @invariant()
    def nothing_is_doubled(self) -> None:
        world = getattr(self, "world", None)
        if world is not None:
            doubled = [key for key in world.documents if world.copies(key) > 1]
            assert not doubled, doubled

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        for _ in range(6):
            self.world.start(("never", 0), ("none", 0))
            run(self.flow)
            if self.index_delay:
                time.sleep(self.index_delay)
        states = dict(Delivery.objects.filter(flow=self.flow).values_list("key", "state"))
        for key in self.world.documents:
            state = states.get(key)
            assert self.world.copies(key) <= 1, key
            assert state in ("done", "held", "dead", "refused"), (key, state)
            if state == "done":
                assert self.world.copies(key) == 1, key
                assert key in self.world.marked or not self.checks_marks, key


@pytest.fixture(autouse=True)
def _mortal(monkeypatch):
    monkeypatch.setattr(Ledger, "commit", commit_or_die(Ledger.commit))
    original = runner_module.SyncRun._record

    def record(self, pulled, row, attempt, answer):
        if isinstance(answer, Died):
            raise answer
        return original(self, pulled, row, attempt, answer)

    monkeypatch.setattr(runner_module.SyncRun, "_record", record)
    # The lease of a killed process is not released.
    from core.flows.lease import Lease

    release = Lease.release
    monkeypatch.setattr(
        Lease, "release", lambda self, **changes: None if target_module.WORLD.dead else release(self, **changes)
    )


QUICK = settings(
    max_examples=20, stateful_step_count=6, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def test_exactly_once_or_held_with_a_target_that_can_be_asked():
    run_state_machine_as_test(Machine, settings=QUICK)


def test_exactly_once_or_held_with_a_silent_target():
    class Silent(Machine):
        flow_type = "test.silent_push"

    run_state_machine_as_test(Silent, settings=QUICK)


def test_mutant_bytes_before_the_claim_are_caught(monkeypatch):
    """Create before the claim is committed (and hand the number over, so that all is well without a death)."""
    early: dict[str, str] = {}
    commit = Ledger.commit

    def eager(self, new, again):
        for document, _row in new:
            early[document.key] = target_module.WORLD.create(document.key)
        return commit(self, new, again)

    def deliver(self, ctx, outgoing):
        known = early.pop(outgoing.key, None)
        return Receipt(known or target_module.WORLD.create(outgoing.key))

    monkeypatch.setattr(Ledger, "commit", eager)
    monkeypatch.setattr(target_module.MemoryFlow, "deliver", deliver)
    monkeypatch.setattr(Machine, "checks_marks", False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Machine, settings=settings(QUICK, max_examples=100, phases=[Phase.generate]))


def test_mutant_without_settling_is_caught():
    """ "Not there" is believed at once while the target still indexes: the document is doubled."""

    class Lagging(Machine):
        index_delay = 0.15

    with pytest.raises(AssertionError):
        run_state_machine_as_test(Lagging, settings=settings(QUICK, max_examples=100, phases=[Phase.generate]))


def test_the_ledger_is_never_written_inside_an_outer_transaction():
    flow = make_flow()
    target_module.WORLD = Mortal()
    target_module.WORLD.add("A")
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        run(flow)
