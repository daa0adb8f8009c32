"""Schedules: grids in the tenant's zone, over changes of summer time and month ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from core.flows.schedule import next_after, validate

SHANGHAI, BERLIN, LORD_HOWE = "Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe"


def moments(schedule: dict[str, Any], after: str, zone: str, count: int = 3) -> list[str]:
    """The next moments as wall clock of the zone."""
    tz = ZoneInfo(zone)
    moment = datetime.fromisoformat(after).replace(tzinfo=tz)
    found = []
    for _ in range(count):
        moment = next_after(schedule, moment, zone)
        found.append(f"{moment.astimezone(tz):%Y-%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    "schedule, after, expected",
    [
        ({"every": 5, "unit": "minute"}, "2026-01-31 08:31", ["2026-01-31 08:35", "2026-01-31 08:40"]),
        ({"every": 5}, "2026-01-31 08:35", ["2026-01-31 08:40", "2026-01-31 08:45"]),
        ({"unit": "hour", "every": 2, "start": "00:30"}, "2026-01-31 23:00", ["2026-02-01 00:30", "2026-02-01 02:30"]),
        (
            {"every": 7, "unit": "minute", "start": "08:30"},
            "2026-01-31 08:25",
            ["2026-01-31 08:30", "2026-01-31 08:37"],
        ),
        ({"every": 36, "unit": "hour"}, "2000-01-03 00:00", ["2000-01-04 12:00", "2000-01-06 00:00"]),
        ({"unit": "hour", "start": "2026-03-01T10:20"}, "2026-01-01 00:00", ["2026-03-01 10:20", "2026-03-01 11:20"]),
        ({"unit": "day", "start": "08:30"}, "2026-01-31 08:30", ["2026-02-01 08:30", "2026-02-02 08:30"]),
        (
            {"unit": "day", "every": 3, "start": "2026-01-30"},
            "2026-02-01 00:00",
            ["2026-02-02 00:00", "2026-02-05 00:00"],
        ),
        ({"unit": "week"}, "2026-01-31 00:00", ["2026-02-02 00:00", "2026-02-09 00:00"]),
        (
            {"unit": "week", "every": 2, "start": "2026-01-30T09:00"},
            "2026-01-31 00:00",
            ["2026-02-13 09:00", "2026-02-27 09:00"],
        ),
        ({"unit": "month", "start": "2026-01-31T06:00"}, "2026-01-31 06:00", ["2026-02-28 06:00", "2026-03-31 06:00"]),
        (
            {"unit": "month", "every": 3, "start": "2023-11-30"},
            "2024-01-01 00:00",
            ["2024-02-29 00:00", "2024-05-30 00:00"],
        ),
        ({"unit": "month", "start": "05:00"}, "2026-12-01 05:00", ["2027-01-01 05:00", "2027-02-01 05:00"]),
        (
            {"unit": "month", "every": 12, "start": "2024-02-29"},
            "2024-03-01 00:00",
            ["2025-02-28 00:00", "2026-02-28 00:00"],
        ),
    ],
)
def test_grids(schedule: dict[str, Any], after: str, expected: list[str]) -> None:
    assert moments(schedule, after, SHANGHAI, 2) == expected


def test_weekdays() -> None:
    weekdays = {"unit": "day", "start": "08:30", "weekdays": [1, 2, 3, 4, 5]}
    assert moments(weekdays, "2026-01-30 09:00", SHANGHAI, 2) == ["2026-02-02 08:30", "2026-02-03 08:30"]
    fortnight = {"unit": "week", "every": 2, "start": "2026-01-28T08:00", "weekdays": ["mon", "周五"]}
    assert moments(fortnight, "2026-01-01 00:00", SHANGHAI) == [
        "2026-01-30 08:00",
        "2026-02-09 08:00",
        "2026-02-13 08:00",
    ]
    hours = {"unit": "hour", "every": 12, "weekdays": "6, 7"}
    assert moments(hours, "2026-02-01 12:00", SHANGHAI, 2) == ["2026-02-07 00:00", "2026-02-07 12:00"]


def test_summer_time_keeps_the_wall_clock_of_days() -> None:
    daily = {"unit": "day", "start": "02:30"}
    assert moments(daily, "2026-03-28 00:00", BERLIN) == ["2026-03-28 02:30", "2026-03-29 03:30", "2026-03-30 02:30"]
    assert moments(daily, "2026-10-24 12:00", BERLIN, 2) == ["2026-10-25 02:30", "2026-10-26 02:30"]
    twice = next_after(daily, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), BERLIN)
    assert twice == datetime(2026, 10, 26, 1, 30, tzinfo=UTC), "the hour that comes twice counts once"


def test_summer_time_and_elapsed_time() -> None:
    hourly = {"unit": "hour", "every": 1}
    spring = moments(hourly, "2026-03-29 00:30", BERLIN)
    assert spring == ["2026-03-29 01:00", "2026-03-29 03:00", "2026-03-29 04:00"]
    autumn = moments(hourly, "2026-10-25 01:30", BERLIN)
    assert autumn == ["2026-10-25 02:00", "2026-10-25 02:00", "2026-10-25 03:00"]
    six = {"unit": "hour", "every": 6}
    assert moments(six, "2026-03-28 19:00", BERLIN, 4)[-1] == "2026-03-29 19:00"
    assert moments(six, "2026-03-29 23:00", BERLIN, 2) == ["2026-03-30 00:00", "2026-03-30 06:00"]


def test_a_start_with_an_offset_is_a_moment() -> None:
    schedule = {"unit": "day", "start": "2026-01-01T00:30:00+00:00"}
    assert moments(schedule, "2026-01-31 00:00", SHANGHAI, 1) == ["2026-01-31 08:30"]
    assert moments(schedule, "2025-01-31 00:00", SHANGHAI, 1) == ["2026-01-01 08:30"]


def test_missed_moments_are_not_replayed() -> None:
    schedule = {"every": 5, "unit": "minute", "start": "2026-01-01T00:00"}
    assert moments(schedule, "2026-06-01 00:02", SHANGHAI, 1) == ["2026-06-01 00:05"]


def test_what_next_after_refuses() -> None:
    with pytest.raises(ConfigurationError, match="Mars"):
        next_after({"every": 1}, datetime(2026, 1, 1, tzinfo=UTC), "Mars")
    with pytest.raises(ConfigurationError):
        next_after({}, datetime(2026, 1, 1, tzinfo=UTC), SHANGHAI)
    with pytest.raises(ValueError, match="aware"):
        next_after({"every": 1}, datetime(2026, 1, 1), SHANGHAI)


# -- for any schedule

ZONES = st.sampled_from([SHANGHAI, BERLIN, LORD_HOWE, "America/St_Johns", "Pacific/Apia", "UTC"])
AFTER = st.datetimes(datetime(2011, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))
CLOCKS = st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.integers(0, 59))
STARTS = (
    st.none()
    | CLOCKS
    | st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)).map(lambda d: d.isoformat("T", "minutes"))
)
WEEKDAYS = st.lists(st.integers(1, 7), max_size=4)


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, Any]:
    unit = draw(st.sampled_from(["minute", "hour", "day", "week", "month"]))
    largest = {"minute": 3000, "hour": 80, "day": 40, "week": 9, "month": 14}[unit]
    schedule = {"every": draw(st.integers(1, largest)), "unit": unit, "start": draw(STARTS)}
    with_days = {**schedule, "weekdays": draw(WEEKDAYS)}
    try:
        validate(with_days)
    except ConfigurationError:
        return schedule
    return with_days


PATIENT = settings(deadline=None, max_examples=200)


@PATIENT
@given(schedules(), AFTER, ZONES)
def test_the_next_moment_is_later_and_the_first_of_its_kind(
    schedule: dict[str, Any], after: datetime, zone: str
) -> None:
    moment = next_after(schedule, after, zone)
    assert moment > after
    assert moment.tzinfo is UTC
    between = after + (moment - after) / 2
    assert next_after(schedule, between, zone) == moment, "nothing of the grid lies between"
    assert next_after(schedule, moment - timedelta(microseconds=1), zone) == moment


@PATIENT
@given(schedules(), AFTER, ZONES)
def test_moments_fall_on_the_chosen_weekdays_and_not_before_start(
    schedule: dict[str, Any], after: datetime, zone: str
) -> None:
    tz = ZoneInfo(zone)
    moment = next_after(schedule, after, zone)
    # Where summer time skips 00:00 or a whole day of the calendar, a moment may come a day later.
    near = {(moment - timedelta(hours=hours)).astimezone(tz).isoweekday() for hours in (0, 1, 24)}
    assert not schedule.get("weekdays") or near & set(schedule["weekdays"])
    start = schedule.get("start") or ""
    if "T" in start:
        assert moment >= datetime.fromisoformat(start).replace(tzinfo=tz)


@PATIENT
@given(schedules(), AFTER, ZONES)
def test_days_keep_the_time_of_the_clock(schedule: dict[str, Any], after: datetime, zone: str) -> None:
    if schedule["unit"] in ("minute", "hour"):
        return
    wall = next_after(schedule, after, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wanted = (schedule.get("start") or "00:00")[-5:]
    exists = datetime.combine(wall.date(), datetime.strptime(wanted, "%H:%M").time(), ZoneInfo(zone))
    if exists.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == exists.replace(tzinfo=None):
        assert f"{wall:%H:%M}" == wanted


@PATIENT
@given(st.integers(1, 3000), st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)), AFTER, ZONES)
def test_minutes_from_a_date_are_evenly_spaced(every: int, start: datetime, after: datetime, zone: str) -> None:
    schedule = {"every": every, "unit": "minute", "start": start.isoformat()}
    found = [next_after(schedule, after, zone)]
    for _ in range(3):
        found.append(next_after(schedule, found[-1], zone))
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=every)}


@PATIENT
@given(st.integers(1, 1440), CLOCKS, AFTER, ZONES)
def test_minutes_from_a_time_of_day_meet_it_every_day(every: int, start: str, after: datetime, zone: str) -> None:
    schedule = {"every": every, "unit": "minute", "start": start}
    daily = next_after({"unit": "day", "start": start}, after, zone)
    assert next_after(schedule, daily - timedelta(microseconds=1), zone) == daily
    assert next_after(schedule, after, zone) - after <= timedelta(minutes=every)


@PATIENT
@given(st.integers(1, 20), st.dates(date(2010, 1, 1), date(2030, 1, 1)), AFTER)
def test_months_count_from_the_day_of_start(every: int, start: date, after: datetime) -> None:
    moment = next_after({"every": every, "unit": "month", "start": start.isoformat()}, after, "UTC")
    months = (moment.year - start.year) * 12 + moment.month - start.month
    assert months % every == 0
    assert moment.day == start.day or ((moment + timedelta(days=1)).day == 1 and moment.day < start.day)
