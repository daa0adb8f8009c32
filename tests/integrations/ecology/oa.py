"""An OA on the wire (``responses``), the recorded answers in fixtures/, and a connection to it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from core.connectors.target import Target
from integrations.ecology.connector import Ecology

FIXTURES = Path(__file__).with_name("fixtures")
BASE = "http://127.0.0.1:9/ecology"
TOKEN = f"{BASE}/api/ec/dev/auth/applytoken"
SERVICE = f"{BASE}/api/workflow/paService/"
CUBE = f"{BASE}/api/cube/restful/interface/"
PRIVATE = rsa.generate_private_key(65537, 2048)
SECRET = "b4f02d6c-0000-4b0f-9a3e-000000000000"


def spk(key: rsa.RSAPrivateKey = PRIVATE) -> str:
    encoding = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(*encoding)).decode()


def decrypted(text: str) -> str:
    return PRIVATE.decrypt(base64.b64decode(text, validate=True), padding.PKCS1v15()).decode()


def recorded(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def target(**changes: Any) -> Target:
    """A connection's target; settings and secrets by name."""
    given = {"appid": "EEAA5436", "userid": "2978", "systemid": "SYS01", **changes}
    secrets = {"secret": SECRET, "spk": spk(), "password": "PWD01"}
    secrets |= {name: given.pop(name) for name in list(given) if name in secrets}
    settings, secrets = Ecology.clean(given, secrets)
    return Target(1, 1, "ecology.oa", "OA", BASE, settings, secrets)


def answer(name: str, url: str, *, method: str = "POST", **options: Any) -> responses.BaseResponse:
    """The OA answers ``url`` with a recorded body."""
    return responses.add(method, url, json=recorded(name), **options)


def issue_token() -> responses.BaseResponse:
    return answer("token_issued", TOKEN)


def form(call: responses.Call) -> dict[str, Any]:
    """The form fields of a request; JSON in them is opened."""
    found = {}
    for name, values in parse_qs(call.request.body, keep_blank_values=True).items():
        try:
            found[name] = json.loads(values[0])
        except ValueError:
            found[name] = values[0]
    return found
