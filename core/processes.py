"""Processes by name: whoever holds something writes who it is, so that others see when it has died."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def process_started(pid: int) -> str:
    """Start time of a process in clock ticks since boot; "" when there is no such process.

    Field 22 of /proc/<pid>/stat; counted from the last ")" because the name may hold anything.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def holder() -> str:
    """Who we are: host:pid:start of process."""
    return f"{socket.gethostname()}:{os.getpid()}:{process_started(os.getpid())}"


def is_dead(name: str) -> bool:
    """Is this holder a process of our host that no longer exists? False for other hosts: their time must run out."""
    host, _, rest = name.rpartition(":")[0].rpartition(":")
    started = name.rpartition(":")[2]
    if host != socket.gethostname() or not rest.isdigit():
        return False
    return process_started(int(rest)) != started
