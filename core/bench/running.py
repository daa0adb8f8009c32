"""The frame around scenarios: an empty database, a stub of the outside world, a tenant."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

import requests
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from core.apps import IntegrationConfig
from core.bench import engine
from core.bench.scenario import Scenario
from core.demo.processes import Processes, free_port
from core.models import Delivery, FlowInstance, FlowRun, RunStep, Tenant

BESIDE = "B1FLOW_BENCH_BESIDE"  # set for a benchmark that another one starts as load: the database is the other's


def scenarios() -> list[Scenario]:
    """Of the engine and of every integration that has some."""
    found = list(engine.SCENARIOS)
    for config in apps.get_app_configs():
        if isinstance(config, IntegrationConfig) and find_spec(f"{config.name}.bench"):
            found += importlib.import_module(f"{config.name}.bench").SCENARIOS
    return found


class Bench:
    """What a scenario is given: options, stub, tenant, ``say``."""

    def __init__(self, options: dict[str, Any], say: Callable[[str], None]) -> None:
        self.rounds: int = options["rounds"]
        self.documents: int = options["documents"]
        self.rows: int = options["rows"]
        self.say = say
        self.database = connection.vendor
        self.processes = Processes(Path(settings.VAR_DIR))
        self.stub = f"http://127.0.0.1:{free_port(9190)}"

    def __enter__(self) -> Bench:
        if connection.vendor == "postgresql" and BESIDE not in os.environ:
            with connection.cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        self.tenant, _ = Tenant.objects.get_or_create(slug="bench", defaults={"name": "bench"})
        self.processes.start("stub", "-m", "sandbox.stub", "--port", self.stub.rsplit(":", 1)[1])
        self.processes.wait_for("stub", f"{self.stub}/stats")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.processes.stop()

    def reset(self, **options: Any) -> None:
        """New documents in the stub, an empty ledger here."""
        requests.post(f"{self.stub}/reset", params=options, timeout=30).raise_for_status()
        for model in (RunStep, Delivery, FlowRun):
            model.objects.all()._raw_delete("default")

    def stats(self) -> dict[str, Any]:
        """The stub's counters."""
        return dict(requests.get(f"{self.stub}/stats", timeout=30).json())

    def forget_flows(self) -> None:
        """No flows, no rows."""
        self.reset(n=0)
        FlowInstance.objects.all().delete()
