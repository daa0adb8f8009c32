"""Stream mode: events over a WebSocket that we open, for customers without a public address (vendor: "Stream模式").

The frames are handled by DingTalk's own library; opening, patience and stopping are ours: the library's loop blocks
without a deadline and cannot be stopped. An event goes the way of every callback: stored once, then acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import websockets
from dingtalk_stream import AckMessage, Credential, DingTalkStreamClient, EventHandler, EventMessage
from django.db import DatabaseError, close_old_connections

from core.callbacks.base import Arrived
from core.connectors.target import Target
from core.errors import B1FlowError
from core.flows import events
from core.models import FlowInstance
from core.models.event import EventState
from integrations.dingtalk import envelope
from integrations.dingtalk.client import DingTalkClient

log = logging.getLogger(__name__)
ROUTER = "dingtalk.receive_events"
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
SUCCESS, LATER = "SUCCESS", "LATER"


def routers(connection_id: int) -> list[FlowInstance]:
    """The enabled callback flows of a connection."""
    found = FlowInstance.objects.filter(flow_type=ROUTER, enabled=True, tenant__is_active=True)
    return list(found.filter(bindings__slot="oa", bindings__connection_id=connection_id))


def store(connection_id: int, event_type: str, event_id: str, body: dict[str, Any]) -> int:
    """Put an event into the inbox of the connection's flows; in how many."""
    close_old_connections()
    try:
        flows = routers(connection_id)
        for flow in flows:
            for arrived in _arrived(event_type, event_id, body):
                events.store(
                    flow,
                    arrived.event_id,
                    kind=arrived.kind,
                    route=arrived.route,
                    target_key=arrived.target_key,
                    body=arrived.body,
                    raw=arrived.raw,
                    state=arrived.state,
                )
        return len(flows)
    finally:
        close_old_connections()


def _arrived(event_type: str, event_id: str, body: Any) -> Iterator[Arrived]:
    """The event; what cannot be read is kept as it is."""
    try:
        yield from envelope.arrived(body, event_type=event_type, event_id=event_id)
    except ValueError:
        yield Arrived(f"unreadable:{event_id}"[:150], event_type, raw=str(body)[:100_000], state=EventState.UNREADABLE)


class Inbox(EventHandler):
    """Stores before it acknowledges; an event that could not be stored is asked for again."""

    def __init__(self, connection_id: int) -> None:
        super().__init__()
        self.connection_id = connection_id

    async def raw_process(self, event_message: EventMessage) -> AckMessage:
        """The documented answer; the library's own one echoes the event."""
        headers, status = event_message.headers, SUCCESS
        try:
            await asyncio.to_thread(
                store, self.connection_id, headers.event_type or "", headers.event_id or "", event_message.data
            )
        except DatabaseError as error:
            log.warning("connection %s: event %s not stored: %s", self.connection_id, headers.event_id, error)
            status = LATER
        answer = AckMessage()
        answer.message = "OK"
        answer.headers.message_id = headers.message_id
        answer.headers.content_type = headers.CONTENT_TYPE_APPLICATION_JSON
        answer.data = {"status": status, "message": ""}
        return answer


class Listener(DingTalkStreamClient):
    """One app's connection, in a thread of its own, until ``stop``. ``connected`` tells how it stands."""

    def __init__(self, target: Target) -> None:
        credential = Credential(target.settings.get("app_key"), target.secrets.get("app_secret"))
        super().__init__(credential, log)
        self.target, self.client = target, DingTalkClient(target)
        self.connected = threading.Event()
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.register_all_event_handler(Inbox(target.id or 0))
        self._thread = threading.Thread(target=self._run, name=f"dingtalk-stream-{target.id}", daemon=True)

    def begin(self) -> None:
        """Connect, and stay connected."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Close the connection; running events are stored and acknowledged first."""
        self._stopped.set()
        if self._loop is not None and self.websocket is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                asyncio.run_coroutine_threadsafe(self.websocket.close(), self._loop)
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            asyncio.run(self.start())
        finally:
            close_old_connections()

    async def start(self) -> None:
        """Connect again and again; after failures wait 1, 2, 4 ... 60 s."""
        self._loop = asyncio.get_running_loop()
        self.pre_start()
        pause = FIRST_PAUSE
        while not self._stopped.is_set():
            try:
                await self._listen()
                pause = FIRST_PAUSE
            except B1FlowError as error:
                log.error("Stream of %s: %s", self.target.name, error)
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                log.warning("Stream of %s: %s: %s", self.target.name, type(error).__name__, error)
            self.connected.clear()
            await asyncio.to_thread(self._stopped.wait, pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _listen(self) -> None:
        """One connection to its end."""
        endpoint, ticket = await asyncio.to_thread(self.client.open_stream)
        async with websockets.connect(f"{endpoint}?ticket={quote_plus(ticket)}") as socket:
            self.websocket = socket
            self.connected.set()
            log.info("Stream of %s: connected", self.target.name)
            running: set[asyncio.Task[None]] = set()
            async for text in socket:
                task = asyncio.create_task(self._handle(text))
                running.add(task)
                task.add_done_callback(running.discard)
            await asyncio.gather(*running, return_exceptions=True)

    async def _handle(self, text: str | bytes) -> None:
        try:
            frame = envelope.frame(text)
        except ValueError:
            log.warning("Stream of %s: a frame that is no JSON", self.target.name)
            return
        await self.background_task(frame)
