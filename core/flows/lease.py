"""One run of a flow at a time: a lease with expiry, heartbeat and fence.

Times are compared and written with the database's clock; this process measures durations with monotonic().
"""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now

from core.models import FlowInstance


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
    """Is this holder a process of our host that no longer exists? False for other hosts: their lease must expire."""
    host, _, rest = name.rpartition(":")[0].rpartition(":")
    started = name.rpartition(":")[2]
    if host != socket.gethostname() or not rest.isdigit():
        return False
    return process_started(int(rest)) != started


class LeaseLost(Exception):
    """Another runner holds the flow now: submit nothing, record facts."""


class Lease:
    """A taken lease. ``inherited_dead``: it was taken from a process of this host that has died."""

    def __init__(self, flow_id: int, fence: int, taken: float, *, inherited_dead: bool) -> None:
        self.flow_id = flow_id
        self.fence = fence
        self.inherited_dead = inherited_dead
        self.lost = False
        self._released = False
        self._confirmed = taken

    @classmethod
    def take(cls, flow_id: int, known: FlowInstance | None = None) -> Lease | None:
        """The lease, or None when a living runner holds it. ``known``: the flow's row, as read just before."""
        started = time.monotonic()
        row = known or FlowInstance.objects.filter(pk=flow_id).first()
        if row is None:
            return None
        dead = bool(row.lease_until) and is_dead(row.lease_holder)
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
        if dead:
            free |= Q(lease_holder=row.lease_holder)
        taken = FlowInstance.objects.filter(free, pk=flow_id, fence=row.fence).update(
            fence=F("fence") + 1, lease_until=_until(), lease_holder=holder()
        )
        return cls(flow_id, row.fence + 1, started, inherited_dead=dead) if taken else None

    def beat(self) -> None:
        """Prolong it; raises LeaseLost. Every ledger transaction begins with this."""
        before = time.monotonic()
        held = FlowInstance.objects.filter(pk=self.flow_id, fence=self.fence).update(lease_until=_until())
        if not held:
            self.lost = True
            raise LeaseLost(f"flow {self.flow_id}")
        self._confirmed = before

    @property
    def needs_beat(self) -> bool:
        return time.monotonic() - self._confirmed >= settings.HEARTBEAT_SECONDS

    def may_send(self) -> bool:
        """Is there time for a whole call before anybody else could take over? Checked right before each send."""
        limit = self._confirmed + settings.LEASE_SECONDS - settings.CALL_DEADLINE_SECONDS
        return not self.lost and time.monotonic() < limit

    def release(self, **changes: object) -> None:
        """Give it back, with changes of the flow's row that only its holder may make. Once."""
        if not self._released:
            self._released = True
            FlowInstance.objects.filter(pk=self.flow_id, fence=self.fence).update(
                lease_until=None, lease_holder="", **changes
            )


def _until() -> object:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
