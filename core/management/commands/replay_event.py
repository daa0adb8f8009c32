"""``manage.py replay_event ID...``: process stored callbacks again, with the present configuration (seed 6.5.5)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.flows import events
from core.models import InboundEvent


class Command(BaseCommand):
    help = "Process inbound events again; a worker does it, or with --now this process."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, nargs="+", help="number of the event in the console's list")
        parser.add_argument("--now", action="store_true", help="process here and show the outcome")

    def handle(self, *args: Any, **options: Any) -> None:
        found = {event.pk: event for event in InboundEvent.objects.filter(pk__in=options["id"]).select_related("flow")}
        missing = [pk for pk in options["id"] if pk not in found]
        if missing:
            raise CommandError(f"no such event: {', '.join(map(str, missing))}")
        for pk in options["id"]:
            events.replay(found[pk])
            self.stdout.write(f"event {pk} ({found[pk].flow}): {self._outcome(pk, now=options['now'])}")

    def _outcome(self, pk: int, *, now: bool) -> str:
        if not now:
            return "queued"
        events.process_one(pk)
        event = InboundEvent.objects.get(pk=pk)
        return f"{event.state} {event.error}".strip()
