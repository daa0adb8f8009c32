"""Scenarios of the engine itself: what it costs when nothing is to be done, and when thousands are due at once."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils import timezone

from core import registry
from core.bench.scenario import Scenario, counted, memory_mib
from core.connectors.base import Check, Connector
from core.connectors.http import HttpClient
from core.flows import dispatcher, execute
from core.flows.base import SyncFlow
from core.flows.config import SyncConfig
from core.models import FlowInstance, FlowRun

if TYPE_CHECKING:
    from core.bench.running import Bench

FLOWS = 2000


class Nothing(Connector):
    """A system that is never called."""

    key = "bench.nothing"
    label = "nothing"

    class Settings(forms.Form):
        """None."""

    class client_class(HttpClient):
        """Never called."""

        system = "nothing"
        needs_login = False

    def check(self) -> Check:
        return Check(True, "nothing")


class EmptyFlow(SyncFlow):
    """Finds nothing to do."""

    key = "bench.empty"
    label = "empty"
    connections: ClassVar[dict[str, str]] = {"erp": "bench.nothing"}
    Config = SyncConfig
    has_company = False

    def pull(self, ctx: Any) -> Any:
        return iter(())


def register() -> None:
    """Make the two known."""
    registry.register_connector(Nothing)
    registry.register_flow(EmptyFlow)


def _empty_flows(bench: Bench, count: int) -> list[FlowInstance]:
    bench.forget_flows()
    erp, _ = bench.tenant.connections.get_or_create(name="nothing", defaults={"connector": "bench.nothing"})
    flows = FlowInstance.objects.bulk_create(
        FlowInstance(tenant=bench.tenant, name=f"empty {n}", flow_type="bench.empty", enabled=True,
                     schedule={"every": 1, "unit": "minute"}) for n in range(count)
    )  # fmt: skip
    from core.models import FlowConnection

    FlowConnection.objects.bulk_create(FlowConnection(flow=flow, slot="erp", connection=erp) for flow in flows)
    return flows


def empty_run(bench: Bench) -> list[str]:
    """A run that finds nothing: milliseconds and statements."""
    flow = _empty_flows(bench, 1)[0]
    execute.run_in_this_process(flow)
    times = []
    for _ in range(200):
        started = time.perf_counter()
        with counted() as count:
            execute.run_in_this_process(flow)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    return [f"empty run: p50 {times[100]:.1f} ms, p95 {times[190]:.1f} ms; {count.statements} statements"]


def dispatch(bench: Bench) -> list[str]:
    """2,000 flows due in one second: dispatch in this process, runs by a real worker; start lag, none twice."""
    _empty_flows(bench, FLOWS)
    due = timezone.now() - timedelta(seconds=1)
    FlowInstance.objects.update(next_run_at=due)
    started = time.perf_counter()
    with counted() as count:
        queued = dispatcher.dispatch()
    lines = [f"dispatch of {queued} flows: {time.perf_counter() - started:.2f} s, {count.statements} statements"]
    FlowRun.objects.all()._raw_delete("default")
    return lines + _with_worker(bench)


def steady(bench: Bench) -> list[str]:
    """1,000 enabled one-minute flows, spread over the minute, for three minutes: start lag."""
    flows = _empty_flows(bench, 1000)
    bench.processes.start("worker", "manage.py", "worker")
    time.sleep(8)
    start = timezone.now() + timedelta(seconds=2)
    for number, flow in enumerate(flows):
        flow.next_run_at = start + timedelta(seconds=60 * number / len(flows))
    FlowInstance.objects.bulk_update(flows, ["next_run_at"], batch_size=200)
    time.sleep(185)
    runs = FlowRun.objects.filter(scheduled_for__gte=start, scheduled_for__lt=start + timedelta(minutes=3))
    lags = sorted((r.started_at - r.scheduled_for).total_seconds() for r in runs if r.started_at and r.scheduled_for)
    open_runs = sum(r.ended_at is None for r in runs)
    at = {p: lags[min(len(lags) - 1, len(lags) * p // 100)] for p in (50, 95, 99)}
    return [
        f"1000 one-minute flows, 3 minutes: {len(runs)} runs, {open_runs} open; start lag p50 {at[50]:.1f} s, "
        f"p95 {at[95]:.1f} s, max {lags[-1]:.1f} s",
        _worker_memory(bench),
    ]


def _with_worker(bench: Bench) -> list[str]:
    from django_q.models import OrmQ

    OrmQ.objects.all().delete()
    bench.processes.start("worker", "manage.py", "worker")
    time.sleep(8)
    due = timezone.now() + timedelta(seconds=2)
    FlowInstance.objects.update(next_run_at=due)
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        time.sleep(1)
        if FlowRun.objects.filter(scheduled_for=due, ended_at__isnull=False).count() >= FLOWS:
            break
    runs = FlowRun.objects.filter(scheduled_for=due)
    lags = sorted((r.started_at - due).total_seconds() for r in runs if r.started_at)
    ended = sorted((r.ended_at - due).total_seconds() for r in runs if r.ended_at)
    twice = len(runs) - len({r.flow_id for r in runs})
    statuses = {s: sum(r.status == s for r in runs) for s in {r.status for r in runs}}
    memory = _worker_memory(bench)
    return [
        f"2000 due at once, worker: started p50 {lags[len(lags) // 2]:.1f} s, last {lags[-1]:.1f} s; "
        f"last ended {ended[-1]:.1f} s; {len(lags)} started, {twice} twice; {statuses}",
        memory,
    ]


def _worker_memory(bench: Bench) -> str:
    import psutil

    root = next(p for name, p in bench.processes._running if name == "worker")
    everyone = [psutil.Process(root.pid), *psutil.Process(root.pid).children(recursive=True)]
    sizes = [memory_mib(p.pid) for p in everyone]
    rss, pss = (sum(size[i] for size in sizes) for i in (0, 1))
    return f"worker: {len(everyone)} processes, RSS {rss:.0f} MiB, PSS {pss:.0f} MiB"


def own_memory() -> float:
    """RSS of this process in MiB."""
    return memory_mib(os.getpid())[0]


SCENARIOS = [
    Scenario("empty", "a run with nothing to do", empty_run),
    Scenario("steady", "1,000 one-minute flows for three minutes", steady),
    Scenario("dispatch", "2,000 flows due in one second", dispatch),
]
