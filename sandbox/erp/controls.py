"""/_control/erp/...: for tests and the demo, without a login. ``company`` is SBODEMOCN where it is left out.

``GET  object?set=Items&key=11028`` -> {"key", "version", "body"}; 404 when there is none. ``DELETE`` removes it.
``POST object {"set", "body", "replace": false}`` inserts, or merges into what is there: no rules, no stamps.
``GET  objects?set=Items&filter=U_ISSYN eq 'Y'`` -> {"count", "objects": [body]} in key order.
``POST bulk {"set", "count", "template": null, ...overrides}`` -> {"count", "first", "last"}; "{n}" in an override's
text is the running number; ``template`` opens an approval request for each draft.
``POST submit {"code": 1470000113, "user": 38, "template": 3, "remarks", "body": {}}`` -> {"request": body}.
``POST act {"user": 12, "method": "PATCH", "path": "ApprovalRequests(17)", "body": {}}`` -> {"status", "body"}: a
person's doing in the ERP's client.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path

from sandbox import store
from sandbox.erp import bulk, by_hand, company, errors, filters, paths
from sandbox.erp.company import Company

Wanted = dict[str, Any]


def _control(view: Callable[[HttpRequest, Company, Wanted], Any]) -> Callable[[HttpRequest], JsonResponse]:
    """Read parameters from body or query, answer JSON, refusals included."""

    def answered(request: HttpRequest) -> JsonResponse:
        wanted = {**request.GET.dict(), **json.loads(request.body or b"{}")}
        found = company.by_code(wanted.pop("company", "SBODEMOCN"))
        if found is None:
            return JsonResponse({"error": "no such company"}, status=404)
        try:
            return JsonResponse(view(request, found, wanted))
        except (KeyError, store.Missing) as error:
            return JsonResponse({"error": f"missing: {error}"}, status=404)
        except errors.ServiceError as error:
            return JsonResponse({"error": error.text, "code": error.code}, status=400)

    return answered


@_control
def one(request: HttpRequest, found: Company, wanted: Wanted) -> Wanted:
    if request.method == "POST":
        return _put(found, wanted)
    name, key = wanted["set"], wanted["key"]
    entry = store.peek(found.system, name, key)
    if entry is None:
        raise KeyError(f"{name}({key})")
    if request.method == "DELETE":
        store.delete(found.system, name, key)
    return {"key": entry.key, "version": entry.version, "body": entry.body}


def _put(found: Company, wanted: Wanted) -> Wanted:
    name, body = wanted["set"], wanted["body"]
    kind = found.schema.types[found.schema.sets[name].type]
    key = paths.record_key(kind, body)
    with store.transaction():
        old = {} if wanted.get("replace") else found.find(name, key) or {}
        found.put(name, key, {**old, **body})
        if name in ("UserFieldsMD", "UserTablesMD", "UserObjectsMD"):
            company.restart()
    return {"key": str(key), "version": store.version(found.system, name, key), "body": found.peek(name, key)}


@_control
def listed(request: HttpRequest, found: Company, wanted: Wanted) -> Wanted:
    rows = found.bodies(wanted["set"])
    if wanted.get("filter"):
        test = filters.parse(wanted["filter"], found.schema.types[found.schema.sets[wanted["set"]].type])
        rows = [body for body in rows if test(body)]
    return {"count": len(rows), "objects": rows}


@_control
def many(request: HttpRequest, found: Company, wanted: Wanted) -> Wanted:
    name, count, template = wanted.pop("set"), int(wanted.pop("count")), wanted.pop("template", None)
    return bulk.make(found, name, count, wanted, template)


@_control
def submit(request: HttpRequest, found: Company, wanted: Wanted) -> Wanted:
    code, user, template = (int(wanted.get(n, d)) for n, d in (("code", 1470000113), ("user", 38), ("template", 3)))
    made = by_hand.submit(found, user, code, wanted.get("body") or {}, template, wanted.get("remarks", "请审批"))
    return {"request": made}


@_control
def act(request: HttpRequest, found: Company, wanted: Wanted) -> Wanted:
    user, method = int(wanted.get("user", 1)), wanted.get("method", "POST")
    reply = by_hand.act(found, user, method, wanted["path"], wanted.get("body"))
    return {"status": reply.status, "body": reply.data}


urlpatterns = [
    path("object", one),
    path("objects", listed),
    path("bulk", many),
    path("submit", submit),
    path("act", act),
]
