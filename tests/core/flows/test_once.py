"""Requests and events do one thing once, whatever becomes of the answer or the process."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import DocumentRejected, OutcomeUnknown, RetryLater
from core.flows import once as once_module
from core.flows.base import Receipt
from core.flows.context import load
from core.flows.once import InProgress, once
from core.models import Delivery
from tests.core.flows.target import make_flow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ctx():
    return load(make_flow())


def send_ok():
    return Receipt("512", {"docEntry": 512})


def fail(error):
    def send():
        raise error

    return send


def forbidden():
    raise AssertionError("must not be sent")


def test_the_first_answer_is_repeated(ctx):
    first = once(ctx, "r1", payload={"a": 1}, send=send_ok)
    second = once(ctx, "r1", payload={"a": 1}, send=forbidden)

    assert (first.duplicate, second.duplicate, second.conflict) == (False, True, False)
    assert second.receipt.answer == {"docEntry": 512}


def test_another_content_under_a_done_id_is_a_conflict(ctx):
    once(ctx, "r1", payload={"a": 1}, send=send_ok)
    assert once(ctx, "r1", payload={"a": 2}, send=forbidden).conflict


def test_a_refusal_is_tried_anew(ctx):
    with pytest.raises(DocumentRejected):
        once(ctx, "r1", payload={}, send=fail(DocumentRejected("客户已冻结")))
    assert once(ctx, "r1", payload={}, send=send_ok).duplicate is False


def test_lost_answer_without_a_way_to_ask_is_held_and_never_sent_again(ctx):
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            once(ctx, "r1", payload={}, send=fail(OutcomeUnknown("cut")) if _ == 0 else forbidden)
    assert Delivery.objects.get().state == "held"


def test_lost_answer_is_asked_about_inside_the_request(ctx):
    result = once(ctx, "r1", payload={}, send=fail(OutcomeUnknown("cut")), find=lambda since: Receipt("512"))
    assert (result.receipt.target_key, result.duplicate) == ("512", False)


def test_lost_answer_that_is_not_there_twice_is_sent_again(ctx):
    with pytest.raises(OutcomeUnknown):
        once(ctx, "r1", payload={}, send=fail(OutcomeUnknown("cut")), find=lambda since: None)
    assert once(ctx, "r1", payload={}, send=send_ok, find=lambda since: None).receipt.target_key == "512"


def test_a_process_that_died_is_asked_about_by_the_repeat(ctx):
    past = timezone.now() - timedelta(hours=1)
    Delivery.objects.create(flow=ctx.flow, key="r1", state="sending", claimed_until=past, due_at=past, sent_at=past)
    result = once(ctx, "r1", payload={}, send=forbidden, find=lambda since: [Receipt("512")])
    assert (result.receipt.target_key, result.duplicate) == ("512", True)


def test_an_outage_while_asking_is_not_taken_for_absent(ctx):
    past = timezone.now() - timedelta(hours=1)
    Delivery.objects.create(flow=ctx.flow, key="r1", state="uncertain", due_at=past, sent_at=past)

    def find(since):
        raise RetryLater("ERP away")

    with pytest.raises(RetryLater):
        once(ctx, "r1", payload={}, send=forbidden, find=find)
    assert Delivery.objects.get().state == "uncertain"


def test_concurrent_calls_send_once(ctx, monkeypatch):
    from django.db import connections

    monkeypatch.setattr(once_module, "WAIT_SECONDS", 3.0)
    sent, results = [], []
    gate = threading.Barrier(4)

    def send():
        sent.append(1)
        threading.Event().wait(0.3)
        return Receipt("512")

    def caller():
        gate.wait()
        results.append(once(ctx, "r1", payload={}, send=send).duplicate)
        connections.close_all()

    threads = [threading.Thread(target=caller) for _ in range(4)]
    [t.start() for t in threads]
    [t.join(20) for t in threads]
    assert len(sent) == 1
    assert sorted(results) == [False, True, True, True]


def test_a_call_in_progress_says_so(ctx, monkeypatch):
    monkeypatch.setattr(once_module, "WAIT_SECONDS", 0.2)
    later = timezone.now() + timedelta(minutes=1)
    Delivery.objects.create(flow=ctx.flow, key="r1", state="sending", claimed_until=later, due_at=later)
    with pytest.raises(InProgress):
        once(ctx, "r1", payload={}, send=forbidden)


def test_a_success_outside_its_window_no_longer_counts(ctx):
    once(ctx, "r1", payload={}, send=send_ok, window_seconds=600)
    Delivery.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    assert once(ctx, "r1", payload={}, send=send_ok, window_seconds=600).duplicate is False
    assert Delivery.objects.count() == 2


def test_a_bug_leaves_an_uncertain_row(ctx):
    with pytest.raises(ZeroDivisionError):
        once(ctx, "r1", payload={}, send=fail(ZeroDivisionError()))
    assert Delivery.objects.get().state == "uncertain"
