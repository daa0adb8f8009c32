"""The demonstration's processes: sandbox, web server, worker; all of them end with it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests
from django.conf import settings

START_SECONDS = 60.0


class Processes:
    """Started in order, stopped in reverse. Their output goes to log files in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        """Start a Python process in a group of its own."""
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._running.append((name, process))

    def wait_for(self, name: str, url: str) -> None:
        """Wait until the address answers; SystemExit with the process's last words when it does not."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(requests.RequestException):
                if requests.get(url, timeout=2).status_code < 500:
                    return
            if self._ended(name):
                break
            time.sleep(0.1)
        raise SystemExit(f"{name} did not start; see {self.folder / (name + '.log')}\n{self._last_words(name)}")

    def _ended(self, name: str) -> bool:
        return any(n == name and p.poll() is not None for n, p in self._running)

    def _last_words(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        """Ask all to end, then kill what is left, whole groups."""
        for _, process in reversed(self._running):
            process.terminate()
        deadline = time.monotonic() + 15
        for _, process in reversed(self._running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        self._running.clear()


def free_port(wanted: int) -> int:
    """``wanted`` where nobody listens there, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise SystemExit("no free port")
