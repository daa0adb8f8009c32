"""The envelope, the token check and the switches of every route call (protocol B2, B3)."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox import faults
from sandbox.blacklake import tokens
from sandbox.blacklake.switches import DENIED, EXPIRED_AS, HTML_PAGE, NEED_CHECK, SYSTEM, ends_like

Body = dict[str, Any]
NOTHING = object()  # a view that answers an envelope without ``data``


class Refused(Exception):
    """The tenant says no: ``code`` is the failing service's number, ``sub_code`` its reason."""

    def __init__(self, message: str, sub_code: str = "OPENAPI-DOMAIN/PARAM_INVALID", code: int = 400001) -> None:
        super().__init__(message)
        self.message, self.sub_code, self.code = message, sub_code, code
        self.need_check: int | None = None
        self.status = 200


def success(data: Any) -> HttpResponse:
    """The envelope around ``data``."""
    permission: Body = {"encoding": None, "noAccess": [], "readonly": []}
    body = {"code": 200, "subCode": None, "message": "成功", "needCheck": None, "fieldPermission": permission}
    return JsonResponse(body if data is NOTHING else {**body, "data": data})


def refusal(problem: Refused) -> HttpResponse:
    """The envelope of an error: HTTP 200 unless the gateway itself refuses."""
    body = {"code": problem.code, "data": None, "subCode": problem.sub_code, "message": problem.message}
    body |= {"needCheck": problem.need_check, "fieldPermission": None}
    return JsonResponse(body, status=problem.status)


def _token_refused() -> Refused:
    told = EXPIRED_AS()
    if told == "ACCESS_TOKEN_EXPIRED":
        return Refused("access_token已过期", "OPENAPI-DOMAIN/ACCESS_TOKEN_EXPIRED", 3500004)
    problem = Refused("token失效", "USER-DOMAIN/SSO_TOKEN_FAIL", 400150)
    if told == "HTTP401":
        problem.code = problem.status = 401
    return problem


def _token(request: HttpRequest) -> str:
    """Query ``access_token`` is the vendor's way; the headers are what other integrators send."""
    underscored = request.META.get("sandbox.underscored", {})
    headers = [underscored.get("access_token"), *(request.headers.get(name) for name in ("X-AUTH", "token"))]
    return next((given for given in (request.GET.get("access_token"), *headers) if given), "")


def read_json(request: HttpRequest) -> Body:
    """The request's object; raises Refused (HTTP 400 or 415)."""
    problem = Refused("请求参数格式错误", "OPENAPI-DOMAIN/PARAM_INVALID", 400)
    problem.status = 400
    if request.content_type != "application/json":
        problem.code = problem.status = 415
        raise problem
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise problem from None
    if not isinstance(body, dict):
        raise problem
    return body


def _opened(request: HttpRequest) -> Body:
    """Token, then permission, then the body, then weak control."""
    if not tokens.is_good(_token(request)):
        raise _token_refused()
    if ends_like(DENIED, request.path):
        raise Refused("应用没有该接口的访问权限", "OPENAPI-DOMAIN/URL_NO_PERMISSION", 3500060)
    body = read_json(request)
    if ends_like(NEED_CHECK, request.path):
        problem = Refused("该操作触发弱管控，请确认后继续", "MED-DOMAIN/NEED_CHECK", 200)
        problem.need_check = 1
        raise problem
    return body


def guarded(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """POST only; an HTML page instead of an answer; Refused becomes an envelope."""

    @csrf_exempt
    @functools.wraps(view)
    def served(request: HttpRequest) -> HttpResponse:
        if HTML_PAGE():
            return HttpResponse("<!doctype html><title>登录</title><p>请先登录黑湖智造</p>")
        if request.method != "POST":
            return JsonResponse({"code": 405, "message": "Method Not Allowed"}, status=405)
        try:
            return view(request)
        except Refused as problem:
            return refusal(problem)

    return served


def endpoint(op: str | Callable[[Body], str]) -> Callable:
    """Decorate ``view(body) -> data``: one route call. ``op`` names it for the fault switches."""

    def decorate(view: Callable[[Body], Any]) -> Callable[[HttpRequest], HttpResponse]:
        @guarded
        @functools.wraps(view)
        def served(request: HttpRequest) -> HttpResponse:
            body = _opened(request)
            name = op if isinstance(op, str) else op(body)
            return faults.operation(SYSTEM, name)(lambda _: success(view(body)))(request)

        return served

    return decorate
