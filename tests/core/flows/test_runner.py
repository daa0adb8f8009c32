"""The runner against a target in memory: each way to go wrong, and what the ledger says afterwards."""

from __future__ import annotations

import threading
import time

import pytest

from core.errors import CannotTell, ConnectionBroken, DocumentRejected, OutcomeUnknown, RetryLater
from core.flows.base import Document, Receipt
from core.flows.runner import SyncRun
from core.models import Delivery, FlowInstance
from tests.core.flows import target as target_module
from tests.core.flows.target import BatchFlow, World, make_flow, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def world():
    target_module.WORLD = World()
    return target_module.WORLD


def states(flow) -> dict[str, str]:
    return dict(Delivery.objects.filter(flow=flow).values_list("key", "state"))


def test_delivers_and_marks_every_document_once(world):
    world.add(*(f"D{n:03}" for n in range(55)))
    world.before = lambda key: time.sleep(0.005)
    flow = make_flow()

    first, second = run(flow), run(flow)

    assert (first.status, first.total, first.succeeded, first.failed) == ("succeeded", 55, 55, 0)
    assert (second.status, second.total) == ("succeeded", 0)
    assert len(world.created) == len(world.marked) == 55
    assert set(states(flow).values()) == {"done"}
    assert 1 < world.most_flying <= 8


def test_refused_document_fails_alone_and_is_not_sent_again_until_it_changes(world):
    world.add("A", "B", "C")
    world.before = lambda key: _raise(DocumentRejected("客户已冻结", code="-5002")) if key == "B" else None
    flow = make_flow()

    first, second = run(flow), run(flow)
    assert (first.status, first.succeeded, first.failed) == ("partial", 2, 1)
    assert "[-5002] 客户已冻结" in first.message
    assert (second.status, second.skipped) == ("succeeded", 1)
    assert world.calls.count("create B") == 1

    world.before = lambda key: None
    world.add("B", Name="changed")
    assert run(flow).succeeded == 1
    assert states(flow) == dict.fromkeys("ABC", "done")


def test_a_config_change_sends_a_refused_document_again(world):
    world.add("A")
    world.before = lambda key: _raise(DocumentRejected("no"))
    flow = make_flow()
    run(flow)
    world.before = lambda key: None
    FlowInstance.objects.filter(pk=flow.pk).update(config={"parallel": 3})

    assert run(flow).succeeded == 1


def test_missing_required_mapping_is_refused_locally(world):
    world.add("A", "B")
    world.documents["B"]["Key"] = None
    flow = make_flow()

    result = run(flow)

    assert (result.succeeded, result.failed) == (1, 1)
    assert states(flow) == {"A": "done", "B": "refused"}
    assert "create B" not in world.calls


def test_lost_answer_is_asked_about_and_never_sent_twice(world):
    world.add("A", "B")
    world.after = lambda key: _raise(OutcomeUnknown("connection cut")) if key == "A" else None
    flow = make_flow()

    first = run(flow)
    assert (first.status, first.succeeded, first.failed) == ("partial", 1, 1)
    assert states(flow)["A"] == "uncertain"
    second = run(flow)

    assert second.status == "succeeded"
    assert world.copies("A") == 1
    assert states(flow) == {"A": "done", "B": "done"}
    assert world.marked == {"A", "B"}


def test_not_there_counts_when_said_twice(world):
    world.add("A")
    world.before = lambda key: _raise(OutcomeUnknown("cut")) if world.calls.count("create A") == 1 else None
    flow = make_flow()

    run(flow)
    run(flow)  # not there, once
    assert states(flow)["A"] == "uncertain"
    run(flow)  # not there, twice
    run(flow)

    assert world.calls.count("find A") == 2
    assert world.copies("A") == 1
    assert states(flow) == {"A": "done"}


def test_slow_index_of_the_target_does_not_double(world):
    world.add("A")
    world.after = lambda key: _raise(OutcomeUnknown("cut"))
    world.index_delay = 0.3
    flow = make_flow()
    target_module.MemoryFlow.settle_seconds = 0.5
    try:
        run(flow)
        for _ in range(3):
            time.sleep(0.55)
            run(flow)
    finally:
        target_module.MemoryFlow.settle_seconds = 0.0
    assert world.copies("A") == 1
    assert states(flow) == {"A": "done"}


def test_target_that_cannot_be_asked_holds_for_a_person(world):
    world.add("A")
    world.after = lambda key: _raise(OutcomeUnknown("cut"))
    flow = make_flow("test.silent_push")

    run(flow)
    second = run(flow)

    assert states(flow) == {"A": "held"}
    assert (second.status, second.held) == ("partial", 1)
    assert world.copies("A") == 1


def test_two_candidates_are_a_persons_matter(world):
    world.add("A")
    world.after = lambda key: _raise(OutcomeUnknown("cut"))
    flow = make_flow()
    run(flow)
    world.created["T9"] = "A"
    world.visible_at["T9"] = 0.0

    result = run(flow)

    assert states(flow) == {"A": "held"}
    assert result.held == 1


def test_candidate_of_another_delivery_does_not_count(world):
    """The old refused request has the same title: it belongs to another row, so ours is not there."""
    world.add("A")
    flow = make_flow()
    Delivery.objects.create(flow=flow, key="old", state="done", target_key="T9", attempt=1)
    world.created["T9"] = "A"
    world.visible_at["T9"] = 0.0
    world.before = lambda key: _raise(OutcomeUnknown("cut")) if world.calls.count("create A") == 1 else None
    for _ in range(4):
        run(flow)

    row = Delivery.objects.get(flow=flow, key="A")
    assert (row.state, row.target_key) == ("done", "T2")


def test_retry_later_keeps_the_document_and_a_manual_run_does_not_wait(world):
    world.add("A")
    world.before = lambda key: _raise(RetryLater("503")) if world.calls.count("create A") == 1 else None
    flow = make_flow()

    first = run(flow)
    row = Delivery.objects.get(flow=flow)
    assert (first.status, row.state, row.failures) == ("failed", "failed", 1)
    assert row.due_at is not None
    assert run(flow).succeeded == 1


def test_failed_mark_is_repeated_alone(world):
    world.add("A")
    world.on_mark = lambda key: _raise(RetryLater("ERP away")) if not marks_failed else None
    marks_failed: list[int] = []
    flow = make_flow()

    first = run(flow)
    assert (first.status, states(flow)) == ("partial", {"A": "delivered"})
    marks_failed.append(1)
    second = run(flow)

    assert second.status == "succeeded"
    assert world.calls.count("create A") == 1
    assert world.marked == {"A"}
    assert Delivery.objects.get(flow=flow).mark_attempts == 1


def test_mark_that_vanished_is_only_repeated(world):
    """Somebody set the flag back: the document is there already, so only the mark is repeated."""
    world.add("A")
    flow = make_flow()
    run(flow)
    world.marked.clear()

    result = run(flow)

    assert world.calls.count("create A") == 1
    assert world.marked == {"A"}
    assert (result.succeeded, result.skipped) == (0, 1)


def test_changed_document_is_kept_for_create_only_targets(world):
    world.add("A")
    flow = make_flow()
    run(flow)
    world.marked.clear()
    world.add("A", Name="changed")
    run(flow)

    row = Delivery.objects.get(flow=flow)
    assert world.copies("A") == 1
    assert row.changed_after
    assert world.marked == {"A"}


def test_changed_document_is_updated_where_the_target_updates(world):
    world.add("A", "B")
    flow = make_flow("test.updating_push")
    run(flow)
    world.add("A", Name="changed")

    result = run(flow)

    assert world.updated == ["A"]
    assert (result.succeeded, result.skipped) == (1, 1)


def test_resubmitted_document_after_a_refusal_opens_a_new_generation(world):
    world.add("A")
    flow = make_flow()
    run(flow)
    Delivery.objects.filter(flow=flow).update(decision="refused", decision_state="applied")
    world.marked.clear()
    run(flow)

    assert world.copies("A") == 2
    assert sorted(Delivery.objects.filter(flow=flow).values_list("generation", flat=True)) == [1, 2]


def test_broken_connection_stops_the_run_and_loses_nothing(world):
    world.add(*(f"D{n:02}" for n in range(40)))
    world.before = lambda key: _raise(ConnectionBroken("password refused"))
    flow = make_flow()

    result = run(flow)
    assert result.status == "failed"
    assert len(world.calls) <= 16
    world.before = lambda key: None
    assert run(flow).status == "succeeded"
    assert len(world.created) == 40


def test_a_document_that_comes_after_the_run_was_stopped_does_not_keep_it_open(world, monkeypatch):
    """It was on its way from the pulling thread. Found by F1: a run that beat its heart and never ended."""
    original = SyncRun.stop

    def stop(self, error):
        original(self, error)
        self.inbox.put(self.puller.mapped(Document(key="late", body={"Key": "late", "Name": "late"})))

    monkeypatch.setattr(SyncRun, "stop", stop)
    world.add("A")
    world.before = lambda key: _raise(ConnectionBroken("password refused"))
    running = threading.Thread(target=_in_thread, args=(flow := make_flow(),), daemon=True)

    running.start()
    running.join(10)

    assert not running.is_alive()
    assert "late" not in states(flow)


def test_poison_documents_are_given_up_and_the_others_go_on(world):
    world.add("A", "B", "C")
    world.before = lambda key: _raise(ZeroDivisionError("bug")) if key == "B" else None
    flow = make_flow()
    for _ in range(12):
        run(flow)

    assert states(flow) == {"A": "done", "B": "dead", "C": "done"}
    assert world.calls.count("create B") <= 3


def test_target_key_of_another_document_is_held(world):
    world.add("A", "B")
    flow = make_flow(config={"parallel": 1})
    world.after = lambda key: world.created.pop("T1", None)  # the target answers T1 twice

    run(flow)

    assert sorted(states(flow).values()) == ["done", "held"]


def test_batches_carry_many_and_one_refused_row_does_not_sink_them(world):
    world.add(*(f"D{n:02}" for n in range(25)))
    world.before = lambda key: _raise(DocumentRejected("no")) if key == "D07" else None
    BatchFlow.batches.clear()
    flow = make_flow("test.batch_push")

    result = run(flow)

    assert (result.succeeded, result.failed) == (24, 1)
    assert max(BatchFlow.batches) == 10
    assert len(BatchFlow.batches) <= 5


def test_failing_source_fails_the_run_with_its_words(world):
    world.on_pull = lambda: _raise(ConnectionBroken("Login failed", code="100000027"))

    result = run(make_flow())

    assert result.status == "failed"
    assert "[100000027] Login failed" in result.message


def test_second_run_is_skipped_while_the_first_goes_on(world):
    world.add("A")
    entered, leave = threading.Event(), threading.Event()

    def hold(key):
        entered.set()
        leave.wait(5)

    world.before = hold
    flow = make_flow()
    first = threading.Thread(target=_in_thread, args=(flow,))
    first.start()
    try:
        assert entered.wait(5)
        assert run(flow).status == "skipped"
    finally:
        leave.set()
        first.join(10)
    assert world.copies("A") == 1


def test_pool_threads_do_not_touch_the_database(world):
    from django.db import connections

    world.add("A")
    seen: list[object] = []
    world.before = lambda key: seen.append(connections["default"].connection)
    run(make_flow())
    assert seen == [None]


def test_a_receipts_note_stays(world, monkeypatch):
    world.add("A")
    monkeypatch.setattr(
        target_module.MemoryFlow, "deliver", lambda self, ctx, o: Receipt("T1", note="form not readable")
    )
    flow = make_flow()
    run(flow)
    assert Delivery.objects.get(flow=flow).error == "form not readable"


def test_cannot_tell_holds(world):
    world.add("A")
    world.after = lambda key: _raise(OutcomeUnknown("cut"))
    world.on_find = lambda key: _raise(CannotTell("search is off"))
    flow = make_flow()
    run(flow)
    run(flow)
    assert states(flow) == {"A": "held"}


def _in_thread(flow) -> None:
    from django.db import connections

    run(flow)
    connections.close_all()


def _raise(error: BaseException) -> None:
    raise error
