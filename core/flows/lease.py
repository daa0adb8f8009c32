"""One run of a flow at a time: a lease with expiry, heartbeat and fence.

Times are compared and written with the database's clock; this process measures durations with monotonic().
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now

from core.models import FlowInstance
from core.processes import holder, is_dead


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
