"""How each control wants its value: always a text on the wire (vendor: "发起审批实例", "表单控件说明").

``written(control, value)`` turns what the mapping gives into that text, or raises Unfit with words for the person who
keeps the mapping. "" stands for nothing: the control is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.mapping import dates, decimals
from core.mapping.texts import text as plain
from integrations.dingtalk.form.schema import TABLE, Control, find

LONGEST = 65_535
MOST_ROWS = 150
SHOWN_OPTIONS = 12
FILE_PARTS = ("spaceId", "fileName", "fileSize", "fileType", "fileId")
SEPARATORS = re.compile(r"[,，;；、\n]")


class Unfit(ValueError):
    """The value does not fit; the words do not name the control."""


def written(control: Control, value: Any) -> str:
    """The control's text. Raises Unfit."""
    if value is None or value == "" or value == []:
        return ""
    if not control.settable:
        raise Unfit(_("DingTalk fills this control itself: take it out of the mapping"))
    try:
        text = WRITERS.get(control.kind, _text)(control, value)
    except Unfit:
        raise
    except ValueError as error:
        raise Unfit(str(error)) from None
    if len(text) > LONGEST:
        raise Unfit(_("%(length)s characters; DingTalk takes %(most)s") % {"length": len(text), "most": LONGEST})
    return text


def loose(value: Any) -> str:
    """The text where the form is not known: structures as JSON."""
    return plain(value)


def _text(control: Control, value: Any) -> str:
    if isinstance(value, list) and all(not isinstance(part, list | dict) for part in value):
        return ", ".join(plain(part) for part in value)
    return plain(value)


def _lines(control: Control, value: Any) -> str:
    """Line breaks are carriage return and line feed."""
    return "\r\n".join(_text(control, value).splitlines())


def _number(control: Control, value: Any) -> str:
    number = decimals.parse(value)
    return "" if number is None else decimals.written(number)


def _option(control: Control, value: Any) -> str:
    """The text of an option, by its text or its key."""
    wanted = plain(value).strip()
    for text, key in control.options:
        if wanted in (text, key):
            return text
    if not control.options:  # filled from a data source: the form does not list them
        return wanted
    known = ", ".join(text for text, _key in control.options[:SHOWN_OPTIONS])
    more = " …" if len(control.options) > SHOWN_OPTIONS else ""
    raise Unfit(_("“%(value)s” is none of its options: %(known)s") % {"value": wanted, "known": known + more})


def _options(control: Control, value: Any) -> str:
    whole = plain(value).strip() if not isinstance(value, list) else ""
    if whole and any(whole in option for option in control.options):
        return _array([_option(control, whole)])
    return _array([_option(control, part) for part in parts(value)])


def parts(value: Any) -> list[Any]:
    """A list; a JSON text of one; a text with commas."""
    if isinstance(value, list | tuple):
        return [part for part in value if part not in (None, "")]
    text = plain(value).strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if isinstance(found, list):
            return found
    return [part.strip() for part in SEPARATORS.split(text) if part.strip()]


def _array(values: list[Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else ""


def _day(control: Control, value: Any) -> str:
    moment = dates.parse(value, timezone.get_current_timezone())
    return dates.written(moment, "yyyy-MM-dd HH:mm" if control.with_time else "yyyy-MM-dd") if moment else ""


def _range(control: Control, value: Any) -> str:
    if isinstance(value, dict):
        value = [value.get(label) or "" for label in control.labels] if len(control.labels) == 2 else [*value.values()]
        if not any(value):
            return ""
    text = plain(value) if not isinstance(value, list | tuple) else ""
    found = re.split(r"\s*[~～至]\s*", text) if re.search("[~～至]", text) else _both(value)
    days = [_day(control, part) for part in found]
    if len(days) != 2 or not all(days):
        raise Unfit(_("a range needs its start and its end"))
    if days[1] < days[0]:
        raise Unfit(_("the end %(end)s is before the start %(start)s") % {"start": days[0], "end": days[1]})
    return _array(days)


def _both(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else parts(value)


def _phone(control: Control, value: Any) -> str:
    text = re.sub(r"[\s()（）]", "", plain(value))
    if not re.fullmatch(r"\+?[\d-]{5,20}", text):
        raise Unfit(_("“%(value)s” is no phone number") % {"value": plain(value)[:40]})
    return text


def _photos(control: Control, value: Any) -> str:
    addresses = [plain(part).strip() for part in parts(value)]
    for address in addresses:
        if not address.startswith(("http://", "https://")):
            raise Unfit(_("a picture is given by its address: http(s)://…"))
    return _array(addresses)


def _files(control: Control, value: Any) -> str:
    """Files of the approval drive: each with its five parts, as the upload answered them."""
    files = [value] if isinstance(value, dict) else parts(value)
    for file in files:
        missing = [name for name in FILE_PARTS if not (isinstance(file, dict) and file.get(name))]
        if missing:
            raise Unfit(_("a file needs %(parts)s: upload it to the approval drive first") % {"parts": missing})
    return _array([{name: plain(file[name]) for name in FILE_PARTS} for file in files])


def _people(control: Control, value: Any) -> str:
    people = [plain(part).strip() for part in parts(value)]
    if len(people) > 1 and not control.several:
        raise Unfit(_("takes one person, not %(count)s") % {"count": len(people)})
    return _array(people)


def _departments(control: Control, value: Any) -> str:
    numbers = [plain(part).strip() for part in parts(value)]
    for number in numbers:
        if not number.lstrip("-").isdigit():
            raise Unfit(_("“%(value)s” is no department number") % {"value": number[:40]})
    return ",".join(numbers)


def _related(control: Control, value: Any) -> str:
    return _array([plain(part).strip() for part in parts(value)])


def _address(control: Control, value: Any) -> str:
    return ",".join(plain(part).strip() for part in parts(value)) if isinstance(value, list) else plain(value)


def _stars(control: Control, value: Any) -> str:
    number, most = decimals.parse(value), control.most or 5
    if number is None or number != number.to_integral_value() or not 1 <= number <= most:
        raise Unfit(_("a rating is a whole number from 1 to %(most)s") % {"most": most})
    return str(int(number))


def _place(control: Control, value: Any) -> str:
    found = parts(value)
    if len(found) < 4:
        raise Unfit(_("time and place need: time, longitude, latitude, address"))
    return _array(found)


def _table(control: Control, value: Any) -> str:
    """Rows, each a list of {"name", "value"}: rows as objects are what DingTalk calls 系统错误."""
    rows = value if isinstance(value, list) else parts(value)
    if len(rows) > MOST_ROWS:
        raise Unfit(_("%(rows)s rows; DingTalk takes %(most)s") % {"rows": len(rows), "most": MOST_ROWS})
    shown = []
    for number, row in enumerate(rows, 1):
        try:
            shown.append(_row(control, _named(row)))
        except Unfit as error:
            raise Unfit(_("row %(number)s, %(problem)s") % {"number": number, "problem": error}) from None
    return _array(shown)


def _named(row: Any) -> dict[str, Any]:
    """A row as {column: value}, from that or from [{"name", "value"}]."""
    if isinstance(row, dict):
        return row
    if isinstance(row, list) and all(isinstance(cell, dict) and "name" in cell for cell in row):
        return {str(cell["name"]): cell.get("value") for cell in row}
    raise Unfit(_("is no row of named columns"))


def _row(table: Control, row: dict[str, Any]) -> list[dict[str, str]]:
    given = gathered(table.children, row)
    cells = []
    for child in table.children:
        text = cell(child, given.pop(child.id or child.name, None))
        if text:
            cells.append({"name": child.name, "value": text})
        elif child.required and child.settable:
            raise Unfit(_("“%(label)s” is required and empty") % {"label": child.label})
    if not cells:
        raise Unfit(_("has no column with a value"))
    return cells


def cell(control: Control, value: Any) -> str:
    """As ``written``; the words name the control."""
    try:
        return written(control, value)
    except Unfit as error:
        raise Unfit(_("“%(label)s”: %(problem)s") % {"label": control.label, "problem": error}) from None


def gathered(controls: tuple[Control, ...], values: dict[str, Any]) -> dict[str, Any]:
    """{control's id: value} of values by name. The two ends of a range may be given one by one.

    Raises Unfit for a name that no control has.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        control = find(controls, name)
        if control is None:
            known = ", ".join(c.label for c in controls if c.settable)
            raise Unfit(_("the form has no control “%(name)s”; it has: %(known)s") % {"name": name, "known": known})
        key = control.id or control.name
        if len(control.labels) == 2 and name in control.labels and not isinstance(value, list | dict):
            found.setdefault(key, {})
            if isinstance(found[key], dict):
                found[key][name] = value
        else:
            found[key] = value
    return found


WRITERS: dict[str, Callable[[Control, Any], str]] = {
    "TextField": _text,
    "TextareaField": _lines,
    "NumberField": _number,
    "MoneyField": _number,
    "DDSelectField": _option,
    "DDMultiSelectField": _options,
    "DDDateField": _day,
    "DDDateRangeField": _range,
    "PhoneField": _phone,
    "IdCardField": _text,
    "DDPhotoField": _photos,
    "DDAttachment": _files,
    "InnerContactField": _people,
    "DepartmentField": _departments,
    "RelateField": _related,
    "AddressField": _address,
    "StarRatingField": _stars,
    "TimeAndLocationField": _place,
    TABLE: _table,
}
