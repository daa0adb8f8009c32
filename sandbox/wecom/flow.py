"""The state machine of a request: nodes, who decides, and what becomes of the whole (protocol 2.3, section 5)."""

from __future__ import annotations

import time
from typing import Any

from sandbox import store
from sandbox.desk import Impossible
from sandbox.wecom.account import SYSTEM

Approval = dict[str, Any]
KIND = "approval"
OPEN, AGREED, REFUSED, WITHDRAWN, REVOKED, DELETED, PAID = 1, 2, 3, 4, 6, 7, 10
TRANSFERRED, RETURNED, SIGNER_ADDED, AGREED_AND_SIGNER = 4, 11, 12, 13
STATES = {1: "审批中", 2: "已通过", 3: "已驳回", 4: "已撤销", 6: "通过后撤销", 7: "已删除", 10: "已支付"}
APPROVER, COPY, HANDLER = 1, 2, 3
SETTLED = (AGREED, AGREED_AND_SIGNER)


def node(kind: int, relation: str, userids: list[str]) -> Approval:
    """``kind`` 1 approver, 2 copy, 3 handler; ``relation`` any, all or turn."""
    return {"kind": kind, "relation": relation, "status": OPEN, "people": [_person(userid) for userid in userids]}


def _person(userid: str) -> Approval:
    return {"userid": userid, "status": OPEN, "speech": "", "time": 0, "media": []}


def get(number: Any) -> Approval:
    """A request by its number; raises Impossible."""
    try:
        return store.get(SYSTEM, KIND, number)
    except store.Missing:
        raise Impossible(f"没有这张审批单：{number}") from None


def keep(approval: Approval) -> None:
    """Write a request back."""
    number = approval["sp_no"]
    # Numbers sort by value as long as the table's integer column can hold them.
    store.put(SYSTEM, KIND, int(number) if len(number) <= 18 else number, approval)


def deciding(approval: Approval) -> list[Approval]:
    """The nodes whose people decide; copies only read."""
    return [entry for entry in approval["nodes"] if entry["kind"] != COPY]


def current(approval: Approval) -> Approval | None:
    """The node whose turn it is."""
    if approval["sp_status"] != OPEN:
        return None
    return next((entry for entry in deciding(approval) if entry["status"] == OPEN), None)


def waiting(entry: Approval) -> list[Approval]:
    """Who can act in a node now."""
    open_ones = [person for person in entry["people"] if person["status"] == OPEN]
    return open_ones[:1] if entry["relation"] == "turn" else open_ones


def turn_of(approval: Approval, userid: str = "") -> tuple[Approval, Approval]:
    """The current node and the person who acts in it; raises Impossible."""
    entry = current(approval)
    if entry is None:
        raise Impossible(f"审批单 {approval['sp_no']} 现在是{STATES[approval['sp_status']]}")
    who = [person for person in waiting(entry) if not userid or person["userid"] == userid]
    if not who:
        raise Impossible(f"现在不轮到 {userid} 审批")
    return entry, who[0]


def act(person: Approval, status: int, speech: str) -> None:
    """What a person did in a node, now."""
    person.update(status=status, speech=speech, time=int(time.time()))


def settle(approval: Approval) -> None:
    """Close the current node when enough have agreed, and the request after its last node.

    A request without any node passes at once, with an empty record.
    """
    entry = current(approval)
    if entry is not None:
        agreed = [person for person in entry["people"] if person["status"] in SETTLED]
        if (agreed and entry["relation"] == "any") or not waiting(entry):
            entry["status"] = AGREED
    if approval["sp_status"] == OPEN and all(entry["status"] != OPEN for entry in deciding(approval)):
        approval["sp_status"] = AGREED
