"""What an event says, in the key spellings that occur (protocol 1.4)."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.dingtalk import company, instances
from sandbox.dingtalk.switches import SWITCHES

# how EventType, CorpId, EventTime, eventId are written
SPELLINGS = {
    "pascal": ("EventType", "CorpId", "EventTime", "eventId"),
    "camel": ("eventType", "corpId", "eventTime", "eventId"),
    "lower": ("eventType", "corpid", "eventtime", "eventid"),
}


def payload(instance: dict, fields: dict[str, Any]) -> dict[str, Any]:
    """The business fields of an event of this instance."""
    body = {
        "processInstanceId": instance["instanceId"],
        "processCode": instance["processCode"],
        "bizCategoryId": "",
        "businessId": instance["businessId"],
        "title": instance["title"],
        "createTime": instance["created_ms"],
        "url": f"https://aflow.dingtalk.com/dingtalk/mobile/homepage.htm?procInstId={instance['instanceId']}",
        "BizId": instance["instanceId"],
        **fields,
    }
    if fields["type"] in ("finish", "terminate", "delete") and "taskId" not in fields:
        body["finishTime"] = instance["finished_ms"] or instances.now_ms()
    return body


def new_event(kind: str, instance: dict, fields: dict[str, Any]) -> dict[str, Any]:
    """{"eventId", "eventType", "time", "data"}: one thing that happened, told once or many times."""
    data = payload(instance, fields)
    return {"eventId": secrets.token_hex(10), "eventType": kind, "time": instances.now_ms(), "data": data}


def flat(event: dict[str, Any]) -> dict[str, Any]:
    """The plaintext of an HTTP callback: the event's own keys beside the business fields."""
    kind, corp, moment, number = SPELLINGS[_spelling(event["eventType"])]
    head = {kind: event["eventType"], corp: company.CORP_ID, moment: event["time"]}
    if SWITCHES["with_event_id"] and event.get("eventId"):
        head[number] = event["eventId"]
    return {**head, **event["data"]}


def _spelling(kind: str) -> str:
    chosen = SWITCHES["key_case"]
    if chosen == "alternate":
        return "camel" if kind == instances.TASK else "pascal"
    return chosen
