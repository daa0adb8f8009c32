"""``manage.py run_flow TENANT FLOW [--json]``: run one flow now, in this process."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import registry
from core.flows import execute, stopping
from core.flows.base import SyncFlow
from core.models import FlowInstance
from core.models.run import RunStatus


class Command(BaseCommand):
    help = "Run one scheduled flow now, in this process. Exit code 0 only when it succeeded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="slug of the tenant")
        parser.add_argument("flow", help="name of the flow")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        flow = FlowInstance.objects.filter(tenant__slug=options["tenant"], name=options["flow"]).first()
        if flow is None:
            raise CommandError(f"tenant {options['tenant']!r} has no flow {options['flow']!r}")
        if not issubclass(registry.flow_type(flow.flow_type), SyncFlow):
            raise CommandError(f"flow {flow.name!r} is started from outside, not by a schedule")
        stopping.on_signals()
        run = execute.run_in_this_process(flow)
        result = {
            "run": run.pk,
            "status": run.status,
            "total": run.total,
            "succeeded": run.succeeded,
            "failed": run.failed,
            "skipped": run.skipped,
            "seconds": run.seconds,
        }
        words = ", ".join(f"{name} {value}" for name, value in result.items())
        self.stdout.write(json.dumps(result) if options["json"] else f"{words}\n{run.message}".strip())
        if run.status != RunStatus.SUCCEEDED:
            sys.exit(1)
