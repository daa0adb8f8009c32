"""``manage.py worker``: killed whole and killed in parts; documents arrive once, clusters are replaced (F1, F7)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.e2e.faults import checker
from tests.e2e.faults.place import Place, wait_until
from tests.e2e.faults.scale import scaled

pytestmark = [pytest.mark.crash, pytest.mark.postgres]
PURCHASES = "采购申请"
CLUSTER = 6  # processes of a django-q cluster of two workers: itself, sentinel, workers, monitor, pusher


def tree(worker: subprocess.Popen[str]) -> list[psutil.Process]:
    """All that descend from a worker."""
    return psutil.Process(worker.pid).children(recursive=True)


def started(place: Place, *options: str, **environ: str) -> subprocess.Popen[str]:
    """A worker of the queue for scheduled runs, ready for work."""
    place.database.rows("DELETE FROM core_beat")
    worker = place.worker("--queues", "b1flow", *options, **environ)
    wait_until(lambda: canary(place), 60, "no canary")
    return worker


def canary(place: Place) -> bool:
    """Has a task been carried out?"""
    return bool(place.database.rows("SELECT count(*) FROM core_beat WHERE name LIKE 'canary:%'")[0][0])


def all_done(place: Place, number: int) -> bool:
    return place.states(PURCHASES) == {"done": number}


def test_nothing_survives_a_killed_worker(place: Place) -> None:
    """Its clusters and all their processes end by themselves."""
    worker = place.worker("--canary-limit", "60", "--queues", "b1flow,bulk")
    wait_until(lambda: len(tree(worker)) >= 2 * CLUSTER - 1, 60, "the clusters did not start")
    processes = tree(worker)

    worker.kill()

    alive = psutil.wait_procs(processes, 15)[1]
    for process in alive:
        process.kill()
    assert not alive


def test_a_worker_is_killed_in_the_middle_of_a_run(place: Place) -> None:
    """F1 with the processes of an installation: another worker takes its run up; every document arrives once."""
    number, kills = 30, scaled(2, 5)
    place.oa("settings", index_delay_ms=300)
    where = checker.drafts(place.sandbox, number)
    place.apply(where=where, items="ItemCode eq 'none'")
    worker = started(place, "--canary-limit", "60")
    for kill in range(kills):
        pids = [worker.pid, *(process.pid for process in tree(worker))]
        place.sandbox.fault(system="ecology", op="create", when="after", nth=2 + kill, action="kill", pids=pids)
        place.due(PURCHASES)
        assert worker.wait(60) == -9
        killed = time.monotonic()
        worker = started(place, "--canary-limit", "60")

    wait_until(lambda: all_done(place, number), 90, str(place.states()))

    found = checker.approvals(place.sandbox, where)
    print(
        f"worker killed: {kills} kills, {number} documents, recovered {time.monotonic() - killed:.0f} s after the last"
    )
    assert found.clean, found


@pytest.mark.parametrize("which", [min, max], ids=["a worker", "the monitor"])
def test_an_idle_process_of_the_pump_is_killed(place: Place, which: Callable[..., psutil.Process]) -> None:
    """F7: whoever waits for a queue holds its lock, and takes it along. The cluster is replaced, nothing is lost."""
    kills, limit = scaled(2, 50), 5.0
    where = "DocEntry ge 25"
    place.apply(where=where, items="ItemCode eq 'none'")
    worker = started(place, "--canary-limit", str(limit))
    replaced: list[float] = []
    for kill in range(kills):
        place.sandbox.erp_submit()
        cluster, reading = readers(worker)
        which(reading, key=lambda process: process.pid).kill()
        place.due(PURCHASES)
        replaced.append(wait_until(lambda cluster=cluster: not cluster.is_running(), 60, "not replaced"))
        wait_until(lambda kill=kill: all_done(place, kill + 1), 60, str(place.states()))

    found = checker.approvals(place.sandbox, where)
    print(f"F7: {kills} kills, replaced after {sum(replaced) / kills:.1f} s, at most {max(replaced):.1f} s", found)
    assert found.clean, found
    assert found.documents == kills
    assert max(replaced) < 2 * limit + 20
    # Of each dead cluster a few tasks are left, which the broker gives out again after its ``retry``.
    assert place.database.rows("SELECT count(*) FROM django_q_ormq")[0][0] <= 5 * kills


def readers(worker: subprocess.Popen[str]) -> tuple[psutil.Process, list[psutil.Process]]:
    """The cluster, and those of its processes that stand in a read: one of its workers, and the monitor."""
    found: list[tuple[psutil.Process, list[psutil.Process]]] = []

    def two() -> bool:
        (cluster,) = psutil.Process(worker.pid).children()
        (sentinel,) = cluster.children()
        reading = [p for p in sentinel.children() if "read" in Path(f"/proc/{p.pid}/wchan").read_text()]
        found[:] = [(cluster, reading)]
        return len(reading) == 2

    wait_until(two, 30, "no two idle readers")
    return found[0]
