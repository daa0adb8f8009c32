"""A caller of the pretended DingTalk, for its tests."""

from __future__ import annotations

import json
from typing import Any

import requests

from tests.sandbox.json_receiver import wait_until
from tests.sandbox.served import Served

HEADER = "x-acs-dingtalk-access-token"
LINES = [[{"name": "品号", "value": "A1"}, {"name": "需求数量", "value": "5"}, {"name": "品名", "value": "螺丝"}]]
FORM = {
    "请购人员": "张三",
    "单据日期": "2026-11-24",
    "来源单号": "51",
    "请购明细": json.dumps(LINES, ensure_ascii=False),
}


class Caller:
    """Knows the demo's credentials; holds a token."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.base = f"{served.url}/dingtalk"
        self.keys = served.get("/dingtalk/keys")
        self.token = self.login().json()["accessToken"]

    def login(self, **changed: str) -> requests.Response:
        body = {"appKey": self.keys["app_key"], "appSecret": self.keys["app_secret"], **changed}
        return requests.post(f"{self.base}/v1.0/oauth2/accessToken", json=body, timeout=20)

    def api(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        """A call of the new host."""
        address = f"{self.base}/v1.0/workflow/{path}"
        return requests.request(method, address, json=body, params=params, headers={HEADER: self.token}, timeout=20)

    def old(self, path: str, body: Any, token: str | None = None) -> dict[str, Any]:
        """A call of the old host."""
        params = {"access_token": self.token if token is None else token}
        return requests.post(f"{self.base}/{path}", json=body, params=params, timeout=20).json()

    def body(self, values: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        form = {**FORM, **(values or {})}
        return {
            "originatorUserId": "manager0001",
            "processCode": self.keys["process_codes"]["采购申请"],
            "deptId": -1,
            "formComponentValues": [{"name": name, "value": value} for name, value in form.items()],
            **more,
        }

    def create(self, values: dict[str, Any] | None = None, **more: Any) -> requests.Response:
        return self.api("POST", "processInstances", self.body(values, **more))

    def made(self, values: dict[str, Any] | None = None, **more: Any) -> str:
        """The id of a new instance."""
        answer = self.create(values, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()["instanceId"]

    def detail(self, number: str) -> dict[str, Any]:
        return self.api("GET", "processInstances", processInstanceId=number).json()["result"]

    def act(self, do: str, number: str = "", **fields: Any) -> dict[str, Any]:
        return self.served.post("/dingtalk/act", {"do": do, "instanceId": number, **fields})

    def change(self, **switches: Any) -> dict[str, Any]:
        return self.served.post("/dingtalk/settings", switches)


def settled(caller: Caller) -> list[dict[str, Any]]:
    """All pushes, once none waits any more."""

    def look() -> Any:
        found = caller.served.get("/dingtalk/pushes")["pushes"]
        return found if found and all(p["state"] != "waiting" for p in found) else None

    return wait_until(look)
