"""The ERP's web page, in Chinese: what is in it, and what a person does in its client."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from sandbox.erp import by_hand, company, errors, listings
from sandbox.erp.company import Company


def _company(request: HttpRequest) -> Company:
    wanted = request.POST.get("company") or request.GET.get("company") or "SBODEMOCN"
    found = company.by_code(wanted)
    if found is None:
        raise Http404(wanted)
    return found


def index(request: HttpRequest) -> HttpResponse:
    found, show = _company(request), request.GET.get("show", "Drafts")
    context: dict[str, Any] = {
        "company": found.code,
        "companies": company.NAMES,
        "show": show,
        "tabs": [("Drafts", "草稿与审批"), *((name, x.title) for name, x in listings.LISTINGS.items())],
        "error": request.GET.get("error", ""),
        "users": found.bodies("Users"),
        "templates": found.bodies("ApprovalTemplates"),
        "groups": found.bodies("ItemGroups"),
    }
    if show in listings.LISTINGS:
        context["table"] = listings.rows(found, listings.LISTINGS[show])
    else:
        context["drafts"] = listings.draft_rows(found)
    return render(request, "erp/index.html", context)


def draft(request: HttpRequest, entry: int) -> HttpResponse:
    """A draft: its lines to edit, its approval to decide."""
    found = _company(request)
    shown = listings.draft(found, entry)
    if shown is None:
        raise Http404(str(entry))
    if request.method == "POST":
        return _back(request, _done(found, lambda: _edit(found, entry, shown, request.POST)), f"/erp/draft/{entry}")
    context = {"company": found.code, "draft": shown, "error": request.GET.get("error", "")}
    return render(request, "erp/draft.html", context)


def new(request: HttpRequest, what: str) -> HttpResponse:
    """POST of the page's forms: ``request`` (采购申请), ``item``, or ``act`` (any request of the Service Layer)."""
    found, form = _company(request), request.POST
    works = {"request": _new_request, "item": _new_item, "act": _act}
    if what not in works or request.method != "POST":
        raise Http404(what)
    return _back(request, _done(found, lambda: works[what](found, form)), form.get("back") or "/erp/")


def _new_request(found: Company, form: Any) -> None:
    lines = [
        {
            "ItemCode": item,
            "Quantity": float(quantity or 1),
            "UnitPrice": float(price or 0),
            "RequiredDate": form["date"],
        }
        for item, quantity, price in zip(
            form.getlist("item"), form.getlist("quantity"), form.getlist("price"), strict=True
        )
        if item.strip()
    ]
    user = int(form["user"])
    code = (found.peek("Users", user) or {}).get("UserCode")
    body = {"Requester": code, "ReqType": 12, "RequriedDate": form["date"], "DocDueDate": form["date"]}
    body |= {"Comments": form.get("comments") or None, "DocumentLines": lines}
    by_hand.submit(found, user, 1470000113, body, int(form["template"]), form.get("remarks") or "请审批")


def _new_item(found: Company, form: Any) -> None:
    body = {"ItemCode": form["code"].strip(), "ItemName": form["name"], "InventoryUOM": form.get("unit") or "个"}
    body |= {"ItemsGroupCode": int(form["group"]), "ManageBatchNumbers": "tYES" if form.get("batch") else "tNO"}
    by_hand.act(found, 1, "POST", "Items", body)


def _act(found: Company, form: Any) -> None:
    body = json.loads(form.get("body") or "{}")
    by_hand.act(found, int(form.get("user") or 1), form.get("method") or "PATCH", form["path"], body)


def _edit(found: Company, entry: int, shown: dict[str, Any], form: Any) -> None:
    """A changed draft, sent as the client sends it: the lines' numbers with what differs."""
    name = shown["set"]
    lines_name = "DocumentLines" if name == "Drafts" else "StockTransferLines"
    lines = [
        {"LineNum": line["LineNum"], "Quantity": float(form[f"quantity-{line['LineNum']}"])}
        for line in shown["lines"]
        if float(form[f"quantity-{line['LineNum']}"]) != line["Quantity"]
    ]
    body: dict[str, Any] = {"Comments": form.get("comments", "")}
    user = shown["body"].get("UserSign") or 1
    by_hand.act(found, user, "PATCH", f"{name}({entry})", {**body, lines_name: lines} if lines else body)


def _done(found: Company, work: Any) -> str:
    """Carry out; the message of a refusal, empty when it went well."""
    try:
        work()
    except errors.ServiceError as error:
        return f"{error.code} {error.text}"
    except (KeyError, ValueError) as error:
        return f"输入有误：{error}"
    return ""


def _back(request: HttpRequest, error: str, target: str) -> HttpResponse:
    """To the page the form was on (a path of ours, never another host)."""
    path = target if target.startswith("/erp/") else "/erp/"
    query = {"company": _company(request).code} if "company=" not in path else {}
    query |= {"error": error} if error else {}
    sign = "&" if "?" in path else "?"
    return HttpResponseRedirect(path + (sign + urlencode(query) if query else ""))
