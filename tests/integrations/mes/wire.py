"""A MES on the wire (``responses``) and a connection to it. Envelopes as protocol B3 shows them."""

from __future__ import annotations

import json
from typing import Any

import responses

from core.connectors.target import Target
from integrations.mes.client import BlacklakeClient
from integrations.mes.connector import Blacklake
from integrations.mes.endpoints import PATHS

BASE = "http://127.0.0.1:9/blacklake"
SECRET = "0123456789-secret"


def target(**changes: Any) -> Target:
    """A connection's target; settings and secrets by name."""
    given = {"factory_number": "34133123", "app_key": "cli_1734569511470", "app_secret": SECRET, **changes}
    secrets = {name: given.pop(name) for name in ("app_key", "app_secret")}
    settings, secrets = Blacklake.clean(given, secrets)
    return Target(1, 1, "mes.blacklake", "MES", BASE, settings, secrets)


def client(**changes: Any) -> BlacklakeClient:
    return BlacklakeClient(target(**changes))


def envelope(data: Any = None, **changes: Any) -> dict[str, Any]:
    """An answer; a success unless ``changes`` say otherwise."""
    permission = {"encoding": None, "noAccess": [], "readonly": []}
    body = {"code": 200, "data": data, "subCode": None, "message": "成功", "needCheck": None}
    return {**body, "fieldPermission": permission, **changes}


def answers(name: str, *bodies: Any, **options: Any) -> None:
    """What a call is answered, one after the other; dicts as they are, others as ``data``."""
    for body in bodies:
        whole = body if isinstance(body, dict) and "code" in body else envelope(body)
        responses.add(responses.POST, f"{BASE}/{PATHS[name]}", json=whole, **options)


def signs_in(*tokens: str) -> None:
    """The login answers these tokens."""
    answers("login", *({"token": token, "username": "jiekou001", "name": "接口账号001"} for token in tokens or ("T1",)))


def sent(name: str) -> list[dict[str, Any]]:
    """Bodies of the calls that were made."""
    return [json.loads(c.request.body) for c in responses.calls if c.request.url.split("?")[0].endswith(PATHS[name])]
