"""The fast INSERTs write what the models would."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.utils import timezone

from core.connectors.steps import Step
from core.flows.inserting import DELIVERY_COLUMNS, EVENT_COLUMNS, insert_deliveries, insert_event, insert_steps
from core.models import Delivery, FlowRun, InboundEvent
from tests.core.flows.target import make_flow

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_delivery_is_what_the_model_would_save():
    flow, now = make_flow(), timezone.now()
    values = {
        "flow_id": flow.pk,
        "state": "sending",
        "due_at": now,
        "recall": {"标题": "采购申请 16"},
        "payload": [1.5, None],
    }
    saved = Delivery.objects.create(key="by model", **values)
    rows = [Delivery(key=f"fast {n}", **values) for n in range(450)]
    insert_deliveries(rows, now)

    assert len({row.pk for row in rows}) == 450
    fast = Delivery.objects.get(pk=rows[7].pk)
    assert fast.key == "fast 7"
    for column in set(DELIVERY_COLUMNS) - {"key", "created_at", "updated_at"}:
        assert getattr(fast, column) == getattr(saved, column), column


def test_an_event_is_what_the_model_would_save():
    flow, now = make_flow(), timezone.now()
    values = {
        "flow_id": flow.pk,
        "kind": "end",
        "body": {"标题": ["采购", 1.5, None]},
        "state": "received",
        "due_at": now,
    }
    saved = InboundEvent.objects.create(event_id="by model", **values)
    insert_event(InboundEvent(event_id="fast", **values), now)

    fast = InboundEvent.objects.get(event_id="fast")
    for column in set(EVENT_COLUMNS) - {"event_id", "received_at"}:
        assert getattr(fast, column) == getattr(saved, column), column
    assert fast.received_at == now
    with pytest.raises(IntegrityError):
        insert_event(InboundEvent(event_id="fast", **values), now)


def test_what_a_database_cannot_store_does_not_lose_the_event():
    flow, now = make_flow(), timezone.now()
    insert_event(InboundEvent(flow_id=flow.pk, event_id="odd", body={"a": "x\x00y \ud83d z"}, due_at=now), now)
    assert InboundEvent.objects.get().body == {"a": "xy ? z"}


def test_a_key_that_exists_is_refused():
    flow, now = make_flow(), timezone.now()
    rows = [Delivery(flow_id=flow.pk, key=key, due_at=now) for key in ("a", "b", "a")]
    with pytest.raises(IntegrityError):
        insert_deliveries(rows, now)


def test_steps_are_kept_without_nul():
    run = FlowRun.objects.create(flow=make_flow(), queued_at=timezone.now())
    insert_steps(run.pk, [Step("x" * 300, input="a\x00b", output='{"k": 1}', ok=False, ms=1.5)] * 3)
    step = run.steps.first()
    assert (run.steps.count(), len(step.name), step.input, step.ok, step.ms) == (3, 200, "ab", False, 1.5)
