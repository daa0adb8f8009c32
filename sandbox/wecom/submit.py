"""applyevent: a request is checked, numbered and sent on its way (protocol 2.2)."""

from __future__ import annotations

import datetime
import time
from typing import Any

from sandbox import store
from sandbox.wecom import controls, events, flow, forms, people
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.switches import APPROVAL_DISABLED, LONG_NUMBERS, STRICT
from sandbox.wecom.wire import Body, Refused, api

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
RELATIONS = {1: "all", 2: "any", 3: "turn"}  # apv_rel of process.node_list
OLD_RELATIONS = {1: "any", 2: "all"}  # attr of approver: the other way round
MOST_SUMMARIES, LONGEST_SUMMARY = 3, 20
PARAMETER = "get approval param error"


def _refused(text: str) -> Refused:
    return Refused(301025, f"{PARAMETER}:{text}")


def _template(body: Body) -> Body:
    template = forms.named(body.get("template_id"))
    if template is None:
        raise Refused(301026)
    return template


def _creator(body: Body) -> Body:
    member = people.user(body.get("creator_userid"))
    if member is None:
        raise Refused(60111)
    if not member["visible"]:
        raise _refused("creator_userid not in app visiable range")
    return member


def checked_contents(template: Body, body: Body) -> list[Body]:
    """The controls of the request as they will be read: ids, then required ones, then formats. Raises Refused."""
    contents = (body.get("apply_data") or {}).get("contents")
    if not isinstance(contents, list) or not contents:
        raise Refused(301025, f"Warning: wrong json format. {PARAMETER}:no applydata content")
    known = forms.controls_by_id(template["controls"])
    given: dict[str, Body] = {}
    for cell in contents:
        if not isinstance(cell, dict) or cell.get("id") not in known:
            raise _refused(f"invalid control id {cell.get('id') if isinstance(cell, dict) else cell}")
        given[cell["id"]] = cell
    for control in template["controls"]:
        if control["require"] and controls.is_empty(given.get(control["id"])):
            raise _refused(f"{control['id']} has no require control")
    try:
        return [controls.kept(known[number], cell) for number, cell in given.items()]
    except controls.Wrong as problem:
        raise _refused(str(problem)) from None


def _summary(body: Body) -> list[str]:
    given = body.get("summary_list")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_SUMMARIES:
        raise _refused("summary_list")
    try:
        lines = [entry["summary_info"][0]["text"] for entry in given]
    except (TypeError, KeyError, IndexError):
        raise _refused("summary_list") from None
    if STRICT() and not all(isinstance(line, str) and 0 < len(line) <= LONGEST_SUMMARY for line in lines):
        raise _refused("summary_info")
    return lines


def _people(given: Any) -> list[str]:
    """User ids that exist; raises Refused."""
    if not isinstance(given, list) or not given:
        raise _refused("no approver")
    unknown = [userid for userid in given if people.user(userid) is None]
    if unknown:
        raise Refused(60111)
    return [str(userid) for userid in given]


def _own_nodes(body: Body) -> list[Body]:
    """The flow that the request brings: process.node_list, or the old approver list."""
    nodes = (body.get("process") or {}).get("node_list")
    old = body.get("approver")
    try:
        if nodes:
            return [flow.node(int(n["type"]), RELATIONS[int(n.get("apv_rel", 2))], _people(n["userid"])) for n in nodes]
        if old:
            return [flow.node(1, OLD_RELATIONS[int(n["attr"])], _people(n["userid"])) for n in old]
    except (TypeError, KeyError, ValueError):
        raise _refused("process") from None
    raise _refused("no approver")


def template_nodes(template: Body) -> list[Body]:
    """The flow that the administrator gave the template."""
    return [flow.node(n["type"], RELATIONS[n.get("apv_rel", 2)], n["userid"]) for n in template["flow"]]


def _new_number(moment: float) -> str:
    """yyyyMMdd and a count of the day; with the switch, one that no 64-bit integer holds."""
    day = datetime.datetime.fromtimestamp(moment, SHANGHAI).strftime("%Y%m%d")
    try:
        count = store.get(SYSTEM, "counter", day)["count"] + 1
    except store.Missing:
        count = 1
    store.put(SYSTEM, "counter", day, {"count": count})
    return f"{day}{'00000000' if LONG_NUMBERS() else ''}{count:04d}"


def source_of(template: Body, contents: list[Body]) -> str:
    """The ERP's number that the request carries (草稿单号, 单据编号), "" without one."""
    values = {cell["id"]: cell["value"] for cell in contents}
    for control in template["controls"]:
        if control["title"] in forms.NUMBER_TITLES:
            value = values.get(control["id"], {})
            return str(value.get("text") or value.get("new_number") or "")
    return ""


def start(template: Body, member: Body, contents: list[Body], nodes: list[Body], extra: Body) -> str:
    """Keep the request, its effect and its first event in one go, then send the event; the number."""
    with store.transaction():
        moment = time.time()
        number = _new_number(moment)
        approval = {
            "sp_no": number,
            "template_id": template["template_id"],
            "sp_name": template["name"],
            "sp_status": flow.OPEN,
            "apply_time": int(moment),
            "created": moment,
            "userid": member["userid"],
            "partyid": str(member["main_department"]),
            "contents": contents,
            "nodes": nodes,
            "comments": [],
            "source": source_of(template, contents),
            **extra,
        }
        flow.settle(approval)
        flow.keep(approval)
        store.effect(SYSTEM, "create", number, approval["source"], template=template["template_id"])
        event = events.record(approval, events.SUBMITTED)
    events.send([event])
    return number


@api("POST", "create", limited=True)
def apply_event(body: Body) -> Body:
    """There is no idempotency key: the same body twice is two requests."""
    if APPROVAL_DISABLED():
        raise Refused(301056)
    template, member = _template(body), _creator(body)
    by_template = body.get("use_template_approver") in (1, "1")
    nodes = template_nodes(template) if by_template else _own_nodes(body)
    contents, summary = checked_contents(template, body), _summary(body)
    notifyers = [] if by_template or not body.get("notifyer") else _people(body["notifyer"])
    return {"sp_no": start(template, member, contents, nodes, {"summary": summary, "notifyers": notifyers})}
