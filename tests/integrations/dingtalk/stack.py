"""The platform as it is installed: web server and workers in processes of their own, for tests with the sandbox."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests
import yaml

from tests.integrations.dingtalk.house import DECIDE, KEY, PURCHASE, PUSH, House
from tests.sandbox_server import ROOT, SandboxServer, free_port

TIMES = {"CALL_DEADLINE_SECONDS": "6", "LEASE_SECONDS": "15", "HEARTBEAT_SECONDS": "2", "LOG_LEVEL": "WARNING"}
FULL = bool(os.environ.get("B1FLOW_FULL_FAULTS"))  # the numbers of the reliability plan instead of small ones


def until(what: str, test: Callable[[], object], seconds: float) -> float:
    """Wait; the seconds it took."""
    started = time.monotonic()
    while not test():
        assert time.monotonic() - started < seconds, f"waited {seconds} s in vain for: {what}"
        time.sleep(0.2)
    return time.monotonic() - started


class Stack:
    """``folder`` holds database and logs; ``url`` is the web server's address, also while it is down."""

    def __init__(self, sandbox: SandboxServer, folder: Path) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.house = House(sandbox)
        self.database = folder / "b1flow.sqlite3"
        self.processes: list[psutil.Popen] = []
        self.manage("migrate", "-v0")
        self.manage("createcachetable")
        self.manage("load_templates", "-v0")

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "DATABASE_URL": f"sqlite:///{self.database}", "VAR_DIR": str(self.folder), "CACHE_URL": "dbcache://cache",
            "PUBLIC_BASE_URL": self.url, "SECRET_KEY": "e2e-secret-key-that-is-long-enough-0123456789",
            "FIELD_ENCRYPTION_KEYS": "e2e-field-encryption-key-0123",
        }  # fmt: skip
        return {**os.environ, **TIMES, **own}

    # -- processes

    def manage(self, *arguments: str, right: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, timeout=120, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert not right or done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    def start(self, name: str, *arguments: str) -> psutil.Popen:
        with (self.folder / f"{name}-{len(self.processes)}.log").open("wb") as log:
            process = psutil.Popen([sys.executable, *arguments], cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def web(self) -> psutil.Popen:
        options = ("--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{self.port}")
        process = self.start("web", "-m", "gunicorn", "config.wsgi", *options)
        until("the web server", self._answers, 60)
        return process

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    def worker(self) -> psutil.Popen:
        return self.start("worker", "manage.py", "worker")

    @staticmethod
    def family(process: psutil.Popen) -> list[psutil.Process]:
        """The process and all below it; [] once it has ended (its number may be another's by now)."""
        if process.poll() is not None:
            return []
        try:
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self, process: psutil.Popen) -> None:
        """kill -9, with all that it started."""
        for each in self.family(process):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait(30)

    def close(self) -> None:
        for process in self.processes:
            self.kill(process)

    # -- configuration and runs

    def apply(self, *flows: dict[str, Any]) -> None:
        file = self.folder / "apply.yaml"
        text = yaml.safe_dump({"tenants": [{**self.house.tenant, "flows": list(flows)}]}, allow_unicode=True)
        file.write_text(text)
        self.manage("apply", str(file))

    def approvals(self, **push: Any) -> None:
        """The circle of purchase requests; the push flow runs by hand only."""
        manual = {"schedule": {"every": 12, "unit": "month", "start": "2099-01-01T00:00:00"}}
        house = self.house
        self.apply({**house.push(**push), **manual}, house.decide(), house.receive({PURCHASE: DECIDE}))
        house.settings(callback_url=f"{self.url}/dingtalk/{KEY}/")

    def push(self) -> dict[str, Any]:
        """Run the push flow; its counts."""
        out = self.manage("run_flow", "acme", PUSH, "--json", right=False)
        found: dict[str, Any] = json.loads([line for line in out.splitlines() if line.startswith('{"run"')][-1])
        return found

    # -- what is in the database

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(query).fetchall()

    def change(self, statement: str) -> None:
        """Let time pass: only times are ever changed by hand."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            connection.execute(statement)

    def instances(self) -> dict[str, str]:
        """{draft: its instance} of delivered documents."""
        return dict(self.rows("SELECT label, target_key FROM core_delivery WHERE target_key IS NOT NULL ORDER BY id"))

    def decided(self) -> int:
        return int(self.rows("SELECT count(*) FROM core_delivery WHERE decision_state = 'applied'")[0][0])

    def events(self) -> dict[str, int]:
        """{state: how many}."""
        return dict(self.rows("SELECT state, count(*) FROM core_inboundevent GROUP BY state"))

    def logs(self) -> str:
        return "\n".join(f"--- {f.name}\n{f.read_text()[-1500:]}" for f in sorted(self.folder.glob("*.log")))
