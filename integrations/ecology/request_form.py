"""A workflow's form definition, as getCreateWorkflowRequestInfo describes it (protocol A7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# fieldHtmlType: 1 one line (fieldType 2 integer, 3 and up numbers), 2 text area, 3 browser (2 date, 19 time, else an
# id), 4 check box, 5 select, 6 attachment.
HTML_TYPES = {"2": "text", "4": "yes_no", "5": "choice", "6": "file"}
YES = ("1", "true", "y")


@dataclass(frozen=True)
class Field:
    """``table``: "" for the main table, else the detail table's database name (formtable_main_12_dt1)."""

    name: str
    label: str
    kind: str
    required: bool
    table: str = ""
    options: tuple[str, ...] = ()


def fields(info: dict[str, Any]) -> list[Field]:
    """Main fields, then those of each detail table, in the form's order."""
    main = info.get("workflowMainTableInfo") or {}
    found = [_field(entry, "") for entry in _entries(main.get("requestRecords"))]
    for table in info.get("workflowDetailTableInfos") or []:
        name = str(table.get("tableDBName") or "")
        found += [_field(entry, name) for entry in _entries(table.get("workflowRequestTableRecords"))]
    return found


def _entries(records: Any) -> list[dict[str, Any]]:
    """The fields of the first record: all records have the same."""
    for record in records or []:
        return [entry for entry in record.get("workflowRequestTableFields") or [] if entry.get("fieldName")]
    return []


def _field(entry: dict[str, Any], table: str) -> Field:
    names, values = entry.get("selectnames") or [], entry.get("selectvalues") or []
    options = tuple(f"{value} {name}" for value, name in zip(values, names, strict=False))
    required = any(str(entry.get(flag, "")).lower() in YES for flag in ("isMand", "mand"))
    label = str(entry.get("fieldShowName") or entry.get("fieldName"))
    return Field(str(entry["fieldName"]), label, _kind(entry), required, table, options)


def _kind(entry: dict[str, Any]) -> str:
    html, kind = str(entry.get("fieldHtmlType") or ""), str(entry.get("fieldType") or "")
    if html == "1":
        return "text" if kind in ("", "1") else "number"
    if html == "3":
        return {"2": "date", "19": "time"}.get(kind, "id")
    return HTML_TYPES.get(html, "text")
