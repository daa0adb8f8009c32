"""From due flows to queued runs; what got lost is found again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from core import tasks
from core.flows import dispatcher, queueing, sweeper
from core.models import Delivery, FlowInstance, FlowRun, InboundEvent
from tests.core.flows import target as target_module
from tests.core.flows.target import World, make_flow

pytestmark = pytest.mark.django_db(transaction=True)
EVERY_MINUTE = {"every": 1, "unit": "minute"}


@pytest.fixture(autouse=True)
def world():
    target_module.WORLD = World()
    return target_module.WORLD


def due(name: str = "flow", **values) -> FlowInstance:
    return make_flow(name=name, schedule=EVERY_MINUTE, next_run_at=timezone.now() - timedelta(hours=3), **values)


def queued() -> list[tuple[str, int]]:
    packages = [SignedPackage.loads(p) for p in OrmQ.objects.values_list("payload", flat=True)]
    return [(p["func"], p["args"][0]) for p in packages]


def test_a_due_flow_runs_once_and_missed_ticks_are_not_replayed(world):
    world.add("A")
    flow = due()
    assert dispatcher.dispatch() == 1
    assert dispatcher.dispatch() == 0
    run = FlowRun.objects.get()
    assert queued() == [(queueing.RUN, run.pk)]
    flow.refresh_from_db()
    assert timezone.now() < flow.next_run_at <= timezone.now() + timedelta(minutes=1)

    tasks.run_flow(run.pk)
    run.refresh_from_db()
    assert (run.status, run.succeeded) == ("succeeded", 1)
    tasks.run_flow(run.pk)  # a doubled bell
    assert FlowRun.objects.count() == 1
    assert world.copies("A") == 1


def test_off_paused_and_inactive_flows_do_not_run():
    due("off")
    FlowInstance.objects.update(enabled=False)
    due("paused", paused="connection")
    assert dispatcher.dispatch() == 0


def test_many_flows_are_dispatched_by_few_statements(django_assert_max_num_queries):
    for number in range(60):
        due(f"f{number}")
    with django_assert_max_num_queries(20):
        assert dispatcher.dispatch() == 60
    assert FlowRun.objects.count() == OrmQ.objects.count() == 60


def test_a_bad_schedule_stops_only_its_flow():
    flow = due("bad")
    FlowInstance.objects.filter(pk=flow.pk).update(schedule={"every": "x"})
    due("good")
    dispatcher.dispatch()
    flow.refresh_from_db()
    assert flow.next_run_at is None
    assert FlowRun.objects.filter(flow__name="good").exists()


def test_a_run_whose_bell_was_lost_is_rung_again():
    run = queueing.run_now(make_flow())
    sweeper.requeue_runs()
    assert len(queued()) == 1  # still waiting, young
    OrmQ.objects.all().delete()
    FlowRun.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(minutes=5))
    assert sweeper.requeue_runs() == 1
    assert queued() == [(queueing.RUN, run.pk)]


def test_a_run_whose_process_died_is_ended_and_its_documents_are_taken_up():
    flow = make_flow()
    now = timezone.now()
    FlowInstance.objects.filter(pk=flow.pk).update(
        fence=7, lease_until=now - timedelta(seconds=1), lease_holder="x:1:1"
    )
    run = FlowRun.objects.create(
        flow=flow, status="running", fence=7, queued_at=now, started_at=now - timedelta(minutes=1)
    )
    Delivery.objects.create(flow=flow, key="A", state="sending", due_at=now, sent_at=now, run=run)
    FlowRun.objects.create(flow=flow, status="queued", trigger="reconcile", queued_at=now)  # takes up nothing

    assert sweeper.end_dead_runs() == 1
    run.refresh_from_db()
    assert run.status == "failed"
    assert FlowRun.objects.filter(flow=flow, status="queued", trigger="schedule").count() == 1


def test_due_events_are_rung_for():
    flow = make_flow()
    InboundEvent.objects.create(flow=flow, event_id="e", due_at=timezone.now() - timedelta(seconds=5))
    assert dispatcher.ring_inbox() == 1
    assert dispatcher.ring_inbox() == 0  # the bell hangs already
    assert queued() == [(queueing.EVENTS, flow.pk)]


def test_housekeeping_rows_are_what_the_registry_says():
    from django_q.models import Schedule

    Schedule.objects.create(name="by hand", func="x")
    tasks.keep_schedules()
    tasks.keep_schedules()
    assert not Schedule.objects.filter(name="by hand").exists()
    assert Schedule.objects.filter(name="core.tasks.tick").count() == 1


def test_retention(world):
    world.add("A")
    from tests.core.flows.target import run

    flow = make_flow()
    done = run(flow)
    done.steps.create(name="old", at=timezone.now() - timedelta(days=400))
    done.steps.create(name="new", at=timezone.now())
    tasks.prune()
    assert list(done.steps.values_list("name", flat=True)) == ["new"]
    assert Delivery.objects.count() == 1
