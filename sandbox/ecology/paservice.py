"""paService calls that change something (protocol A6, A7)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from sandbox import faults, store
from sandbox.ecology import forms, push, requests
from sandbox.ecology.envelope import answer, other_parameters, request_id, service
from sandbox.ecology.switches import SYSTEM

ADMINISTRATORS = ("1",)


@faults.operation(SYSTEM, "create")
@service("POST")
def do_create_request(values: dict[str, Any], user: str) -> HttpResponse:
    """A new request -> data.requestid, a number."""
    definition = forms.workflow(values.get("workflowId"))
    other = other_parameters(values)
    if str(other.get("isVerifyPer", "1")) != "0" and user not in definition["creators"]:
        raise requests.NotPermitted
    if not values.get("requestName"):
        raise forms.ParameterError({"requestName": "流程标题不允许为空"})
    main = forms.main_values(definition, forms.parsed(values.get("mainData")))
    details = forms.detail_rows(definition, forms.parsed(values.get("detailData")))
    fields = {**values, "flow_on": str(other.get("isnextflow", "1")) != "0"}
    created = requests.create(definition, user, fields, main, details)
    return answer("SUCCESS", {"requestid": int(created["requestId"])})


@faults.operation(SYSTEM, "submit")
@service("POST")
def submit_request(values: dict[str, Any], user: str) -> HttpResponse:
    """The current operator's submit, with changed fields; ``otherParams.src`` "save" only saves."""
    with store.LOCK:
        request = requests.get(request_id(values))
        _check_turn_and_fill(request, values, user)
        saving = other_parameters(values).get("src") == "save"
        archived = False if saving else requests.submit(request, user, values.get("remark", ""))
        requests.save(request)
    if archived:
        push.decision(request, {"status": "Y", "remark": values.get("remark", ""), "approver": user})
    return answer("SUCCESS")


def _check_turn_and_fill(request: dict, values: dict[str, Any], user: str) -> None:
    if user not in request["waiting"]:
        raise requests.NotPermitted({"isremark": 2}, "NO_REQUEST_SUBMIT_PERMISSION")
    definition = forms.workflow(request["workflowId"])
    main = forms.parsed(values.get("mainData"))
    if main:
        request["main"].update(forms.main_values(definition, main, all_required=False))
    for table in forms.parsed(values.get("detailData")) or []:
        name = table.get("tableDBName", "")
        new = forms.detail_rows(definition, [table]).get(name, [])
        gone = [] if str(table.get("deleteAll")) == "1" else _kept(request, name, table)
        request["details"][name] = gone + new


def _kept(request: dict, name: str, table: dict) -> list[dict]:
    """Rows that stay: deleteKeys names row ids, which count from 1."""
    keys = {key.strip() for key in str(table.get("deleteKeys", "")).split(",")}
    return [row for number, row in enumerate(request["details"].get(name, []), 1) if str(number) not in keys]


@faults.operation(SYSTEM, "reject")
@service("POST")
def reject_request(values: dict[str, Any], user: str) -> HttpResponse:
    with store.LOCK:
        request = requests.get(request_id(values))
        requests.reject(request, user, values.get("remark", ""))
        requests.save(request)
    push.decision(request, {"status": "N", "remark": values.get("remark", ""), "approver": user})
    return answer("SUCCESS")


@faults.operation(SYSTEM, "withdraw")
@service("POST")
def withdraw_request(values: dict[str, Any], user: str) -> HttpResponse:
    with store.LOCK:
        request = requests.get(request_id(values))
        requests.withdraw(request, user, values.get("remark", ""))
        requests.save(request)
    return answer("SUCCESS")


@faults.operation(SYSTEM, "force_over")
@service("POST")
def do_force_over(values: dict[str, Any], user: str) -> HttpResponse:
    """Archive at once; for administrators only."""
    with store.LOCK:
        request = requests.get(request_id(values))
        if user not in ADMINISTRATORS:
            raise requests.NotPermitted({}, "NO_REQUEST_FORCEOVER_PERMISSION")
        requests.force_over(request, user, values.get("remark", ""))
        requests.save(request)
    return answer("SUCCESS")


@faults.operation(SYSTEM, "delete")
@service("POST")
def delete_request(values: dict[str, Any], user: str) -> HttpResponse:
    """The creator deletes a request that is at his own node; administrators any."""
    with store.LOCK:
        request = requests.get(request_id(values))
        own = request["creator"] == user and request["node"] == "create"
        if not own and user not in ADMINISTRATORS:
            raise requests.NotPermitted({}, "NO_REQUEST_DELETE_PERMISSION")
        requests.delete(request)
    return answer("SUCCESS")
