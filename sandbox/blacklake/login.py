"""Both generations of the vendor's login (protocol B2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox import faults, store
from sandbox.blacklake import tokens
from sandbox.blacklake.switches import APP_KEY, APP_SECRET, FACTORY_NUMBER, SYSTEM, TOKEN_SECONDS
from sandbox.blacklake.wire import Body, Refused, guarded, read_json, success
from sandbox.switches import Switch

ACCOUNT: dict[str, Any] = {
    "terminal": 5,
    "username": "jiekou001",
    "code": "jiekou001",
    "name": "接口账号001",
    "phone": None,
    "email": None,
    "desc": None,
    "avatarUrl": None,
    "attachments": None,
}


def _check(body: Body, right: dict[str, Switch]) -> None:
    """Compare the request's fields with the tenant's. Raises Refused."""
    for field in right:
        if not isinstance(body.get(field), str) or not body[field]:
            raise Refused(f"{field}不能为空", "USER-DOMAIN/PARAM_INVALID", 400100)
    if any(body[field] != switch() for field, switch in right.items()):
        raise Refused("appKey、appSecret或工厂号错误", "USER-DOMAIN/APP_AUTH_FAIL", 400151)


def _signed_in(body: Body, right: dict[str, Switch]) -> str:
    _check(body, right)
    token = tokens.issue(TOKEN_SECONDS())
    store.effect(SYSTEM, "login", token[-16:], body["appKey"])
    return token


@guarded
@faults.operation(SYSTEM, "login")
def refresh_token(request: HttpRequest) -> HttpResponse:
    """First generation, the seed's: appKey + appSecret + factoryNumber -> data.token."""
    right = {"appKey": APP_KEY, "appSecret": APP_SECRET, "factoryNumber": FACTORY_NUMBER}
    return success({"token": _signed_in(read_json(request), right), **ACCOUNT})


@guarded
@faults.operation(SYSTEM, "login")
def get_access_token(request: HttpRequest) -> HttpResponse:
    """Second generation: appKey + appSecret -> data.{appAccessToken, expire}."""
    token = _signed_in(read_json(request), {"appKey": APP_KEY, "appSecret": APP_SECRET})
    return success({"appAccessToken": token, "expire": TOKEN_SECONDS()})
