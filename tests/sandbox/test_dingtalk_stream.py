"""Stream mode of the pretended DingTalk (protocol: section 1.5)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import dingtalk_stream
import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.sandbox.dingtalk_caller import Caller, settled
from tests.sandbox.json_receiver import free_port, wait_until
from tests.sandbox.served import Served, serve


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve("dingtalk", free_port()) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Caller:
    served.reset()
    return Caller(served)


def opened(caller: Caller) -> tuple[str, ClientConnection]:
    body = {
        "clientId": caller.keys["app_key"],
        "clientSecret": caller.keys["app_secret"],
        "subscriptions": [{"type": "EVENT", "topic": "*"}],
    }
    answer = requests.post(f"{caller.base}/v1.0/gateway/connections/open", json=body, timeout=20).json()
    address = f"{answer['endpoint']}?ticket={quote(answer['ticket'], safe='')}"
    connection = connect(address)
    wait_until(lambda: caller.served.get("/dingtalk/pushes")["connections"] == 1)
    return address, connection


def acknowledgement(frame: dict[str, Any], status: str = "SUCCESS", code: int = 200) -> str:
    headers = {"contentType": "application/json", "messageId": frame["headers"]["messageId"]}
    data = json.dumps({"status": status, "message": ""})
    return json.dumps({"code": code, "headers": headers, "message": "OK", "data": data})


def test_a_stream_event_is_plain_and_awaits_its_acknowledgement(caller: Caller) -> None:
    address, connection = opened(caller)
    with connection:
        number = caller.made(approvers=[{"actionType": "NONE", "userIds": ["user0002"]}])
        frame = json.loads(connection.recv(timeout=5))
        assert (frame["type"], frame["headers"]["topic"]) == ("EVENT", "*")
        assert frame["headers"]["eventType"] == "bpms_instance_change"
        data = json.loads(frame["data"])
        assert (data["processInstanceId"], data["type"]) == (number, "start")
        assert not {"EventType", "CorpId", "eventId"} & set(data)
        connection.send(acknowledgement(frame))
        connection.send(acknowledgement(json.loads(connection.recv(timeout=5))))
        assert {(p["state"], p["attempts"][0]["via"]) for p in settled(caller)} == {("delivered", "stream")}
        with pytest.raises(InvalidStatus):
            connect(address)  # a ticket works once


def test_no_acknowledgement_brings_it_again_and_so_does_later(caller: Caller) -> None:
    caller.change(stream_redeliver_seconds=0.3)
    _, connection = opened(caller)
    with connection:
        caller.act("start", processCode=caller.keys["process_codes"]["库存单据审批"], values={"来源单号": "1"})
        first = [json.loads(connection.recv(timeout=5)) for _ in range(2)]
        connection.send(acknowledgement(first[0], "LATER"))
        connection.send(acknowledgement(first[1], code=404))
        second = [json.loads(connection.recv(timeout=5)) for _ in range(2)]
        ids = [sorted(f["headers"]["eventId"] for f in frames) for frames in (first, second)]
        assert ids[0] == ids[1]
        for frame in second:
            connection.send(acknowledgement(frame))
        settled(caller)
        with pytest.raises(TimeoutError):
            connection.recv(timeout=0.7)


def test_events_wait_for_a_connection(caller: Caller) -> None:
    caller.change(push_mode="stream")
    caller.made()
    _, connection = opened(caller)
    with connection:
        assert json.loads(connection.recv(timeout=5))["type"] == "EVENT"


def test_ping_disconnect_and_bad_credentials(caller: Caller) -> None:
    caller.change(time_scale=0.05)
    _, connection = opened(caller)
    with connection:
        caller.act("stream_ping")
        frame = json.loads(connection.recv(timeout=5))
        assert (frame["type"], frame["headers"]["topic"]) == ("SYSTEM", "ping")
        assert "opaque" in json.loads(frame["data"])
        assert caller.act("stream_disconnect")["asked"] == 1
        assert json.loads(connection.recv(timeout=5))["headers"]["topic"] == "disconnect"
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=5)
    body = {"clientId": "x", "clientSecret": "y", "subscriptions": [{"type": "EVENT", "topic": "*"}]}
    assert requests.post(f"{caller.base}/v1.0/gateway/connections/open", json=body, timeout=20).status_code == 401


@contextmanager
def in_a_thread(client: dingtalk_stream.DingTalkStreamClient) -> Iterator[None]:
    """The library's client takes a cancellation for a network error, so it is cancelled until it gives in."""
    loop = asyncio.new_event_loop()

    def run() -> None:
        with suppress(RuntimeError):  # stopped before it was complete
            loop.run_until_complete(client.start())
        while asyncio.all_tasks(loop):
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def test_the_vendors_own_library_connects(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[str, dict[str, Any]]] = []

    class Handler(dingtalk_stream.EventHandler):
        async def process(self, event: Any) -> tuple[int, str]:
            got.append((event.headers.event_type, event.data))
            return dingtalk_stream.AckMessage.STATUS_OK, "OK"

    address = f"{caller.base}/v1.0/gateway/connections/open"
    monkeypatch.setattr(dingtalk_stream.DingTalkStreamClient, "OPEN_CONNECTION_API", address)
    credential = dingtalk_stream.Credential(caller.keys["app_key"], caller.keys["app_secret"])
    client = dingtalk_stream.DingTalkStreamClient(credential)
    client.register_all_event_handler(Handler())
    caller.change(push_mode="stream")
    with in_a_thread(client):
        wait_until(lambda: caller.served.get("/dingtalk/pushes")["connections"] == 1)
        code = caller.keys["process_codes"]["库存单据审批"]
        number = caller.act("start", processCode=code, values={"来源单号": "1"})["instanceId"]
        assert {p["state"] for p in settled(caller)} == {"delivered"}
    assert {kind for kind, _ in got} == {"bpms_instance_change", "bpms_task_change"}
    assert {data["processInstanceId"] for _, data in got} == {number}
