"""A callback router in the database, and calls to it as the vendor makes them (sealed by the sandbox's own code)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.test import Client

from core.models import FlowInstance, Tenant
from sandbox.wecom import crypto

KEY = "0123456789abcdef0123456789abcdef"
URL = f"/wecom/{KEY}/"
CORP = "ww0a1b2c3d4e5f6071"
TOKEN = "wecomTokenTest01"
AES_KEY = "Gm3Zr8Kx1Yt6Qb4Lw9Hd2Sv7Jc5Np0Fa8Ue3Ri6Tk4A"
TEMPLATE = "C4RbQ7mPurchaseRequest0001demoTemplateId9v"


def make_router(**settings: Any) -> FlowInstance:
    """An enabled wecom.receive_events flow with its connection."""
    tenant = Tenant.objects.create(slug="acme", name="acme")
    connection = tenant.connections.create(
        name="企业微信",
        connector="wecom.oa",
        base_url="http://127.0.0.1:9/wecom",
        settings={"corp_id": CORP, **settings},
        secrets={"corp_secret": "s" * 20, "callback_token": TOKEN, "callback_aes_key": AES_KEY},
    )
    flow = FlowInstance.objects.create(
        tenant=tenant, name="回调", flow_type="wecom.receive_events", enabled=True, endpoint_key=KEY
    )
    flow.bindings.create(slot="oa", connection=connection)
    return flow


def change(sp_no: str = "202601010001", status: int = 2, event: int = 2, **more: Any) -> str:
    """The plaintext of a sys_approval_change."""
    parts = {
        "time": 1767229501,
        "template": TEMPLATE,
        "records": "",
        "sp_no_str": f"<SpNoStr>{sp_no}</SpNoStr>",
        **more,
    }
    info = (
        f"{parts['sp_no_str']}<SpNo>{sp_no}</SpNo><SpStatus>{status}</SpStatus>"
        f"<TemplateId><![CDATA[{parts['template']}]]></TemplateId>{parts['records']}"
        f"<StatuChangeEvent>{event}</StatuChangeEvent>"
    )
    return (
        f"<xml><ToUserName>{CORP}</ToUserName><FromUserName>sys</FromUserName><CreateTime>{parts['time']}</CreateTime>"
        f"<MsgType>event</MsgType><Event>sys_approval_change</Event><AgentID>3010040</AgentID>"
        f"<ApprovalInfo>{info}</ApprovalInfo></xml>"
    )


def query(
    encrypted: str, *, token: str = TOKEN, timestamp: str = "1767229501", nonce: str = "n1", **spoilt: str
) -> str:
    """The query of a call, percent-encoded."""
    signature = crypto.signature(token, timestamp, nonce, encrypted)
    parts = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce, **spoilt}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parts.items())


def envelope(encrypted: str) -> str:
    about = f"<ToUserName>{CORP}</ToUserName><AgentID>3010040</AgentID>"
    return f"<xml>{about}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"


def post(text: str, *, aes_key: str = AES_KEY, corp: str = CORP, **options: str) -> HttpResponse:
    """A sealed event."""
    encrypted = crypto.seal(aes_key, corp, text)
    return post_raw(envelope(encrypted), query(encrypted, **options))


def post_raw(body: str | bytes, query_string: str = "msg_signature=a&timestamp=1&nonce=1") -> HttpResponse:
    """Any body."""
    return Client().generic("POST", URL, body, content_type="text/xml", QUERY_STRING=query_string)


def get(query_string: str) -> HttpResponse:
    return Client().generic("GET", URL, QUERY_STRING=query_string)
