"""HANA's functions for SQLite."""

from __future__ import annotations

import calendar
import datetime
import sqlite3
from collections.abc import Callable
from typing import Any

from sandbox.erp import settings

# HANA's format elements, longest first, and Python's.
_ELEMENTS = [("YYYY", "%Y"), ("HH24", "%H"), ("MM", "%m"), ("DD", "%d"), ("MI", "%M"), ("SS", "%S"), ("YY", "%y")]


def install(connection: sqlite3.Connection) -> None:
    for name, (count, function) in _FUNCTIONS.items():
        connection.create_function(name, count, function)


def _format(text: str) -> str:
    for element, python in _ELEMENTS:
        text = text.replace(element, python)
    return text


def _moment(value: Any) -> datetime.datetime:
    """A date or a timestamp from one of the forms HANA takes without a format."""
    text = str(value).strip()
    if text.isdigit() and len(text) == 8:
        return datetime.datetime.strptime(text, "%Y%m%d")
    return datetime.datetime.fromisoformat(text.replace("/", "-"))


def _null_safe(function: Callable) -> Callable:
    def call(*values: Any) -> Any:
        return None if any(value is None for value in values) else function(*values)

    return call


def to_varchar(value: Any, form: str | None = None) -> str:
    if form is not None:
        return _moment(value).strftime(_format(form))
    return f"{value:g}" if isinstance(value, float) else str(value)


def to_date(value: Any, form: str | None = None) -> str:
    moment = datetime.datetime.strptime(str(value), _format(form)) if form else _moment(value)
    return f"{moment:%Y-%m-%d}"


def to_timestamp(value: Any, form: str | None = None) -> str:
    moment = datetime.datetime.strptime(str(value), _format(form)) if form else _moment(value)
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def add_days(value: Any, days: int) -> str:
    return f"{_moment(value) + datetime.timedelta(days=days):%Y-%m-%d}"


def add_months(value: Any, months: int) -> str:
    start = _moment(value)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return f"{start.replace(year=year, month=month + 1, day=day):%Y-%m-%d}"


def _pad(left: bool) -> Callable[..., str]:
    def pad(value: Any, size: int, fill: str = " ") -> str:
        text = str(value)[:size]
        filling = (fill * size)[: size - len(text)]
        return filling + text if left else text + filling

    return pad


_FUNCTIONS: dict[str, tuple[int, Callable]] = {
    "TO_VARCHAR": (-1, _null_safe(to_varchar)),
    "TO_NVARCHAR": (-1, _null_safe(to_varchar)),
    "TO_CHAR": (-1, _null_safe(to_varchar)),
    "TO_DATE": (-1, _null_safe(to_date)),
    "TO_TIMESTAMP": (-1, _null_safe(to_timestamp)),
    "TO_DECIMAL": (-1, _null_safe(lambda value, *size: round(float(value), size[1] if len(size) > 1 else 6))),
    "TO_INTEGER": (1, _null_safe(lambda value: int(float(value)))),
    "TO_INT": (1, _null_safe(lambda value: int(float(value)))),
    "TO_BIGINT": (1, _null_safe(lambda value: int(float(value)))),
    "TO_DOUBLE": (1, _null_safe(float)),
    "ADD_DAYS": (2, _null_safe(add_days)),
    "ADD_MONTHS": (2, _null_safe(add_months)),
    "DAYS_BETWEEN": (2, _null_safe(lambda start, end: (_moment(end) - _moment(start)).days)),
    "YEAR": (1, _null_safe(lambda value: _moment(value).year)),
    "MONTH": (1, _null_safe(lambda value: _moment(value).month)),
    "DAYOFMONTH": (1, _null_safe(lambda value: _moment(value).day)),
    "NOW": (0, lambda: f"{settings.now():%Y-%m-%d %H:%M:%S}"),
    "LPAD": (-1, _null_safe(_pad(left=True))),
    "RPAD": (-1, _null_safe(_pad(left=False))),
    "LEFT": (2, _null_safe(lambda value, size: str(value)[:size])),
    "RIGHT": (2, _null_safe(lambda value, size: str(value)[-size:] if size else "")),
    "LOCATE": (2, _null_safe(lambda value, part: str(value).find(str(part)) + 1)),
    "CONCAT": (2, _null_safe(lambda one, other: f"{one}{other}")),
}
