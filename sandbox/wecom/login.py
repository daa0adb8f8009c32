"""gettoken, and the addresses that events come from (protocol 2.1, 2.4)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from sandbox import faults, store
from sandbox.wecom import account, tokens
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.wire import Body, Refused, api, open_to_all, success


@open_to_all("GET")
@faults.operation(SYSTEM, "login")
def get_token(request: HttpRequest) -> HttpResponse:
    """corpid + corpsecret -> the token of that secret (protocol 2.1)."""
    corp, secret = request.GET.get("corpid", ""), request.GET.get("corpsecret", "")
    if not corp:
        raise Refused(41002)
    if not secret:
        raise Refused(41004)
    if corp != account.ACCOUNT.all()["corp_id"]:
        raise Refused(40013)
    if secret not in account.secrets():
        raise Refused(40001)
    token, left = tokens.issue(secret)
    store.effect(SYSTEM, "login", token[:16], account.secrets()[secret])
    return success({"access_token": token, "expires_in": left})


@api("GET", "find")
def callback_ips(_: Body) -> Body:
    """Where events come from: this machine."""
    return {"ip_list": ["127.0.0.1"]}


@api("GET", "read")
def agent(query: Body) -> Body:
    """The app whose token this is, with its visible range."""
    known = account.ACCOUNT.all()
    if query.get("agentid") != str(known["agent_id"]):
        raise Refused(40058, "invalid agentid")
    return {"agentid": int(known["agent_id"]), "name": "ERP集成", "close": 0, "allow_partys": {"partyid": [1]}}
