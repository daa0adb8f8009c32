"""The inbox at /dingtalk/ and what tests read: keys, pushes, journal."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from sandbox import faults
from sandbox.dingtalk import acts, company, delivery, form, instances, stream, wire
from sandbox.dingtalk.switches import SWITCHES, SYSTEM

SHOWN = 40


def show_keys(request: HttpRequest) -> HttpResponse:
    """What a configuration file needs."""
    known = SWITCHES.all()
    return JsonResponse(
        {
            "app_key": company.APP_KEY,
            "app_secret": company.APP_SECRET,
            "corp_id": company.CORP_ID,
            "agent_id": company.AGENT_ID,
            "callback_token": known["callback_token"],
            "callback_aes_key": known["callback_aes_key"],
            "process_codes": {t["name"]: t["processCode"] for t in form.templates()},
        }
    )


def show_pushes(request: HttpRequest) -> HttpResponse:
    """Every event with its pushes, and how many stream connections are open: GET /dingtalk/pushes[?instanceId=]."""
    return JsonResponse({"pushes": delivery.pushes(request.GET.get("instanceId")), "connections": stream.connected()})


def show_journal(request: HttpRequest) -> HttpResponse:
    """The last API calls with what was answered."""
    return JsonResponse({"calls": list(wire.JOURNAL)})


@faults.operation(SYSTEM, "find")
@wire.old_api("qyapi_base")
def failed_pushes(body: dict[str, Any]) -> HttpResponse:
    """GET /call_back/get_call_back_failed_result -> the pushes that were given up, at most 200."""
    lost = delivery.failed()
    listed = [_lost(push["event"]) for push in lost[:200]]
    return wire.old_answer(has_more=len(lost) > 200, failed_list=listed)


def _lost(event: dict[str, Any]) -> dict[str, Any]:
    tag = event["eventType"]
    data = {"corpid": company.CORP_ID, "bpmsCallBackData": event["data"]}
    return {"call_back_tag": tag, "event_time": event["time"], tag: data}


def home(request: HttpRequest) -> HttpResponse:
    """The inbox."""
    newest = instances.everything()[::-1]
    pushes = delivery.pushes()[::-1]
    context = {
        "message": request.GET.get("message", ""),
        "cards": [_card(instance) for instance in newest[:SHOWN]],
        "total": len(newest),
        "samples": acts.samples(),
        "people": company.users(),
        "settings": SWITCHES.all(),
        "pushes": [_push(push) for push in pushes[:SHOWN]],
        "failed": sum(push["state"] == "failed" for push in pushes),
        "connections": stream.connected(),
    }
    return render(request, "dingtalk/home.html", context)


STATES = {"RUNNING": "审批中", "TERMINATED": "已撤销", "agree": "已通过", "refuse": "已拒绝"}


def _card(instance: dict) -> dict[str, Any]:
    template = form.template(instance["processCode"])
    values = [(item, instance["form"].get(item["props"]["id"], {}).get("value", "")) for item in template["items"]]
    return {
        **instance,
        "name": template["name"],
        "state": STATES[instance["result"] or instance["status"]],
        "originator_name": company.name_of(instance["originator"]),
        "values": [(item["props"]["label"], v) for item, v in values if v and "children" not in item],
        "tables": [_table(item, v) for item, v in values if v and "children" in item],
        "open_tasks": [{**t, "name": company.name_of(t["userId"])} for t in instances.running(instance)],
        "history": [{**r, "name": company.name_of(r["userId"])} for r in instance["records"]],
        "revoked": instance["bizAction"] == "REVOKE",
    }


def _table(item: dict, value: str) -> dict[str, Any]:
    heads = [child["props"]["label"] for child in item["children"]]
    rows = []
    for row in json.loads(value):
        cells = {cell["name"]: cell["value"] for cell in row}
        rows.append([cells.get(head, "") for head in heads])
    return {"label": item["props"]["label"], "heads": heads, "rows": rows}


def _push(push: dict) -> dict[str, Any]:
    names = {"waiting": "等待", "delivered": "已送达", "failed": "失败"}
    data = push["event"]["data"]
    what = " ".join(filter(None, (push["event"]["eventType"], data["type"], data.get("result", ""))))
    problem = push["attempts"][-1]["problem"] if push["attempts"] else ""
    return {**push, "what": what, "state_name": names[push["state"]], "problem": problem}
