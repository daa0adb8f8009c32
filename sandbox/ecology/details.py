"""paService reads of one request or one form (protocol A7)."""

from __future__ import annotations

import itertools
from typing import Any

from django.http import HttpResponse

from sandbox import faults
from sandbox.ecology import forms, listings, requests
from sandbox.ecology.envelope import answer, other_parameters, request_id, service
from sandbox.ecology.switches import SWITCHES, SYSTEM


@faults.operation(SYSTEM, "read")
@service("GET", "POST")
def get_request_status(values: dict[str, Any], user: str) -> HttpResponse:
    """Where a request is. There is no currentNodeName here."""
    request = requests.get(request_id(values))
    node = requests.node_of(request)
    data = {
        "currentNodeId": node["id"],
        "currentNodeType": node["type"],
        "status": request["status"],
        "isremark": _isremark(request, user),
        "creatorId": request["creator"],
        "requestId": request["requestId"],
        "requestName": request["requestName"],
        "workflowId": int(request["workflowId"]),
        "workflowBaseInfo": listings.base_info(forms.workflow(request["workflowId"])),
    }
    return answer("SUCCESS", data, with_code=not SWITCHES["status_without_code"])


def _isremark(request: dict, user: str) -> int:
    if user in request["waiting"]:
        return 0
    return 4 if request["node"] == "archive" else 2


@faults.operation(SYSTEM, "read")
@service("GET", "POST")
def get_workflow_request(values: dict[str, Any], user: str) -> HttpResponse:
    """The whole request: form values and log."""
    request = requests.get(request_id(values))
    definition, node = forms.workflow(request["workflowId"]), requests.node_of(request)
    data = {
        "requestId": request["requestId"],
        "requestName": request["requestName"],
        "requestLevel": request["requestLevel"],
        "creatorId": request["creator"],
        "creatorName": requests.person_name(request["creator"]),
        "createTime": request["createTime"],
        "currentNodeId": node["id"],
        "currentNodeName": node["name"],
        "status": request["status"],
        "workflowBaseInfo": listings.base_info(definition),
        "workflowMainTableInfo": _main_info(definition, request["main"]),
        "workflowDetailTableInfos": _detail_infos(definition, request["details"]),
        "workflowRequestLogs": request["logs"][::-1],
    }
    return answer("SUCCESS", data)


@faults.operation(SYSTEM, "read")
@service("GET", "POST")
def get_request_log(values: dict[str, Any], user: str) -> HttpResponse:
    """Signature lines, newest first, a page of them."""
    request = requests.get(request_id(values))
    other = other_parameters(values)
    size = int(other.get("pageSize") or 10)
    start = (int(other.get("pageNumber") or 1) - 1) * size
    rows = [_log_row(number, line) for number, line in _newest_first(request)]
    return answer("SUCCESS", rows[start : start + size])


def _newest_first(request: dict) -> list[tuple[int, dict]]:
    return list(enumerate(request["logs"], 1))[::-1]


def _log_row(number: int, line: dict) -> dict[str, str]:
    return {
        "logid": str(number),
        "operator": line["operatorId"],
        "operatorName": line["operatorName"],
        "operatedate": line["operateDate"],
        "operatetime": line["operateTime"],
        "remarkHtml": f"<p>{line['remark']}</p>" if line["remark"] else "",
        "nodename": line["nodeName"],
        "logtype": requests.LOGTYPES[line["operateType"]],
        "operateType": line["operateType"],
    }


@faults.operation(SYSTEM, "read")
@service("GET", "POST")
def get_request_operator_info(values: dict[str, Any], user: str) -> HttpResponse:
    """Who has or had the request: isremark 0 pending, 2 submitted, 4 archived."""
    request = requests.get(request_id(values))
    done = 4 if request["node"] == "archive" else 2
    acted = dict.fromkeys(line["operatorId"] for line in request["logs"])
    rows = [(person, done) for person in acted if person not in request["waiting"]]
    rows += [(person, 0) for person in request["waiting"]]
    return answer("SUCCESS", [_operator(request, person, isremark) for person, isremark in rows])


def _operator(request: dict, person: str, isremark: int) -> dict[str, Any]:
    node = requests.node_of(request)
    return {
        "userid": int(person),
        "userName": requests.person_name(person),
        "isremark": isremark,
        "nodeid": int(node["id"]),
        "nodeName": node["name"],
    }


@faults.operation(SYSTEM, "read")
@service("GET", "POST")
def get_create_workflow_request_info(values: dict[str, Any], user: str) -> HttpResponse:
    """A workflow's empty form: fields with kind, whether mandatory, and the options of a select."""
    definition = forms.workflow(values.get("workflowId"))
    if user not in definition["creators"]:
        raise requests.NotPermitted
    data = {
        "requestName": f"{definition['workflowName']}-{requests.person_name(user)}",
        "workflowBaseInfo": listings.base_info(definition),
        "workflowMainTableInfo": _main_info(definition, {}),
        "workflowDetailTableInfos": _detail_infos(definition, {name: [{}] for name in definition["details"]}),
    }
    return answer("SUCCESS", data)


def _main_info(definition: dict, values: dict[str, Any]) -> dict[str, Any]:
    record = {"recordOrder": 0, "workflowRequestTableFields": _field_infos(definition["main"], values)}
    return {"tableDBName": forms.table_name(definition), "requestRecords": [record]}


def _detail_infos(definition: dict, details: dict[str, list[dict]]) -> list[dict[str, Any]]:
    infos = []
    for number, (table, fields) in zip(itertools.count(1), definition["details"].items(), strict=False):
        records = [
            {"recordOrder": order, "workflowRequestTableFields": _field_infos(fields, row)}
            for order, row in enumerate(details.get(table, []), 1)
        ]
        infos.append({"tableDBName": table, "tableTitle": f"明细{number}", "workflowRequestTableRecords": records})
    return infos


def _field_infos(fields: list[dict], values: dict[str, Any]) -> list[dict[str, Any]]:
    return [_field_info(order, field, values.get(field["name"], "")) for order, field in enumerate(fields, 1)]


def _field_info(order: int, field: dict, value: Any) -> dict[str, Any]:
    options = field.get("options", [])
    chosen = options[int(value)] if options and str(value).isdigit() and int(value) < len(options) else value
    return {
        "fieldId": str(9000 + order),
        "fieldOrder": order,
        "fieldName": field["name"],
        "fieldShowName": field["label"],
        "fieldValue": value,
        "fieldShowValue": chosen,
        "fieldHtmlType": str(field["html"]),
        "fieldType": str(field["type"]),
        "view": True,
        "edit": True,
        "mand": bool(field.get("mand")),
        "isMand": "1" if field.get("mand") else "0",
        "selectnames": options,
        "selectvalues": [str(number) for number in range(len(options))],
    }
