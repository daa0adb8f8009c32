"""regist, applytoken, and the check of appid + token + userid before every other call (protocol A2-A4)."""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from sandbox import faults, store
from sandbox import switches as control
from sandbox.ecology import keys
from sandbox.ecology.switches import SWITCHES, SYSTEM

LOGIN_PAGE = "<!doctype html><html><head><title>用户登录</title></head><body>请登录</body></html>"
WRONG_USER = "0"  # whom a re-used cookie makes the caller


def _failure(message: str) -> JsonResponse:
    return JsonResponse({"msg": message, "code": -1, "msgShowType": "none", "status": False})


@require_POST
@faults.operation(SYSTEM, "regist")
def regist(request: HttpRequest) -> HttpResponse:
    """Secret and public key for an appid that the administrator entered."""
    appid = request.headers.get("appid", "")
    try:
        known = keys.renew(appid) if SWITCHES["rotate_on_regist"] else keys.licence(appid)
    except store.Missing:
        message = f"注册失败没有在找到正确的APPID:{appid}"
        body = {"msg": "ok", "errcode": "1", "code": 0, "msgShowType": "none", "errmsg": message, "status": False}
        return JsonResponse(body)
    answer = {"msg": "ok", "errcode": "0", "code": 0, "msgShowType": "none", "errmsg": "ok", "status": True}
    return JsonResponse({**answer, "secrit": known["secret"], "spk": keys.spk(known["pem"])})


@require_POST
@faults.operation(SYSTEM, "login")
def applytoken(request: HttpRequest) -> HttpResponse:
    """A token for appid and the secret encrypted with the OA's public key."""
    appid = request.headers.get("appid", "")
    try:
        known = keys.licence(appid)
        secret = keys.decrypt(known["pem"], request.headers.get("secret", ""))
    except store.Missing:
        return _failure("认证信息错误！")
    except keys.Undecryptable:
        return _failure("secret解密失败,请检查加密内容.")
    if secret != known["secret"]:
        return _failure("认证信息错误！")
    token = _issue(appid, request.headers.get("time", ""))
    answer = JsonResponse({"msg": "获取成功!", "code": 0, "msgShowType": "none", "status": True, "token": token})
    answer.set_cookie("ecology_JSessionid", uuid.uuid4().hex)
    return answer


def _issue(appid: str, wanted: str) -> str:
    seconds = int(wanted) if wanted.isdigit() else 1800
    token = str(uuid.uuid4())
    store.put(SYSTEM, "token", token, {"appid": appid, "until": time.time() + seconds})
    store.effect(SYSTEM, "login", token, appid)
    return token


@control.button(SYSTEM, "expire_tokens", "令牌全部失效")
def expire_tokens() -> None:
    """Every token is gone, as after a restart of the OA."""
    for key, _, _ in list(store.rows(SYSTEM, "token")):
        store.delete(SYSTEM, "token", key)


def token_problem(request: HttpRequest) -> HttpResponse | None:
    """The vendor's answer to a token that is not (or no longer) good; None when it is."""
    token = request.headers.get("token", "")
    try:
        known = store.get(SYSTEM, "token", token)
    except store.Missing:
        known = {"appid": "", "until": 0}
    if known["until"] > time.time() and known["appid"] == request.headers.get("appid"):
        return None
    if SWITCHES["session_timeout_text"]:
        return JsonResponse({"msg": "登录信息超时", "errorCode": "002", "status": False})
    return _failure(f"token不存在或者超时：{token}")


def _user(request: HttpRequest) -> str:
    """The OA user the call runs as. Raises Undecryptable and store.Missing.

    A cookie makes e-cology skip the authentication and act as whoever the session belongs to.
    """
    if request.headers.get("cookie"):
        store.effect(SYSTEM, "cookie_sent", request.path)
        return WRONG_USER
    pem = keys.licence(request.headers.get("appid", ""))["pem"]
    return keys.decrypt(pem, request.headers.get("userid", ""))


def _trouble() -> HttpResponse | None:
    """The switches that spoil every call."""
    time.sleep(SWITCHES["delay_ms"] / 1000)
    return HttpResponse(LOGIN_PAGE) if SWITCHES["login_page"] else None


def spoilable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view that the switches delay_ms and login_page reach."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, **parts: Any) -> HttpResponse:
        return _trouble() or view(request, **parts)

    return guarded


def authenticated(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view ``(request, user)``: it runs only for a good appid, token and userid."""

    @spoilable
    @functools.wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        problem = token_problem(request)
        if problem:
            return problem
        try:
            user = _user(request)
        except (keys.Undecryptable, store.Missing):
            return _failure("userid解密失败,请检查加密内容.")
        person = _person(user)
        if person.get("locked"):
            return _failure("该账号存在异常,单点登录失败")
        return view(request, user)

    return checked


def _person(user: str) -> dict:
    try:
        return store.get(SYSTEM, "person", user)
    except store.Missing:
        return {}
