"""Calls that act on a running approval: terminate, comment, execute (protocol 1.2, companion calls)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox import faults, store
from sandbox.dingtalk import company, delivery, instances
from sandbox.dingtalk.switches import SWITCHES, SYSTEM
from sandbox.dingtalk.wire import Refused, body_of, new_answer, new_api

SCOPE = "Workflow.Instance.Write"


def step(number: Any, change: Callable[[dict], instances.Events]) -> dict:
    """Change an instance under the lock and tell what happened; raises store.Missing, instances.Ended."""
    with store.LOCK:
        instance = instances.get(number)
        events = change(instance)
        instances.save(instance)
    delivery.tell(instance, events)
    return instance


def _step(body: dict[str, Any], change: Callable[[dict], instances.Events]) -> HttpResponse:
    try:
        step(body.get("processInstanceId"), change)
    except store.Missing:
        raise Refused("processInstanceNotExist", "审批实例不存在") from None
    except instances.Ended as ended:
        raise Refused("aflowProcessInstStatusException", str(ended)) from None
    return new_answer({"result": True, "success": True})


@faults.operation(SYSTEM, "terminate")
@new_api(SCOPE, "POST")
def terminate(request: HttpRequest) -> HttpResponse:
    """{"processInstanceId", "isSystem", "remark", "operatingUserId"}: the originator's or the system's withdrawal."""
    body = body_of(request)

    def change(instance: dict) -> instances.Events:
        user = body.get("operatingUserId") or ""
        if not body.get("isSystem") and user != instance["originator"]:
            raise Refused("processInstanceInvalidParameter", "审批实例参数错误：只有发起人可以撤销")
        if instances.now_ms() - instance["created_ms"] < SWITCHES["terminate_wait_seconds"] * 1000:
            raise Refused("aflowProcessInstStatusException", "审批单发起15秒内不能撤销")
        return instances.terminate(instance, user or "system", body.get("remark", ""))

    return _step(body, change)


@faults.operation(SYSTEM, "comment")
@new_api(SCOPE, "POST")
def comment(request: HttpRequest) -> HttpResponse:
    """{"processInstanceId", "text", "commentUserId"}."""
    body = body_of(request)
    if company.user(body.get("commentUserId")) is None or not body.get("text"):
        raise Refused("invalidParameter", "参数错误，commentUserId或text")
    return _step(body, lambda instance: instances.comment(instance, body["commentUserId"], body["text"]))


@faults.operation(SYSTEM, "decide")
@new_api(SCOPE, "POST")
def execute(request: HttpRequest) -> HttpResponse:
    """{"processInstanceId", "actionerUserId", "taskId", "result": agree | refuse, "remark"}."""
    body = body_of(request)
    if body.get("result") not in ("agree", "refuse") or not str(body.get("taskId", "")).isdigit():
        raise Refused("invalidParameter", "参数错误，result或taskId")
    user, remark = body.get("actionerUserId"), body.get("remark", "")
    return _step(body, lambda i: instances.decide(i, user, body["result"], remark, body["taskId"]))
