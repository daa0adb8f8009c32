"""Where a cursor flow begins to read, and how far its cursor may move.

Time stamps are the source's, in its own clock. The cursor is the newest stamp that was read, less the time the reading
took: what changes while we read has a stamp after its begin. The next run begins before the cursor by the overlap
(records that are committed late) and the tolerance (a clock that is set back); what it reads again is told apart by
the ledger. A cursor that lags only costs reading, one that leads loses records: so ours is held back to our own time
where the source has stamps of the future (a wrong clock, a wrong date), and our clock plays no other part.
"""

from __future__ import annotations

import math
import time
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any
from zoneinfo import ZoneInfo

from integrations.erp import odata

Row = dict[str, Any]


class Stopwatch:
    """How long something took, by the clock of this process that never jumps."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> int:
        """Whole seconds, rounded up; 0 for less than a tenth: stamps have seconds at best."""
        passed = time.monotonic() - self._started
        return 0 if passed < 0.1 else math.ceil(passed)


def back(config: dict[str, Any]) -> timedelta:
    """How far before its cursor a flow begins."""
    return timedelta(seconds=config["overlap_seconds"] + config["clock_tolerance_seconds"])


def state_of(cursor: Any) -> dict[str, Any]:
    """The stored cursor; {} where there is none."""
    return cursor if isinstance(cursor, dict) else {}


def midnight(config: dict[str, Any]) -> datetime | None:
    """The begin of the day ``since``, without a zone."""
    since: date | None = config.get("since")
    return datetime.combine(since, clock_time()) if since else None


def is_new_since(state: dict[str, Any], config: dict[str, Any]) -> bool:
    """Did a person enter another ``since`` than the one the cursor was made under?"""
    since: date | None = config.get("since")
    return since is not None and state.get("since") != since.isoformat()


# -- the ERP's rows with UpdateDate and UpdateTime (server's wall clock)


def stamp(row: Row) -> datetime | None:
    """When the row was changed last; a row that was never changed counts by its creation. None: it has no date."""
    for day, clock in (("UpdateDate", "UpdateTime"), ("CreateDate", "CreateTime")):
        if row.get(day):
            return _moment(str(row[day]), str(row.get(clock) or ""))
    return None


def _moment(day: str, clock: str) -> datetime:
    """A time that cannot be read counts as midnight: too early is safe, too late is not."""
    try:
        return datetime.fromisoformat(f"{day[:10]}T{clock}")
    except ValueError:
        return datetime.fromisoformat(day[:10])


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two stamps that may be missing."""
    return max((each for each in (one, other) if each is not None), default=None)


def begin(cursor: Any, config: dict[str, Any]) -> datetime | None:
    """The stamp from which to read; None: everything. A ``since`` that was just entered is where to begin anew."""
    state, since = state_of(cursor), midnight(config)
    if not state.get("at") or is_new_since(state, config):
        return since
    start = datetime.fromisoformat(state["at"]) - back(config)
    return max(start, since) if since else start


def changed_since(start: datetime | None) -> str:
    """The OData condition. Times count to the minute there, so the minute in which ``start`` lies is read whole.

    ``UpdateDate gt D and UpdateTime gt T`` (the seed's) would lose what is changed the next morning.
    """
    if start is None:
        return ""
    created = odata.all_of("UpdateDate eq null", _since("CreateDate", "CreateTime", start))
    return odata.any_of(_since("UpdateDate", "UpdateTime", start), created)


def _since(day: str, clock: str, start: datetime) -> str:
    on_the_day = odata.all_of(
        odata.eq(day, start.date().isoformat()),
        odata.any_of(odata.compare(clock, "ge", f"{start:%H:%M}"), f"{clock} eq null"),
    )
    return odata.any_of(odata.compare(day, "gt", start.date().isoformat()), on_the_day)


def moved(cursor: Any, newest: datetime | None, took: int, zone: ZoneInfo) -> str | None:
    """The cursor after a whole window was read: never back, never into the future (of the tenant's zone)."""
    before = state_of(cursor).get("at")
    if newest is None:
        return before
    now = datetime.now(zone).replace(tzinfo=None)
    at = min(newest - timedelta(seconds=took), now).isoformat(timespec="seconds")
    return max(at, before) if before else at
