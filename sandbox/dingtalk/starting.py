"""Create an approval, with the checks in the vendor's order (protocol 1.2, section 5)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox import faults, store
from sandbox.dingtalk import company, delivery, form, instances
from sandbox.dingtalk.switches import SYSTEM
from sandbox.dingtalk.wire import OldRefused, Refused, body_of, new_answer, new_api, old_answer, old_api

MOST_APPROVERS, MOST_CC = 20, 50


def _bad_instance(what: str) -> Refused:
    return Refused("processInstanceInvalidParameter", f"审批实例参数错误：{what}")


@faults.operation(SYSTEM, "create")
@new_api("Workflow.Instance.Write", "POST")
def create(request: HttpRequest) -> HttpResponse:
    """POST /v1.0/workflow/processInstances -> {"instanceId"}. Not idempotent; RequestId is no parameter."""
    return new_answer({"instanceId": start(body_of(request))["instanceId"]})


def start(body: dict[str, Any]) -> dict[str, Any]:
    """Check a create body and carry it out: the instance; raises Refused."""
    template = _template(body.get("processCode"))
    person = _originator(body.get("originatorUserId"))
    dept_id = _department(body, person)
    _extras(body)
    values = form.filled(template["items"], body.get("formComponentValues"))
    nodes, approvers = _nodes(template, body)
    more = {"cc": body.get("ccList") or [], "approvers": approvers, "mainProcessInstanceId": ""}
    instance, events = instances.create(template, person["userid"], dept_id, values, nodes, **more)
    delivery.tell(instance, events)
    return instance


def _template(code: Any) -> dict:
    if not code:
        raise Refused("invalidParameter", "发起审批参数错误，processCode")
    try:
        template = form.template(code)
    except store.Missing:
        raise Refused("processCodeError", "获取审批模板失败或者模板已被删除") from None
    if template["status"] != "PUBLISHED":
        raise Refused("processGetFailed", "获取审批流失败或审批单状态为非启用状态")
    return template


def _originator(userid: Any) -> dict:
    person = company.user(userid) if isinstance(userid, str) else None
    if person is None:
        raise Refused("invalidParameter", "发起审批参数错误，originatorUserId不存在或已离职")
    return person


def _department(body: dict[str, Any], person: dict) -> int:
    given = body.get("deptId")
    if given is None and body.get("approvers"):
        return person["dept_id_list"][0]
    if given is None or not str(given).lstrip("-").isdigit() or company.department(int(given)) is None:
        raise _bad_instance("deptId")
    if not company.belongs_to(person, int(given)):
        raise _bad_instance("发起人不在部门下")
    return int(given)


def _extras(body: dict[str, Any]) -> None:
    agent = body.get("microappAgentId")
    if agent is not None and str(agent) != str(company.AGENT_ID):
        raise Refused("invalidAgentId", "无效的agentId")
    if body.get("bizDetailPageUrl"):
        raise Refused("benefitStatusInvalid", "未开通OA高级版")
    people = body.get("ccList") or []
    if len(people) > MOST_CC or any(company.user(p) is None for p in people):
        raise _bad_instance("ccList")
    if body.get("ccPosition") not in (None, "", "START", "FINISH", "START_FINISH"):
        raise _bad_instance("ccPosition")


def _nodes(template: dict, body: dict[str, Any]) -> tuple[list[dict], list[str]]:
    """(the nodes to pass, the approvers the caller named)."""
    given = body.get("approvers")
    if not given:
        return [_chosen(node, body) for node in template["nodes"]], []
    if len(given) > MOST_APPROVERS:
        raise _bad_instance("approvers")
    nodes = [_given_node(number, approver) for number, approver in enumerate(given, 1)]
    return nodes, [user for node in nodes for user in node["users"]]


def _given_node(number: int, approver: dict[str, Any]) -> dict[str, Any]:
    mode, users = approver.get("actionType"), approver.get("userIds") or []
    if mode not in ("AND", "OR", "NONE") or not users or (mode == "NONE" and len(users) > 1):
        raise _bad_instance("approvers")
    if any(company.user(user) is None for user in users):
        raise _bad_instance("approvers.userIds")
    return {"activityId": f"api_{number:04d}", "name": f"审批人{number}", "mode": mode, "users": users}


def _chosen(node: dict, body: dict[str, Any]) -> dict[str, Any]:
    """A node that the applicant fills takes the persons of targetSelectActioners."""
    if not node.get("actorKey"):
        return node
    choices = {a.get("actionerKey"): a.get("actionerUserIds") for a in body.get("targetSelectActioners") or []}
    users = choices.get(node["actorKey"])
    if not users:
        raise Refused("targetSelectApproverMissing", "自选审批人缺失")
    if not set(users) <= set(node["scope"]):
        raise Refused("targetSelectApproverScopeError", "自选审批人不在规定范围内")
    return {**node, "users": users}


OLD_CODES = {"processCodeError": 820001, "processGetFailed": 820001, "formConverterError": 830001}


@faults.operation(SYSTEM, "create")
@old_api("qyapi_aflow")
def create_old(body: dict[str, Any]) -> HttpResponse:
    """POST /topapi/processinstance/create -> process_instance_id."""
    try:
        made = start(_translated(body))
    except Refused as refused:
        raise OldRefused(OLD_CODES.get(refused.code, 810003), refused.message) from None
    return old_answer(process_instance_id=made["instanceId"])


def _translated(body: dict[str, Any]) -> dict[str, Any]:
    named = [user for user in str(body.get("approvers") or "").split(",") if user]
    approvers = [{"actionType": "NONE", "userIds": [user]} for user in named]
    for entry in body.get("approvers_v2") or []:
        approvers.append({"actionType": entry.get("task_action_type"), "userIds": entry.get("user_ids")})
    values = [
        {"name": v.get("name"), "value": v.get("value"), "extValue": v.get("ext_value") or ""}
        for v in body.get("form_component_values") or []
    ]
    return {
        "originatorUserId": body.get("originator_user_id"),
        "processCode": body.get("process_code"),
        "deptId": body.get("dept_id"),
        "microappAgentId": body.get("agent_id"),
        "approvers": approvers,
        "ccList": [user for user in str(body.get("cc_list") or "").split(",") if user],
        "formComponentValues": values,
    }
