"""Stream mode against the sandbox's WebSocket: the same events into the same inbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from core.connectors.target import Target
from core.models import Connection, FlowInstance, InboundEvent
from core.models.event import EventState
from integrations.dingtalk import stream
from integrations.dingtalk.management.commands.dingtalk_stream import Command, wanted
from integrations.dingtalk.stream import Listener
from tests.integrations.dingtalk.house import RECEIVE, House


def until(test: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def listener(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Connected for the house's router."""
    monkeypatch.setattr(stream, "FIRST_PAUSE", 0.1)
    house.settings(push_mode="stream", time_scale=0.02)
    house.approvals()
    made = Listener(Target.of(Connection.objects.get(name="OA")))
    made.begin()
    until(made.connected.is_set)
    yield made
    made.stop()


def ends() -> int:
    return InboundEvent.objects.filter(state=EventState.RECEIVED).count()


def delivered(house: House) -> bool:
    pushes = house.pushes()
    return bool(pushes) and all(push["state"] == "delivered" for push in pushes)


def test_an_end_comes_in_and_is_acknowledged_and_decided(house: House, listener: Listener) -> None:
    house.run()
    house.act("agree", house.instance_of(16), remark="好")
    until(lambda: ends() == 1)
    until(lambda: delivered(house))
    event = InboundEvent.objects.get(state=EventState.RECEIVED)
    assert event.target_key == house.instance_of(16)
    assert event.kind == "bpms_instance_change"
    house.work()
    assert house.approval(17)["Status"] == "arsApproved"


def test_the_same_event_by_both_ways_is_one(house: House, listener: Listener) -> None:
    house.run()
    house.act("agree", house.instance_of(16))
    until(lambda: ends() == 1)
    house.act("resend", house.instance_of(16), only="instance", times=4)
    until(lambda: delivered(house))
    assert ends() == 1


def test_pings_are_answered_and_a_disconnect_is_followed_by_a_new_connection(house: House, listener: Listener) -> None:
    house.act("stream_ping")
    house.act("stream_disconnect")
    house.run()
    house.act("agree", house.instance_of(16))
    until(lambda: ends() == 1)


def test_an_event_that_cannot_be_stored_comes_again(
    house: House, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    calls: list[int] = []
    whole = stream.store

    def failing(*args: object) -> int:
        calls.append(1)
        if len(calls) <= 2:
            raise OperationalError("database is locked")
        return whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(stream, "store", failing)
    house.run()
    house.act("agree", house.instance_of(16))
    until(lambda: ends() == 1)
    until(lambda: delivered(house))


def test_wrong_credentials_are_tried_again_later(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "FIRST_PAUSE", 0.05)
    house.approvals()
    connection = Connection.objects.get(name="OA")
    right = connection.secrets
    connection.secrets = {**right, "app_secret": "wrong"}
    connection.save()
    wrong = Listener(Target.of(connection))
    wrong.begin()
    time.sleep(0.5)
    assert not wrong.connected.is_set()
    wrong.stop()


def test_an_unreadable_event_is_kept(house: House) -> None:
    house.approvals()
    pk = Connection.objects.get(name="OA").pk
    stream.store(pk, "bpms_instance_change", "e1", {"type": "finish"})
    assert InboundEvent.objects.get().state == EventState.UNREADABLE


def test_the_command_follows_what_is_configured(house: House) -> None:
    assert wanted("", "") == {}
    house.approvals()
    (pk,) = wanted("", "")
    assert list(wanted("acme", "OA")) == [pk]
    assert wanted("other", "") == {}
    assert wanted("", "another") == {}
    FlowInstance.objects.filter(name=RECEIVE).update(enabled=False)
    assert wanted("", "") == {}


def test_changed_secrets_open_a_new_connection(house: House) -> None:
    house.settings(push_mode="stream")
    house.approvals()
    command, listeners = Command(), {}  # type: ignore[var-annotated]
    command._follow(listeners, wanted("", ""))
    (first,) = listeners.values()
    until(first.connected.is_set)
    command._follow(listeners, wanted("", ""))
    assert list(listeners.values()) == [first]
    connection = Connection.objects.get(name="OA")
    connection.secrets = {**connection.secrets, "callback_token": "another1"}
    connection.save()
    command._follow(listeners, wanted("", ""))
    (second,) = listeners.values()
    assert second is not first
    command._follow(listeners, {})
    assert not listeners
    assert not first._thread.is_alive()
