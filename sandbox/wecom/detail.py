"""getapprovaldetail and getapprovalinfo (protocol 2.3)."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from sandbox import store
from sandbox.wecom import events, flow, forms, people
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.switches import EMPTY_SPTIME, INDEX_DELAY, PROCESS_LIST
from sandbox.wecom.wire import Body, Refused, api

# A value carries these beside its own part, empty: whoever does not go by ``control`` reads the wrong one.
EMPTY_PARTS = (
    *("tips", "members", "departments", "files", "children", "stat_field", "sum_field"),
    *("related_approval", "students", "classes"),
)
PAGE_CAP = 100
LONGEST_SPAN = 31 * 24 * 3600
FILTERS = ("template_id", "creator", "department", "sp_status", "record_type")


def _value(control: Body, value: Body) -> Body:
    empty: Body = {name: [] for name in EMPTY_PARTS}
    if control["control"] in ("Text", "Textarea") and not value:
        empty["text"] = ""
    if control["control"] == "Table":
        known = forms.controls_by_id(forms.children(control))
        return {**empty, "children": [{"list": _cells(known, row["list"])} for row in value.get("children", [])]}
    return {**empty, **value}


def _cells(known: dict[str, Body], cells: list[Body]) -> list[Body]:
    """Every control of the form, also those that were not filled in."""
    given = {cell["id"]: cell["value"] for cell in cells}
    return [
        {
            "control": control["control"],
            "id": number,
            "title": forms.texts(control["title"]),
            "value": _value(control, given.get(number, {})),
        }
        for number, control in known.items()
    ]


def _moment(seconds: int) -> int | str:
    return "" if EMPTY_SPTIME() and not seconds else seconds


def _record(entry: Body) -> Body:
    details = [
        {
            "approver": {"userid": person["userid"]},
            "speech": person["speech"],
            "sp_status": person["status"],
            "sptime": _moment(person["time"]),
            "media_id": person["media"],
        }
        for person in entry["people"]
    ]
    return {"sp_status": entry["status"], "approverattr": events.ATTRIBUTES[entry["relation"]], "details": details}


def _process_node(entry: Body) -> Body:
    inner = [
        {
            "userid": person["userid"],
            "speech": person["speech"],
            "sp_yj": person["status"],
            "sptime": _moment(person["time"]),
            "media_ids": person["media"],
        }
        for person in entry["people"]
    ]
    about = {"node_type": entry["kind"], "sp_status": entry["status"], "apv_rel": events.RELATIONS[entry["relation"]]}
    return {**about, "sub_node_list": inner}


def _comment(entry: Body) -> Body:
    return {
        "commentUserInfo": {"userid": entry["userid"]},
        "commenttime": entry["time"],
        "commentcontent": entry["text"],
        "commentid": entry["id"],
        "media_id": [],
    }


def info(approval: Body) -> Body:
    """A request as getapprovaldetail tells it."""
    template = forms.named(approval["template_id"]) or {"controls": []}
    shown = {
        "sp_no": approval["sp_no"],
        "sp_name": approval["sp_name"],
        "sp_status": approval["sp_status"],
        "template_id": approval["template_id"],
        "apply_time": approval["apply_time"],
        "applyer": {"userid": approval["userid"], "partyid": approval["partyid"]},
        "batch_applyer": [],
        "sp_record": [_record(entry) for entry in flow.deciding(approval)],
        "notifyer": [{"userid": userid} for userid in events.copies(approval)],
        "apply_data": {"contents": _cells(forms.controls_by_id(template["controls"]), approval["contents"])},
        "comments": [_comment(entry) for entry in approval["comments"]],
    }
    if PROCESS_LIST():
        shown["process_list"] = {"node_list": [_process_node(entry) for entry in approval["nodes"]]}
    return shown


@api("POST", "read", limited=True)
def approval_detail(body: Body) -> Body:
    """By sp_no."""
    entry = store.peek(SYSTEM, flow.KIND, body.get("sp_no"))
    if entry is None:
        raise Refused(301025, "get approval param error:sp_no")
    return {"info": info(entry.body)}


def _window(body: Body) -> tuple[int, int]:
    """Seconds, as text; at most 31 days. Raises Refused."""
    given = [body.get(name) for name in ("starttime", "endtime")]
    if not all(isinstance(moment, str) and moment.isdigit() for moment in given):
        raise Refused(40058, "invalid starttime or endtime")
    start, end = (int(str(moment)) for moment in given)
    if not 0 <= end - start <= LONGEST_SPAN:
        raise Refused(301025, "get approval param error:starttime endtime")
    return start, end


def _filters(body: Body) -> dict[str, set[str]]:
    """key -> values; only the department may be named twice. Raises Refused."""
    found: dict[str, set[str]] = {}
    for entry in body.get("filters") or []:
        key = entry.get("key") if isinstance(entry, dict) else None
        if key not in FILTERS or (key in found and key != "department"):
            raise Refused(301025, "get approval param error:filters")
        found.setdefault(key, set()).add(str(entry.get("value")))
    return found


def _test(filters: dict[str, set[str]], start: int, end: int) -> Callable[[Body], bool]:
    newest = time.time() - INDEX_DELAY()

    def test(approval: Body) -> bool:
        facts = {
            "template_id": approval["template_id"],
            "creator": approval["userid"],
            "department": approval["partyid"],
            "sp_status": str(approval["sp_status"]),
            "record_type": "",
        }
        member = people.user(approval["userid"])
        return (
            start <= approval["apply_time"] <= end
            and approval["created"] <= newest
            and approval["sp_status"] != flow.DELETED
            and bool(member and member["visible"])
            and all(facts[key] in wanted for key, wanted in filters.items())
        )

    return test


def _begin(body: Body) -> int:
    """Where the page starts; the deprecated integer cursor is still taken. Raises Refused."""
    cursor = body.get("new_cursor", body.get("cursor", ""))
    if isinstance(cursor, int):
        return cursor
    try:
        return int(base64.b64decode(cursor)) if cursor else 0
    except (ValueError, TypeError):
        raise Refused(40058, "invalid cursor") from None


@api("POST", "find", limited=True)
def approval_numbers(body: Body) -> Body:
    """No cursor in the answer: the list is at its end."""
    start, end = _window(body)
    size, begin = body.get("size", PAGE_CAP), _begin(body)
    if not isinstance(size, int) or not 0 < size <= PAGE_CAP:
        raise Refused(40058, "invalid size")
    test = _test(_filters(body), start, end)
    numbers = [entry.body["sp_no"] for entry in store.scan(SYSTEM, flow.KIND) if test(entry.body)]
    answer: Body = {"sp_no_list": numbers[begin : begin + size]}
    if begin + size < len(numbers):
        new: Any = base64.b64encode(str(begin + size).encode()).decode()
        answer |= {"new_next_cursor": new} if "new_cursor" in body else {"next_cursor": begin + size}
    return answer
