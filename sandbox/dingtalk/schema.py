"""Templates by their process codes: form schema, lists, forecast (protocol 1.2, 1.3)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox import faults, store
from sandbox.dingtalk import company, form
from sandbox.dingtalk.switches import SYSTEM
from sandbox.dingtalk.wire import Refused, body_of, new_answer, new_api

CREATED_MS = "1767225600000"


@faults.operation(SYSTEM, "schema")
@new_api("Workflow.Form.Read", "GET")
def form_schema(request: HttpRequest) -> HttpResponse:
    """GET ?processCode= -> result.schemaContent.items[]."""
    code = request.GET.get("processCode", "")
    if not code.startswith("PROC-"):
        raise Refused("aflowProcessCodeIsError", "模板code错误")
    try:
        template = form.template(code)
    except store.Missing:
        raise Refused("formNotExist", "表单不存在") from None
    result = {
        "formCode": code,
        "formUuid": f"FORM-{code[5:]}",
        "name": template["name"],
        "memo": "",
        "ownerIdType": "orgId",
        "creatorUserId": "manager0001",
        "appUuid": "ORG_" + company.CORP_ID,
        "status": template["status"],
        "gmtCreate": CREATED_MS,
        "gmtModified": CREATED_MS,
        "schemaContent": {"title": template["name"], "icon": "common", "items": template["items"]},
    }
    return new_answer({"result": result})


def _listed(template: dict) -> dict[str, Any]:
    return {"processCode": template["processCode"], "name": template["name"], "iconUrl": "", "url": ""}


@faults.operation(SYSTEM, "schema")
@new_api("Workflow.Form.Read", "GET")
def visible_templates(request: HttpRequest) -> HttpResponse:
    """Templates that a user may start."""
    shown = [_listed(t) for t in form.templates() if t["status"] == "PUBLISHED"]
    return new_answer({"success": True, "result": {"processList": shown}})


@faults.operation(SYSTEM, "schema")
@new_api("Workflow.Form.Read", "GET")
def managed_templates(request: HttpRequest) -> HttpResponse:
    """Templates that a user may administer."""
    shown = [{"flowTitle": t["name"], **_listed(t)} for t in form.templates()]
    return new_answer({"success": True, "result": shown})


@faults.operation(SYSTEM, "schema")
@new_api("Workflow.Form.Read", "GET")
def code_by_name(request: HttpRequest) -> HttpResponse:
    """GET ?name= -> result.processCode."""
    found = [t for t in form.templates() if t["name"] == request.GET.get("name")]
    if not found:
        raise Refused("processCodeError", "获取审批模板失败或者模板已被删除")
    return new_answer({"success": True, "result": {"processCode": found[0]["processCode"]}})


@faults.operation(SYSTEM, "schema")
@new_api("Workflow.Instance.Write", "POST")
def forecast(request: HttpRequest) -> HttpResponse:
    """The nodes that an instance would pass; gives the actorKey for a node chosen by the applicant."""
    body = body_of(request)
    try:
        template = form.template(body.get("processCode"))
    except store.Missing:
        raise Refused("processCodeError", "获取审批模板失败或者模板已被删除") from None
    form.filled(template["items"], body.get("formComponentValues"))
    rules = [_rule(node) for node in template["nodes"]]
    result = {"isForecastSuccess": True, "isStaticWorkflow": True, "processCode": body["processCode"]}
    return new_answer({"result": {**result, "userId": body.get("userId"), "workflowActivityRules": rules}})


def _rule(node: dict) -> dict[str, Any]:
    chosen = bool(node.get("actorKey"))
    actor = {"actorKey": node.get("actorKey") or f"key_{node['activityId']}", "approvalMethod": node["mode"]}
    actor["actorType"] = "approver"
    return {
        "activityId": node["activityId"],
        "activityName": node["name"],
        "activityType": "target_select" if chosen else "target_approval",
        "isTargetSelect": chosen,
        "workflowActor": {**actor, "required": chosen, "actorSelectionType": "user"},
    }
