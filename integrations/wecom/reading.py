"""An approval as getapprovaldetail answers it (page 91983): form values and who said what.

A control's value carries many unrelated empty members: only the one of its own kind counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from integrations.erp.approvals import local_time
from integrations.wecom.template import text_of, texts_of

OPEN, AGREED, REFUSED, WITHDRAWN, REVOKED, DELETED, PAID = 1, 2, 3, 4, 6, 7, 10
AGREED_AND_SIGNER = 13
AGREEING = frozenset({AGREED, AGREED_AND_SIGNER})
COPIES = 2  # node type of process_list: who is only told


@dataclass(frozen=True)
class Opinion:
    """What one approver did: ``status`` as above, ``time`` epoch seconds (0 = nothing yet)."""

    user: str
    status: int
    speech: str
    time: int


def number(value: Any) -> int:
    """A number that may come as text, "" or null."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def status_of(info: dict[str, Any]) -> int:
    """sp_status; 0 where there is none."""
    return number(info.get("sp_status"))


# -- the form


def cells(info: dict[str, Any]) -> list[dict[str, Any]]:
    """apply_data.contents."""
    data = info.get("apply_data")
    return _objects(data.get("contents")) if isinstance(data, dict) else []


def form_of(info: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """{control title: value}, and by control id where the title is none or taken; tables are lists of such objects."""
    return _form(cells(info), zone)


def _form(given: list[dict[str, Any]], zone: ZoneInfo) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for cell in given:
        title, control_id = text_of(cell.get("title")), str(cell.get("id") or "")
        form[title if title and title not in form else control_id] = value_of(cell, zone)
    return form


def value_of(cell: dict[str, Any], zone: ZoneInfo) -> Any:
    """A control's value as a person reads it; "" for nothing."""
    value = cell.get("value")
    read = READERS.get(str(cell.get("control") or ""))
    if not isinstance(value, dict):
        return ""
    return read(value, zone) if read else str(value.get("text") or "")


def named_value(info: dict[str, Any], name: str) -> str:
    """The text of the control with this id, or else this title in any language; "" where there is none."""
    found = cells(info)
    mine = next((cell for cell in found if cell.get("id") == name), None)
    mine = mine or next((cell for cell in found if name in texts_of(cell.get("title"))), None)
    value = value_of(mine, ZoneInfo("UTC")) if mine else ""
    return str(value).strip()


def _member(name: str) -> Any:
    return lambda value, zone: str(value.get(name) or "")


def _date(value: dict[str, Any], zone: ZoneInfo) -> str:
    date = value.get("date")
    if not isinstance(date, dict):
        return ""
    moment = local_time(number(date.get("s_timestamp")), zone)
    return moment[:10] if date.get("type") == "day" else moment[:16]


def _selector(value: dict[str, Any], zone: ZoneInfo) -> str:
    selector = value.get("selector")
    options = _objects(selector.get("options")) if isinstance(selector, dict) else []
    return "、".join(text_of(option.get("value")) or str(option.get("key") or "") for option in options)


def _contact(value: dict[str, Any], zone: ZoneInfo) -> str:
    entries = [*_objects(value.get("members")), *_objects(value.get("departments"))]
    return "、".join(str(e.get("name") or e.get("userid") or e.get("openapi_id") or "") for e in entries)


def _files(value: dict[str, Any], zone: ZoneInfo) -> str:
    entries = _objects(value.get("files"))
    return "、".join(str(entry.get("file_name") or entry.get("file_id") or "") for entry in entries)


def _table(value: dict[str, Any], zone: ZoneInfo) -> list[dict[str, Any]]:
    return [_form(_objects(row.get("list")), zone) for row in _objects(value.get("children"))]


def _range(value: dict[str, Any], zone: ZoneInfo) -> str:
    span = value.get("date_range")
    if not isinstance(span, dict):
        return ""
    ends = [local_time(number(span.get(name)), zone)[:16] for name in ("new_begin", "new_end")]
    return " ~ ".join(end for end in ends if end)


def _related(value: dict[str, Any], zone: ZoneInfo) -> str:
    return "、".join(str(entry.get("sp_no") or "") for entry in _objects(value.get("related_approval")))


def _inner(name: str, member: str) -> Any:
    def read(value: dict[str, Any], zone: ZoneInfo) -> str:
        inner = value.get(name)
        return str(inner.get(member) or "") if isinstance(inner, dict) else ""

    return read


def _objects(given: Any) -> list[dict[str, Any]]:
    """The objects of a list; one object alone counts as a list of one."""
    if isinstance(given, dict):
        return [given]
    return [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []


READERS: dict[str, Any] = {
    "Text": _member("text"),
    "Textarea": _member("text"),
    "Number": _member("new_number"),
    "Money": _member("new_money"),
    "Date": _date,
    "Selector": _selector,
    "Contact": _contact,
    "File": _files,
    "Table": _table,
    "DateRange": _range,
    "RelatedApproval": _related,
    "Formula": _inner("formula", "value"),
    "Location": _inner("location", "title"),
}

# -- the approvers


def opinions(info: dict[str, Any]) -> list[Opinion]:
    """What everybody did, in the order of the nodes: sp_record, or process_list where there is none."""
    found = [opinion for record in _objects(info.get("sp_record")) for opinion in _details(record)]
    return found or list(_of_process(info))


def _details(record: dict[str, Any]) -> Iterator[Opinion]:
    for detail in _objects(record.get("details")):
        approver = detail.get("approver")
        user = str(approver.get("userid") or "") if isinstance(approver, dict) else ""
        yield Opinion(user, number(detail.get("sp_status")), _said(detail), number(detail.get("sptime")))


def _of_process(info: dict[str, Any]) -> Iterator[Opinion]:
    process = info.get("process_list")
    for node in _objects(process.get("node_list") if isinstance(process, dict) else process):
        if number(node.get("node_type")) == COPIES:
            continue
        for each in _objects(node.get("sub_node_list")):
            user, status = str(each.get("userid") or ""), number(each.get("sp_yj"))
            yield Opinion(user, status, _said(each), number(each.get("sptime")))


def _said(detail: dict[str, Any]) -> str:
    return str(detail.get("speech") or "").strip()
