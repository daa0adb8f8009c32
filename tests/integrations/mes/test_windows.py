"""Cursor arithmetic: where a run begins to read, and how far its cursor moves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mes.flows import windows

SHANGHAI = ZoneInfo("Asia/Shanghai")
CONFIG = {"overlap_seconds": 120, "clock_tolerance_seconds": 600, "since": None}


def config(**changes: Any) -> dict[str, Any]:
    return {**CONFIG, **changes}


@pytest.mark.parametrize(
    ("row", "stamp"),
    [
        ({"UpdateDate": "2026-03-01", "UpdateTime": "10:20:30"}, datetime(2026, 3, 1, 10, 20, 30)),
        ({"UpdateDate": "2026-03-01T00:00:00Z", "UpdateTime": "10:20"}, datetime(2026, 3, 1, 10, 20)),
        ({"UpdateDate": "2026-03-01", "UpdateTime": None}, datetime(2026, 3, 1)),
        ({"UpdateDate": "2026-03-01", "UpdateTime": "nonsense"}, datetime(2026, 3, 1)),
        ({"UpdateDate": None, "CreateDate": "2026-02-01", "CreateTime": "08:00:00"}, datetime(2026, 2, 1, 8)),
        ({"UpdateDate": None, "CreateDate": "2026-02-01"}, datetime(2026, 2, 1)),
        ({}, None),
    ],
)
def test_stamp_of_a_row(row, stamp):
    assert windows.stamp(row) == stamp


def test_without_a_cursor_everything_is_read_or_what_is_since():
    assert windows.begin(None, config()) is None
    assert windows.begin(None, config(since=date(2026, 3, 1))) == datetime(2026, 3, 1)


def test_a_run_begins_before_the_cursor_by_overlap_and_tolerance():
    cursor = {"at": "2026-03-01T00:05:00", "since": ""}
    assert windows.begin(cursor, config()) == datetime(2026, 2, 28, 23, 53)
    assert windows.begin(cursor, config(overlap_seconds=0, clock_tolerance_seconds=0)) == datetime(2026, 3, 1, 0, 5)


def test_since_limits_and_when_entered_anew_is_where_to_begin():
    cursor = {"at": "2026-03-05T12:00:00", "since": "2026-03-05"}
    assert windows.begin(cursor, config(since=date(2026, 3, 5))) == datetime(2026, 3, 5, 11, 48)
    assert windows.begin(cursor, config(since=date(2026, 2, 1))) == datetime(2026, 2, 1)
    early = {"at": "2026-03-05T00:01:00", "since": "2026-03-05"}
    assert windows.begin(early, config(since=date(2026, 3, 5))) == datetime(2026, 3, 5)


@pytest.mark.parametrize("cursor", [None, "2026-03-01", 7, [], {}, {"at": None}])
def test_a_cursor_of_another_shape_is_none(cursor):
    assert windows.begin(cursor, config()) is None


def test_the_condition_has_minutes_and_both_kinds_of_dates():
    text = windows.changed_since(datetime(2026, 3, 1, 23, 59, 58))
    assert "UpdateDate gt '2026-03-01'" in text
    assert "UpdateTime ge '23:59'" in text
    assert "UpdateDate eq null" in text
    assert "CreateDate gt '2026-03-01'" in text
    assert windows.changed_since(None) == ""


def test_the_cursor_lags_by_the_time_the_reading_took():
    newest = datetime(2026, 3, 1, 12)
    assert windows.moved({}, newest, 90, SHANGHAI) == "2026-03-01T11:58:30"
    assert windows.moved({}, newest, 0, SHANGHAI) == "2026-03-01T12:00:00"


def test_the_cursor_never_goes_back_and_stays_where_nothing_was_read():
    before = {"at": "2026-03-01T12:00:00"}
    assert windows.moved(before, datetime(2026, 3, 1, 11), 0, SHANGHAI) == "2026-03-01T12:00:00"
    assert windows.moved(before, None, 5, SHANGHAI) == "2026-03-01T12:00:00"
    assert windows.moved({}, None, 5, SHANGHAI) is None


def test_the_cursor_does_not_go_into_the_future():
    at = windows.moved({}, datetime(2199, 1, 1), 0, SHANGHAI)
    assert abs(datetime.fromisoformat(at) - datetime.now(SHANGHAI).replace(tzinfo=None)) < timedelta(minutes=1)


@given(lateness=st.integers(0, 120), set_back=st.integers(0, 600), reading=st.integers(0, 300), at=st.integers(0, 3600))
def test_what_changes_while_or_after_we_read_is_in_the_next_window(lateness, set_back, reading, at):
    """A row whose clock is set back and which is committed late: its stamp is never before the next window."""
    start = datetime(2026, 3, 1, 12)
    newest = start + timedelta(seconds=reading)  # the newest row we may have seen was changed as the reading ended
    cursor = {"at": windows.moved({}, newest, reading, SHANGHAI)}
    changed = start + timedelta(seconds=at - set_back - lateness)
    assert windows.begin(cursor, config()) <= changed
