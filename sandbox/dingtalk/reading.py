"""Read one approval, list ids of many (protocol 1.3)."""

from __future__ import annotations

import datetime
import time
from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox import faults, store
from sandbox.dingtalk import company, form, instances
from sandbox.dingtalk.switches import SYSTEM
from sandbox.dingtalk.wire import Refused, body_of, new_answer, new_api

DAY_MS = 24 * 3600 * 1000
MOST_IDS = 10_000
STATES = ("RUNNING", "TERMINATED", "COMPLETED", "NEW", "CANCELED")


def stamp(ms: int) -> str:
    """2026-01-01T09:30Z: to the minute, UTC."""
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%MZ")


@faults.operation(SYSTEM, "read")
@new_api("Workflow.Instance.Read", "GET")
def detail(request: HttpRequest) -> HttpResponse:
    """GET ?processInstanceId= -> result."""
    number = request.GET.get("processInstanceId", "")
    if not number:
        raise Refused("invalidParameter", "参数错误，processInstanceId")
    try:
        instance = instances.get(number)
    except store.Missing:
        raise Refused("processInstanceNotExist", "审批实例不存在") from None
    return new_answer({"success": "true", "result": _shown(instance)})


def _shown(instance: dict) -> dict[str, Any]:
    department = company.department(instance["dept_id"]) or {"dept_id": -1, "name": ""}
    root = department["dept_id"] == company.ROOT
    shown = {
        "title": instance["title"],
        "businessId": instance["businessId"],
        "createTime": stamp(instance["created_ms"]),
        "originatorUserId": instance["originator"],
        "originatorDeptId": "-1" if root else str(department["dept_id"]),
        "originatorDeptName": department["name"],
        "status": instance["status"],
        "result": instance["result"],
        "ccUserIds": instance.get("cc", []),
        "operationRecords": [_record(record) for record in instance["records"]],
        "tasks": [_task(instance, task) for task in instance["tasks"]],
        "bizAction": instance["bizAction"],
        "bizData": "",
        "attachedProcessInstanceIds": [],
        "mainProcessInstanceId": instance.get("mainProcessInstanceId", ""),
        "formComponentValues": form.shown(form.template(instance["processCode"])["items"], instance["form"]),
    }
    if instance["finished_ms"]:
        shown["finishTime"] = stamp(instance["finished_ms"])
    return {**shown, "approverUserIds": instance["approvers"]} if instance.get("approvers") else shown


def _record(record: dict) -> dict[str, Any]:
    shown = {k: v for k, v in record.items() if k != "ms"}
    return {**shown, "date": stamp(record["ms"])}


def _task(instance: dict, task: dict) -> dict[str, Any]:
    address = f"https://aflow.dingtalk.com/dingtalk/mobile/homepage.htm?procInstId={instance['instanceId']}"
    shown = {
        "taskId": task["taskId"],
        "userId": task["userId"],
        "status": task["status"],
        "result": task["result"],
        "createTime": stamp(task["created_ms"]),
        "mobileUrl": address,
        "pcUrl": address,
        "processInstanceId": instance["instanceId"],
        "activityId": task["activityId"],
    }
    return {**shown, "finishTime": stamp(task["finished_ms"])} if task.get("finished_ms") else shown


@faults.operation(SYSTEM, "find")
@new_api("Workflow.Instance.Read", "POST")
def list_ids(request: HttpRequest) -> HttpResponse:
    """POST /v1.0/workflow/processes/instanceIds/query -> result.list, result.nextToken while there is more."""
    body = body_of(request)
    start, end = _span(body)
    token, most = _page(body)
    found = _matching(body, start, end)[:MOST_IDS]
    result: dict[str, Any] = {"list": [instance["instanceId"] for instance in found[token : token + most]]}
    if token + most < len(found):
        result["nextToken"] = str(token + most)
    return new_answer({"result": result, "success": True})


def _span(body: dict[str, Any]) -> tuple[int, int]:
    """(from, to) in ms; at most 120 days, at most 365 days back. Raises Refused."""
    if not store.version(SYSTEM, "template", body.get("processCode")):
        raise Refused("invalidProcessCode", "无效的processCode")
    now = int(time.time() * 1000)
    start, end = body.get("startTime") or "", body.get("endTime") or now
    if not _is_number(start) or not now - 365 * DAY_MS <= int(start) <= now:
        raise Refused("invalidInstanceListIdsStartTime", "无效的开始时间，开始时间距今不能超过365天")
    if not _is_number(end) or int(end) < int(start) or int(end) - int(start) > 120 * DAY_MS:
        raise Refused("invalidEndTime", "无效的结束时间，时间跨度不能超过120天")
    return int(start), int(end)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and str(value).isdigit()


def _page(body: dict[str, Any]) -> tuple[int, int]:
    if not _is_number(body.get("nextToken")):
        raise Refused("invalidNextToken", "无效的nextToken")
    if not _is_number(body.get("maxResults")) or not 1 <= int(body["maxResults"]) <= 20:
        raise Refused("invalidMaxResults", "无效的maxResults，最大20")
    return int(body["nextToken"]), int(body["maxResults"])


def _matching(body: dict[str, Any], start: int, end: int) -> list[dict]:
    people, states = body.get("userIds") or [], body.get("statuses") or []
    if not isinstance(people, list) or len(people) > 10:
        raise Refused("invalidUserIds", "无效的userIds，最多10个")
    if not isinstance(states, list) or not set(states) <= set(STATES):
        raise Refused("invalidParameter", "无效的statuses")
    now = instances.now_ms()
    return [
        i
        for i in instances.everything()
        if i["processCode"] == body["processCode"]
        and start <= i["created_ms"] <= end
        and i["visible_ms"] <= now
        and (not people or i["originator"] in people)
        and (not states or i["status"] in states)
    ]
