"""Calls per minute of each API: whoever exceeds is blocked until the minute is over."""

from __future__ import annotations

import threading
import time

_lock = threading.Lock()
_windows: dict[str, tuple[float, int]] = {}


def exceeded(api: str, per_minute: int) -> bool:
    """Count a call; True when it is one too many. 0 = no limit."""
    if not per_minute:
        return False
    now = time.monotonic()
    with _lock:
        began, count = _windows.get(api, (now, 0))
        if now - began >= 60:
            began, count = now, 0
        _windows[api] = (began, count + 1)
        return count >= per_minute


def forget() -> None:
    """Start every window anew."""
    with _lock:
        _windows.clear()
