"""Retries and questions do not wait for the next day of a flow that runs daily."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import ConnectionBroken, DocumentRejected, OutcomeUnknown, RetryLater
from core.flows import dispatcher
from core.models import Delivery, FlowInstance
from tests.core.flows import target as target_module
from tests.core.flows.target import MemoryFlow, World, make_flow, run

pytestmark = pytest.mark.django_db(transaction=True)
DAILY = {"every": 1, "unit": "day"}


@pytest.fixture
def world():
    target_module.WORLD = World()
    target_module.WORLD.add("A")
    return target_module.WORLD


@pytest.fixture
def flow(world):
    return make_flow(schedule=DAILY, next_run_at=timezone.now() + timedelta(hours=20))


def seconds_to_go(flow: FlowInstance) -> float:
    flow.refresh_from_db()
    return (flow.next_run_at - timezone.now()).total_seconds()


def fails_once(error: Exception):
    """Raises the first time."""
    left = [error]

    def work(*_):
        if left:
            raise left.pop()

    return work


def test_a_document_that_failed_for_a_moment_is_tried_after_seconds(world, flow):
    world.before = fails_once(RetryLater("busy"))
    run(flow)
    assert seconds_to_go(flow) < 3
    run(flow)
    assert world.copies("A") == 1


def test_an_uncertain_document_is_asked_about_when_its_time_has_come(world, flow, monkeypatch):
    monkeypatch.setattr(MemoryFlow, "settle_seconds", 7.0)
    world.before = fails_once(OutcomeUnknown("cut"))
    run(flow)
    assert 5 < seconds_to_go(flow) <= 7
    run(flow)
    assert 3 < seconds_to_go(flow) <= 7, "a run that came earlier leaves it due"


def test_what_is_certainly_not_there_is_sent_at_once(world, flow):
    world.before = fails_once(OutcomeUnknown("cut"))
    for _ in range(3):
        run(flow)
    assert Delivery.objects.get().state == "failed"
    assert seconds_to_go(flow) < 1
    assert dispatcher.dispatch() == 1


def test_a_source_that_is_away_is_read_again_soon_and_then_more_seldom(world, flow):
    def away():
        raise RetryLater("no answer")

    world.on_pull = away
    run(flow)
    assert seconds_to_go(flow) < 3
    FlowInstance.objects.update(next_run_at=timezone.now() + timedelta(hours=20), failures_in_a_row=4)
    run(flow)
    assert 30 < seconds_to_go(flow) < 40


@pytest.mark.parametrize("error", [ConnectionBroken("password"), DocumentRejected("no")])
def test_what_a_person_must_mend_waits_for_the_schedule(world, flow, error):
    world.before = fails_once(error)
    run(flow)
    assert seconds_to_go(flow) > 3600


def test_a_flow_without_a_schedule_gets_none(world, flow):
    FlowInstance.objects.update(next_run_at=None)
    world.before = fails_once(RetryLater("busy"))
    run(flow)
    flow.refresh_from_db()
    assert flow.next_run_at is None
