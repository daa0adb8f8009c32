"""App tokens, three ways to ask (protocol 1.1): the same one, renewed, while it is valid."""

from __future__ import annotations

import time
import uuid

from django.http import HttpRequest, HttpResponse

from sandbox import faults, store
from sandbox import switches as control
from sandbox.dingtalk import company
from sandbox.dingtalk.switches import SWITCHES, SYSTEM
from sandbox.dingtalk.wire import OldRefused, Refused, body_of, new_answer, old_answer, open_api


def _right(key: str, secret: str) -> bool:
    return (key, secret) == (company.APP_KEY, company.APP_SECRET)


def issue() -> str:
    """The app's token, valid for the full time from now."""
    until = time.time() + SWITCHES["token_seconds"]
    with store.LOCK:
        valid = [key for key, body, _ in store.rows(SYSTEM, "token") if body["until"] > time.time()]
        token = valid[0] if valid else uuid.uuid4().hex
        store.put(SYSTEM, "token", token, {"until": until})
    store.effect(SYSTEM, "login", token, company.APP_KEY)
    return token


@control.button(SYSTEM, "expire_tokens", "令牌全部失效")
def expire() -> None:
    """The vendor withdraws the token early."""
    for key, _, _ in list(store.rows(SYSTEM, "token")):
        store.delete(SYSTEM, "token", key)


@faults.operation(SYSTEM, "login")
@open_api
def access_token(request: HttpRequest) -> HttpResponse:
    """POST /v1.0/oauth2/accessToken {"appKey", "appSecret"} -> {"accessToken", "expireIn"}."""
    body = body_of(request)
    if not body.get("appKey") or not body.get("appSecret"):
        raise Refused("MissingParameter", "缺少参数 appKey或appSecret")
    if not _right(body["appKey"], body["appSecret"]):
        raise Refused("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
    return new_answer({"accessToken": issue(), "expireIn": SWITCHES["token_seconds"]})


@faults.operation(SYSTEM, "login")
@open_api
def unified_token(request: HttpRequest, corp_id: str) -> HttpResponse:
    """POST /v1.0/oauth2/{corpId}/token {"client_id", "client_secret", "grant_type"}."""
    body = body_of(request)
    if body.get("grant_type") != "client_credentials":
        raise Refused("unsupported.grant.type", "不支持的授权类型")
    if corp_id != company.CORP_ID or not _right(body.get("client_id", ""), body.get("client_secret", "")):
        raise Refused("invalid.client", "无效的client_id或者client_secret")
    return new_answer({"access_token": issue(), "expires_in": SWITCHES["token_seconds"]})


@faults.operation(SYSTEM, "login")
@open_api
def get_token(request: HttpRequest) -> HttpResponse:
    """GET /gettoken?appkey=&appsecret= (old)."""
    key, secret = request.GET.get("appkey", ""), request.GET.get("appsecret", "")
    if not key or not secret:
        raise OldRefused(40035, "缺少参数 corpid or appkey")
    if not _right(key, secret):
        raise OldRefused(40096, "不合法的appKey或appSecret")
    return old_answer(access_token=issue(), expires_in=SWITCHES["token_seconds"])
