"""Both generations of the vendor's login (protocol B2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox import faults, store
from sandbox.blacklake import tokens
from sandbox.blacklake.switches import SWITCHES, SYSTEM
from sandbox.blacklake.wire import Body, Refused, guarded, read_json, success

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


def _check(body: Body, names: dict[str, str]) -> dict[str, Any]:
    """Compare the request's fields with the tenant's; ``names``: field -> switch. Raises Refused."""
    switches = SWITCHES.all()
    for field in names:
        if not isinstance(body.get(field), str) or not body[field]:
            raise Refused(f"{field}不能为空", "USER-DOMAIN/PARAM_INVALID", 400100)
    if any(body[field] != switches[switch] for field, switch in names.items()):
        raise Refused("appKey、appSecret或工厂号错误", "USER-DOMAIN/APP_AUTH_FAIL", 400151)
    return switches


def _signed_in(body: Body, names: dict[str, str]) -> tuple[str, int]:
    switches = _check(body, names)
    token = tokens.issue(switches["token_seconds"])
    store.effect(SYSTEM, "login", token[-16:], body["appKey"])
    return token, switches["token_seconds"]


@guarded
@faults.operation(SYSTEM, "login")
def refresh_token(request: HttpRequest) -> HttpResponse:
    """First generation, the seed's: appKey + appSecret + factoryNumber -> data.token."""
    names = {"appKey": "app_key", "appSecret": "app_secret", "factoryNumber": "factory_number"}
    token, _ = _signed_in(read_json(request), names)
    return success({"token": token, **ACCOUNT})


@guarded
@faults.operation(SYSTEM, "login")
def get_access_token(request: HttpRequest) -> HttpResponse:
    """Second generation: appKey + appSecret -> data.{appAccessToken, expire}."""
    token, seconds = _signed_in(read_json(request), {"appKey": "app_key", "appSecret": "app_secret"})
    return success({"appAccessToken": token, "expire": seconds})
