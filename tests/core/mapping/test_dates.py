"""Dates and times: what is read, how it is written, in which zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.mapping import dates
from tests.core.mapping.samples import one, refused


@pytest.mark.parametrize(
    "value",
    [
        "2022-08-23",
        "2022-08-23T00:00:00Z",
        "2022-08-23T00:00:00.000Z",
        "2022/8/23",
        "2022.08.23",
        "2022年8月23日",
        "20220823",
        20220823,
        "2022-08-22T16:00:01Z",
        "2022-08-22T18:30:00+02:00",
        "2022-08-23 23:59:59",
        "2022-08-23 10:15",
        "20220823101500",
        "1661184000",
        1661184000,
        1661184000000,
        "1661184000000",
        "/Date(1661212800000)/",
        date(2022, 8, 23),
        datetime(2022, 8, 23, 12),
    ],
)
def test_date_reads_what_the_systems_write(value: Any) -> None:
    assert one(value, "date") == "2022-08-23"


@pytest.mark.parametrize(
    "value", ["2022-02-30", "23.08.2022", "soon", 5, 1.5, True, [], "0000-01-01", -1, 10**20, "9" * 99]
)
def test_what_is_no_date_is_refused(value: Any) -> None:
    assert "is not a date" in refused(value, "date")


@pytest.mark.parametrize(
    "transform, expected",
    [
        ("date:yyyy/MM/dd", "2022/08/03"),
        ("date:yyyyMMdd", "20220803"),
        ("date:YYYY-MM-DD", "2022-08-03"),
        ("date:yyyy年M月d日", "2022年8月3日"),
        ("date：yyyy-MM-dd", "2022-08-03"),
        ("date:%Y%m%d", "20220803"),
        ("date:yy.M.d", "22.8.3"),
        ("datetime", "2022-08-03 09:05:07"),
        ("datetime:yyyyMMddHHmmss", "20220803090507"),
        ("datetime:yyyy-MM-dd HH:mm", "2022-08-03 09:05"),
        ("datetime:yyyy-MM-dd'T'HH:mm:ss.SSS", "2022-08-03T09:05:07.250"),
        ("datetime:H:m:s", "9:5:7"),
        ("datetime:yyyy-MM-ddTHH:mm:ssZ", "2022-08-03T09:05:07Z"),
        ("DATETIME : %H:%M:%S ", "09:05:07"),
    ],
)
def test_date_formats(transform: str, expected: str) -> None:
    assert one("2022-08-03T01:05:07.25Z", transform) == expected


def test_a_day_of_the_erp_is_the_same_day_in_every_zone() -> None:
    for zone in ("Asia/Shanghai", "America/New_York", "Pacific/Auckland"):
        assert one("2022-08-23T00:00:00Z", "date", zone=zone) == "2022-08-23"
        assert one("2022-08-23T00:00:00Z", "datetime", zone=zone) == "2022-08-23 00:00:00"


def test_timestamps_of_a_day_are_its_midnight_in_the_tenants_zone() -> None:
    assert one("2022-08-23T00:00:00Z", "timestamp_ms") == 1661184000000
    assert one("2022-08-23", "timestamp_s") == 1661184000
    assert one("2022-08-23", "timestamp_s", zone="UTC") == 1661212800
    assert one("2022-08-23T10:00:00.123+08:00", "timestamp_ms", zone="UTC") == 1661220000123
    assert one("1661184000", "timestamp_ms") == 1661184000000


ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC", "Pacific/Apia"])


@given(st.dates(min_value=date(1970, 1, 2), max_value=date(2100, 1, 1)), ZONES)
def test_days_survive_every_way_of_writing_them(day: date, zone: str) -> None:
    for written in (day.isoformat(), f"{day}T00:00:00Z", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日", day):
        assert one(written, "date", zone=zone) == day.isoformat()


@given(st.datetimes(min_value=datetime(2002, 1, 1), max_value=datetime(2100, 1, 1)), ZONES)
def test_moments_survive_timestamps(moment: datetime, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    utc = moment.replace(tzinfo=ZoneInfo("UTC"), microsecond=0)
    assume(utc.time() != datetime.min.time())  # midnight with a Z is a day of the ERP
    ms = one(utc.isoformat(), "timestamp_ms", zone=zone_name)
    assert ms == utc.timestamp() * 1000
    assert one(ms, "timestamp_s", zone=zone_name) * 1000 == ms
    assert one(ms, "datetime", zone=zone_name) == f"{utc.astimezone(zone):%Y-%m-%d %H:%M:%S}"


@given(st.text(max_size=30) | st.integers() | st.floats())
def test_reading_a_date_gives_a_moment_or_a_value_error(value: Any) -> None:
    zone = ZoneInfo("America/New_York")
    try:
        moment = dates.parse(value, zone)
    except ValueError:
        return
    assert moment is None or moment.utcoffset() in (timedelta(hours=-5), timedelta(hours=-4)) or moment.year < 1970
