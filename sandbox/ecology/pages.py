"""The people's page at /ecology/, and the same by URL for tests.

``POST /ecology/act`` ``{"requestid", "status", "remark", "approver"?, "callback"? (true), "objType"?}`` decides as
an approver would: status Y-words archive, N-words return, any other word is only sent. Answer: ``{"requestid",
"node", "moved", "answer": what we got back or null}``. ``POST /ecology/push`` ``{"requestid", "variant": 1|2|3}`` or
``{"body", "url"?, "app_code"?}``. ``POST /ecology/settings``: see switches. ``POST /ecology/new``: a request made by
a person in the OA. ``POST /ecology/expire_tokens``. ``GET /ecology/keys``: appid, secret, spk for a configuration file.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from sandbox import store
from sandbox.ecology import auth, forms, keys, push, requests
from sandbox.ecology.switches import SWITCHES, SYSTEM

YES = ("y", "1", "approved", "agree", "同意", "批准", "通过")
NO = ("n", "0", "rejected", "reject", "refuse", "退回", "拒绝", "不同意")
SHOWN = 50


def _problem(message: str, status: int = 400) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)


def show_keys(request: HttpRequest) -> HttpResponse:
    known = keys.licence(keys.APPID)
    return JsonResponse({"appid": keys.APPID, "secret": known["secret"], "spk": keys.spk(known["pem"])})


def settings(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            SWITCHES.change(json.loads(request.body))
        except ValueError as error:
            return _problem(str(error))
    return JsonResponse(SWITCHES.all())


@require_POST
def expire_tokens(request: HttpRequest) -> HttpResponse:
    auth.expire_tokens()
    return JsonResponse({})


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    try:
        fields = json.loads(request.body)
        return JsonResponse(decide(fields))
    except (forms.ParameterError, requests.NotPermitted) as error:
        return _problem(str(error) or "不能处理", 409)
    except (ValueError, KeyError) as error:
        return _problem(str(error))


def decide(fields: dict[str, Any]) -> dict[str, Any]:
    """Decide a request for all who still have to sign; the node's action reports first and may block the move."""
    record = requests.get(fields["requestid"])
    if record["node"] != "approve":
        raise requests.NotPermitted({}, f"流程不在审批节点：{record['status']}")
    status, approver = str(fields["status"]), str(fields.get("approver") or record["waiting"][0])
    given = {k: v for k, v in fields.items() if k not in ("requestid", "callback")}
    answer = push.decision(record, {**given, "approver": approver}) if fields.get("callback", True) else None
    blocked = answer is not None and not answer["success"] and SWITCHES["block_on_failure"]
    moved = False if blocked else _move(record["requestId"], status, fields.get("remark", ""), approver)
    node = requests.get(record["requestId"])["node"]
    return {"requestid": record["requestId"], "node": node, "moved": moved, "answer": answer}


def _move(number: str, status: str, remark: str, approver: str) -> bool:
    with store.LOCK:
        record = requests.get(number)
        if record["node"] != "approve" or status.lower() not in YES + NO:
            return False
        if status.lower() in NO:
            requests.reject(record, record["waiting"][0], remark)
        else:
            _sign_all(record, remark, approver)
        requests.save(record)
        return True


def _sign_all(record: dict, remark: str, approver: str) -> None:
    order = sorted(record["waiting"], key=lambda person: person != approver)
    for person in order:
        if requests.submit(record, person, remark if person == order[0] else ""):
            return


@require_POST
def push_document(request: HttpRequest) -> HttpResponse:
    try:
        return JsonResponse(send(json.loads(request.body)))
    except (forms.ParameterError, ValueError, KeyError) as error:
        return _problem(str(error))


def send(fields: dict[str, Any]) -> dict[str, Any]:
    """数据外发: a request's form, or a body as given, to the address of its workflow."""
    if "body" in fields:
        body, workflow = fields["body"], fields["body"].get("workflowid")
    else:
        record = requests.get(fields["requestid"])
        body, workflow = push.document_body(record, int(fields.get("variant") or 1)), record["workflowId"]
    url, app_code = push.target_of(workflow)
    url, app_code = fields.get("url") or url, fields.get("app_code") or app_code
    if not url:
        raise ValueError("no address: set push_url or push_targets")
    return {"answer": push.post(url, app_code, body)}


@require_POST
def new(request: HttpRequest) -> HttpResponse:
    """{"workflowId", "requestName", "creator", "main": {}, "details": {table: [{}]}} -> {"requestid"}."""
    try:
        fields = json.loads(request.body)
        definition = forms.workflow(fields["workflowId"])
        creator = str(fields.get("creator") or "2978")
        made = requests.create(definition, creator, fields, fields.get("main", {}), fields.get("details", {}))
    except (forms.ParameterError, ValueError, KeyError) as error:
        return _problem(str(error))
    return JsonResponse({"requestid": made["requestId"]})


def home(request: HttpRequest) -> HttpResponse:
    """The page: to-do list with buttons, what was answered, addresses, tables."""
    result = None
    if request.method == "POST":
        result = _pressed(request.POST.dict())
        if result is None:
            return redirect("/ecology/")
    newest = sorted(requests.everything(), key=lambda r: int(r["requestId"]), reverse=True)
    done = request.GET.get("done") == "1"
    shown = [_card(r) for r in newest if done or r["node"] != "archive"][:SHOWN]
    context = {"cards": shown, "total": len(newest), "result": _pretty(result), "done": done}
    return render(request, "ecology/home.html", {**context, "tables": _tables(), "switches": SWITCHES.all()})


def _pressed(form: dict[str, str]) -> dict[str, Any] | None:
    """Do what a button says; None when there is nothing to show."""
    try:
        if form.get("button") == "settings":
            names = ("decision_url", "decision_app_code", "push_url", "push_app_code")
            SWITCHES.change({name: form.get(name, "").strip() for name in names})
            return None
        if form.get("button") == "push":
            return send({"requestid": form["requestid"], "variant": form.get("variant", "1")})
        return decide({"requestid": form["requestid"], "status": form["button"], "remark": form.get("remark", "")})
    except (forms.ParameterError, requests.NotPermitted, ValueError, KeyError) as error:
        return {"error": str(error)}


def _pretty(result: dict[str, Any] | None) -> str:
    return json.dumps(result, ensure_ascii=False, indent=2) if result else ""


def _card(record: dict) -> dict[str, Any]:
    definition = forms.workflow(record["workflowId"])
    labels = {field["name"]: field["label"] for field in definition["main"]}
    details = []
    for table, rows in record["details"].items():
        fields = definition["details"].get(table, [])
        details.append(
            {
                "heads": [f["label"] for f in fields],
                "rows": [[row.get(f["name"], "") for f in fields] for row in rows],
            }
        )
    return {
        **record,
        "workflow": definition["workflowName"],
        "creator_name": requests.person_name(record["creator"]),
        "waiting_names": [requests.person_name(person) for person in record["waiting"]],
        "fields": [(labels.get(name, name), value) for name, value in record["main"].items()],
        "tables": details,
        "pushes": bool(definition.get("obj_type")),
        "open": record["node"] == "approve",
    }


def _tables() -> list[dict[str, Any]]:
    tables = []
    for table in store.find(SYSTEM, "mode"):
        rows = [(key, body["mainTable"]) for key, body, _ in store.rows(SYSTEM, f"mode.{table['method']}")]
        heads = [column["label"] for column in table["columns"].values()]
        cells = [[key, *(main.get(name, "") for name in table["columns"])] for key, main in rows[-SHOWN:]]
        tables.append(
            {"method": table["method"], "name": table["name"], "heads": heads, "rows": cells, "total": len(rows)}
        )
    return tables
