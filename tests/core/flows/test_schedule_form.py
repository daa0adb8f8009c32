"""How schedules may be written, what is refused, and how they read in words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from core.flows.base import Every
from core.flows.schedule import in_words, next_after, validate


@pytest.mark.parametrize(
    "given_form, plain",
    [
        ({}, {}),
        ({"every": 1, "unit": "minute"}, {"every": 1, "unit": "minute"}),
        ({"unit": "Hours", "every": "2"}, {"every": 2, "unit": "hour"}),
        ({"unit": "day", "start": "8:30"}, {"every": 1, "unit": "day", "start": "08:30"}),
        ({"unit": "day", "start": 630}, {"every": 1, "unit": "day", "start": "10:30"}),
        ({"unit": "day", "start": date(2026, 1, 31)}, {"every": 1, "unit": "day", "start": "2026-01-31"}),
        (
            {"unit": "day", "start": datetime(2026, 1, 31, 8)},
            {"every": 1, "unit": "day", "start": "2026-01-31T08:00:00"},
        ),
        ({"unit": "day", "start": "", "weekdays": []}, {"every": 1, "unit": "day"}),
        ({"unit": "week", "weekdays": "Mon,tues.，周三 四"}, {"every": 1, "unit": "week", "weekdays": [1, 2, 3, 4]}),
        ({"unit": "week", "weekdays": ["sunday", 7, "星期天"]}, {"every": 1, "unit": "week", "weekdays": [7]}),
        ({"unit": "week", "weekdays": 3}, {"every": 1, "unit": "week", "weekdays": [3]}),
    ],
)
def test_the_plain_form(given_form: dict[str, Any], plain: dict[str, Any]) -> None:
    assert validate(given_form) == plain
    assert validate(json.loads(json.dumps(plain))) == plain


@pytest.mark.parametrize(
    "wrong, fields",
    [
        ({"every": 0}, {"every"}),
        ({"every": 1.5}, {"every"}),
        ({"every": True}, {"every"}),
        ({"every": "²"}, {"every"}),
        ({"every": 10**9}, {"every"}),
        ({"unit": "second"}, {"unit", "every"}),
        ({"unit": "day", "start": "25:00"}, {"start"}),
        ({"unit": "day", "start": "tomorrow"}, {"start"}),
        ({"unit": "day", "start": "0001-01-01"}, {"start"}),
        ({"unit": "day", "start": True}, {"start"}),
        ({"unit": "day", "weekdays": [8]}, {"weekdays"}),
        ({"unit": "day", "weekdays": ["m"]}, {"weekdays"}),
        ({"unit": "month", "weekdays": [1]}, {"weekdays"}),
        ({"unit": "day", "every": 14, "weekdays": [1]}, {"weekdays"}),
        ({"unit": "hour", "every": 25, "weekdays": [1]}, {"weekdays"}),
        ({"minutes": 5}, {"minutes"}),
    ],
)
def test_a_wrong_schedule_names_its_fields(wrong: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(ConfigurationError) as error:
        validate(wrong)
    assert set(error.value.fields) <= fields
    assert error.value.fields
    with pytest.raises(ConfigurationError):
        next_after(wrong, datetime(2026, 1, 1, tzinfo=UTC), "Asia/Shanghai")


def test_the_schedules_that_flow_types_declare_are_valid() -> None:
    for every in (Every(minutes=1), Every(hours=2), Every(days=1), Every(weeks=1), Every(months=1)):
        assert validate(every.as_dict()) == every.as_dict()


@pytest.mark.parametrize(
    "schedule, words",
    [
        ({}, "not scheduled"),
        ({"every": 1}, "every minute"),
        ({"every": 5}, "every 5 minutes"),
        ({"every": 2, "unit": "hour", "start": "00:30"}, "every 2 hours, counted from 00:30"),
        ({"unit": "day", "start": "08:30"}, "every day at 08:30"),
        ({"unit": "day", "every": 3, "start": "2026-01-31T08:30"}, "every 3 days at 08:30, from 2026-01-31"),
        ({"unit": "day", "start": "08:30", "weekdays": [1, 5]}, "every week on Monday, Friday at 08:30"),
        ({"unit": "week"}, "every week on Monday at 00:00"),
        ({"every": 5, "weekdays": [6]}, "every 5 minutes on Saturday"),
        ({"unit": "month", "start": "2026-01-31"}, "every month on day 31 at 00:00, from 2026-01-31"),
        ({"unit": "hour", "start": "2026-01-01T00:30Z"}, "every hour, counted from 2026-01-01 00:30 (+00:00)"),
        ({"every": "often"}, "unreadable schedule (every: must be a whole number from 1 to 44640)"),
    ],
)
def test_in_words(schedule: dict[str, Any], words: str) -> None:
    with translation.override("en"):
        assert in_words(schedule) == words


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["every", "unit", "start", "weekdays", "x"]),
        st.none() | st.integers() | st.text(max_size=12) | st.lists(st.text(max_size=3), max_size=3),
    )
)
def test_whatever_is_written_is_read_or_refused_in_words(schedule: dict[str, Any]) -> None:
    assert in_words(schedule)
    try:
        plain = validate(schedule)
    except ConfigurationError:
        return
    assert validate(plain) == plain
    if plain:
        assert next_after(plain, datetime(2026, 1, 1, tzinfo=UTC), "Europe/Berlin") > datetime(2026, 1, 1, tzinfo=UTC)
