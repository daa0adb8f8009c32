"""sys_approval_change: what is told of a request after each change (protocol 2.4)."""

from __future__ import annotations

import time
from typing import Any

from sandbox import store
from sandbox.wecom import account, delivery, flow
from sandbox.wecom.account import APPROVAL_AGENT, SYSTEM
from sandbox.wecom.switches import HOLD, LONG_NUMBERS, PROCESS_LIST

SUBMITTED, AGREE, REFUSE, TRANSFER, URGE, WITHDRAW = 1, 2, 3, 4, 5, 6
REVOKE, COMMENT, RETURN, ADD_SIGNER, AGREE_AND_SIGNER, HANDLE = 8, 10, 11, 12, 13, 14
NAMES = {1: "提单", 2: "同意", 3: "驳回", 4: "转审", 5: "催办", 6: "撤销", 8: "通过后撤销", 10: "添加备注"}
NAMES |= {11: "退回", 12: "加签", 13: "同意并加签", 14: "办理", 0: "其他事件"}
ATTRIBUTES = {"any": 1, "all": 2, "turn": 3}
RELATIONS = {"all": 1, "any": 2, "turn": 3}


def xml(name: str, value: Any) -> str:
    """Texts in CDATA, numbers plain, a list as repeated elements, a dict as children, "" as an empty element."""
    if isinstance(value, list):
        return "".join(xml(name, entry) for entry in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(xml(child, inner) for child, inner in value.items())}</{name}>"
    if isinstance(value, int) or value == "":
        return f"<{name}>{value}</{name}>"
    return f"<{name}><![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def record_node(entry: dict) -> dict:
    """An SpRecord."""
    details = [
        {
            "Approver": {"UserId": person["userid"]},
            "Speech": person["speech"],
            "SpStatus": person["status"],
            "SpTime": person["time"],
            "Attach": person["media"],
        }
        for person in entry["people"]
    ]
    return {"SpStatus": entry["status"], "ApproverAttr": ATTRIBUTES[entry["relation"]], "Details": details}


def _process_node(entry: dict) -> dict:
    inner = [
        {
            "UserInfo": {"UserId": person["userid"]},
            "Speech": person["speech"],
            "SpYj": person["status"],
            "Sptime": person["time"],
            "MediaIds": person["media"],
        }
        for person in entry["people"]
    ]
    about = {"NodeType": entry["kind"], "SpStatus": entry["status"], "ApvRel": RELATIONS[entry["relation"]]}
    return {**about, "SubNodeList": inner}


def _comment(entry: dict) -> dict:
    return {
        "CommentUserInfo": {"UserId": entry["userid"]},
        "CommentTime": entry["time"],
        "CommentContent": entry["text"],
        "CommentId": entry["id"],
    }


def copies(approval: dict) -> list[str]:
    """Who is told: the request's own list and the copy nodes."""
    nodes = [entry for entry in approval["nodes"] if entry["kind"] == flow.COPY]
    return [*approval["notifyers"], *(person["userid"] for entry in nodes for person in entry["people"])]


def _info(approval: dict, change: int) -> dict:
    info = {
        "SpNoStr": approval["sp_no"],
        "SpNo": 0 if LONG_NUMBERS() and len(approval["sp_no"]) > 18 else int(approval["sp_no"]),
        "SpName": approval["sp_name"],
        "SpStatus": approval["sp_status"],
        "TemplateId": approval["template_id"],
        "ApplyTime": approval["apply_time"],
        "Applyer": {"UserId": approval["userid"], "Party": approval["partyid"]},
        "SpRecord": [record_node(entry) for entry in flow.deciding(approval)],
        "Notifyer": [{"UserId": userid} for userid in copies(approval)],
        "Comments": [_comment(entry) for entry in approval["comments"]],
    }
    if PROCESS_LIST():
        info["ProcessList"] = {"NodeList": [_process_node(entry) for entry in approval["nodes"]]}
    return {**info, "StatuChangeEvent": change}


def envelope(event: str, inner: dict) -> str:
    """The plaintext of an event."""
    about = {"ToUserName": account.ACCOUNT.all()["corp_id"], "FromUserName": "sys", "CreateTime": int(time.time())}
    return xml("xml", {**about, "MsgType": "event", "Event": event, "AgentID": APPROVAL_AGENT, **inner})


def record(approval: dict, change: int) -> int:
    """Write down the event of a change, in the change's own transaction; its number is for ``send``."""
    text = envelope("sys_approval_change", {"ApprovalInfo": _info(approval, change)})
    return note(approval["sp_no"], change, text)


def note(number: str, change: int, text: str) -> int:
    """An event into the journal; its number."""
    with store.LOCK:
        key = store.next_number(SYSTEM, delivery.KIND)
        state = "held" if HOLD() else "waiting"
        body = {"id": key, "sp_no": number, "change": change, "state": state, "at": time.time(), "xml": text}
        store.put(SYSTEM, delivery.KIND, key, {**body, "attempts": []})
    return key


def send(keys: list[int]) -> None:
    """Hand over the events that are not held."""
    for key in keys:
        if store.get(SYSTEM, delivery.KIND, key)["state"] == "waiting":
            delivery.send(key)
