"""Acts on the events themselves: sent again, late, in another order, forged; and dead tokens."""

from __future__ import annotations

import random
from typing import Any

from sandbox import store
from sandbox.desk import Act, Fields, Impossible, required
from sandbox.wecom import account, delivery, events, forms, people, submit, tokens
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.delivery import KIND as EVENT
from sandbox.wecom.inbox import told


def of_request(number: str) -> list[dict]:
    """The events of a request in the order they came about."""
    return store.find(SYSTEM, EVENT, lambda event: event["sp_no"] == number)


def _again(event: dict) -> int:
    """The same plaintext once more."""
    return events.note(event["sp_no"], event["change"], event["xml"])


def _known(fields: Fields) -> list[dict]:
    number = required(fields, "sp_no")
    found = of_request(number)
    if not found:
        raise Impossible(f"审批单 {number} 还没有事件")
    return found


def resend(fields: Fields) -> Fields:
    """The last event of a request ``times`` times (5) at once: same plaintext, a new envelope each."""
    last, times = _known(fields)[-1], int(fields.get("times") or 5)
    return told([_again(last) for _ in range(times)], fields, f"已重发 {times} 次")


def out_of_order(fields: Fields) -> Fields:
    """Every event of a request once more, the newest first, one after the other."""
    again = [told([_again(event)], {"wait": True}, "") for event in reversed(_known(fields))]
    return {"message": f"已倒序重发 {len(again)} 个事件", "events": [entry["events"][0] for entry in again]}


def release(fields: Fields) -> Fields:
    """Send the held events: ``order`` kept, reversed or shuffled."""
    held = [event["id"] for event in store.find(SYSTEM, EVENT, lambda event: event["state"] == "held")]
    if fields.get("order") == "reversed":
        held.reverse()
    elif fields.get("order") == "shuffled":
        random.shuffle(held)
    for key in held:
        store.put(SYSTEM, EVENT, key, {**store.get(SYSTEM, EVENT, key), "state": "waiting"})
        told([key], {"wait": True}, "")
    return told([], fields, f"已放行 {len(held)} 个事件")


def _other_event(name: str) -> str:
    if name == "open_approval_change":
        inner = {"ApprovalInfo": {"ThirdNo": "201806010001", "OpenSpName": "付款", "OpenSpStatus": 1}}
        return events.envelope(name, inner)
    return events.envelope("change_contact", {"ChangeType": "update_user", "UserID": "li.si"})


def noise(fields: Fields) -> Fields:
    """An event of another kind on the same address: ``event`` change_contact or open_approval_change."""
    key = events.note("", 0, _other_event(str(fields.get("event") or "change_contact")))
    return told([key], fields, "已发送其他事件")


def forge(fields: Fields) -> Fields:
    """A call that is not ours, by its ``flaw``: signature, timestamp, corp_id, key. Tells the receiver's answer."""
    known, flaw = account.ACCOUNT.all(), str(fields.get("flaw") or "signature")
    text = _known(fields)[-1]["xml"] if fields.get("sp_no") else _other_event("change_contact")
    spoilt: dict[str, dict[str, Any]] = {
        "signature": {"query": {"msg_signature": "0" * 40}},
        "timestamp": {"query": {"timestamp": "1"}},
        "corp_id": {"corp_id": "wwffffffffffffffff"},
        "key": {"aes_key": "A" * 43},
    }
    if flaw not in spoilt:
        raise Impossible(f"flaw 可选：{'、'.join(spoilt)}")
    query = spoilt[flaw].pop("query", {})
    answer = delivery.post(text, {**known, **spoilt[flaw]}, **query)
    return {
        "status": answer.status_code,
        "body": answer.text[:200],
        "message": f"伪造的回调得到 HTTP {answer.status_code}",
    }


def submit_by_hand(fields: Fields) -> Fields:
    """A person fills in a form in WeCom: ``template_id``, ``creator``, ``values`` {title: text}."""
    template, member = forms.named(required(fields, "template_id")), people.user(required(fields, "creator"))
    if template is None or member is None:
        raise Impossible("没有这个模板或成员")
    values = fields.get("values") or {}
    contents = [
        {"control": control["control"], "id": control["id"], "value": {"text": str(values[control["title"]])}}
        for control in template["controls"]
        if control["title"] in values and control["control"] in ("Text", "Textarea")
    ]
    number = submit.start(template, member, contents, submit.template_nodes(template), {"summary": [], "notifyers": []})
    return {"sp_no": number, "message": f"已提交 {number}"}


def expire_tokens(fields: Fields) -> Fields:
    """Every token is unknown (40014), or with ``expired`` expired (42001)."""
    tokens.withdraw_all(bool(fields.get("expired")))
    return {"message": "所有access_token已失效"}


ACTS: dict[str, Act] = {
    "resend": resend,
    "out_of_order": out_of_order,
    "release": release,
    "noise": noise,
    "forge": forge,
    "submit": submit_by_hand,
    "expire_tokens": expire_tokens,
}
