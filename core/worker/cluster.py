"""One django-q cluster as a child process in a group of its own, so that it can be killed whole.

Killing an idle django-q worker can deadlock its cluster: it looks alive and does nothing. So we do not look at
processes but at what a canary task proves, and replace the whole group.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import timedelta

from django.db import connections
from django.db.models.functions import Now

from core import tasks
from core.flows import queueing
from core.models import Beat
from core.worker import child

CANARY_EVERY = 60.0


class Cluster:
    """A small qcluster for one queue."""

    def __init__(self, queue: str, host: str, canary_limit: float) -> None:
        self.queue = queue
        self.beat_name = f"canary:{queue}:{host}"
        self.canary_limit = canary_limit
        self.pid = 0
        self.started = self.asked = 0.0
        self.restarts = -1

    def start(self) -> None:
        """Fork the child; its results of the past say nothing about it."""
        Beat.objects.filter(name=self.beat_name).delete()
        connections.close_all()  # a forked connection would be used by two
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            child.run(self.queue, parent)
        self.started = time.monotonic()
        self.asked = 0.0
        self.restarts += 1

    def watch(self) -> str:
        """Ring the canary when it is time; the reason why the cluster must be replaced, or ""."""
        if not self._alive():
            return "it ended"
        if time.monotonic() - self.asked >= min(CANARY_EVERY, self.canary_limit / 2):
            self.asked = time.monotonic()
            queueing.ring(tasks.CANARY, self.beat_name, queue=self.queue)
        return "" if self._fresh() else "its canary did not come back"

    def _alive(self) -> bool:
        """Is the child there? Collects it when it is not."""
        if not self.pid:
            return False
        try:
            ended, _ = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            ended = self.pid
        if ended:
            self._kill_group(self.pid)  # its own children may still be there
            self.pid = 0
        return bool(self.pid)

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
        if self._alive():
            os.kill(self.pid, signal.SIGTERM)

    def wait(self, seconds: float) -> bool:
        """Has it ended within ``seconds``?"""
        deadline = time.monotonic() + seconds
        while self._alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def kill(self) -> None:
        """SIGKILL to the whole process group."""
        if self.pid:
            self._kill_group(self.pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
            self.pid = 0

    @staticmethod
    def _kill_group(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
