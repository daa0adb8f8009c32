"""Runs some of the sandbox's systems in a process of their own, and talks to them over HTTP."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
# Only the system under test is served: its tests say nothing about the others.
START = """
import sys
from sandbox import systems
wanted = sys.argv.pop(1).split(",")
systems.PREFIXES = {name: prefix for name, prefix in systems.PREFIXES.items() if name in wanted}
from sandbox.__main__ import main
main()
"""


class Served:
    """Addresses and short cuts of a running sandbox."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.session = requests.Session()

    def post(self, path: str, body: Any = None, **kwargs: Any) -> Any:
        """POST JSON, answer JSON."""
        return self.session.post(self.url + path, json=body if body is not None else {}, timeout=20, **kwargs).json()

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.session.get(self.url + path, timeout=20, **kwargs).json()

    def page(self, path: str) -> str:
        return self.session.get(self.url + path, timeout=20).text

    def effects(self, system: str, op: str) -> list[dict]:
        return self.get("/_control/effects", params={"system": system, "op": op})["effects"]

    def fault(self, **rule: Any) -> None:
        self.post("/_control/faults", rule)

    def reset(self) -> None:
        self.post("/_control/reset")

    def _is_up(self) -> bool:
        try:
            return self.session.get(f"{self.url}/_control/faults", timeout=1).ok
        except requests.RequestException:
            return False


@contextmanager
def serve(systems: str, port: int) -> Iterator[Served]:
    """Serve the named systems (comma list) on a port until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", START, systems, "--port", str(port), "--db", f"{folder}/sandbox.sqlite3"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        served = Served(port)
        try:
            _wait_for(served, process)
            yield served
        finally:
            process.kill()
            process.wait()


def _wait_for(served: Served, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 30
    while not served._is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the sandbox did not start")
        time.sleep(0.1)
