"""``manage.py dingtalk_stream``: receives DingTalk events in Stream mode, for customers without a public address."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from core.connectors.target import Target
from core.errors import B1FlowError
from core.models import Connection
from integrations.dingtalk.stream import ROUTER, Listener

LOOK_SECONDS = 30.0


class Command(BaseCommand):
    """One WebSocket for each DingTalk connection that an enabled callback flow uses; follows changes by itself."""

    help = "Receives DingTalk approval events in Stream mode until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", default="", help="only this tenant (slug)")
        parser.add_argument("--connection", default="", help="only the connection of this name")
        parser.add_argument("--look-seconds", type=float, default=LOOK_SECONDS, help="how often to look for changes")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        listeners: dict[int, Listener] = {}
        while not stop.is_set():
            self._follow(listeners, wanted(options["tenant"], options["connection"]))
            stop.wait(options["look_seconds"])
        for listener in listeners.values():
            listener.stop()

    def _follow(self, listeners: dict[int, Listener], targets: dict[int, Target]) -> None:
        """Start what is new, stop what is gone, start anew what was changed."""
        for pk, listener in list(listeners.items()):
            if targets.get(pk) != listener.target:
                self.stdout.write(f"{listener.target.name}: stopped")
                listeners.pop(pk).stop()
        for pk, target in targets.items():
            if pk not in listeners:
                self.stdout.write(f"{target.name}: started")
                listeners[pk] = Listener(target)
                listeners[pk].begin()


def wanted(tenant: str, name: str) -> dict[int, Target]:
    """{connection id: target} of the connections to listen for; those with wrong settings are left out."""
    close_old_connections()
    rows = Connection.objects.filter(
        connector="dingtalk.oa", bindings__flow__flow_type=ROUTER, bindings__flow__enabled=True, tenant__is_active=True
    ).distinct()
    rows = rows.filter(tenant__slug=tenant) if tenant else rows
    rows = rows.filter(name=name) if name else rows
    found: dict[int, Target] = {}
    for row in rows:
        try:
            found[row.pk] = Target.of(row)
        except B1FlowError:
            continue
    return found
