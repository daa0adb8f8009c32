"""One switch a process: stop claiming, drain, end."""

from __future__ import annotations

import signal
import threading
from typing import Any

requested = threading.Event()


def on_signals() -> None:
    """Set the switch on SIGTERM and SIGINT (main thread only)."""

    def stop(*_: Any) -> None:
        requested.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
