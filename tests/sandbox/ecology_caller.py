"""A caller of the pretended e-cology, for its tests."""

from __future__ import annotations

import base64
import json
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.sandbox.json_receiver import free_port

PORT = free_port()
BASE = f"http://127.0.0.1:{PORT}/ecology"
CONTROL = f"http://127.0.0.1:{PORT}/_control"
PA = "/api/workflow/paService/"
TABLE = "formtable_main_1356_dt1"


def public_key(spk: str) -> RSAPublicKey:
    key = load_der_public_key(base64.b64decode(spk))
    assert isinstance(key, RSAPublicKey)
    return key


def encrypted(spk: str, text: str) -> str:
    return base64.b64encode(public_key(spk).encrypt(text.encode(), padding.PKCS1v15())).decode()


def licence() -> dict[str, str]:
    return requests.get(f"{BASE}/keys", timeout=10).json()


def apply(keys: dict[str, str], **headers: str) -> dict[str, Any]:
    sent = {"appid": keys["appid"], "secret": encrypted(keys["spk"], keys["secret"]), **headers}
    return requests.post(f"{BASE}/api/ec/dev/auth/applytoken", headers=sent, timeout=10).json()


class Client:
    """A caller of paService as OA user ``user``."""

    def __init__(self, user: str = "1") -> None:
        keys = licence()
        token = apply(keys, time="1800")["token"]
        self.headers = {"appid": keys["appid"], "token": token, "userid": encrypted(keys["spk"], user)}

    def get(self, name: str, **params: Any) -> Any:
        return requests.get(BASE + PA + name, params=params, headers=self.headers, timeout=10).json()

    def post(self, name: str, **form: Any) -> Any:
        data = {k: v if isinstance(v, str) else json.dumps(v) for k, v in form.items()}
        return requests.post(BASE + PA + name, data=data, headers=self.headers, timeout=10).json()

    def create(self, title: str = "采购申请 51", main: dict[str, Any] | None = None, **form: Any) -> Any:
        values = {"djbh": "51", "sqr": "manager", "djrq": "2026-11-24", **(main or {})}
        fields = [{"fieldName": name, "fieldValue": value} for name, value in values.items()]
        return self.post("doCreateRequest", workflowId="781", requestName=title, mainData=fields, **form)


def lines(*codes: str) -> list[dict[str, Any]]:
    rows = [[{"fieldName": "wlbm", "fieldValue": code}, {"fieldName": "sl", "fieldValue": "2"}] for code in codes]
    records = [{"recordOrder": 0, "workflowRequestTableFields": row} for row in rows]
    return [{"tableDBName": TABLE, "workflowRequestTableRecords": records}]


def change(**switches: Any) -> requests.Response:
    return requests.post(f"{BASE}/settings", json=switches, timeout=10)


def effects(op: str) -> list[dict[str, Any]]:
    return requests.get(f"{CONTROL}/effects", params={"system": "ecology", "op": op}, timeout=10).json()["effects"]
