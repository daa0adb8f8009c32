"""Stream mode: a WebSocket on a port of its own instead of a callback address (protocol 1.5)."""

from __future__ import annotations

import contextlib
import http as status
import json
import random
import secrets
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db import connection as database
from django.http import HttpRequest, HttpResponse
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from sandbox import faults, store
from sandbox.dingtalk import company
from sandbox.dingtalk.switches import SWITCHES, SYSTEM
from sandbox.dingtalk.wire import Refused, body_of, new_answer, open_api

TICKET_SECONDS = 90
MOST_TRIES = 5

_lock = threading.RLock()
_tickets: dict[str, float] = {}
_connections: dict[str, ServerConnection] = {}
_unacknowledged: dict[str, dict[str, Any]] = {}
_server: Server | None = None


@faults.operation(SYSTEM, "login")
@open_api
def open_connection(request: HttpRequest) -> HttpResponse:
    """POST /v1.0/gateway/connections/open -> {"endpoint", "ticket"}; the ticket works once, for 90 s."""
    body = body_of(request)
    if (body.get("clientId"), body.get("clientSecret")) != (company.APP_KEY, company.APP_SECRET):
        raise Refused("authFailed", "鉴权失败", 401)
    if not body.get("subscriptions"):
        raise Refused("invalidParameter", "subscriptions不能为空")
    ticket = secrets.token_urlsafe(18) + "+/="  # needs encoding in an address
    with _lock:
        _tickets[ticket] = time.monotonic() + TICKET_SECONDS
    host = request.get_host().rsplit(":", 1)[0]
    return new_answer({"endpoint": f"ws://{host}:{_listening()}/connect", "ticket": ticket})


def _listening() -> int:
    """The port; starts the server at the first use."""
    global _server
    with _lock:
        if _server is None:
            _server = serve(_connected, "0.0.0.0", int(SWITCHES["stream_port"]), process_request=_admit)
            threading.Thread(target=_server.serve_forever, daemon=True, name="dingtalk-stream").start()
            threading.Thread(target=_watch, daemon=True, name="dingtalk-stream-watch").start()
        return _server.socket.getsockname()[1]


def _admit(connection: ServerConnection, request: Request) -> Response | None:
    """Only /connect with a ticket that is fresh and unused."""
    parts = urlsplit(request.path)
    ticket = parse_qs(parts.query).get("ticket", [""])[0]
    with _lock:
        until = _tickets.pop(ticket, 0.0)
    if parts.path == "/connect" and until > time.monotonic():
        return None
    return connection.respond(status.HTTPStatus.UNAUTHORIZED, "ticket is invalid\n")


def _connected(connection: ServerConnection) -> None:
    number = secrets.token_hex(8)
    with _lock:
        _connections[number] = connection
    try:
        _deliver_waiting()
        for text in connection:
            _acknowledged(text)
    except ConnectionClosed:
        pass
    finally:
        with _lock:
            _connections.pop(number, None)
        database.close()


def connected() -> int:
    """How many connections are open."""
    return len(_connections)


def _frame(kind: str, headers: dict[str, str], data: dict[str, Any], connection_id: str, message_id: str) -> str:
    head = {
        "appId": company.APP_KEY,
        "connectionId": connection_id,
        "contentType": "application/json",
        "messageId": message_id,
        "time": str(int(time.time() * 1000)),
        **headers,
    }
    body = {"specVersion": "1.0", "type": kind, "headers": head, "data": json.dumps(data, ensure_ascii=False)}
    return json.dumps(body, ensure_ascii=False)


def push(event: dict[str, Any], number: int) -> None:
    """Hand an event to one connection, at random; it is sent again until somebody acknowledges."""
    message = secrets.token_hex(12)
    with _lock:
        _unacknowledged[message] = {"event": event, "push": number, "tries": 0, "due": 0.0}
    _deliver_waiting()


def _deliver_waiting() -> None:
    """Send every message that is due."""
    with _lock:
        if not _connections:
            return
        for message, waiting in list(_unacknowledged.items()):
            if waiting["due"] <= time.monotonic():
                _send(message, waiting)


def _send(message: str, waiting: dict[str, Any]) -> None:
    number, connection = random.choice(list(_connections.items()))
    event = waiting["event"]
    headers = {
        "topic": "*",
        "eventType": event["eventType"],
        "eventId": event["eventId"],
        "eventCorpId": company.CORP_ID,
        "eventBornTime": str(event["time"]),
        "eventUnifiedAppId": company.APP_KEY,
    }
    waiting["tries"] += 1
    waiting["due"] = time.monotonic() + SWITCHES["stream_redeliver_seconds"] * SWITCHES["time_scale"]
    with contextlib.suppress(ConnectionClosed):
        connection.send(_frame("EVENT", headers, event["data"], number, message))
    if waiting["tries"] >= MOST_TRIES:
        del _unacknowledged[message]
        _mark(waiting["push"], "failed")


def _acknowledged(text: str | bytes) -> None:
    """Code 200 settles a message; LATER, another code or silence brings it again."""
    answer = json.loads(text)
    message = answer.get("headers", {}).get("messageId")
    data = json.loads(answer.get("data") or "{}")
    later = isinstance(data, dict) and data.get("status") == "LATER"
    with _lock:
        waiting = _unacknowledged.get(message)
        if waiting is None or answer.get("code") != 200 or later:
            return
        del _unacknowledged[message]
    _mark(waiting["push"], "delivered")


def _mark(number: int, state: str) -> None:
    with store.LOCK, contextlib.suppress(store.Missing):
        store.put(SYSTEM, "push", number, {**store.get(SYSTEM, "push", number), "state": state})


def _watch() -> None:
    """Redeliver and ping."""
    pinged = time.monotonic()
    while True:
        time.sleep(0.2)
        _deliver_waiting()
        if time.monotonic() - pinged > SWITCHES["stream_ping_seconds"]:
            pinged = time.monotonic()
            ping()


def ping() -> None:
    """A SYSTEM ping to every connection; the answer carries the same opaque."""
    _system("ping", {"opaque": secrets.token_hex(8)})


def _system(topic: str, data: dict[str, Any]) -> int:
    with _lock:
        there = dict(_connections)
    for number, connection in there.items():
        with contextlib.suppress(ConnectionClosed):
            connection.send(_frame("SYSTEM", {"topic": topic}, data, number, secrets.token_hex(12)))
    return len(there)


def disconnect() -> int:
    """Ask all to go; close after ten (scaled) seconds those that stay. How many were asked."""
    with _lock:
        there = list(_connections.values())
    asked = _system("disconnect", {"reason": "persistent connection is timeout"})
    timer = threading.Timer(10 * SWITCHES["time_scale"], _close, [there])
    timer.daemon = True
    timer.start()
    return asked


def _close(connections: list[ServerConnection]) -> None:
    for connection in connections:
        connection.close()


def forget() -> None:
    """The demo data is being reset: nothing waits any more."""
    with _lock:
        _unacknowledged.clear()
