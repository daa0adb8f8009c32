"""An approval instance as DingTalk answers it (vendor: "获取单个审批实例详情").

Traps: an empty control reads as the text "null"; a table comes back in another shape than it was sent; the times are
to the minute and end with Z; ``success`` is a text here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.mapping import dates

OPEN = ""
APPROVED, REFUSED, WITHDRAWN = "approved", "refused", "withdrawn"
REVOKE, MODIFY = "REVOKE", "MODIFY"
DECIDED = {"AGREE", "REFUSE"}
TABLE = "TableField"
LISTS = {"DDMultiSelectField", "InnerContactField", "RelateField", "DDPhotoField"}


@dataclass(frozen=True)
class Decision:
    """One person's decision of one task."""

    user: str
    result: str
    remark: str
    at: datetime | None


@dataclass(frozen=True)
class Instance:
    """``outcome``: approved, refused, withdrawn, or "" while it is open.

    ``form``: {label: text, list, or rows of a table}; a range is there under each of its labels too. ``biz_action``
    REVOKE: this instance takes back ``main_id``, which was approved before.
    """

    id: str
    title: str = ""
    business_id: str = ""
    originator: str = ""
    status: str = ""
    outcome: str = OPEN
    created: datetime | None = None
    finished: datetime | None = None
    biz_action: str = ""
    main_id: str = ""
    url: str = ""
    form: dict[str, Any] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    last_remark: str = ""

    @property
    def is_open(self) -> bool:
        return self.outcome == OPEN

    @property
    def revokes(self) -> bool:
        """Does it only take back an earlier, approved one?"""
        return self.biz_action == REVOKE

    @classmethod
    def of(cls, number: str, result: Any) -> Instance:
        """From ``result``. Raises ValueError where it is no instance."""
        if not isinstance(result, dict) or not result.get("status"):
            raise ValueError("no status")
        records = [record for record in result.get("operationRecords") or [] if isinstance(record, dict)]
        remarks = [str(record["remark"]) for record in records if record.get("remark")]
        return cls(
            id=number,
            title=text_of(result.get("title")),
            business_id=text_of(result.get("businessId")),
            originator=text_of(result.get("originatorUserId")),
            status=str(result["status"]).upper(),
            outcome=outcome_of(str(result["status"]), str(result.get("result") or "")),
            created=moment_of(result.get("createTime")),
            finished=moment_of(result.get("finishTime")),
            biz_action=text_of(result.get("bizAction")).upper(),
            main_id=text_of(result.get("mainProcessInstanceId")),
            url=_address(result.get("tasks") or []),
            form=form_of(result.get("formComponentValues") or []),
            decisions=tuple(_decisions(records)),
            last_remark=remarks[-1] if remarks else "",
        )


def outcome_of(status: str, result: str) -> str:
    """Only COMPLETED with agree is an approval; TERMINATED (CANCELED in the old API) is a withdrawal."""
    if status.upper() in ("TERMINATED", "CANCELED"):
        return WITHDRAWN
    if status.upper() == "COMPLETED":
        return {"agree": APPROVED, "refuse": REFUSED}.get(result.lower(), OPEN)
    return OPEN


def _decisions(records: list[dict[str, Any]]) -> list[Decision]:
    return [
        Decision(text_of(r.get("userId")), str(r["result"]).upper(), text_of(r.get("remark")), moment_of(r.get("date")))
        for r in records
        if str(r.get("result") or "").upper() in DECIDED
    ]


def _address(tasks: list[Any]) -> str:
    addresses = [str(task.get("pcUrl") or task.get("mobileUrl") or "") for task in tasks if isinstance(task, dict)]
    return next((address for address in reversed(addresses) if address), "")


def moment_of(value: Any) -> datetime | None:
    """``2026-01-01T09:30Z`` or epoch milliseconds; None for nothing or something else."""
    if value in (None, "", "null"):
        return None
    try:
        return dates.parse(value, UTC)
    except ValueError:
        return None


# -- the form


def form_of(values: list[Any]) -> dict[str, Any]:
    """{label: value} of formComponentValues."""
    form: dict[str, Any] = {}
    for entry in values:
        if isinstance(entry, dict) and entry.get("name"):
            form.update(_read(str(entry["name"]), str(entry.get("componentType") or ""), entry.get("value")))
    return form


def _read(label: str, kind: str, value: Any) -> dict[str, Any]:
    labels = _list(label) if label.startswith("[") else None
    if kind == TABLE:
        return {label: rows_of(value)}
    found = text_of(value)
    if labels:
        parts = [text_of(part) for part in _list(found) or []] + [""] * len(labels)
        return {label: found, **{str(name): parts[number] for number, name in enumerate(labels)}}
    if kind in LISTS:
        return {label: _list(found) or ([found] if found else [])}
    return {label: found}


def rows_of(value: Any) -> list[dict[str, str]]:
    """Rows of a table as {label: text}, from either shape: as it is answered, or as it is sent."""
    rows = _list(value) if isinstance(value, str) else value
    return [_row(row) for row in rows or [] if isinstance(row, dict | list)]


def _row(row: Any) -> dict[str, str]:
    cells = row.get("rowValue") if isinstance(row, dict) else row
    if isinstance(cells, str):
        cells = _list(cells)
    named: dict[str, Any] = {}
    for cell in cells or []:
        if isinstance(cell, dict):
            name = str(cell.get("label") or cell.get("name") or "")
            named.update(_read(name, str(cell.get("componentType") or ""), cell.get("value")))
    return named


def text_of(value: Any) -> str:
    """The text; "" for nothing, which DingTalk also writes as the text "null"."""
    if value is None or value == "null":
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _list(text: Any) -> list[Any] | None:
    if isinstance(text, list):
        return text
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, list) else None
