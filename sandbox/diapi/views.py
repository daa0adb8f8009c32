"""POST /diapi/b1dis/v1/login and exec-sql: RIS codes, HTTP 200 for business failures (seed 5.3.3.1)."""

from __future__ import annotations

import datetime
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sandbox import faults, store
from sandbox.diapi import database, hana, sessions
from sandbox.erp import company as companies
from sandbox.erp import sessions as erp_sessions
from sandbox.erp.views import Answer

OK = "RIS.10000000"
# The numbers other than OK are not published.
EMPTY, EXPIRED, REFUSED, FAILED = "RIS.10000400", "RIS.10000401", "RIS.10000403", "RIS.10000500"


def _answer(code: str, message: str, data: Any = None, status: int = 200) -> Answer:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    body = {"code": code, "message": message, "data": data, "timestamp": now}
    content = json.dumps(body, ensure_ascii=False).encode()
    return Answer(content, status=status, content_type="application/json")


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@faults.operation("diapi", "login")
def login(request: HttpRequest) -> HttpResponse:
    wanted = _body(request)
    found = companies.by_code(str(wanted.get("CompanyDB") or "").strip())
    if found is None:
        return _answer(REFUSED, "账套不存在")
    user = erp_sessions.authenticate(found, str(wanted.get("UserName") or ""), str(wanted.get("Password") or ""))
    if user is None:
        return _answer(REFUSED, "用户名或密码错误")
    store.effect("diapi", "login", f"{found.code}/{user['UserCode']}")
    minutes = max(1, round(sessions.MINUTES()))
    answer = _answer(OK, "OK", {"SessionTimeout": f"{minutes}m"})
    answer.raw_cookies = sessions.open_session(found)
    return answer


@faults.operation("diapi", "sql")
def exec_sql(request: HttpRequest) -> HttpResponse:
    found = sessions.company_of(request.headers.get("Cookie", ""))
    if found is None:
        return _answer(EXPIRED, "会话不存在或已过期，请重新登录", status=int(sessions.EXPIRED_STATUS()))
    text = _body(request).get("Sql")
    if not isinstance(text, str) or not text.strip():
        return _answer(EMPTY, "Sql不能为空")
    try:
        return _answer(OK, "OK", {"value": database.execute(found, text)})
    except hana.SqlRefused as refused:
        return _answer(FAILED, str(refused))


def index(request: HttpRequest) -> HttpResponse:
    """A page to try SQL by hand."""
    text = request.POST.get("sql", 'select "ItemCode", "ItemName", "OnHand", "ManBtchNum" from OITM')
    context: dict[str, Any] = {"sql": text, "tables": sorted(database.tables(companies.COMPANIES["SBODEMOCN"]))}
    if request.method == "POST":
        try:
            rows = database.execute(companies.COMPANIES["SBODEMOCN"], text)
            context |= {"names": list(rows[0]) if rows else [], "rows": [list(row.values()) for row in rows[:500]]}
        except hana.SqlRefused as refused:
            context["error"] = str(refused)
    return render(request, "diapi/index.html", context)
