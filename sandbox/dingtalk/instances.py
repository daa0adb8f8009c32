"""The life of an approval instance: tasks opened and decided, ended, withdrawn, deleted.

Stored: ``{instanceId, processCode, title, businessId, created_ms, visible_ms, finished_ms, originator, dept_id, status,
result, form: {control id: {name, value, extValue}}, records, tasks, nodes, node, cc, approvers, bizAction,
mainProcessInstanceId}``. Every step answers the events it causes, in order: ``(event type, fields)``.
"""

from __future__ import annotations

import datetime
import secrets
import time
from typing import Any
from zoneinfo import ZoneInfo

from sandbox import store
from sandbox.dingtalk import company, form
from sandbox.dingtalk.switches import SWITCHES, SYSTEM

INSTANCE, TASK = "bpms_instance_change", "bpms_task_change"
FIRST_TASK = 71234567890
ZONE = ZoneInfo("Asia/Shanghai")

Events = list[tuple[str, dict[str, Any]]]


class Ended(Exception):
    """The instance or the task is not open."""


def now_ms() -> int:
    return int(time.time() * 1000)


def get(number: Any) -> dict:
    """The instance; raises store.Missing."""
    return store.get(SYSTEM, "instance", number)


def everything() -> list[dict]:
    """All, oldest first."""
    return sorted(store.find(SYSTEM, "instance"), key=lambda i: i["created_ms"])


def save(instance: dict) -> None:
    store.put(SYSTEM, "instance", instance["instanceId"], instance)


def next_number(name: str, start: int) -> int:
    """A counter that never goes back."""
    with store.LOCK:
        try:
            number = store.get(SYSTEM, "counter", name)["next"]
        except store.Missing:
            number = start
        store.put(SYSTEM, "counter", name, {"next": number + 1})
        return number


def new_id() -> str:
    """Ids hold = _ and -: whoever puts one into an address must encode it."""
    return f"{secrets.token_urlsafe(9)}-_{secrets.token_urlsafe(6)}=="


def create(
    template: dict, originator: str, dept_id: int, values: dict, nodes: list[dict], **more: Any
) -> tuple[dict, Events]:
    """A new instance, running at its first node."""
    now = now_ms()
    moment = datetime.datetime.fromtimestamp(now / 1000, ZONE)
    instance = {
        "instanceId": new_id(),
        "processCode": template["processCode"],
        "title": f"{company.name_of(originator)}提交的{template['name']}",
        "businessId": f"{moment:%Y%m%d%H%M}{next_number('business', 412345):09d}",
        "created_ms": now,
        "visible_ms": now + int(SWITCHES["index_delay_ms"]),
        "finished_ms": None,
        "originator": originator,
        "dept_id": dept_id,
        "status": "RUNNING",
        "result": "",
        "form": values,
        "records": [],
        "tasks": [],
        "nodes": nodes,
        "node": -1,
        "bizAction": "NONE",
        **more,
    }
    _record(instance, originator, "START_PROCESS_INSTANCE", "NONE")
    events = [_instance_event(instance, "start"), *_next_node(instance)]
    with store.LOCK:
        save(instance)
        store.effect(SYSTEM, "create", instance["instanceId"], form.source_of(template["items"], values))
    return instance, events


def _record(instance: dict, user: str, kind: str, result: str, remark: str = "", **more: Any) -> None:
    entry = {"userId": user, "ms": now_ms(), "type": kind, "result": result}
    instance["records"].append({**entry, **({"remark": remark} if remark else {}), **more})


def _instance_event(instance: dict, kind: str, result: str = "") -> tuple[str, dict[str, Any]]:
    return INSTANCE, {"type": kind, **({"result": result} if result else {}), "staffId": instance["originator"]}


def _task_event(task: dict, kind: str, result: str = "", **more: Any) -> tuple[str, dict[str, Any]]:
    fields = {"type": kind, **({"result": result} if result else {}), "staffId": task["userId"]}
    return TASK, {**fields, "taskId": task["taskId"], "createTime": task["created_ms"], **more}


def running(instance: dict) -> list[dict]:
    return [task for task in instance["tasks"] if task["status"] == "RUNNING"]


def _open_task(instance: dict, user: str) -> tuple[str, dict[str, Any]]:
    node = instance["nodes"][instance["node"]]
    task = {
        "taskId": next_number("task", FIRST_TASK),
        "userId": user,
        "status": "RUNNING",
        "result": "NONE",
        "created_ms": now_ms(),
        "activityId": node["activityId"],
    }
    instance["tasks"].append(task)
    return _task_event(task, "start")


def _next_node(instance: dict) -> Events:
    """Open the next node's tasks; with none left the instance ends as agreed."""
    instance["node"] += 1
    if instance["node"] >= len(instance["nodes"]):
        return [_finish(instance, "agree")]
    node = instance["nodes"][instance["node"]]
    people = node["users"][:1] if node["mode"] == "ONE_BY_ONE" else node["users"]
    return [_open_task(instance, person) for person in people]


def _finish(instance: dict, result: str) -> tuple[str, dict[str, Any]]:
    instance.update(status="COMPLETED", result=result, finished_ms=now_ms())
    _record(instance, instance["originator"], "FINISH_PROCESS_INSTANCE", "NONE")
    store.effect(SYSTEM, "decide", instance["instanceId"], result)
    return _instance_event(instance, "finish", result)


def _cancel_rest(instance: dict) -> Events:
    events = []
    for task in running(instance):
        task.update(status="CANCELED", finished_ms=now_ms())
        events.append(_task_event(task, "cancel", finishTime=task["finished_ms"]))
    return events


def _task(instance: dict, user: str | None, task_id: Any = None) -> dict:
    for task in running(instance):
        if (not user or task["userId"] == user) and (task_id is None or task["taskId"] == int(task_id)):
            return task
    raise Ended(f"没有待处理的任务：{instance['status']}")


def decide(instance: dict, user: str | None, result: str, remark: str = "", task_id: Any = None) -> Events:
    """``agree`` or ``refuse`` one task; raises Ended."""
    task = _task(instance, user, task_id)
    task.update(status="COMPLETED", result=result.upper(), finished_ms=now_ms())
    _record(instance, task["userId"], "EXECUTE_TASK_NORMAL", result.upper(), remark, activityId=task["activityId"])
    events = [_task_event(task, "finish", result, remark=remark, finishTime=task["finished_ms"])]
    if result == "refuse":
        return [*events, *_cancel_rest(instance), _finish(instance, "refuse")]
    return [*events, *_after_agreement(instance, task)]


def _after_agreement(instance: dict, task: dict) -> Events:
    node = instance["nodes"][instance["node"]]
    if node["mode"] == "OR":
        return [*_cancel_rest(instance), *_next_node(instance)]
    if node["mode"] == "ONE_BY_ONE":
        place = node["users"].index(task["userId"]) + 1 if task["userId"] in node["users"] else len(node["users"])
        return [_open_task(instance, node["users"][place])] if place < len(node["users"]) else _next_node(instance)
    return [] if running(instance) else _next_node(instance)


def redirect(instance: dict, user: str | None, to: str, remark: str = "") -> Events:
    """Hand a task to another person."""
    task = _task(instance, user)
    task.update(status="COMPLETED", result="REDIRECTED", finished_ms=now_ms())
    _record(instance, task["userId"], "REDIRECT_TASK", "NONE", remark)
    told = _task_event(task, "finish", "redirect", remark=remark, finishTime=task["finished_ms"])
    return [told, _open_task(instance, to)]


def terminate(instance: dict, user: str, remark: str = "") -> Events:
    """Withdrawn: no result."""
    if instance["status"] != "RUNNING":
        raise Ended(f"审批单已结束：{instance['status']}")
    events = _cancel_rest(instance)
    instance.update(status="TERMINATED", finished_ms=now_ms())
    _record(instance, user, "TERMINATE_PROCESS_INSTANCE", "NONE", remark)
    store.effect(SYSTEM, "terminate", instance["instanceId"], user)
    return [*events, _instance_event(instance, "terminate")]


def comment(instance: dict, user: str, text: str) -> Events:
    _record(instance, user, "ADD_REMARK", "NONE", text)
    task = instance["tasks"][-1] if instance["tasks"] else {"taskId": 0, "created_ms": now_ms()}
    return [_task_event({**task, "userId": user}, "comment", remark=text)]


def delete(instance: dict) -> Events:
    store.delete(SYSTEM, "instance", instance["instanceId"])
    store.effect(SYSTEM, "delete", instance["instanceId"])
    return [_instance_event(instance, "delete")]


def revoke(instance: dict) -> tuple[dict, Events]:
    """Take back an approved instance: another instance, agreed at once, that points at it."""
    if instance["result"] != "agree":
        raise Ended("只有已通过的审批单可以撤销")
    template = form.template(instance["processCode"])
    more = {"bizAction": "REVOKE", "mainProcessInstanceId": instance["instanceId"], "cc": [], "approvers": []}
    made, events = create(template, instance["originator"], instance["dept_id"], instance["form"], [], **more)
    return made, events
