"""The whole sandbox in a process of its own, for tests over real HTTP.

    from tests.sandbox_server import sandbox, sandbox_server  # noqa: F401 - fixtures

    def test_x(sandbox):
        sandbox.fault(system="erp", op="create", when="after", action="drop")
        sandbox.switch("erp", "page_link", "path")
        assert sandbox.erp_object("Drafts", 16)["U_SyncStatus"] == "N"

``sandbox`` starts every test from the demo data; ``sandbox_server`` is the process, one a test session.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[1]


def _taken(port: int) -> bool:
    """Does somebody listen there (another worker of a parallel test run)?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SandboxServer:
    """One sandbox: ``port`` 0 takes a free one, ``db`` "" a temporary file; ``url`` has no trailing slash."""

    def __init__(self, port: int = 0, db: str = "") -> None:
        self.port = port if port and not _taken(port) else free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = None if db else tempfile.TemporaryDirectory(prefix="sandbox")
        self.db = db or str(Path(self._folder.name) / "sandbox.sqlite3")  # type: ignore[union-attr]
        self.process: subprocess.Popen | None = None
        self._http = requests.Session()
        self._http.trust_env = False

    def start(self, fresh: bool = True, seconds: float = 30) -> SandboxServer:
        """Start and wait until it answers; a second start with ``fresh=False`` finds the data again."""
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), "--db", self.db]
        command += ["--fresh"] if fresh else []
        log = open(f"{self.db}.log", "w")  # noqa: SIM115 - handed to the child
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the sandbox did not start: {Path(f'{self.db}.log').read_text()[-2000:]}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """Kill it; its data stays in ``db``."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """Stop, and remove the temporary file."""
        self.stop()
        self._http.close()
        if self._folder is not None:
            self._folder.cleanup()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stands still (SIGSTOP) inside the block: connections hang."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return self._http.get(f"{self.url}/_control/faults", timeout=1).ok
        except requests.RequestException:
            return False

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One call below /_control/; the answer's JSON."""
        url = f"{self.url}/_control/{path}"
        reply = self._http.request(method, url, json=body, params=query or None, timeout=60)
        assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text[:500]}"
        return reply.json()

    def reset(self) -> None:
        """Demo data, no faults, default switches, empty history."""
        self.control("POST", "reset", {})

    def fault(self, **rule: Any) -> int:
        """Add a fault rule (sandbox/faults.py); its number."""
        return self.control("POST", "faults", rule)["id"]

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def switch(self, system: str, name: str, value: Any) -> None:
        """Set a switch (GET /_control/switches lists them)."""
        self.control("POST", "switches", {"system": system, "name": name, "value": value})

    def press(self, system: str, name: str) -> Any:
        """Press a button, e.g. ``press("erp", "expire_sessions")``."""
        return self.control("POST", "press", {"system": system, "name": name})["result"]

    def effects(self, system: str = "", op: str = "", key: str = "") -> list[dict[str, Any]]:
        """What really happened, in order: {system, op, key, source, detail, at}."""
        query = {name: value for name, value in (("system", system), ("op", op), ("key", key)) if value}
        return self.control("GET", "effects", **query)["effects"]

    def forget_effects(self) -> None:
        self.control("DELETE", "effects")

    def erp_object(self, name: str, key: Any, company: str = "SBODEMOCN") -> dict[str, Any]:
        """An object of the ERP as stored, e.g. ``erp_object("Items", "11028")``; composite keys: "C1|I1"."""
        return self.control("GET", "erp/object", set=name, key=str(key), company=company)["body"]

    def erp_objects(self, name: str, condition: str = "", company: str = "SBODEMOCN") -> list[dict[str, Any]]:
        """All objects of a set, those that pass an OData filter."""
        found = self.control("GET", "erp/objects", set=name, company=company, filter=condition)
        return found["objects"]

    def erp_put(self, name: str, body: dict[str, Any], company: str = "SBODEMOCN") -> None:
        """Insert an object or change some of its properties, without rules or stamps."""
        self.control("POST", "erp/object", {"set": name, "body": body, "company": company})

    def erp_bulk(self, name: str, count: int, **more: Any) -> dict[str, Any]:
        """Many objects: {"count", "first", "last"}; ``template=3`` gives drafts an approval request."""
        return self.control("POST", "erp/bulk", {"set": name, "count": count, **more})

    def erp_submit(self, code: int = 1470000113, **more: Any) -> dict[str, Any]:
        """A draft with a pending approval request; the request."""
        return self.control("POST", "erp/submit", {"code": code, **more})["request"]

    def erp_act(self, method: str, path: str, body: Any = None, user: int = 1) -> Any:
        """What a person does in the ERP's client, e.g. decide by hand; the answer's body."""
        return self.control("POST", "erp/act", {"method": method, "path": path, "body": body, "user": user})["body"]


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    server = SandboxServer().start()
    yield server
    server.close()


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> SandboxServer:
    if sandbox_server.process is None or sandbox_server.process.poll() is not None:
        sandbox_server.start()
    sandbox_server.reset()
    return sandbox_server
