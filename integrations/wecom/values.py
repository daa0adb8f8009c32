"""The value of each kind of control as applyevent takes it (page 91853), made from what a mapping gives.

Each function raises ValueError with words for a value that does not fit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.mapping import dates, decimals
from core.mapping.texts import text
from integrations.wecom.template import Control

Value = dict[str, Any]
Format = Callable[[Control, Any, ZoneInfo], Value]
LONGEST_TEXT = 65_535
MOST_FILES = 6
HALF_DAY = 12 * 3600
_BETWEEN = re.compile(r"\s*[,，;；、|\n]\s*")
_RANGE = re.compile(r"\s*(?:[,，;；~～|\n]|至|到|\s/\s|\s-\s)\s*")


def is_empty(value: Any) -> bool:
    """Nothing to fill in: no value, a blank text, an empty list or object."""
    return value is None or value == [] or value == {} or (isinstance(value, str) and not value.strip())


def written(control: Control, value: Any, zone: ZoneInfo) -> Value:
    """The control's ``value``. An object in the vendor's own form passes as it is.

    Raises ValueError, in words, for what does not fit and for kinds that cannot be submitted.
    """
    if isinstance(value, dict) and len(value) == 1 and set(value) <= MEMBERS.get(control.kind, frozenset()):
        return value
    if control.kind in FORMATS:
        return FORMATS[control.kind](control, value, zone)
    if isinstance(value, dict):
        return value
    raise ValueError(_("a control of kind %(kind)s takes its value as JSON only") % {"kind": control.kind})


def listed(value: Any) -> list[str]:
    """Several entries: a list, JSON of one, or a text with commas, 、 or semicolons."""
    if isinstance(value, str):
        opened = _opened(value)
        value = opened if isinstance(opened, list) else _BETWEEN.split(value.strip())
    entries = value if isinstance(value, list | tuple) else [value]
    return [entry for entry in (text(each).strip() for each in entries) if entry]


# -- one function a kind


def _text(control: Control, value: Any, zone: ZoneInfo) -> Value:
    plain = "、".join(text(each) for each in value) if _is_plain_list(value) else text(value)
    if len(plain) > LONGEST_TEXT:
        raise ValueError(_("the text has %(count)s characters, %(most)s are allowed") % {
            "count": len(plain), "most": LONGEST_TEXT})  # fmt: skip
    return {"text": plain}


def _is_plain_list(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(each, list | dict) for each in value)


def _figure(name: str) -> Format:
    """A number as text, with a point and nothing else."""

    def figure(control: Control, value: Any, zone: ZoneInfo) -> Value:
        number = decimals.parse(value)
        return {name: "" if number is None else decimals.written(number)}

    return figure


def _date(control: Control, value: Any, zone: ZoneInfo) -> Value:
    """Seconds as text; milliseconds are refused over there. A day is its midnight."""
    moment = _moment(value, zone)
    if (control.variant or "day") == "day":
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return {"date": {"type": control.variant or "day", "s_timestamp": _seconds(moment)}}


def _moment(value: Any, zone: ZoneInfo) -> datetime:
    moment = dates.parse(value, zone)
    if moment is None:
        raise ValueError(_("%(value)s is not a date") % {"value": decimals.shown(value)})
    return moment


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp() // 1))


def _selector(control: Control, value: Any, zone: ZoneInfo) -> Value:
    """By the option's key or by its text in any language."""
    variant = control.variant or "single"
    chosen = [text(value).strip()] if variant == "single" and isinstance(value, str) else listed(value)
    keys = list(dict.fromkeys(_option(control, word) for word in chosen))
    if variant == "single" and len(keys) > 1:
        raise ValueError(_("only one option can be chosen, not %(count)s") % {"count": len(keys)})
    return {"selector": {"type": variant, "options": [{"key": key} for key in keys]}}


def _option(control: Control, word: str) -> str:
    for key, texts in control.options:
        if word == key or word in texts:
            return key
    known = "、".join(texts[0] if texts else key for key, texts in control.options[:20])
    message = _("%(value)s is not one of its options: %(known)s")
    raise ValueError(message % {"value": decimals.shown(word), "known": known or "-"})


def _contact(control: Control, value: Any, zone: ZoneInfo) -> Value:
    """User ids or department ids; who is named by a mapping has no other name for us."""
    ids = listed(value)
    if (control.variant or "single") == "single" and len(ids) > 1:
        raise ValueError(_("only one person or department can be named, not %(count)s") % {"count": len(ids)})
    if control.mode == "department":
        return {"departments": [{"openapi_id": each, "name": each} for each in ids]}
    return {"members": [{"userid": each, "name": each} for each in ids]}


def _files(control: Control, value: Any, zone: ZoneInfo) -> Value:
    """Media ids of uploaded files."""
    ids = listed(value)
    if len(ids) > MOST_FILES:
        raise ValueError(_("%(count)s files; WeCom takes %(most)s") % {"count": len(ids), "most": MOST_FILES})
    return {"files": [{"file_id": each} for each in ids]}


def _date_range(control: Control, value: Any, zone: ZoneInfo) -> Value:
    """From and to: a list of two, or a text such as 2026-01-01 ~ 2026-01-05."""
    variant = control.variant or "hour"
    begin, end = _ends(value, zone)
    if variant == "halfday":
        begin, end = _half(begin), _half(end, last=end.hour == 0)
        length = int((end - begin) / timedelta(seconds=1)) + HALF_DAY
    else:
        length = int((end - begin) / timedelta(seconds=1))
    if end < begin:
        raise ValueError(_("the range ends before it begins"))
    span = {"type": variant, "new_begin": int(_seconds(begin)), "new_end": int(_seconds(end)), "new_duration": length}
    return {"date_range": span}


def _ends(value: Any, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if isinstance(value, str):
        opened = _opened(value)
        value = opened if isinstance(opened, list) else _RANGE.split(value.strip())
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(_("a range needs two dates: 2026-01-01 ~ 2026-01-05"))
    return _moment(value[0], zone), _moment(value[1], zone)


def _half(moment: datetime, *, last: bool = False) -> datetime:
    """0:00 stands for the morning, 12:00 for the afternoon; a range of whole days ends with an afternoon."""
    hour = 12 if last or moment.hour >= 12 else 0
    return moment.replace(hour=hour, minute=0, second=0, microsecond=0)


def _related(control: Control, value: Any, zone: ZoneInfo) -> Value:
    return {"related_approval": [{"sp_no": number} for number in listed(value)]}


def _formula(control: Control, value: Any, zone: ZoneInfo) -> Value:
    number = decimals.parse(value)
    return {"formula": {"value": "" if number is None else decimals.written(number)}}


def _location(control: Control, value: Any, zone: ZoneInfo) -> Value:
    """An object, or ``latitude, longitude, title, address``."""
    opened = _opened(value) if isinstance(value, str) else value
    if isinstance(opened, dict):
        parts = {name: opened.get(name) for name in ("latitude", "longitude", "title", "address", "time")}
    else:
        words = re.split(r"\s*[,，]\s*", text(value).strip(), maxsplit=3)
        parts = dict(zip(("latitude", "longitude", "title", "address"), words, strict=False))
    parts |= {name: _degrees(parts.get(name)) for name in ("latitude", "longitude")}
    parts["title"], parts["address"] = text(parts.get("title")), text(parts.get("address"))
    parts["time"] = int(_seconds(_moment(parts["time"], zone) if parts.get("time") else datetime.now(zone)))
    return {"location": parts}


def _degrees(value: Any) -> str:
    try:
        number = decimals.parse(value)
    except ValueError:
        number = None
    if number is None:
        raise ValueError(_("a place needs latitude, longitude, title, address"))
    return decimals.written(number)


def _object(name: str, *needed: str) -> Format:
    """Kinds whose inner form is the vendor's: an object with these members, with or without its own name around."""

    def inner(control: Control, value: Any, zone: ZoneInfo) -> Value:
        opened = _opened(value) if isinstance(value, str) else value
        if isinstance(opened, dict) and set(opened) == {name}:
            opened = opened[name]
        missing = [part for part in needed if not isinstance(opened, dict) or opened.get(part) in (None, "")]
        if missing:
            message = _("takes a JSON object with %(needed)s; missing: %(missing)s")
            raise ValueError(message % {"needed": ", ".join(needed), "missing": ", ".join(missing)})
        return {name: opened}

    return inner


def _opened(value: str) -> Any:
    """JSON in a text; the text itself where it is none."""
    if not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _nothing(control: Control, value: Any, zone: ZoneInfo) -> Value:
    raise ValueError(_("it is a note and takes no value: remove it from the mapping"))


def _never(control: Control, value: Any, zone: ZoneInfo) -> Value:
    raise ValueError(_("WeCom does not take this kind of control through its interface"))


FORMATS: dict[str, Format] = {
    "Text": _text,
    "Textarea": _text,
    "Number": _figure("new_number"),
    "Money": _figure("new_money"),
    "Date": _date,
    "Selector": _selector,
    "Contact": _contact,
    "File": _files,
    "DateRange": _date_range,
    "Location": _location,
    "RelatedApproval": _related,
    "Formula": _formula,
    "Vacation": _object("vacation", "selector", "attendance"),
    "Attendance": _object("attendance", "date_range", "type"),
    "BankAccount": _object("bank_account", "account_type", "account_name", "account_number", "bank"),
    "Tips": _nothing,
    "PunchCorrection": _never,
}
# What a kind's value consists of: who gives exactly that has written it in the vendor's form.
MEMBERS: dict[str, frozenset[str]] = {
    "Text": frozenset({"text"}),
    "Textarea": frozenset({"text"}),
    "Number": frozenset({"new_number"}),
    "Money": frozenset({"new_money"}),
    "Date": frozenset({"date"}),
    "Selector": frozenset({"selector"}),
    "Contact": frozenset({"members", "departments"}),
    "DateRange": frozenset({"date_range"}),
    "File": frozenset({"files"}),
    "Location": frozenset({"location"}),
    "RelatedApproval": frozenset({"related_approval"}),
    "Formula": frozenset({"formula"}),
}
