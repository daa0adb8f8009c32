"""Answers, errcodes with their tail, and what every call is checked for first (protocol 2.1, section 5)."""

from __future__ import annotations

import functools
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox import faults
from sandbox.wecom import limits, tokens
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.switches import APP_DISABLED, DENIED, FORCED, RATE, TRUSTED_IPS

Body = dict[str, Any]
PER_MINUTE = 10_000  # of the APIs that have no limit of their own

TEXTS = {
    -1: "system busy",
    40001: "invalid credential",
    40004: "invalid media file type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40058: "invalid Request Parameter",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    45009: "api freq out of limit",
    45011: "api freq out of limit",
    45033: "api concurrent out of limit",
    47001: "data format error",
    48002: "api forbidden",
    50003: "app is disabled",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    60123: "department not found",
    301025: "get approval param error",
    301026: "get template data error",
    301055: "no approval auth",
    301056: "approval app is disabled",
    301057: "submit approval failed",
}


class Refused(Exception):
    """An errcode; ``text`` where the vendor says more than the code's own words."""

    def __init__(self, errcode: int, text: str = "") -> None:
        self.errcode, self.text = errcode, text or TEXTS.get(errcode, "error")
        super().__init__(self.text)


def success(fields: Body) -> HttpResponse:
    """errcode 0 with the fields."""
    return _answer(0, "ok", fields)


def refusal(problem: Refused, address: str) -> HttpResponse:
    """The real texts carry a tail that differs each time: nobody may compare them."""
    hint = f"{int(time.time())}_{secrets.randbelow(1000):03d}_{secrets.token_hex(16)}"
    more = f"more info at https://open.work.weixin.qq.com/devtool/query?e={problem.errcode}"
    return _answer(problem.errcode, f"{problem.text}, hint: [{hint}], from ip: {address}, {more}", {})


def _answer(errcode: int, errmsg: str, fields: Body) -> HttpResponse:
    response = JsonResponse({"errcode": errcode, "errmsg": errmsg, **fields}, json_dumps_params={"ensure_ascii": False})
    response["error-code"] = str(errcode)
    response["error-msg"] = errmsg.encode("ascii", "replace").decode()
    return response


def _named(text: str) -> set[str]:
    return {part.strip() for part in text.split(",") if part.strip()}


def _admitted(request: HttpRequest, name: str, limited: bool) -> None:
    """Token, address, permission, rate: in the vendor's order. Raises Refused."""
    check_token(request.GET.get("access_token", ""))
    address = request.META["REMOTE_ADDR"]
    if TRUSTED_IPS() and address not in _named(TRUSTED_IPS()):
        raise Refused(60020)
    if APP_DISABLED():
        raise Refused(50003)
    if name in _named(DENIED()):
        raise Refused(48002)
    if limits.exceeded(name, RATE() if limited else PER_MINUTE):
        raise Refused(45009)
    if FORCED():
        raise Refused(FORCED())


def check_token(token: str) -> None:
    """Raises Refused for a token that is missing, unknown or expired."""
    if not token:
        raise Refused(41001)
    left = tokens.seconds_left(token)
    if left is None:
        raise Refused(40014)
    if left <= 0:
        raise Refused(42001)


def read_json(request: HttpRequest) -> Body:
    """The request's object; raises Refused."""
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refused(47001) from None
    if not isinstance(body, dict):
        raise Refused(47001)
    return body


def open_to_all(method: str) -> Callable:
    """Decorate ``view(request) -> fields``: no token is asked for; Refused becomes an answer."""

    def decorate(view: Callable[[HttpRequest], Body]) -> Callable[[HttpRequest], HttpResponse]:
        @functools.wraps(view)
        def served(request: HttpRequest) -> HttpResponse:
            try:
                if request.method != method:
                    raise Refused(43001 if method == "GET" else 43002)
                answer = view(request)
            except Refused as problem:
                return refusal(problem, request.META["REMOTE_ADDR"])
            return answer if isinstance(answer, HttpResponse) else success(answer)

        return served

    return decorate


def api(method: str, op: str, limited: bool = False, multipart: bool = False) -> Callable:
    """Decorate ``view(body) -> fields``: one call with a token. ``op`` names it for the fault switches,
    ``limited`` are those with 600 calls a minute; a GET's body is its query; ``multipart`` hands over the request.
    """

    def decorate(view: Callable[[Any], Body]) -> Callable[[HttpRequest], HttpResponse]:
        @open_to_all(method)
        @functools.wraps(view)
        def served(request: HttpRequest) -> HttpResponse:
            _admitted(request, request.path.rsplit("/", 1)[-1], limited)
            body = request if multipart else (request.GET.dict() if method == "GET" else read_json(request))
            return faults.operation(SYSTEM, op)(lambda _: success(view(body)))(request)

        return served

    return decorate
