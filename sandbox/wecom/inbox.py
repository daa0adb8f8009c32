"""What people do in WeCom: the acts behind the inbox page and behind POST /wecom/act.

Most take ``sp_no`` (one, a list, or ``*`` for all open ones). With ``wait`` true the answer comes after the
events were delivered (or given up) and tells each one's attempts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sandbox import store
from sandbox.desk import Act, Fields, Impossible, required
from sandbox.wecom import events, flow
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.delivery import KIND as EVENT

Approval = dict[str, Any]
Step = Callable[[Approval, Fields], int | None]
LONGEST_WAIT = 60.0
OUTCOMES = {flow.AGREED: "decide", flow.REFUSED: "decide", flow.WITHDRAWN: "withdraw", flow.REVOKED: "revoke"}
OUTCOMES |= {flow.DELETED: "delete", flow.PAID: "pay"}


def numbers(fields: Fields) -> list[str]:
    """The requests that an act means; raises Impossible."""
    given = fields.get("sp_no")
    if given == "*":
        return [entry.body["sp_no"] for entry in store.scan(SYSTEM, flow.KIND) if flow.current(entry.body)]
    return [str(number) for number in given] if isinstance(given, list) else [required(fields, "sp_no")]


def change(number: str, fields: Fields, step: Step) -> int | None:
    """One step of one request: state, effect and event together. The event's number, None where there is none."""
    with store.transaction():
        approval = flow.get(number)
        before = approval["sp_status"]
        code = step(approval, fields)
        flow.keep(approval)
        if approval["sp_status"] != before:
            op = OUTCOMES[approval["sp_status"]]
            store.effect(SYSTEM, op, number, approval["source"], sp_status=approval["sp_status"])
        return None if code is None else events.record(approval, code)


def stepping(step: Step, word: str) -> Act:
    """An act of one step on each request named."""

    def act(fields: Fields) -> Fields:
        wanted = numbers(fields)
        keys = [key for number in wanted if (key := change(number, fields, step)) is not None]
        return told(keys, fields, f"{word}：{'、'.join(wanted)}")

    return act


def told(keys: list[int], fields: Fields, message: str) -> Fields:
    """Send the events; wait for them if asked to."""
    events.send(keys)
    if fields.get("wait"):
        _wait_for(keys)
    return {"message": message, "events": [journal_row(key) for key in keys]}


def journal_row(key: int) -> Fields:
    """An event without its text, as an act answers it."""
    event = store.get(SYSTEM, EVENT, key)
    return {name: event[name] for name in ("id", "sp_no", "change", "state", "attempts")}


def _wait_for(keys: list[int]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        if all(store.get(SYSTEM, EVENT, key)["state"] != "waiting" for key in keys):
            return
        time.sleep(0.02)


def _speech(fields: Fields, default: str = "") -> str:
    return str(fields.get("speech") if fields.get("speech") is not None else default)


def agree_once(approval: Approval, fields: Fields) -> int:
    """One approver agrees: the first whose turn it is, or ``user``."""
    entry, person = flow.turn_of(approval, str(fields.get("user") or ""))
    flow.act(person, flow.AGREED, _speech(fields, "同意"))
    flow.settle(approval)
    return events.HANDLE if entry["kind"] == flow.HANDLER else events.AGREE


def approve(fields: Fields) -> Fields:
    """Agree: as ``user`` if named, else everybody in turn until the request is approved. One event a person."""
    keys = []
    wanted = numbers(fields)
    for number in wanted:
        keys.append(change(number, fields, agree_once))
        while not fields.get("user") and flow.current(flow.get(number)):
            keys.append(change(number, fields, agree_once))
    return told([key for key in keys if key is not None], fields, f"已同意：{'、'.join(wanted)}")


def _refuse(approval: Approval, fields: Fields) -> int:
    entry, person = flow.turn_of(approval, str(fields.get("user") or ""))
    flow.act(person, flow.REFUSED, _speech(fields, "不同意"))
    entry["status"] = approval["sp_status"] = flow.REFUSED
    return events.REFUSE


def _moved(word: str, allowed: tuple[int, ...], state: int, code: int | None) -> Step:
    """A change of the whole request from one of the allowed states."""

    def step(approval: Approval, _: Fields) -> int | None:
        if approval["sp_status"] not in allowed:
            raise Impossible(f"审批单 {approval['sp_no']} 现在是{flow.STATES[approval['sp_status']]}，不能{word}")
        approval["sp_status"] = state
        return code

    return step


def _transfer(approval: Approval, fields: Fields) -> int:
    entry, person = flow.turn_of(approval, str(fields.get("user") or ""))
    flow.act(person, flow.TRANSFERRED, _speech(fields))
    entry["people"].append(flow.node(1, "any", [required(fields, "who")])["people"][0])
    return events.TRANSFER


def _add_signer(approval: Approval, fields: Fields) -> int:
    """``who`` signs too: before the approver, who then acts again; with ``agree`` after the approver has agreed."""
    entry, person = flow.turn_of(approval, str(fields.get("user") or ""))
    signer = flow.node(flow.APPROVER, "any", [required(fields, "who")])
    place = approval["nodes"].index(entry) + 1
    if fields.get("agree"):
        flow.act(person, flow.AGREED_AND_SIGNER, _speech(fields, "同意"))
        approval["nodes"].insert(place, signer)
        flow.settle(approval)
        return events.AGREE_AND_SIGNER
    open_ones = [p["userid"] for p in entry["people"] if p["status"] == flow.OPEN]
    flow.act(person, flow.SIGNER_ADDED, _speech(fields))
    entry["status"] = flow.SIGNER_ADDED
    approval["nodes"][place:place] = [signer, flow.node(entry["kind"], entry["relation"], open_ones)]
    return events.ADD_SIGNER


def _return(approval: Approval, fields: Fields) -> int:
    """Back to the first node: who agreed there acts again."""
    _, person = flow.turn_of(approval, str(fields.get("user") or ""))
    flow.act(person, flow.RETURNED, _speech(fields, "退回"))
    for entry in flow.deciding(approval):
        fresh = flow.node(entry["kind"], entry["relation"], [p["userid"] for p in entry["people"]])
        entry.update(status=fresh["status"], people=fresh["people"])
    return events.RETURN


def _comment(approval: Approval, fields: Fields) -> int:
    number = str(6700000000000000000 + int(time.time() * 1000) + len(approval["comments"]))
    comment = {"userid": str(fields.get("user") or approval["userid"]), "text": required(fields, "text")}
    approval["comments"].append({**comment, "time": int(time.time()), "id": number})
    return events.COMMENT


def _urge(approval: Approval, fields: Fields) -> int:
    flow.turn_of(approval)
    return events.URGE


ACTS: dict[str, Act] = {
    "approve": approve,
    "refuse": stepping(_refuse, "已驳回"),
    "withdraw": stepping(_moved("撤销", (flow.OPEN,), flow.WITHDRAWN, events.WITHDRAW), "已撤销"),
    "revoke": stepping(_moved("通过后撤销", (flow.AGREED,), flow.REVOKED, events.REVOKE), "通过后已撤销"),
    "delete": stepping(_moved("删除", tuple(flow.STATES), flow.DELETED, None), "已删除"),
    "pay": stepping(_moved("支付", (flow.AGREED,), flow.PAID, None), "已支付"),
    "transfer": stepping(_transfer, "已转审"),
    "add_sign": stepping(_add_signer, "已加签"),
    "return": stepping(_return, "已退回"),
    "comment": stepping(_comment, "已备注"),
    "urge": stepping(_urge, "已催办"),
}
