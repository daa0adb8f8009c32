"""The thread that reads the source, ahead of the deliveries: pages never hold up commits or heartbeats."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import Any

from django.db import connections

from core.connectors import tokens
from core.errors import DocumentRejected
from core.flows.base import Document, SyncFlow
from core.flows.context import FlowContext
from core.flows.fingerprint import fingerprint
from core.flows.pool import in_pool
from core.flows.verdict import Prints, prints

AHEAD = 256  # documents read before they are needed, at most


@dataclass(frozen=True)
class Pulled:
    """A document with its mapped payload and fingerprints; ``refused``: the mapping said no."""

    document: Document
    prints: Prints
    refused: DocumentRejected | None = None


@dataclass(frozen=True)
class PullEnded:
    """``error`` None: read to the end."""

    error: BaseException | None = None


class Puller:
    """Runs ``flow.pull`` and maps; puts Pulled and one PullEnded into ``inbox``."""

    def __init__(self, flow: SyncFlow, ctx: FlowContext, inbox: queue.Queue[Any]) -> None:
        self._flow, self._ctx, self._inbox = flow, ctx, inbox
        self._config_print = fingerprint(ctx.config)
        self._room = threading.Semaphore(AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="pull", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def taken(self, count: int = 1) -> None:
        """So many documents were taken up: room for more."""
        self._room.release(count)

    def stop(self) -> None:
        """Read no further."""
        self._stop.set()
        self._room.release()

    def _loop(self) -> None:
        in_pool.set(True)
        tokens.close_after_use.set(True)
        try:
            for document in self._flow.pull(self._ctx):
                self._room.acquire()
                if self._stop.is_set():
                    self._inbox.put(PullEnded(Stopped()))
                    return
                self._inbox.put(self.mapped(document))
            self._inbox.put(PullEnded())
        except BaseException as error:  # noqa: BLE001 - the main loop decides what it means
            self._inbox.put(PullEnded(error))
        finally:
            connections.close_all()

    def mapped(self, document: Document) -> Pulled:
        """A document with its payload and fingerprints; what the mapping refuses stays with its error."""
        try:
            document.payload = self._flow.payload(self._ctx, document)
        except DocumentRejected as error:
            document.payload = {"": document.body}  # the source decides whether it is tried again
            return Pulled(document, prints(document, self._config_print), error)
        return Pulled(document, prints(document, self._config_print))


class Stopped(Exception):
    """The run ended before the source was read to its end."""
