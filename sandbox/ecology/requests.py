"""The life of a request: created, on to its approvers, archived or back to its creator.

Stored: ``{requestId, requestName, requestLevel, workflowId, creator, createTime, created_ms, visible_ms, node
(create/approve/archive), status, returned, waiting: [user], main, details, logs}``.
"""

from __future__ import annotations

import datetime
import time
from typing import Any
from zoneinfo import ZoneInfo

from sandbox import store
from sandbox.ecology import forms
from sandbox.ecology.switches import SWITCHES, SYSTEM

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_ID = 3038137
NODES = {"create": ("0", "创建", 1), "approve": ("1", "审批", 2), "archive": ("3", "归档", 3)}
LOGTYPES = {"批准": "0", "提交": "2", "退回": "3", "强制归档": "e", "撤回": "b"}


class NotPermitted(Exception):
    """NO_PERMISSION with this errMsg and msgType."""

    def __init__(self, messages: dict[str, Any] | None = None, kind: str = "") -> None:
        super().__init__(kind)
        self.messages, self.kind = messages or {}, kind


def now_text() -> str:
    return datetime.datetime.now(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def node_of(request: dict) -> dict[str, str]:
    """{"id", "type", "name"} of the node a request is at."""
    kind, name, step = NODES[request["node"]]
    return {"id": str(int(request["workflowId"]) * 100 + step), "type": kind, "name": name}


def get(number: Any) -> dict:
    """The request; raises ParameterError."""
    try:
        return store.get(SYSTEM, "request", int(number))
    except (store.Missing, TypeError, ValueError):
        raise forms.ParameterError({"errorParam_requestid": 0}) from None


def everything() -> list[dict]:
    return store.find(SYSTEM, "request")


def save(request: dict) -> dict:
    return store.put(SYSTEM, "request", int(request["requestId"]), request)


def create(definition: dict, user: str, fields: dict[str, Any], main: dict, details: dict) -> dict:
    """A new request of ``user``; flows on to the approvers unless otherParams say isnextflow 0."""
    now = int(time.time() * 1000)
    request = {
        "requestName": fields["requestName"],
        "requestLevel": fields.get("requestLevel") or "0",
        "workflowId": str(definition["workflowId"]),
        "creator": user,
        "createTime": now_text(),
        "created_ms": now,
        "visible_ms": now + int(SWITCHES["index_delay_ms"]),
        "node": "create",
        "status": "创建",
        "returned": False,
        "waiting": [user],
        "main": main,
        "details": details,
        "logs": [],
    }
    if fields.get("flow_on", True):
        _to_approvers(request, definition, user, fields.get("remark", ""))
    with store.LOCK:
        number = store.next_number(SYSTEM, "request", FIRST_ID)
        save({**request, "requestId": str(number)})
        store.effect(SYSTEM, "create", number, request["requestName"])
    return {**request, "requestId": str(number)}


def log(request: dict, user: str, kind: str, remark: str) -> None:
    """Add a signature line; the newest is last."""
    date, clock = now_text().split(" ")
    request["logs"].append(
        {
            "nodeName": node_of(request)["name"],
            "operateDate": date,
            "operateTime": clock,
            "operateType": kind,
            "operatorId": user,
            "operatorName": person_name(user),
            "remark": remark,
        }
    )


def person_name(user: str) -> str:
    try:
        return store.get(SYSTEM, "person", user)["name"]
    except store.Missing:
        return user


def _to_approvers(request: dict, definition: dict, user: str, remark: str) -> None:
    log(request, user, "提交", remark)
    request.update(node="approve", status="创建 至 审批", returned=False, waiting=list(definition["approvers"]))


def _check_turn(request: dict, user: str) -> None:
    if request["node"] == "archive" or user not in request["waiting"]:
        kind = 4 if request["node"] == "archive" else 2
        raise NotPermitted({"isremark": kind}, "NO_REQUEST_SUBMIT_PERMISSION")


def submit(request: dict, user: str, remark: str) -> bool:
    """The current operator submits or approves. True when that archived the request."""
    _check_turn(request, user)
    definition = forms.workflow(request["workflowId"])
    if request["node"] == "create":
        _to_approvers(request, definition, user, remark)
        return False
    log(request, user, "批准", remark)
    rest = [person for person in request["waiting"] if person != user]
    if rest and definition.get("countersign"):
        request["waiting"] = rest  # the node moves after the last signer
        return False
    _archive(request)
    return True


def _archive(request: dict) -> None:
    request.update(node="archive", status="审批 至 归档", waiting=[], returned=False)
    store.effect(SYSTEM, "decide", request["requestId"], "Y")


def reject(request: dict, user: str, remark: str) -> None:
    """Back to the creator."""
    if request["node"] != "approve":
        raise NotPermitted({"isremark": 2, "takisremark": -1, "nodeType": 0}, "NO_REQUEST_SUBMIT_PERMISSION")
    _check_turn(request, user)
    log(request, user, "退回", remark)
    request.update(node="create", status="审批 至 创建", waiting=[request["creator"]], returned=True)
    store.effect(SYSTEM, "decide", request["requestId"], "N")


def withdraw(request: dict, user: str, remark: str) -> None:
    """The creator takes it back while nobody has decided."""
    decided = any(line["operateType"] == "批准" for line in request["logs"])
    if request["creator"] != user or request["node"] != "approve" or decided:
        raise NotPermitted({"isremark": 2}, "NO_REQUEST_WITHDRAW_PERMISSION")
    log(request, user, "撤回", remark)
    request.update(node="create", status="创建", waiting=[user])
    store.effect(SYSTEM, "withdraw", request["requestId"])


def force_over(request: dict, user: str, remark: str) -> None:
    """An administrator archives it without any approval."""
    if request["node"] == "archive":
        raise NotPermitted({"isremark": 4}, "NO_REQUEST_FORCEOVER_PERMISSION")
    log(request, user, "强制归档", remark)
    request.update(node="archive", status="审批 至 归档", waiting=[], returned=False)
    store.effect(SYSTEM, "force_over", request["requestId"])


def delete(request: dict) -> None:
    store.delete(SYSTEM, "request", request["requestId"])
    store.effect(SYSTEM, "delete", request["requestId"])
