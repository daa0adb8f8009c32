"""Work that does not wait for the schedule: retries, and questions about uncertain documents, have times of their own.

A flow that runs once a day would otherwise try again tomorrow what an outage of seconds stopped today.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, F, Value, When

from core.errors import RetryLater
from core.flows import backoff
from core.flows.clock import Clock
from core.flows.rows import Change
from core.models import Delivery
from core.models.delivery import DeliveryState

State = DeliveryState


class Sooner:
    """The earliest moment at which a row that a run leaves open is due. ``at`` None: nothing is."""

    def __init__(self) -> None:
        self.at: datetime | None = None

    def note(self, at: datetime | None) -> None:
        """Something is due then."""
        if at is not None and (self.at is None or at < self.at):
            self.at = at

    def row(self, row: Delivery, now: datetime) -> None:
        """A row that this run leaves alone because it is due later."""
        if row.state in (State.UNCERTAIN, State.FAILED) and row.due_at is not None and row.due_at > now:
            self.note(row.due_at)

    def change(self, change: Change) -> None:
        """A row whose outcome is not known, or that failed for a while. Others wait for a person or the source."""
        if change.state == State.UNCERTAIN or (change.state == State.FAILED and change.failures):
            self.note(change.due_at)

    def outage(self, error: BaseException | None, failures_in_a_row: int, clock: Clock) -> None:
        """The run itself failed for a while."""
        if isinstance(error, RetryLater):
            self.note(clock.now(backoff.delay(failures_in_a_row + 1, error.after)))

    def changes(self) -> dict[str, Any]:
        """Columns of the flow: never later than scheduled, and not at all where it is not scheduled."""
        if self.at is None:
            return {}
        return {"next_run_at": Case(When(next_run_at__gt=self.at, then=Value(self.at)), default=F("next_run_at"))}
