"""Registering an appid: done once, usually by the OA's administrator (protocol A2)."""

from __future__ import annotations

from dataclasses import dataclass

from core.connectors.http import HttpClient
from core.errors import ConnectionBroken

PATH = "/api/ec/dev/auth/regist"


@dataclass(frozen=True)
class Registered:
    """Both are secrets of the connection."""

    secret: str
    spk: str


class Registration(HttpClient):
    """A caller that has no token yet."""

    system = "OA"
    needs_login = False

    def register(self, appid: str, public_key: str) -> Registered:
        """``status`` alone tells a success: a failure with code 0 exists. The vendor spells it ``secrit``."""
        body = self.post_json(PATH, headers={"appid": appid, "cpk": public_key})
        if not isinstance(body, dict) or body.get("status") is not True:
            text = body.get("errmsg") or body.get("msg") if isinstance(body, dict) else body
            raise ConnectionBroken(f"OA regist: {text}")
        secret = str(body.get("secrit") or body.get("secret") or "")
        if not (secret and body.get("spk")):
            raise ConnectionBroken("OA regist: the answer has no secret or no spk")
        return Registered(secret, str(body["spk"]))
