"""Dates and times: read from what the systems write, written by a pattern.

A day without a time, and midnight with a Z (how the ERP writes a day), are days of the calendar: no zone moves
them. Everything with another offset is a moment and shown in the tenant's zone; without one it is in that zone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from core.mapping.decimals import shown

DATE = "yyyy-MM-dd"
DATETIME = "yyyy-MM-dd HH:mm:ss"
DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
WRITTEN = re.compile(rf"{DAY}(?:[T ]+{CLOCK})?\s*(Z|[+-]\d{{2}}:?\d{{2}})?", re.IGNORECASE)
ODATA = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")  # OData 2
DIGITS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
FIRST_SECOND, FIRST_MS, END_MS = 10**9, 10**11, 10**14


def parse(value: Any, zone: tzinfo) -> datetime | None:
    """A moment in ``zone`` (days: its midnight there). None for a blank text. Raises ValueError.

    Reads ISO, 2022/8/23, 2022年8月23日, 20220823, 20220823101500, seconds (10 digits), milliseconds (13), datetimes.
    """
    try:
        return _parsed(value, zone)
    except (ValueError, OverflowError):
        raise ValueError(_("%(value)s is not a date") % {"value": shown(value)}) from None


def _parsed(value: Any, zone: tzinfo) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(), zone)
    if isinstance(value, bool):
        raise ValueError(value)
    if isinstance(value, int | float | Decimal):
        return _from_number(value, zone)
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        return _from_text(text, zone) if text else None
    raise ValueError(value)


def _from_text(text: str, zone: tzinfo) -> datetime:
    if text.isdecimal() or text[:1] == "-":
        return _from_digits(text, zone)
    if found := ODATA.fullmatch(text):
        return _epoch(int(found[1]) / 1000, zone)
    found = WRITTEN.fullmatch(text)
    if not found:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    micro = int((fraction or "").ljust(6, "0")[:6])
    clock = (int(hour or 0), int(minute or 0), int(second or 0), micro)
    moment = datetime(int(year), int(month), int(day), *clock, tzinfo=zone)
    return _moved(moment, offset, zone)


def _moved(moment: datetime, offset: str | None, zone: tzinfo) -> datetime:
    """From its offset to ``zone``; a day stays where it is."""
    a_day = moment.time() == time() and offset in (None, "Z", "z", "+00:00", "+0000")
    if a_day or offset is None:
        return moment
    return moment.replace(tzinfo=_offset(offset)).astimezone(zone)


def _offset(text: str) -> timezone:
    if text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _from_digits(text: str, zone: tzinfo) -> datetime:
    pattern = DIGITS.get(len(text))
    if pattern:
        return datetime.strptime(text, pattern).replace(tzinfo=zone)
    return _from_number(int(text[:20]), zone)


def _from_number(value: float | Decimal, zone: tzinfo) -> datetime:
    if value == int(value) and len(str(int(value))) == 8:  # 20220823 as a number
        return datetime.strptime(str(int(value)), DIGITS[8]).replace(tzinfo=zone)
    if FIRST_MS <= value < END_MS:
        return _epoch(float(value) / 1000, zone)
    if FIRST_SECOND <= value < FIRST_MS:
        return _epoch(float(value), zone)
    raise ValueError(value)


def _epoch(seconds: float, zone: tzinfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(zone)


# -- writing

Part = Callable[[datetime], str]
# yyyy-MM-dd HH:mm:ss as the systems' own manuals write it; YYYY and DD, a common slip, mean the same.
TOKENS: dict[str, Part] = {
    "yyyy": lambda d: f"{d.year:04d}",
    "yy": lambda d: f"{d.year % 100:02d}",
    "MM": lambda d: f"{d.month:02d}",
    "M": lambda d: f"{d.month}",
    "dd": lambda d: f"{d.day:02d}",
    "d": lambda d: f"{d.day}",
    "HH": lambda d: f"{d.hour:02d}",
    "H": lambda d: f"{d.hour}",
    "mm": lambda d: f"{d.minute:02d}",
    "m": lambda d: f"{d.minute}",
    "ss": lambda d: f"{d.second:02d}",
    "s": lambda d: f"{d.second}",
    "SSS": lambda d: f"{d.microsecond // 1000:03d}",
}
PERCENT = {"%Y": "yyyy", "%y": "yy", "%m": "MM", "%d": "dd", "%H": "HH", "%M": "mm", "%S": "ss"}
PIECES = re.compile(r"'(?P<quoted>[^']*)'|(?P<percent>%[A-Za-z])|(?P<letters>([A-Za-z])\4*)|(?P<other>[^A-Za-z'%]+)")


def written(moment: datetime, pattern: str) -> str:
    """By a pattern of yyyy MM dd HH mm ss SSS (or %Y %m %d ...); other signs stand for themselves."""
    return "".join(part if isinstance(part, str) else part(moment) for part in pieces(pattern))


@lru_cache(maxsize=256)
def pieces(pattern: str) -> tuple[str | Part, ...]:
    """The pattern taken apart. Raises ValueError, naming the letters that mean nothing."""
    parts: list[str | Part] = []
    end = 0
    for found in PIECES.finditer(pattern):
        if found.start() != end:
            break
        parts.append(_piece(found))
        end = found.end()
    if end != len(pattern):
        raise ValueError(_("the date format %(pattern)s cannot be read") % {"pattern": pattern})
    return tuple(parts)


def _piece(found: re.Match[str]) -> str | Part:
    if found["quoted"] is not None:
        return found["quoted"] or "'"
    if found["other"] is not None:
        return found["other"]
    letters = PERCENT.get(found["percent"], "") if found["percent"] else found["letters"]
    token = TOKENS.get(letters.replace("Y", "y").replace("D", "d"))
    if token:
        return token
    if letters in ("T", "Z"):
        return letters
    message = _("%(letters)s means nothing in a date format; use yyyy MM dd HH mm ss")
    raise ValueError(message % {"letters": found[0]})
