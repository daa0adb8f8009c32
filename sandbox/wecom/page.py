"""The inbox page at /wecom/, its acts by URL, the settings, and what tests look at."""

from __future__ import annotations

import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from sandbox import desk, store
from sandbox.desk import Fields, Impossible
from sandbox.wecom import account, delivery, detail, events, flow, forms, inbox, mischief, people
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.submit import SHANGHAI

PAGE = "/wecom/"
SHOWN = 60

act = desk.acts(PAGE, inbox.ACTS | mischief.ACTS)


def change(given: Fields) -> Fields:
    """Fields of the account and switches, mixed. ``check``: first ask the URL to decrypt an echostr, as the
    console's 保存 does; nothing is kept when it cannot.
    """
    given = dict(given)
    check = str(given.pop("check", "")).lower() in ("1", "true", "on", "yes")
    mine = {name: given.pop(name) for name in list(given) if name in account.DEFAULTS}
    _checked(mine)
    wanted = {**account.ACCOUNT.all(), **mine}
    if check and (problem := delivery.check_url(wanted)):
        raise Impossible(problem)
    switched = desk.set_switches(SYSTEM, given)
    if mine:
        account.ACCOUNT.change(mine)
    message = "回调地址校验通过，已保存" if check else "已保存"
    return {"settings": {**account.ACCOUNT.all(), **switched["settings"]}, "message": message}


def _checked(mine: Fields) -> None:
    """Token and key as the console wants them; raises Impossible."""
    token, key = str(mine.get("token", "x")), str(mine.get("aes_key", "A" * 43))
    if not (token.isalnum() and len(token) <= 32):
        raise Impossible("Token应为不超过32位的字母或数字")
    if not (key.isalnum() and len(key) == 43):
        raise Impossible("EncodingAESKey应为43位字母或数字")


settings = desk.settings(PAGE, change)


def approvals(request: HttpRequest) -> HttpResponse:
    """``?sp_no=`` or ``?template_id=``: requests as getapprovaldetail tells them, with our source number."""
    wanted = request.GET.dict()
    found = [
        {**detail.info(entry.body), "source": entry.body["source"]}
        for entry in store.scan(SYSTEM, flow.KIND)
        if all(str(entry.body.get(name)) == value for name, value in wanted.items())
    ]
    return JsonResponse({"approvals": found})


def journal(request: HttpRequest) -> HttpResponse:
    """``?sp_no=``: events with their plaintext and every attempt."""
    number = request.GET.get("sp_no")
    found = store.find(SYSTEM, delivery.KIND, lambda event: number in (None, event["sp_no"]))
    return JsonResponse({"events": found})


def _shown_value(value: Fields) -> str:
    """A control's value for the eye."""
    for name in ("text", "new_number", "new_money"):
        if name in value:
            return value[name]
    if "date" in value:
        moment = datetime.datetime.fromtimestamp(int(value["date"]["s_timestamp"]), SHANGHAI)
        return moment.strftime("%Y-%m-%d" if value["date"]["type"] == "day" else "%Y-%m-%d %H:%M")
    if "selector" in value:
        return "、".join(option["value"][0]["text"] for option in value["selector"]["options"])
    names = [str(entry.get("name") or entry.get("file_name")) for part in ("members", "files") for entry in value[part]]
    return "、".join(names)


def _shown_cells(cells: list[Fields]) -> list[tuple[str, str]]:
    return [(cell["title"][0]["text"], _shown_value(cell["value"])) for cell in cells]


def _shown_table(cell: Fields) -> Fields:
    rows = [_shown_cells(row["list"]) for row in cell["value"]["children"]]
    return {"title": cell["title"][0]["text"], "rows": rows}


def _shown_event(event: Fields) -> Fields:
    return {**event, "name": events.NAMES[event["change"]], "word": delivery.STATES[event["state"]]}


def _shown(approval: Fields) -> Fields:
    told = detail.info(approval)
    cells = told["apply_data"]["contents"]
    tables = [_shown_table(cell) for cell in cells if cell["control"] == "Table"]
    fields = _shown_cells([cell for cell in cells if cell["control"] != "Table"])
    current = flow.current(approval)
    waiting = [people.user(person["userid"]) for person in flow.waiting(current)] if current else []
    return {
        **approval,
        "state": flow.STATES[approval["sp_status"]],
        "creator": people.name_of(approval["userid"]),
        "waiting": [member for member in waiting if member],
        "fields": fields,
        "tables": tables,
        "events": [_shown_event(event) for event in mischief.of_request(approval["sp_no"])],
    }


def page(request: HttpRequest) -> HttpResponse:
    """The newest requests with their forms, events and buttons; settings below."""
    newest = [entry.body for entry in reversed(store.scan(SYSTEM, flow.KIND))][:SHOWN]
    context = {
        "approvals": [_shown(approval) for approval in newest],
        "members": people.everybody(),
        "templates": store.find(SYSTEM, forms.KIND),
        "account": account.ACCOUNT.all(),
        "switches": desk.switches_of(SYSTEM),
        "message": request.GET.get("message", ""),
    }
    return render(request, "wecom/page.html", context)
