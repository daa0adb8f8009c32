"""Form controls: what each accepts on create, and how it reads back (protocol 1.2, 1.3).

A template's item: ``{"componentName", "props": {"id", "label", "required", "options", ...}, "children": [item]}``.
Every value that is sent is a text, numbers and tables too.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from typing import Any

from sandbox import store
from sandbox.dingtalk import company
from sandbox.dingtalk.switches import SYSTEM
from sandbox.dingtalk.wire import Refused

LONGEST = 65_535
NEVER_SENT = ("TextNote",)
NOT_SETTABLE = ("CalculateField", "SeqNumberField", "SignatureField")


class Unfit(ValueError):
    """The value does not fit the control."""


def failed(label: str) -> Refused:
    return Refused("formConverterError", f"表单数据校验失败，失败控件：{label}")


def illegal(label: str = "") -> Refused:
    return Refused("illegalComponent", f"表单组件入参错误{'：' + label if label else ''}")


def label_of(item: dict) -> str:
    return item["props"]["label"]


def find(items: list[dict], name: str) -> dict | None:
    """The control with this label; a range may be named by the JSON text of its labels or by the first one."""
    for item in items:
        label = label_of(item)
        if label == name or (label.startswith("[") and _labels(label)[0] == name):
            return item
    return None


def _labels(label: str) -> list[str]:
    return json.loads(label)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Unfit("no JSON") from None


def _texts(value: str) -> list[str]:
    """JSON text of an array of texts."""
    found = _json(value)
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        raise Unfit("no array of texts")
    return found


def _day(text: str) -> None:
    form = "%Y-%m-%d %H:%M" if " " in text else "%Y-%m-%d"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", text):
        raise Unfit("no date")
    try:
        datetime.datetime.strptime(text, form)
    except ValueError:
        raise Unfit("no date") from None


def _number(item: dict, value: str) -> None:
    if not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise Unfit("no number")


def _select(item: dict, value: str) -> None:
    if value not in option_texts(item):
        raise Unfit("no option")


def _multi_select(item: dict, value: str) -> None:
    if not set(_texts(value)) <= set(option_texts(item)):
        raise Unfit("no option")


def option_texts(item: dict) -> list[str]:
    """Options are texts, JSON texts or {key, value}: all three occur."""
    return [_option_text(option) for option in item["props"].get("options", [])]


def _option_text(option: Any) -> str:
    if isinstance(option, str) and option.startswith("{"):
        option = json.loads(option)
    return option["value"] if isinstance(option, dict) else option


def _date(item: dict, value: str) -> None:
    _day(value)


def _date_range(item: dict, value: str) -> None:
    days = _texts(value)
    if len(days) != 2:
        raise Unfit("no two dates")
    for day in days:
        _day(day)


def _phone(item: dict, value: str) -> None:
    if not re.fullmatch(r"\+?[\d-]{5,20}", value):
        raise Unfit("no phone number")


def _photos(item: dict, value: str) -> None:
    if not all(url.startswith(("http://", "https://")) for url in _texts(value)):
        raise Unfit("no address")


def _attachment(item: dict, value: str) -> None:
    names = ("spaceId", "fileName", "fileSize", "fileType", "fileId")
    files = _json(value)
    if not isinstance(files, list) or not all(isinstance(f, dict) and all(f.get(n) for n in names) for f in files):
        raise Unfit("no files")


def _contact(item: dict, value: str) -> None:
    people = _texts(value)
    if any(company.user(person) is None for person in people):
        raise Unfit("nobody of that id")
    if len(people) > 1 and str(item["props"].get("choice", "0")) == "0":
        raise Unfit("one person only")


def _departments(item: dict, value: str) -> None:
    numbers = value.split(",")
    if not all(number.isdigit() and company.department(int(number)) for number in numbers):
        raise Unfit("no department")


def _related(item: dict, value: str) -> None:
    if not all(store.version(SYSTEM, "instance", number) for number in _texts(value)):
        raise Unfit("no instance")


def _stars(item: dict, value: str) -> None:
    if value not in ("1", "2", "3", "4", "5"):
        raise Unfit("no rating")


def _place(item: dict, value: str) -> None:
    if not isinstance(_json(value), list) or len(_json(value)) < 4:
        raise Unfit("no time and place")


def _any(item: dict, value: str) -> None:
    """Plain text."""


def _table(item: dict, value: str) -> None:
    """A list of rows, each a list of {"name", "value"}; rows as objects fail."""
    rows = _json(value)
    if not isinstance(rows, list) or not rows:
        raise Unfit("no rows")
    for row in rows:
        if not isinstance(row, list):
            raise Unfit("a row is no array")
        _row(item["children"], row)


def _row(children: list[dict], row: list[Any]) -> None:
    given = set()
    for cell in row:
        if not isinstance(cell, dict) or not isinstance(cell.get("value"), str):
            raise Unfit("a cell is no name and value")
        child = find(children, cell.get("name", ""))
        if child is None:
            raise Unfit("no such column")
        check(child, cell["value"])
        if cell["value"] != "":
            given.add(label_of(child))
    if any(child["props"].get("required") and label_of(child) not in given for child in children):
        raise Unfit("a required column is empty")


CHECKS: dict[str, Callable[[dict, str], None]] = {
    "TextField": _any,
    "TextareaField": _any,
    "IdCardField": _any,
    "AddressField": _any,
    "NumberField": _number,
    "MoneyField": _number,
    "DDSelectField": _select,
    "DDMultiSelectField": _multi_select,
    "DDDateField": _date,
    "DDDateRangeField": _date_range,
    "PhoneField": _phone,
    "DDPhotoField": _photos,
    "DDAttachment": _attachment,
    "InnerContactField": _contact,
    "DepartmentField": _departments,
    "RelateField": _related,
    "StarRatingField": _stars,
    "TimeAndLocationField": _place,
    "TableField": _table,
}


def check(item: dict, value: str) -> None:
    """Raises Unfit; an empty text always fits (whether it may be empty is another question)."""
    if value == "":
        return
    CHECKS[item["componentName"]](item, value)


def read_table(item: dict, value: str) -> str:
    """A table as it comes back: rows of labelled cells with the column's key and kind."""
    rows = []
    for number, row in enumerate(json.loads(value), 1):
        cells = [_read_cell(item, cell) for cell in row]
        rows.append({"rowNumber": f"{item['props']['id']}_{number:04d}", "rowValue": cells})
    return json.dumps(rows, ensure_ascii=False)


def _read_cell(item: dict, cell: dict) -> dict[str, Any]:
    child = find(item["children"], cell["name"])
    assert child is not None  # checked on create
    found: dict[str, Any] = {"label": label_of(child), "value": cell["value"], "key": child["props"]["id"]}
    if child["componentName"] == "DDSelectField":
        found["extendValue"] = {"label": cell["value"], "key": f"option_{option_texts(child).index(cell['value'])}"}
    return {**found, "componentType": child["componentName"]}
