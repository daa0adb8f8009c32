"""``manage.py worker``: dispatcher every second, clusters as children, watchdog, drain on SIGTERM."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from core import alerts, tasks
from core.flows import dispatcher, sweeper
from core.flows.stopping import STOP_FILE_VARIABLE
from core.worker.cluster import Cluster

log = logging.getLogger(__name__)
TICK = 1.0
SLOW_TICK = 10.0
CANARY_LIMIT = 120.0


def requeue_all() -> None:
    """What a dead cluster had taken it keeps to itself: the broker would give it out again after half an hour."""
    sweeper.requeue_runs(timedelta(0))


class Supervisor:
    """All background work of this machine. ``queues``: which ones this process serves."""

    def __init__(self, queues: list[str], *, canary_limit: float = CANARY_LIMIT, grace: float | None = None) -> None:
        self.host = socket.gethostname()
        self.stop_file = str(Path(tempfile.gettempdir()) / f"b1flow-stop-{os.getpid()}-{time.time_ns()}")
        self.clusters = [Cluster(queue, self.host, canary_limit) for queue in queues]
        self.grace = grace if grace is not None else settings.CALL_DEADLINE_SECONDS + 15
        self._stop = threading.Event()
        self._slow_at = 0.0

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        os.environ[STOP_FILE_VARIABLE] = self.stop_file  # the children inherit it
        tasks.keep_schedules()
        tasks.beat(f"dispatcher:{self.host}", pid=os.getpid())
        dispatcher.ask_all_open()
        requeue_all()
        gc.freeze()  # shared pages stay shared
        for cluster in self.clusters:
            cluster.start()
        try:
            while not self._stop.wait(TICK):
                self._tick()
        finally:
            self._drain()

    def _tick(self) -> None:
        """One second's work; a database that is away is waited for."""
        close_old_connections()
        try:
            self._guarded(dispatcher.dispatch)
            self._guarded(dispatcher.ring_inbox)
            if time.monotonic() >= self._slow_at:
                self._slow_at = time.monotonic() + SLOW_TICK
                self._slow()
            for cluster in self.clusters:
                self._watch(cluster)
        except DatabaseError as error:
            log.error("the database does not answer: %s", error)
            connections.close_all()

    def _slow(self) -> None:
        tasks.beat(f"dispatcher:{self.host}", pid=os.getpid(), restarts={c.queue: c.restarts for c in self.clusters})
        for work in (dispatcher.ring_reconcile, sweeper.sweep, alerts.tell):
            self._guarded(work)

    def _guarded(self, work: Callable[[], Any]) -> None:
        """A bug in one duty must not stop the others."""
        try:
            work()
        except DatabaseError:
            raise
        except Exception:
            log.exception("%s failed", work.__name__)

    def _watch(self, cluster: Cluster) -> None:
        reason = cluster.watch()
        if reason:
            log.error("cluster %s is replaced: %s", cluster.queue, reason)
            cluster.replace()
            self._guarded(requeue_all)

    def _drain(self) -> None:
        """Runs end early, clusters finish what they have; after the grace time the groups are killed."""
        Path(self.stop_file).touch()
        for cluster in self.clusters:
            cluster.terminate()
        deadline = time.monotonic() + self.grace
        for cluster in self.clusters:
            if not cluster.wait(deadline - time.monotonic()):
                log.warning("cluster %s did not end in time and is killed", cluster.queue)
            cluster.kill()
        with contextlib.suppress(OSError):
            Path(self.stop_file).unlink()
