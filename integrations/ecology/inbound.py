"""What the OA sends out (数据外发), made one shape of three (protocol A9).

1  {"requestid", ..., "mainData": {field: value}, "detailData": [{field: value}] or {"detail1": [...]}}
2  as paService: "mainData": [{"fieldName", "fieldValue"}], "detailData": [{"workflowRequestTableRecords": [...]}]
3  flat: fields at the top, lines under the name of the ERP's collection or ``lines``

Pure: no settings, no network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

REQUEST_ID = re.compile(r"[0-9]{1,18}")
MOST_LINES = 1000
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# e-cology escapes texts of a form; &amp; last, so that &amp;lt; stays the text &lt;
ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
MAIN, DETAIL, LINES = "maindata", "detaildata", "lines"
KNOWN = ("requestid", "workflowid", "requestname", "operator", "objtype", "linename", MAIN, DETAIL)

Fields = dict[str, Any]


class BadBody(ValueError):
    """``code`` is one of replies.py; the text names the place."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Inbound:
    """``lines``: (number in what was sent, fields); lines without any value are left out."""

    request_id: str
    workflow_id: str = ""
    title: str = ""
    operator: str = ""
    object_type: str = ""
    line_name: str | None = None
    header: Fields = field(default_factory=dict)
    lines: tuple[tuple[int, Fields], ...] = ()


def request_id(body: Any) -> str:
    """The number of the request. Raises BadBody (40001)."""
    if not isinstance(body, dict):
        raise BadBody(40000, _("send a JSON object"))
    value = _member(body, "requestid")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if isinstance(value, bool | dict | list) or value is None else str(value).strip()
    if not REQUEST_ID.fullmatch(text):
        raise BadBody(40001, _("requestid must be the number of the request (1 to 18 digits)"))
    return text


def read(body: Any, lines_name: str) -> Inbound:
    """One shape. ``lines_name``: the ERP's collection by the flow's setting. Raises BadBody."""
    number = request_id(body)
    line_name = _member(body, "linename")
    wanted = _text(line_name) if line_name is not None else lines_name
    header, lines = _flat(body, wanted) if _member(body, MAIN) is None else _structured(body)
    if len(lines) > MOST_LINES:
        raise BadBody(
            40007, _("%(count)s lines are too many (at most %(most)s)") % {"count": len(lines), "most": MOST_LINES}
        )
    kept = [(position, _cleaned(line)) for position, line in enumerate(lines)]
    return Inbound(
        number,
        _text(_member(body, "workflowid")),
        _text(_member(body, "requestname")),
        _text(_member(body, "operator")),
        _text(_member(body, "objtype")),
        None if line_name is None else _text(line_name),
        _cleaned(header),
        tuple((position, line) for position, line in kept if line),
    )


def _member(body: Fields, name: str) -> Any:
    """A reserved member, whatever the case of its name (requestId and requestid are both seen)."""
    if name in body:
        return body[name]
    return next((value for key, value in body.items() if str(key).lower() == name), None)


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(_plain(value)).strip()


# -- the variants


def _structured(body: Fields) -> tuple[Fields, list[Fields]]:
    main = _opened(_member(body, MAIN))
    header = _field_list(main, "mainData") if isinstance(main, list) else main
    if not isinstance(header, dict):
        raise BadBody(40000, _("mainData must be an object, or a list of fieldName and fieldValue"))
    return header, list(_detail_rows(_opened(_member(body, DETAIL))))


def _flat(body: Fields, line_name: str) -> tuple[Fields, list[Fields]]:
    names = {line_name, LINES} - {""}
    header = {
        str(key): value
        for key, value in body.items()
        if str(key).lower() not in KNOWN and key not in names and not isinstance(value, list)
    }
    found = next((body[name] for name in (line_name, LINES) if name and body.get(name) is not None), None)
    return header, list(_detail_rows(_opened(found if found is not None else _member(body, DETAIL))))


def _detail_rows(detail: Any) -> Iterator[Fields]:
    """Rows of all detail tables, in order."""
    if detail in (None, ""):
        return
    if isinstance(detail, dict):
        for rows in detail.values():
            yield from _detail_rows(_opened(rows))
        return
    if not isinstance(detail, list):
        raise BadBody(40000, _("detailData must be a list of lines"))
    for number, row in enumerate(detail):
        if not isinstance(row, dict):
            raise BadBody(40000, _("%(place)s must be an object") % {"place": f"detailData[{number}]"})
        if "workflowRequestTableRecords" in row:
            yield from _records(row["workflowRequestTableRecords"])
        else:
            yield row


def _records(records: Any) -> Iterator[Fields]:
    for record in records if isinstance(records, list) else []:
        fields = record.get("workflowRequestTableFields") if isinstance(record, dict) else None
        yield _field_list(fields, "workflowRequestTableFields")


def _field_list(entries: Any, place: str) -> Fields:
    if not isinstance(entries, list) or not all(isinstance(e, dict) and e.get("fieldName") for e in entries):
        raise BadBody(40000, _("%(place)s must be a list of fieldName and fieldValue") % {"place": place})
    return {str(entry["fieldName"]): entry.get("fieldValue") for entry in entries}


def _opened(value: Any) -> Any:
    """JSON that was sent as text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


# -- values


def _cleaned(fields: Fields) -> Fields:
    """Trimmed and un-escaped; what is empty is left out."""
    found = {str(name).strip(): _plain(value) for name, value in fields.items()}
    return {name: value for name, value in found.items() if name and value not in ("", None)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"value", "name"}:  # a link field
        return _plain(value["value"])
    return unescaped(value).strip() if isinstance(value, str) else value


def unescaped(text: str) -> str:
    """A form's text as it was typed."""
    text = BREAK.sub("\n", text)
    for entity, sign in ENTITIES:
        text = text.replace(entity, sign)
    return text
