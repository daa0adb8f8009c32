"""How a schedule may be written, and its plain form: {"every": 1, "unit": "day", "start": "08:30", "weekdays": [1]}."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.errors import ConfigurationError

KEYS = ("every", "unit", "start", "weekdays")
# The largest ``every``: what is longer is a slip, and would leave the calendar.
LARGEST = {"minute": 31 * 24 * 60, "hour": 366 * 24, "day": 3660, "week": 520, "month": 120}
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CHINESE = "一二三四五六日"


@dataclass(frozen=True)
class Start:
    """``day`` and ``moment`` (UTC) only where a date was given; ``clock``: time of day in the tenant's zone."""

    clock: time = time()
    day: date | None = None
    moment: datetime | None = None

    def placed(self, zone: ZoneInfo) -> Start:
        """In this zone: a moment with an offset moves, one without is wall clock."""
        if self.moment is None:
            return self
        local = self.moment.astimezone(zone) if self.moment.tzinfo else self.moment.replace(tzinfo=zone)
        wall = local.replace(tzinfo=None)
        return replace(self, clock=wall.time(), day=wall.date(), moment=local.astimezone(UTC))


def cleaned(schedule: dict[str, Any]) -> dict[str, Any]:
    """The plain form. Raises ConfigurationError with the wrong fields."""
    if not schedule:
        return {}
    problems: dict[str, str] = {}
    unknown = sorted(str(name) for name in set(schedule) - set(KEYS))
    for name in unknown:
        problems[name] = _("unknown; known: %(names)s") % {"names": ", ".join(KEYS)}
    plain: dict[str, Any] = {}
    readers = {"unit": _unit, "every": lambda value: _every(value, plain.get("unit", "")), "start": _start}
    for name, read in {**readers, "weekdays": _weekdays}.items():
        try:
            plain[name] = read(schedule.get(name))
        except ValueError as error:
            problems[name] = str(error)
    if not problems and plain["weekdays"]:
        problems = _weekday_problems(plain)
    if problems:
        raise ConfigurationError(fields=problems)
    return {name: plain[name] for name in KEYS if plain[name]}


def _unit(value: Any) -> str:
    unit = str("minute" if value is None else value).strip().lower().removesuffix("s")
    if unit not in LARGEST:
        raise ValueError(_("must be one of %(units)s") % {"units": ", ".join(LARGEST)})
    return unit


def _every(value: Any, unit: str) -> int:
    largest = LARGEST.get(unit, 1)
    text = str(1 if value is None else value).strip()
    if isinstance(value, bool) or not text.isdecimal() or not 1 <= int(text[:9]) <= largest:
        raise ValueError(_("must be a whole number from 1 to %(largest)s") % {"largest": largest})
    return int(text)


def _start(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and 60 <= value < 24 * 60:
        # YAML 1.1 reads 10:30 without quotes as a number to the base of 60.
        value = f"{value // 60:02d}:{value % 60:02d}"
    text = str(value).strip()
    start_of(text)
    return f"{text:0>5}" if len(text) == 4 else text


def start_of(text: str) -> Start:
    """A start as written; ``moment`` is not yet in a zone. Raises ValueError."""
    if not text:
        return Start()
    if found := CLOCK.fullmatch(text):
        return Start(time(int(found[1]), int(found[2]), int(found[3] or 0)))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not 1970 <= moment.year < 2200:
        raise ValueError(_("must be a time like 08:30 or a date like 2026-01-31T08:30"))
    return Start(moment.time(), moment.date(), moment)


def _weekdays(value: Any) -> list[int]:
    if value is None or value == "":
        return []
    items = re.split(r"[\s,，、]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(items, list | tuple | set | frozenset):
        items = [items]
    return sorted({_weekday(item) for item in items})


def _weekday(value: Any) -> int:
    text = str(value).strip().lower()
    if text in ("1", "2", "3", "4", "5", "6", "7") and not isinstance(value, bool):
        return int(text)
    short = text.rstrip(".")
    for number, name in enumerate(NAMES, 1):
        if len(short) >= 3 and name.startswith(short):
            return number
    sign = re.sub("^(周|星期|礼拜)", "", text).replace("天", "日")
    if len(sign) == 1 and sign in CHINESE:
        return CHINESE.index(sign) + 1
    raise ValueError(_("%(value)s is no weekday: 1 (Monday) to 7, or its name") % {"value": value})


def _weekday_problems(plain: dict[str, Any]) -> dict[str, str]:
    """Combinations that may never come: each must meet every weekday in the end."""
    every, unit = plain["every"], plain["unit"]
    if unit == "month":
        return {"weekdays": _("months take no weekdays")}
    if unit == "day" and every % 7 == 0:
        return {"weekdays": _("every %(every)s days is always the same weekday: use weeks") % {"every": every}}
    if every * {"minute": 1, "hour": 60}.get(unit, 0) > 24 * 60:
        return {"weekdays": _("with weekdays, minutes and hours may count up to a day")}
    return {}
