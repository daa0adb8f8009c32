"""What persons do at /dingtalk/, by button or ``POST /dingtalk/act {"do": NAME, ...}``.

| do | fields |
| start | processCode, originatorUserId, deptId, values {label: text, or rows for a table} |
| agree, refuse | instanceId, remark; without userId all who still have to decide, with it this person |
| redirect | instanceId, to, userId |
| terminate, delete, revoke | instanceId, remark (revoke: takes back an approved one by another instance) |
| comment | instanceId, userId, remark |
| resend | instanceId or push, times (5), only "instance" or "task" events |
| reorder | instanceId: all its events again, last first |
| post | body: any plaintext, signed and encrypted |
| save_url | callback_url, callback_token, callback_aes_key: kept when the address passes check_url |
| stream_ping, stream_disconnect | |
"""

from __future__ import annotations

import json
from typing import Any

from sandbox import store
from sandbox.desk import Act, Fields, Impossible, required
from sandbox.dingtalk import acting, company, crypto, delivery, form, instances, starting, stream
from sandbox.dingtalk.switches import SWITCHES
from sandbox.dingtalk.wire import Refused


def start(body: Fields) -> Fields:
    """A person fills in a form."""
    values = body.get("values") or {}
    if isinstance(values, str):
        try:
            values = json.loads(values)
        except ValueError:
            raise Impossible("values 不是JSON") from None
    userid = body.get("originatorUserId") or "manager0001"
    own = (company.user(userid) or {}).get("dept_id_list", [-1])
    call = {
        "processCode": required(body, "processCode"),
        "originatorUserId": userid,
        "deptId": int(body.get("deptId") or own[0]),
        "targetSelectActioners": body.get("targetSelectActioners"),
        "formComponentValues": [{"name": name, "value": _text(value)} for name, value in values.items()],
    }
    try:
        return {"instanceId": starting.start(call)["instanceId"]}
    except Refused as refused:
        raise Impossible(f"{refused.code} {refused.message}") from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _step(body: Fields, change: Any) -> Fields:
    try:
        instance = acting.step(required(body, "instanceId"), change)
    except store.Missing:
        raise Impossible("没有这个审批单") from None
    except instances.Ended as ended:
        raise Impossible(str(ended)) from None
    return {name: instance[name] for name in ("instanceId", "status", "result")}


def _deciding(result: str) -> Act:
    def decide(body: Fields) -> Fields:
        user, remark = body.get("userId"), body.get("remark", "")

        def change(instance: dict) -> instances.Events:
            happened = instances.decide(instance, user, result, remark)
            while not user and instances.running(instance):
                happened += instances.decide(instance, None, result, remark)
            return happened

        return _step(body, change)

    return decide


def redirect(body: Fields) -> Fields:
    to = required(body, "to")
    if company.user(to) is None:
        raise Impossible(f"没有这个人：{to}")
    return _step(body, lambda i: instances.redirect(i, body.get("userId"), to, body.get("remark", "")))


def terminate(body: Fields) -> Fields:
    return _step(body, lambda i: instances.terminate(i, i["originator"], body.get("remark", "")))


def comment(body: Fields) -> Fields:
    user = body.get("userId") or "user0002"
    return _step(body, lambda i: instances.comment(i, user, required(body, "remark")))


def delete(body: Fields) -> Fields:
    with store.LOCK:
        instance = _instance(body)
        happened = instances.delete(instance)
    delivery.tell(instance, happened)
    return {}


def revoke(body: Fields) -> Fields:
    try:
        made, happened = instances.revoke(_instance(body))
    except instances.Ended as ended:
        raise Impossible(str(ended)) from None
    delivery.tell(made, happened)
    return {"instanceId": made["instanceId"]}


def _instance(body: Fields) -> dict:
    try:
        return instances.get(required(body, "instanceId"))
    except store.Missing:
        raise Impossible("没有这个审批单") from None


def _told_before(body: Fields) -> list[dict]:
    """Each event of the instance once, in the order in which it happened."""
    if body.get("push"):
        found = [p for p in delivery.pushes() if p["id"] == int(body["push"])]
    else:
        found = delivery.pushes(required(body, "instanceId"))
    chosen = {"instance": instances.INSTANCE, "task": instances.TASK}.get(body.get("only", ""), "")
    first = {p["event"]["eventId"]: p for p in reversed(found) if chosen in ("", p["event"]["eventType"])}
    if not first:
        raise Impossible("没有可重发的事件")
    return list(first.values())[::-1]


def resend(body: Fields) -> Fields:
    """The last event, or the given push, several times."""
    return {"pushes": delivery.again(_told_before(body)[-1:], int(body.get("times") or 5))}


def reorder(body: Fields) -> Fields:
    return {"pushes": delivery.again(_told_before(body)[::-1])}


def post(body: Fields) -> Fields:
    try:
        delivery.post(_text(body.get("body") or {}))
    except delivery.NotTaken as problem:
        return {"taken": False, "message": str(problem)}
    return {"taken": True}


def save_url(body: Fields) -> Fields:
    """As the developer console: the address is kept only when it answers check_url rightly."""
    names = ("callback_url", "callback_token", "callback_aes_key", "tail_id")
    before = {name: SWITCHES[name] for name in names}
    SWITCHES.change({name: body[name].strip() for name in names if body.get(name)})
    try:
        delivery.post(json.dumps({"EventType": "check_url"}))
    except (delivery.NotTaken, crypto.Unreadable) as problem:
        SWITCHES.change(before)
        raise Impossible(f"回调地址校验失败：{problem}") from None
    return {"message": "回调地址已保存", "callback_url": SWITCHES["callback_url"]}


def stream_ping(body: Fields) -> Fields:
    stream.ping()
    return {}


def stream_disconnect(body: Fields) -> Fields:
    return {"asked": stream.disconnect()}


def choose_settings(body: Fields) -> Fields:
    """POST /dingtalk/settings."""
    try:
        SWITCHES.change(body)
    except ValueError as error:
        raise Impossible(str(error)) from None
    return {"settings": SWITCHES.all()}


TABLE: dict[str, Act] = {
    "start": start,
    "agree": _deciding("agree"),
    "refuse": _deciding("refuse"),
    "redirect": redirect,
    "terminate": terminate,
    "comment": comment,
    "delete": delete,
    "revoke": revoke,
    "resend": resend,
    "reorder": reorder,
    "post": post,
    "save_url": save_url,
    "stream_ping": stream_ping,
    "stream_disconnect": stream_disconnect,
}


def samples() -> list[dict[str, Any]]:
    """Templates that a person can start from the page, with a filled example."""
    shown = []
    for template in form.templates():
        if template["status"] == "PUBLISHED" and template.get("sample"):
            example = json.dumps(template["sample"], ensure_ascii=False, indent=1)
            shown.append({"code": template["processCode"], "name": template["name"], "example": example})
    return shown
