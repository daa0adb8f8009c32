"""WeCom on the wire (``responses``), recorded answers in fixtures/, and a connection to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import responses

from core.connectors.target import Target
from integrations.wecom.client import WeComClient
from integrations.wecom.connector import WeCom
from integrations.wecom.template import Template

FIXTURES = Path(__file__).with_name("fixtures")
BASE = "http://127.0.0.1:9/wecom"
API = f"{BASE}/cgi-bin/"
SECRET = "wecom-secret-of-the-tests-000000000001"
TAIL = ", hint: [1767225600_123_0a1b2c], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e="


def recorded(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def target(**changes: Any) -> Target:
    """A connection's target; settings and secrets by name."""
    given = {"corp_id": "ww0a1b2c3d4e5f6071", "agent_id": "1000002", **changes}
    secrets = {"corp_secret": given.pop("corp_secret", SECRET)}
    settings, secrets = WeCom.clean(given, secrets)
    return Target(1, 1, "wecom.oa", "WeCom", BASE, settings, secrets)


def client(**changes: Any) -> WeComClient:
    """A client that meets no block of an earlier test."""
    WeComClient._blocked.clear()
    return WeComClient(target(**changes))


def issue_token(token: str = "token-1", **more: Any) -> None:
    responses.get(
        f"{API}gettoken", json={"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200, **more}
    )


def answer(name: str, **fields: Any) -> responses.BaseResponse:
    """POST ``name`` is answered with success and these fields."""
    return responses.post(API + name, json={"errcode": 0, "errmsg": "ok", **fields})


def refuse(name: str, code: int, text: str = "words") -> responses.BaseResponse:
    """POST ``name`` is refused as the vendor words it."""
    return responses.post(API + name, json={"errcode": code, "errmsg": f"{text}{TAIL}{code}"})


def template(name: str = "template") -> Template:
    return Template.of("T1", recorded(name))


def sent(number: int = -1) -> Any:
    """The JSON of a call."""
    return json.loads(responses.calls[number].request.body)
