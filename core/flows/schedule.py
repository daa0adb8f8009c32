"""When a flow runs: {every: n, unit: minute|hour|day|week|month, start?, weekdays?}.

A schedule is a grid of moments, not a countdown: the next run is always the next moment of the grid in the future,
so nothing drifts and missed moments are not replayed.

start      ISO date or date-time: the first moment, and what the grid is counted from; without an offset in the
           tenant's zone. Or HH:MM: the time of day. Left out: 00:00
weekdays   1 (Monday) to 7, or names; the moments on other days of the tenant's zone are left out

Minutes and hours are counted in elapsed time, from ``start`` or, up to a day, anew from HH:MM of each day. Days,
weeks and months keep the wall clock: a time that the change to summer time skips comes an hour later, one that
comes twice is taken once. Months count from the day of ``start``; the 31st is the last day of a shorter month.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from core.errors import ConfigurationError
from core.flows.schedule_form import Start, cleaned, start_of
from core.flows.schedule_words import in_words

__all__ = ["in_words", "next_after", "validate"]

EPOCH = date(2000, 1, 3)  # a Monday: what is counted from where no date is given
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
MINUTES = {"minute": 1, "hour": 60}


@dataclass(frozen=True)
class _Rule:
    every: int
    unit: str
    start: Start
    weekdays: frozenset[int]
    zone: ZoneInfo

    def at(self, day: date) -> datetime:
        """The moment of this day of the grid, in UTC; the first of two, the later one of a skipped hour."""
        return datetime.combine(day, self.start.clock, self.zone).astimezone(UTC)

    def runs_on(self, moment: datetime) -> bool:
        return not self.weekdays or moment.astimezone(self.zone).isoweekday() in self.weekdays


def validate(schedule: dict[str, Any]) -> dict[str, Any]:
    """The schedule in its plain form (JSON); {} stays {}: not scheduled. ConfigurationError names the wrong fields."""
    return cleaned(schedule)


def next_after(schedule: dict[str, Any], after: datetime, zone: str) -> datetime:
    """The first moment later than ``after`` (aware), in UTC. Raises ConfigurationError for a wrong schedule or zone."""
    if after.tzinfo is None:
        raise ValueError("next_after needs an aware datetime")
    rule = _rule(cleaned(schedule), zone)
    after = after.astimezone(UTC)
    if rule.start.moment:
        after = max(after, rule.start.moment - INSTANT)
    if rule.unit in MINUTES:
        return _next_elapsed(rule, after)
    return next(moment for moment in map(rule.at, _days(rule, after)) if moment > after and rule.runs_on(moment))


def _rule(schedule: dict[str, Any], zone_name: str) -> _Rule:
    if not schedule:
        raise ConfigurationError(_("the flow has no schedule"))
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(_("unknown time zone %(name)s") % {"name": zone_name}) from error
    start = start_of(schedule.get("start", "")).placed(zone)
    return _Rule(schedule["every"], schedule["unit"], start, frozenset(schedule.get("weekdays", ())), zone)


# -- minutes and hours


def _next_elapsed(rule: _Rule, after: datetime) -> datetime:
    """The next moment; a day that is none of ``weekdays`` is jumped over."""
    while True:
        moment = _next_tick(rule, after)
        if rule.runs_on(moment):
            return moment
        tomorrow = moment.astimezone(rule.zone).date() + DAY
        after = datetime.combine(tomorrow, time(), rule.zone).astimezone(UTC) - INSTANT


def _next_tick(rule: _Rule, after: datetime) -> datetime:
    step = timedelta(minutes=rule.every * MINUTES[rule.unit])
    if rule.start.moment or step > DAY:
        return _next_of(rule.start.moment or rule.at(EPOCH), step, after)
    today = after.astimezone(rule.zone).date()
    if rule.at(today) > after:
        today -= DAY
    return min(_next_of(rule.at(today), step, after), rule.at(today + DAY))


def _next_of(anchor: datetime, step: timedelta, after: datetime) -> datetime:
    return anchor + ((after - anchor) // step + 1) * step


# -- days, weeks and months


def _days(rule: _Rule, after: datetime) -> Iterator[date]:
    """Days of the grid in order, from shortly before ``after`` on."""
    first = rule.start.day or EPOCH
    # Two days back: a skipped hour or day of the calendar may move a moment of yesterday to today.
    since = max(after.astimezone(rule.zone).date() - 2 * DAY, first)
    if rule.unit == "day":
        return _every_day(first, rule.every, since)
    if rule.unit == "week":
        return _every_week(rule, first, since)
    return _every_month(rule.start.day or EPOCH.replace(day=1), rule.every, since)


def _every_day(first: date, every: int, since: date) -> Iterator[date]:
    day = first + timedelta(days=(since - first).days // every * every)
    while True:
        yield day
        day += timedelta(days=every)


def _every_week(rule: _Rule, first: date, since: date) -> Iterator[date]:
    monday = first - timedelta(days=first.weekday())
    week = (since - monday).days // 7 // rule.every * rule.every
    chosen = sorted(rule.weekdays) or [first.isoweekday()]
    while True:
        for weekday in chosen:
            day = monday + timedelta(days=week * 7 + weekday - 1)
            if day >= first:
                yield day
        week += rule.every


def _every_month(first: date, every: int, since: date) -> Iterator[date]:
    month = ((since.year - first.year) * 12 + since.month - first.month) // every * every
    while True:
        years, index = divmod(first.month - 1 + month, 12)
        last = calendar.monthrange(first.year + years, index + 1)[1]
        yield date(first.year + years, index + 1, min(first.day, last))
        month += every
