"""The value of each control kind: what is taken on submit, and what is kept for reading (protocol 2.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox import store
from sandbox.wecom import forms, media, people
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.switches import STRICT
from sandbox.wecom.wire import Body

NUMBER = re.compile(r"-?\d+(\.\d+)?")
SECONDS = re.compile(r"\d{9,10}")  # milliseconds have 13 digits and are refused
LONGEST_TEXT = 65_535
MOST_FILES = 6


class Wrong(Exception):
    """The value does not fit the control with this id."""


def _part(control: Body, value: Any, name: str, kind: type) -> Any:
    """``value[name]`` of the expected type; raises Wrong."""
    given = value.get(name) if isinstance(value, dict) else None
    if not isinstance(given, kind):
        raise Wrong(control["id"])
    return given


def _text(control: Body, value: Body) -> Body:
    text = _part(control, value, "text", str)
    if len(text) > LONGEST_TEXT:
        raise Wrong(control["id"])
    return {"text": text}


def _figure(name: str) -> Callable[[Body, Body], Body]:
    def check(control: Body, value: Body) -> Body:
        given = _part(control, value, name, str if STRICT() else object)
        if given != "" and not NUMBER.fullmatch(str(given)):
            raise Wrong(control["id"])
        return {name: str(given)}

    return check


def _seconds(control: Body, given: Any) -> str:
    """A moment in seconds, number or text."""
    if isinstance(given, bool) or not SECONDS.fullmatch(str(given)):
        raise Wrong(control["id"])
    return str(given)


def _date(control: Body, value: Body) -> Body:
    date = _part(control, value, "date", dict)
    if date.get("type") != control["config"].get("date", {}).get("type", "day"):
        raise Wrong(control["id"])
    return {"date": {"type": date["type"], "s_timestamp": _seconds(control, date.get("s_timestamp"))}}


def _selector(control: Body, value: Body) -> Body:
    given, config = _part(control, value, "selector", dict), control["config"]["selector"]
    names = {option["key"]: option["value"] for option in config["options"]}
    chosen = given.get("options")
    if given.get("type") != config["type"] or not isinstance(chosen, list):
        raise Wrong(control["id"])
    keys = [option.get("key") if isinstance(option, dict) else None for option in chosen]
    if not set(keys) <= set(names) or (config["type"] == "single" and len(keys) > 1):
        raise Wrong(control["id"])
    return {"selector": {"type": config["type"], "options": [{"key": key, "value": names[key]} for key in keys]}}


def _contact(control: Body, value: Body) -> Body:
    config = control["config"].get("contact", {})
    if config.get("mode") == "department":
        return {"departments": _listed(control, value, "departments", "openapi_id", people.department)}
    members = _listed(control, value, "members", "userid", people.user)
    if config.get("type", "single") == "single" and len(members) > 1:
        raise Wrong(control["id"])
    return {"members": members}


def _listed(control: Body, value: Body, name: str, key: str, known: Callable[[object], Any]) -> list[Body]:
    """A list of things that must exist."""
    given = _part(control, value, name, list)
    if not all(isinstance(entry, dict) and known(entry.get(key)) for entry in given):
        raise Wrong(control["id"])
    return [{key: str(entry[key]), "name": known(entry[key])["name"]} for entry in given]


def _files(control: Body, value: Body) -> Body:
    given = _part(control, value, "files", list)
    if len(given) > MOST_FILES:
        raise Wrong(control["id"])
    return {"files": [_file(control, entry) for entry in given]}


def _file(control: Body, entry: Any) -> Body:
    number = _part(control, entry, "file_id", str)
    found = media.known(number)
    if found is None:
        raise Wrong(control["id"])
    about = {"file_name": found["name"], "file_size": found["size"], "file_type": found["type"]}
    return {"file_id": f"WWCISP_{number}", **about, "file_url": ""}


def _table(control: Body, value: Body) -> Body:
    rows = _part(control, value, "children", list)
    known = forms.controls_by_id(forms.children(control))
    return {"children": [{"list": _row(control, known, row)} for row in rows]}


def _row(control: Body, known: dict[str, Body], row: Any) -> list[Body]:
    cells = _part(control, row, "list", list)
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("id") not in known:
            raise Wrong(cell.get("id", control["id"]) if isinstance(cell, dict) else control["id"])
    given = {cell["id"]: cell for cell in cells}
    missing = [c["id"] for c in known.values() if c["require"] and is_empty(given.get(c["id"]))]
    if missing:
        raise Wrong(missing[0])
    return [kept(known[number], cell) for number, cell in given.items()]


def _range(control: Body, value: Body) -> Body:
    given = _part(control, value, "date_range", dict)
    begin, end = (_seconds(control, given.get(name)) for name in ("new_begin", "new_end"))
    if int(end) < int(begin):
        raise Wrong(control["id"])
    return {"date_range": {**given, "new_begin": begin, "new_end": end}}


def _related(control: Body, value: Body) -> Body:
    given = _part(control, value, "related_approval", list)
    numbers = [entry.get("sp_no") if isinstance(entry, dict) else None for entry in given]
    found = [store.peek(SYSTEM, "approval", number) for number in numbers]
    if None in found:
        raise Wrong(control["id"])
    return {
        "related_approval": [
            {
                "sp_no": entry.body["sp_no"],
                "template_names": forms.texts(entry.body["sp_name"]),
                "sp_status": entry.body["sp_status"],
                "name": people.name_of(entry.body["userid"]),
                "create_time": entry.body["apply_time"],
            }
            for entry in found
            if entry
        ]
    }


def _as_given(name: str) -> Callable[[Body, Body], Body]:
    """Kinds of which only the shape is known: an object under their own name."""
    return lambda control, value: {name: _part(control, value, name, dict)}


def _not_submittable(control: Body, value: Body) -> Body:
    raise Wrong(control["id"])


CHECKS: dict[str, Callable[[Body, Body], Body]] = {
    "Text": _text,
    "Textarea": _text,
    "Number": _figure("new_number"),
    "Money": _figure("new_money"),
    "Date": _date,
    "Selector": _selector,
    "Contact": _contact,
    "File": _files,
    "Table": _table,
    "DateRange": _range,
    "RelatedApproval": _related,
    "Location": _as_given("location"),
    "Formula": _as_given("formula"),
    "Vacation": _as_given("vacation"),
    "Attendance": _as_given("attendance"),
    "BankAccount": _as_given("bank_account"),
    "Tips": lambda control, value: {},
    "PunchCorrection": _not_submittable,
}


def kept(control: Body, cell: Body) -> Body:
    """``{control, id, value}`` as it will be read again; raises Wrong."""
    if STRICT() and cell.get("control") != control["control"]:
        raise Wrong(control["id"])
    given_nothing = is_empty(cell) and not control["require"]
    value = {} if given_nothing else CHECKS[control["control"]](control, cell.get("value") or {})
    return {"control": control["control"], "id": control["id"], "value": value}


def is_empty(cell: Body | None) -> bool:
    """Absent, no value, or a value whose parts are all empty."""
    value = cell.get("value") if cell else None
    if not isinstance(value, dict):
        return not value
    return not any(_says_something(part) for part in value.values())


def _says_something(part: Any) -> bool:
    if isinstance(part, dict) and "options" in part:
        return bool(part["options"])
    return part not in ("", None, [], {})
