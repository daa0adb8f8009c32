"""One switch a process: stop claiming, drain, end.

A worker's processes cannot be told by signal (their pump ends them without draining), so ``manage.py worker``
names a file in STOP_FILE_VARIABLE and makes it when it wants them to finish early.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

STOP_FILE_VARIABLE = "B1FLOW_STOP_FILE"
_requested = threading.Event()
_looked = 0.0


def on_signals() -> None:
    """Set the switch on SIGTERM and SIGINT (main thread only)."""

    def stop(*_: Any) -> None:
        _requested.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def requested() -> bool:
    """Shall work end soon? Looks for the file twice a second at most."""
    global _looked
    file = os.environ.get(STOP_FILE_VARIABLE)
    if file and not _requested.is_set() and time.monotonic() - _looked > 0.5:
        _looked = time.monotonic()
        if Path(file).exists():
            _requested.set()
    return _requested.is_set()
