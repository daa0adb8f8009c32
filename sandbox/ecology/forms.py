"""Workflow definitions, and the check of what a caller fills in (protocol A5, A6).

A workflow: ``{workflowId, workflowName, formId, workflowTypeId, workflowTypeName, main: [field], details:
{table: [field]}, creators: [user], approvers: [user], countersign, upload_dir}``; a field: ``{name, label, html,
type, mand, options}`` where ``html`` is e-cology's fieldHtmlType (1 text, 2 area, 3 browser, 4 check, 5 select, 6 file)
and ``type`` its fieldType (for html 1: 1 text, 2 integer, 3 number; for html 3: 2 date, 1 person, 4 department).
"""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from sandbox import store
from sandbox.ecology.switches import SYSTEM

RESERVED = ("requestname", "requestlevel", "messageType")


class ParameterError(ValueError):
    """PARAM_ERROR with this errMsg."""

    def __init__(self, messages: dict[str, Any]) -> None:
        super().__init__(json.dumps(messages, ensure_ascii=False))
        self.messages = messages


def workflow(number: Any) -> dict:
    """The definition; raises ParameterError."""
    try:
        return store.get(SYSTEM, "workflow", int(number))
    except (store.Missing, TypeError, ValueError):
        raise ParameterError({"workflowId": number or 0}) from None


def workflows() -> list[dict]:
    return store.find(SYSTEM, "workflow")


def table_name(definition: dict) -> str:
    return f"formtable_main_{abs(int(definition['formId']))}"


def parsed(value: Any) -> Any:
    """JSON text or the thing itself. The server loses the workflow id too over malformed JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else None
    except ValueError:
        raise ParameterError({"workflowId": 0}) from None


def main_values(definition: dict, data: Any, *, all_required: bool = True) -> dict[str, Any]:
    """{field: value} of mainData; raises ParameterError."""
    if not data:
        raise ParameterError({"mainData": "新建流程主表数据不允许为空"})
    return _values(definition["main"], data, definition, all_required)


def detail_rows(definition: dict, data: Any) -> dict[str, list[dict[str, Any]]]:
    """{table: [{field: value}]} of detailData; raises ParameterError."""
    rows: dict[str, list[dict]] = {}
    for table in data or []:
        name = table.get("tableDBName", "")
        if name not in definition["details"]:
            raise ParameterError({f"error_param_{name}": "明细表不存在"})
        for record in table.get("workflowRequestTableRecords") or []:
            fields = record.get("workflowRequestTableFields")
            rows.setdefault(name, []).append(_values(definition["details"][name], fields, definition, True))
    return rows


def _values(fields: list[dict], data: Any, definition: dict, all_required: bool) -> dict[str, Any]:
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise ParameterError({"workflowId": 0})
    known = {field["name"]: field for field in fields}
    values: dict[str, Any] = {}
    for entry in data:
        name = entry.get("fieldName", "")
        if name in RESERVED or name not in known:
            raise ParameterError({f"error_param_{name}": f"表单中不存在字段{name}"})
        values[name] = _checked(known[name], entry.get("fieldValue"), definition)
    missing = [f for f in fields if f.get("mand") and all_required and values.get(f["name"]) in ("", None, [])]
    if missing:
        raise ParameterError({f"error_param_{f['name']}": f"必填字段{f['label']}不能为空" for f in missing})
    return values


def _checked(field: dict, value: Any, definition: dict) -> Any:
    if value in ("", None):
        return ""
    problem = _problem(field, value, definition)
    if problem:
        raise ParameterError({f"error_param_{field['name']}": problem})
    return value if isinstance(value, list | dict) else str(value)


def _problem(field: dict, value: Any, definition: dict) -> str:
    """What e-cology says to a value that does not fit the field; empty when it fits."""
    text, kind = str(value), (field["html"], field["type"])
    if field["html"] == 6:
        return _file_problem(value, definition)
    if isinstance(value, dict):
        return "" if "value" in value else "字段值格式错误"
    if kind == (1, 2) and not re.fullmatch(r"-?\d+", text):
        return f"{field['label']}不是整数：{text}"
    if kind == (1, 3) and not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return f"{field['label']}不是数字：{text}"
    if kind == (3, 2) and not _is_date(text):
        return f"{field['label']}日期格式错误：{text}"
    if field["html"] == 3 and field["type"] != 2 and not re.fullmatch(r"\d+(,\d+)*", text):
        return f"{field['label']}不是有效的id：{text}"
    if field["html"] == 5 and text not in [str(i) for i in range(len(field["options"]))]:
        return f"{field['label']}选项不存在：{text}"
    return ""


def _file_problem(value: Any, definition: dict) -> str:
    if not definition.get("upload_dir"):
        return "字段未设置附件上传目录"
    files = parsed(value)
    good = isinstance(files, list) and all(
        str(f.get("filePath", "")).startswith(("http://", "https://", "base64:")) and f.get("fileName") for f in files
    )
    return "" if good else "附件格式错误"


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
