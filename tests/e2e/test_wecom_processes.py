"""WeCom's decisions through the real processes: gunicorn, worker, SQLite file; they are stopped and killed in between.

Ports 9170 (sandbox) and 9171 (web), or free ones where these are taken.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from core.demo.processes import free_port
from tests.integrations.wecom import house as h
from tests.sandbox_server import ROOT, SandboxServer

pytestmark = pytest.mark.crash
PATIENCE = 60.0


class Platform:
    """The installation: a folder with its database, and the processes that run at this moment."""

    def __init__(self, folder: Path, sandbox: SandboxServer) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.port = free_port(9171)
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "b1flow.sqlite3"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {name: value for name, value in os.environ.items() if name != "CACHE_URL"}
        self.env |= {
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "LANGUAGE_CODE": "en",
            "ALLOWED_HOSTS": "127.0.0.1",
        }

    def manage(self, *arguments: str) -> str:
        """A management command; its output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout[-1000:]} {done.stderr[-3000:]}"
        return done.stdout

    def prepare(self, *flows: dict[str, Any]) -> None:
        """Tables, templates, configuration."""
        self.manage("migrate", "-v", "0")
        self.manage("createcachetable", "-v", "0")
        self.manage("load_templates", "-v", "0")
        file = self.folder / "apply.yaml"
        file.write_text(h.apply_file(self.sandbox.url, *flows), encoding="utf-8")
        self.manage("apply", str(file))

    def start(self, name: str) -> None:
        """``web`` (gunicorn, 2 processes with 4 threads) or ``worker``, in a process group of its own."""
        commands = {
            "web": [
                "-m",
                "gunicorn",
                "config.wsgi",
                "--workers",
                "2",
                "--threads",
                "4",
                "--bind",
                f"127.0.0.1:{self.port}",
            ],
            "worker": ["manage.py", "worker"],
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *commands[name]],
                cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        if name == "web":
            wait_for("the web server", self._answers)

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        return False

    def stop(self, name: str) -> None:
        """kill -9 of a process and all that it started."""
        if name not in self.running:
            return
        for pid in self.family(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.running.pop(name).wait(30)

    def family(self, name: str) -> list[int]:
        """Ids of a process and all its descendants: the clusters stand in groups of their own."""
        parents = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        found = [self.running[name].pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """A look into the database, or a change of it."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    def time_passes(self) -> None:
        """Claims of dead processes are over, whatever waits is due."""
        past = "2020-01-01 00:00:00"
        self.rows("update core_inboundevent set claimed_until=?, due_at=? where due_at is not null", past, past)
        self.rows("update core_delivery set decide_at=? where decision_state='deciding'", past)

    # -- WeCom and ERP

    def wecom(self, path: str, body: Any = None) -> Any:
        """The sandbox's own addresses below /wecom/."""
        method = "GET" if body is None else "POST"
        reply = self.sandbox._http.request(method, f"{self.sandbox.url}/wecom/{path}", json=body, timeout=90)
        assert reply.ok, reply.text
        return reply.json()

    def push(self) -> dict[str, Any]:
        return dict(json.loads(self.manage("run_flow", "acme", h.PUSH, "--json")))

    def number(self, draft: Any) -> str:
        """The newest approval of a draft."""
        found = self.rows("select target_key from core_delivery where label=? order by id desc", str(draft))
        return str(found[0][0])

    def status(self, code: int) -> str:
        return str(self.sandbox.erp_object("ApprovalRequests", code)["Status"])

    def decisions(self, code: int) -> int:
        """How often this request was really decided."""
        return len(self.sandbox.effects(system="erp", op="decide", key=f"ApprovalRequests({code})"))

    def decide(self, do: str, sp_no: Any) -> list[dict[str, Any]]:
        """A person decides in WeCom; the events with their attempts, when they were delivered or given up."""
        told = self.wecom("act", {"do": do, "sp_no": sp_no, "wait": True})
        keys = {event["id"] for event in told["events"]}
        return [event for event in self.wecom("events")["events"] if event["id"] in keys]


def wait_for(what: str, test: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Ask until the answer is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = test()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    sandbox = SandboxServer(free_port(9170)).start()
    made = Platform(tmp_path_factory.mktemp("platform"), sandbox)
    try:
        made.prepare(
            {**h.push(), "schedule": {"every": 1, "unit": "month"}},
            h.decide(),
            h.receive({h.PURCHASE: h.DECIDE}),
        )
        yield made
    finally:
        for name in list(made.running):
            made.stop(name)
        sandbox.close()


@pytest.fixture
def ready(platform: Platform) -> Iterator[Platform]:
    """Web runs, no worker; three drafts are in WeCom, and WeCom knows our address."""
    platform.sandbox.reset()
    for table in ("core_inboundevent", "core_runstep", "django_q_ormq"):
        platform.rows(f"delete from {table}")
    platform.rows("delete from core_delivery")
    platform.start("web")
    platform.wecom("settings", {"url": f"{platform.url}/wecom/{h.KEY}/", "check": True, "scale": 0.02})
    pushed = platform.push()
    assert pushed["succeeded"] == 3, (pushed, platform.rows("select name, ok, input, output from core_runstep"))
    yield platform
    for name in list(platform.running):
        platform.stop(name)


def test_without_a_worker_events_wait_and_are_processed_after_its_start(ready: Platform) -> None:
    (event,) = ready.decide("approve", ready.number(16))
    assert event["state"] == "delivered"
    assert event["attempts"][-1]["seconds"] < 1.0
    assert ready.status(17) == "arsPending"
    ready.start("worker")
    wait_for("the decision", lambda: ready.status(17) == "arsApproved")
    wait_for("the draft's fields", lambda: ready.sandbox.erp_object("Drafts", 16).get("U_ApprovalStatus") == "Y")
    assert ready.decisions(17) == 1


def test_the_erp_is_down_when_the_decision_arrives(ready: Platform) -> None:
    """Acknowledged in time; the decision lands by itself."""
    ready.start("worker")
    ready.sandbox.fault(system="erp", op="*", when="before", action="status", status=503, times=0)
    (event,) = ready.decide("approve", ready.number(17))
    assert event["state"] == "delivered"
    assert event["attempts"][-1]["seconds"] < 1.0
    failed = "select count(*) from core_inboundevent where state='failed' and attempts > 1"
    wait_for("a second attempt", lambda: ready.rows(failed)[0][0])
    ready.sandbox.clear_faults()
    wait_for("the decision", lambda: ready.status(18) == "arsApproved")
    assert ready.decisions(18) == 1


KILLS = [("wecom", "read", "before", 0), ("erp", "decide", "after", 1), ("erp", "mark", "after", 1)]


@pytest.mark.parametrize("system, op, when, effects", KILLS)
def test_a_worker_that_is_killed_while_it_decides(
    ready: Platform, system: str, op: str, when: str, effects: int
) -> None:
    """kill -9 of the whole worker: as it reads the approval, after the ERP's decision, after the write-back."""
    ready.start("worker")
    wait_for("its children", lambda: len(ready.family("worker")) > 9)
    time.sleep(3)
    ready.sandbox.fault(system=system, op=op, when=when, action="kill", pids=ready.family("worker"))
    ready.decide("approve", ready.number(16))
    wait_for("the kill", lambda: ready.running["worker"].poll() is not None)
    assert ready.decisions(17) == effects
    ready.stop("worker")
    ready.time_passes()
    ready.start("worker")
    ended = "select state, error, attempts, due_at, claimed_until from core_inboundevent where state != 'ignored'"
    with contextlib.suppress(AssertionError):
        wait_for("the event", lambda: ready.rows(ended)[0][0] == "processed")
    assert ready.rows(ended)[0][0] == "processed", ready.rows(ended)
    assert ready.status(17) == "arsApproved"
    assert ready.decisions(17) == 1
    assert ready.sandbox.erp_object("Drafts", 16)["U_ApprovalStatus"] == "Y"
    state = ready.rows("select decision, decision_state from core_delivery where label='16'")
    assert state == [("approved", "applied")]


def test_fifty_approvals_end_while_the_platform_is_down(ready: Platform) -> None:
    """WeCom gives up on every callback; after the start all are decided without a person, within five minutes."""
    made = ready.sandbox.erp_bulk("Drafts", 50, template=3, Comments="五十", DocObjectCode="1470000113")
    assert ready.push()["succeeded"] == 50
    first, last = made["first"], made["last"]
    numbers = [ready.number(draft) for draft in range(first, last + 1)]
    ready.stop("web")
    events = ready.decide("approve", numbers)
    assert {event["state"] for event in events} == {"failed"}
    assert {len(event["attempts"]) for event in events} == {4}, "one push and three repeats"
    started = time.monotonic()
    ready.start("web")
    ready.start("worker")
    pending = f"DraftEntry ge {first} and Status eq 'arsApproved'"
    wait_for("all decisions", lambda: len(ready.sandbox.erp_objects("ApprovalRequests", pending)) == 50, 300)
    assert time.monotonic() - started < 300
    assert len(ready.sandbox.effects(system="erp", op="decide")) == 50
