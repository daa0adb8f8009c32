"""What the OA sends to the integration: approval results (A10) and documents (A9, three body variants)."""

from __future__ import annotations

import time
from typing import Any

import requests as http

from sandbox import faults
from sandbox.ecology import forms, requests
from sandbox.ecology.switches import SWITCHES, SYSTEM

VARIANTS = (1, 2, 3)


def post(url: str, app_code: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST and tell what came back: {"sent", "status", "body" or "text", "error", "seconds"}. Never raises."""
    result: dict[str, Any] = {"url": url, "sent": body, "status": None, "error": ""}
    started = time.monotonic()
    try:
        faults.point(SYSTEM, "callback", "before")
        answer = http.post(url, json=body, headers={"X-Apig-AppCode": app_code}, timeout=SWITCHES["callback_seconds"])
        faults.point(SYSTEM, "callback", "after")
        result["status"] = answer.status_code
        result.update(_read(answer))
    except (http.RequestException, faults.DropConnection, faults.Answer) as error:
        result["error"] = f"{type(error).__name__}: {error}"
    result["seconds"] = round(time.monotonic() - started, 3)
    result["success"] = result["status"] == 200 and (result.get("body") or {}).get("success") == "Y"
    return result


def _read(answer: http.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {"text": answer.text[:2000]}
    return {"body": body} if isinstance(body, dict) else {"text": answer.text[:2000]}


def decision_body(request: dict, fields: dict[str, Any]) -> dict[str, Any]:
    """A10. ``fields``: status, remark, approver; anything else (objType ...) is added as it is."""
    approver = str(fields.get("approver") or "")
    body = {
        "requestid": request["requestId"],
        "status": fields["status"],
        "remark": fields.get("remark", ""),
        "approver": approver,
        "approverName": requests.person_name(approver) if approver else "",
        "approveTime": requests.now_text(),
    }
    return {**body, **{k: v for k, v in fields.items() if k not in body}}


def decision(request: dict, fields: dict[str, Any]) -> dict[str, Any] | None:
    """Send an approval result; None without an address, and for the OA's own documents (those are pushed)."""
    known = SWITCHES.all()
    if not known["decision_url"] or forms.workflow(request["workflowId"]).get("obj_type"):
        return None
    return post(known["decision_url"], known["decision_app_code"], decision_body(request, fields))


def target_of(workflow_id: Any) -> tuple[str, str]:
    """(address, AppCode) that documents of this workflow go to."""
    known = SWITCHES.all()
    own = known["push_targets"].get(str(workflow_id)) or {}
    return own.get("url") or known["push_url"], own.get("app_code") or known["push_app_code"]


def document_body(request: dict, variant: int) -> dict[str, Any]:
    """A9 from a request's form. 1: objects; 2: paService arrays; 3: flat."""
    definition = forms.workflow(request["workflowId"])
    lines_name = definition.get("line_name", "")
    lines = [row for rows in request["details"].values() for row in rows]
    head = {
        "requestid": request["requestId"],
        "workflowid": request["workflowId"],
        "requestname": request["requestName"],
        "operator": request["creator"],
        "objType": definition.get("obj_type", ""),
        "LineName": lines_name,
    }
    if variant == 3:
        return {**head, **request["main"], **({lines_name: lines} if lines_name else {})}
    if variant == 2:
        return {**head, "mainData": _field_list(request["main"]), "detailData": _table_list(request["details"])}
    return {**head, "mainData": request["main"], "detailData": lines}


def _field_list(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"fieldName": name, "fieldValue": value} for name, value in values.items()]


def _table_list(details: dict[str, list[dict]]) -> list[dict[str, Any]]:
    return [
        {
            "tableDBName": table,
            "workflowRequestTableRecords": [
                {"recordOrder": 0, "workflowRequestTableFields": _field_list(row)} for row in rows
            ],
        }
        for table, rows in details.items()
    ]
