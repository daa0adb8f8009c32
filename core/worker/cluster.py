"""One django-q cluster as a child process in a group of its own, so that it can be killed whole.

Killing an idle django-q worker can deadlock its cluster: it looks alive and does nothing. So we do not look at
processes but at what a canary task proves, and replace the whole group.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from core.flows import queueing
from core.flows.stopping import STOP_FILE_VARIABLE
from core.models import Beat

CANARY = "core.tasks.canary"
CANARY_EVERY = 60.0


class Cluster:
    """A small qcluster for one queue."""

    def __init__(self, queue: str, host: str, stop_file: str, canary_limit: float) -> None:
        self.queue = queue
        self.beat_name = f"canary:{queue}:{host}"
        self.canary_limit = canary_limit
        self.stop_file = stop_file
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.asked = 0.0
        self.restarts = -1

    def start(self) -> None:
        """Start the child; its results of the past say nothing about it."""
        environment = {**os.environ, "Q_CLUSTER_NAME": self.queue, STOP_FILE_VARIABLE: self.stop_file}
        if self.queue == settings.Q_CLUSTER["name"]:
            environment.pop("Q_CLUSTER_NAME")
        Beat.objects.filter(name=self.beat_name).delete()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.worker.child"], env=environment, start_new_session=True
        )
        self.started = time.monotonic()
        self.asked = 0.0
        self.restarts += 1

    def watch(self) -> str:
        """Ring the canary when it is time; the reason why the cluster must be replaced, or ""."""
        if self.process is None or self.process.poll() is not None:
            return "it ended"
        if time.monotonic() - self.asked >= CANARY_EVERY:
            self.asked = time.monotonic()
            queueing.ring(CANARY, self.beat_name, queue=self.queue)
        return "" if self._fresh() else "its canary did not come back"

    def _fresh(self) -> bool:
        if time.monotonic() - self.started < self.canary_limit:
            return True
        limit = Now() - timedelta(seconds=self.canary_limit)
        return Beat.objects.filter(name=self.beat_name, at__gte=limit).exists()

    def replace(self) -> None:
        """Kill the whole group and start anew."""
        self.kill()
        self.start()

    def terminate(self) -> None:
        """Ask the cluster to finish what it has."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, seconds: float) -> bool:
        """Has it ended within ``seconds``?"""
        if self.process is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, seconds))
        return self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to the whole process group."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
