"""The threads of a run: they do HTTP and nothing else.

A thread gets plain data and returns plain data through one queue; the run's main thread owns the database.
Threads start with the first job, and are daemons: one that hangs cannot keep a process alive.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connections

from core.connectors import tokens


@dataclass
class Job:
    """Work for a thread; ``what`` tells the main loop what comes back."""

    what: str
    items: list[Any]
    work: Callable[[], Any]
    started: float = 0.0


@dataclass(frozen=True)
class Result:
    """What came back: ``value``, or ``error``."""

    job: Job
    value: Any = None
    error: BaseException | None = None


in_pool: ContextVar[bool] = ContextVar("in_pool", default=False)


class Pool:
    """``width`` threads around one job queue; results go to ``inbox``."""

    def __init__(self, width: int, inbox: queue.Queue[Any]) -> None:
        self.width = width
        self.open: dict[int, Job] = {}
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._inbox = inbox
        self._threads: list[threading.Thread] = []

    def submit(self, job: Job) -> None:
        """Queue a job; starts one more thread where all are busy and there are fewer than ``width``."""
        self.open[id(job)] = job
        if len(self._threads) < min(self.width, len(self.open)):
            thread = threading.Thread(target=self._loop, name=f"deliver-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put(job)

    def finished(self, job: Job) -> None:
        """The main loop has seen the result."""
        self.open.pop(id(job), None)

    @property
    def waiting(self) -> int:
        """Jobs that wait for a thread."""
        return max(0, len(self.open) - self.width)

    def overdue(self, seconds: float) -> list[Job]:
        """Jobs that a thread has been at for longer than ``seconds``."""
        now = time.monotonic()
        return [job for job in self.open.values() if job.started and now - job.started > seconds]

    def close(self) -> None:
        """Let the threads end."""
        for _ in self._threads:
            self._jobs.put(None)

    def _loop(self) -> None:
        in_pool.set(True)
        tokens.close_after_use.set(True)
        while (job := self._jobs.get()) is not None:
            job.started = time.monotonic()
            try:
                result = Result(job, value=job.work())
            except BaseException as error:  # noqa: BLE001 - the main loop decides what it means
                result = Result(job, error=error)
            self._inbox.put(result)
        connections.close_all()
