"""paService lists and counts: bare arrays and bare numbers (protocol A7)."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from sandbox import faults
from sandbox.ecology import forms, requests
from sandbox.ecology.envelope import bare, service
from sandbox.ecology.switches import SYSTEM


def _to_do(request: dict, user: str) -> bool:
    return user in request["waiting"]


def _handled(request: dict, user: str) -> bool:
    """已办: operated it, and it is not his to do now."""
    return user not in request["waiting"] and any(line["operatorId"] == user for line in request["logs"])


def _processed(request: dict, user: str) -> bool:
    """办结: archived, and he took part."""
    return request["node"] == "archive" and (request["creator"] == user or _handled(request, user))


def _mine(request: dict, user: str) -> bool:
    return request["creator"] == user


def _anyone(request: dict, user: str) -> bool:
    return _mine(request, user) or _to_do(request, user) or _handled(request, user)


def _be_rejected(request: dict, user: str) -> bool:
    return request["returned"] and user in request["waiting"]


LISTS: dict[str, Callable[[dict, str], bool]] = {
    "ToDo": _to_do,
    "Doing": _to_do,
    "Handled": _handled,
    "Processed": _processed,
    "My": _mine,
    "All": _anyone,
    "BeReject": _be_rejected,
}


def _days(choice: str, today: datetime.date) -> tuple[datetime.date, datetime.date]:
    """createdateselect: 1 today, 2 this week, 3 month, 4 quarter, 5 year, 7 last month, 8 last year; else all."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    day = datetime.timedelta(days=1)
    spans = {
        "1": (today, today),
        "2": (today - today.weekday() * day, today),
        "3": (month, today),
        "4": (today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today),
        "5": (year, today),
        "7": ((month - day).replace(day=1), month - day),
        "8": (year.replace(year=year.year - 1), year - day),
    }
    return spans.get(choice, (datetime.date.min, datetime.date.max))


def _date_fits(request: dict, conditions: dict[str, Any]) -> bool:
    day, choice = request["createTime"][:10], str(conditions.get("createdateselect", ""))
    if choice == "6":  # only then do from and to count
        first, last = conditions.get("createdatefrom") or "", conditions.get("createdateto") or "9999"
        return first <= day <= last
    start, end = _days(choice, datetime.datetime.now(requests.ZONE).date())
    return start <= datetime.date.fromisoformat(day) <= end


def _fits(request: dict, conditions: dict[str, Any]) -> bool:
    """Title is a part, not the whole: 采购申请 5 finds 采购申请 55 too."""
    wanted = [number.strip() for number in str(conditions.get("workflowIds") or "").split(",") if number.strip()]
    archived = str(conditions.get("archivestatus") or "")
    return (
        str(conditions.get("requestname") or "") in request["requestName"]
        and (not wanted or request["workflowId"] in wanted)
        and (archived not in ("1", "2") or (request["node"] == "archive") == (archived == "1"))
        and _date_fits(request, conditions)
    )


def _matching(name: str, values: dict[str, Any], user: str) -> list[dict]:
    conditions = forms.parsed(values.get("conditions")) or {}
    belongs, now = LISTS[name], time.time() * 1000
    return [r for r in requests.everything() if r["visible_ms"] <= now and belongs(r, user) and _fits(r, conditions)]


def _row(request: dict) -> dict[str, Any]:
    definition, node = forms.workflow(request["workflowId"]), requests.node_of(request)
    last = request["logs"][-1] if request["logs"] else {}
    return {
        "requestId": request["requestId"],
        "requestName": request["requestName"],
        "requestLevel": request["requestLevel"],
        "status": request["status"],
        "createTime": request["createTime"],
        "creatorId": request["creator"],
        "creatorName": requests.person_name(request["creator"]),
        "currentNodeId": node["id"],
        "currentNodeName": node["name"],
        "currentnodetype": node["type"],
        "isbereject": "1" if request["returned"] else "",
        "lastOperatorId": last.get("operatorId", ""),
        "lastOperatorName": last.get("operatorName", ""),
        "lastOperateTime": f"{last['operateDate']} {last['operateTime']}" if last else "",
        "workflowBaseInfo": base_info(definition),
    }


def base_info(definition: dict) -> dict[str, str]:
    names = ("workflowId", "workflowName", "formId", "workflowTypeId", "workflowTypeName")
    return {name: str(definition[name]) for name in names}


def _number(values: dict[str, Any], name: str, default: int) -> int:
    text = str(values.get(name) or default)
    return max(1, int(text)) if text.isdigit() else default


def list_of(name: str) -> Callable[..., HttpResponse]:
    """The view of get<name>WorkflowRequestList."""

    @faults.operation(SYSTEM, "find")
    @service("POST")
    def listed(values: dict[str, Any], user: str) -> HttpResponse:
        found = sorted(_matching(name, values, user), key=lambda r: int(r["requestId"]), reverse=True)
        size = _number(values, "pageSize", 10)
        start = (_number(values, "pageNo", 1) - 1) * size
        return bare([_row(request) for request in found[start : start + size]])

    return listed


def count_of(name: str) -> Callable[..., HttpResponse]:
    """The view of get<name>WorkflowRequestCount."""

    @faults.operation(SYSTEM, "find")
    @service("POST")
    def counted(values: dict[str, Any], user: str) -> HttpResponse:
        return bare(len(_matching(name, values, user)))

    return counted


@faults.operation(SYSTEM, "find")
@service("POST")
def get_create_workflow_list(values: dict[str, Any], user: str) -> HttpResponse:
    """The workflows that ``user`` may create."""
    conditions = forms.parsed(values.get("conditions")) or {}
    wanted = [number for number in str(conditions.get("wfIds") or "").split(",") if number]
    own = [d for d in forms.workflows() if user in d["creators"]]
    return bare([base_info(d) for d in own if not wanted or str(d["workflowId"]) in wanted])
