"""``manage.py worker``: all background work of this machine."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.worker.supervisor import CANARY_LIMIT, Supervisor


class Command(BaseCommand):
    help = "Dispatcher, queue clusters and watchdog: run one on every machine that shall work in the background."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queues", default="", help="comma list; default: all")
        parser.add_argument("--canary-limit", type=float, default=CANARY_LIMIT, help="seconds (default %(default)s)")
        parser.add_argument("--grace", type=float, help="seconds a stop may take before the rest is killed")

    def handle(self, *args: Any, **options: Any) -> None:
        known = [settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]]
        queues = [name.strip() for name in options["queues"].split(",") if name.strip()] or known
        unknown = sorted(set(queues) - set(known))
        if unknown:
            raise CommandError(f"unknown queues: {', '.join(unknown)}; known: {', '.join(known)}")
        Supervisor(queues, canary_limit=options["canary_limit"], grace=options["grace"]).run()
