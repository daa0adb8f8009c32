"""What every call goes through: token, permission, address, rate limit; and how each host says no (protocol 1.1)."""

from __future__ import annotations

import collections
import functools
import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox import store
from sandbox.dingtalk.switches import SWITCHES, SYSTEM

FIREWALL = "<!doctype html><html><body><h1>405</h1>Sorry, your request has been blocked (x5).</body></html>"
JOURNAL: collections.deque[dict[str, Any]] = collections.deque(maxlen=300)
_calls: dict[str, collections.deque[float]] = collections.defaultdict(collections.deque)
_lock = threading.Lock()


class Refused(Exception):
    """Answer of the new API: HTTP status, code, message, and more keys."""

    def __init__(self, code: str, message: str, status: int = 400, **more: Any) -> None:
        super().__init__(code)
        self.code, self.message, self.status, self.more = code, message, status, more


class OldRefused(Exception):
    """Answer of the old API: HTTP 200 with errcode."""

    def __init__(self, errcode: int, errmsg: str, **more: Any) -> None:
        super().__init__(errmsg)
        self.errcode, self.errmsg, self.more = errcode, errmsg, more


def new_answer(body: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def _refusal(refused: Refused) -> JsonResponse:
    body = {"code": refused.code, "message": refused.message, "requestid": str(uuid.uuid4()).upper()}
    return new_answer({**body, **refused.more}, refused.status)


def old_answer(errcode: int = 0, errmsg: str = "ok", **more: Any) -> JsonResponse:
    return new_answer({"errcode": errcode, "errmsg": errmsg, "request_id": uuid.uuid4().hex[:16], **more})


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a new-API call; raises Refused."""
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refused("InvalidParameter", "请求参数不是合法的JSON") from None
    if not isinstance(body, dict):
        raise Refused("InvalidParameter", "请求参数不是合法的JSON")
    return body


def valid_token(token: str) -> bool:
    try:
        return store.get(SYSTEM, "token", token)["until"] > time.time()
    except store.Missing:
        return False


def _spoiled() -> HttpResponse | None:
    """The switches that reach every call, tokens too."""
    time.sleep(SWITCHES["delay_ms"] / 1000)
    return HttpResponse(FIREWALL, status=405) if SWITCHES.use_up("block_next") else None


def _check_token(request: HttpRequest) -> None:
    token = request.headers.get("x-acs-dingtalk-access-token")
    if token is None:
        message = "缺少参数：x-acs-dingtalk-access-token"
        raise Refused("AuthenticationFailed.MissingParameter", message)
    if not valid_token(token):
        raise Refused("InvalidAuthentication", "不合法的access_token")


def _check_permission(scope: str) -> None:
    if scope in SWITCHES["missing_scopes"]:
        message = f"应用尚未开通所需的权限：[{scope}]"
        code = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
        raise Refused(code, message, 403, accessdenieddetail={"requiredScopes": [scope]})
    if SWITCHES["address_refused"]:
        raise Refused("Forbidden.AccessDenied.IpNotInWhiteList", "访问ip不在白名单之中,request ip=127.0.0.1", 403)


def _check_rate(api: str) -> None:
    limit = int(SWITCHES["qps_limit"])
    if SWITCHES.use_up("qps_limit_next") or (limit and _too_many(api, limit)):
        raise Refused("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "请求的频率超过限制", 403)
    if SWITCHES.use_up("busy_next"):
        raise Refused("system.busy", "系统繁忙，请稍后再试", 429)
    if SWITCHES.use_up("timeout_next"):
        raise Refused("ServiceTimeout", "服务调用超时", 504)


def _too_many(api: str, limit: int) -> bool:
    now = time.monotonic()
    with _lock:
        calls = _calls[api]
        while calls and calls[0] < now - 1:
            calls.popleft()
        if len(calls) >= limit:
            return True
        calls.append(now)
        return False


def _noted(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    JOURNAL.append(
        {
            "method": request.method,
            "path": request.get_full_path(),
            "body": request.body.decode(errors="replace")[:4000],
            "status": response.status_code,
            "answer": response.content.decode(errors="replace")[:4000],
        }
    )
    return response


def open_api(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a call that needs no token: journal, block page, refusals of both kinds."""

    @functools.wraps(view)
    def called(request: HttpRequest, **parts: Any) -> HttpResponse:
        spoiled = _spoiled()
        if spoiled is not None:
            return spoiled
        try:
            return _noted(request, view(request, **parts))
        except Refused as refused:
            return _noted(request, _refusal(refused))
        except OldRefused as refused:
            return _noted(request, old_answer(refused.errcode, refused.errmsg, **refused.more))

    return called


def new_api(scope: str, *methods: str) -> Callable:
    """Decorate a call of api.dingtalk.com."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @open_api
        @functools.wraps(view)
        def called(request: HttpRequest, **parts: Any) -> HttpResponse:
            if request.method not in methods:
                return unknown_address(request)
            _check_token(request)
            _check_permission(scope)
            _check_rate(view.__name__)
            return view(request, **parts)

        return called

    return decorate


def _wrapped(sub_code: str, text: str) -> OldRefused:
    message = f"ding talk error[subcode={sub_code},submsg={text}]"
    return OldRefused(88, message, sub_code=sub_code, sub_msg=text)


def old_api(scope: str) -> Callable:
    """Decorate a call of oapi.dingtalk.com: token in the query, JSON or form body, HTTP 200 whatever happens."""

    def decorate(view: Callable[[dict[str, Any]], HttpResponse]) -> Callable[..., HttpResponse]:
        @open_api
        @functools.wraps(view)
        def called(request: HttpRequest) -> HttpResponse:
            token = request.GET.get("access_token", "")
            if not token:
                raise _wrapped("40000", "access_token is blank")
            if not valid_token(token):
                raise _wrapped("40014", "不合法的access_token")
            if scope in SWITCHES["missing_scopes"]:
                raise _wrapped("60011", f"没有调用该接口的权限，请申请权限：{scope}")
            if SWITCHES["address_refused"]:
                raise OldRefused(60020, "访问ip不在白名单之中")
            if SWITCHES.use_up("qps_limit_next"):
                raise OldRefused(90002, "您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了")
            if SWITCHES.use_up("busy_next"):
                raise OldRefused(-1, "系统繁忙")
            return view(_old_body(request))

        return called

    return decorate


def _old_body(request: HttpRequest) -> dict[str, Any]:
    if request.content_type == "application/json" and request.body:
        try:
            body = json.loads(request.body)
        except ValueError:
            raise OldRefused(43007, "请求体不是JSON") from None
        return body if isinstance(body, dict) else {}
    return {**request.GET.dict(), **request.POST.dict()}


def unknown_address(request: HttpRequest, **parts: Any) -> HttpResponse:
    """api.dingtalk.com answers 200 to what it does not know."""
    return new_answer({"errcode": 404, "errmsg": "请求的URI地址不存在"})


def unknown_method(request: HttpRequest, **parts: Any) -> HttpResponse:
    return old_answer(22, "不合法的请求方法")
