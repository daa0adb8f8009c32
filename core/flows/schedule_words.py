"""A schedule in words, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import ConfigurationError
from core.flows.schedule_form import Start, cleaned, start_of


def in_words(schedule: dict[str, Any]) -> str:
    """ "every 5 minutes", "every day at 08:30", "every week on Monday, Friday at 08:30"; says so of a wrong one."""
    try:
        plain = cleaned(schedule)
    except ConfigurationError as error:
        return _("unreadable schedule (%(problem)s)") % {"problem": error.message}
    if not plain:
        return _("not scheduled")
    start = start_of(plain.get("start", ""))
    words = _with_days(_rhythm(plain), plain, start)
    if plain["unit"] in ("minute", "hour"):
        return _counted_from(words, plain, start)
    words = _("%(words)s at %(time)s") % {"words": words, "time": _clock(start)}
    return _("%(words)s, from %(date)s") % {"words": words, "date": start.day.isoformat()} if start.day else words


def _rhythm(plain: dict[str, Any]) -> str:
    every, unit = plain["every"], plain["unit"]
    if unit == "day" and every == 1 and plain.get("weekdays"):
        unit = "week"  # "every day on Monday" sounds like every day
    words = {
        "minute": ngettext("every minute", "every %(every)s minutes", every),
        "hour": ngettext("every hour", "every %(every)s hours", every),
        "day": ngettext("every day", "every %(every)s days", every),
        "week": ngettext("every week", "every %(every)s weeks", every),
        "month": ngettext("every month", "every %(every)s months", every),
    }
    return words[unit] % {"every": every}


def _with_days(words: str, plain: dict[str, Any], start: Start) -> str:
    days = plain.get("weekdays", [])
    if plain["unit"] == "month":
        return _("%(words)s on day %(day)s") % {"words": words, "day": start.day.day if start.day else 1}
    if plain["unit"] == "week" and not days:
        days = [start.day.isoweekday() if start.day else 1]
    if not days:
        return words
    names = ", ".join(str(WEEKDAYS[day - 1]) for day in days)
    return _("%(words)s on %(days)s") % {"words": words, "days": names}


def _counted_from(words: str, plain: dict[str, Any], start: Start) -> str:
    if "start" not in plain:
        return words
    moment = f"{start.day.isoformat()} {_clock(start)}" if start.day else _clock(start)
    return _("%(words)s, counted from %(time)s") % {"words": words, "time": moment}


def _clock(start: Start) -> str:
    text = start.clock.isoformat("seconds" if start.clock.second else "minutes")
    offset = start.moment.strftime("%z") if start.moment else ""
    return f"{text} ({offset[:3]}:{offset[3:]})" if offset else text
