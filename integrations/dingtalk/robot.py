"""Alerts to a DingTalk group by its custom robot (vendor: "自定义机器人接入", "自定义机器人安全设置", 加签)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.alerts import register_sender
from core.connectors.http import Answer, Call, HttpClient
from core.connectors.target import Target
from core.errors import B1FlowError, ConfigurationError, DocumentRejected
from core.models import AlertChannel
from integrations.dingtalk import errors

KIND = "dingtalk_robot"
SECONDS = 10.0
LONGEST = 5000  # characters of a message; DingTalk takes 20 000 bytes
WRONG_SETTING = "310000"


class Robot(HttpClient):
    """One robot. ``path``: of its webhook; secrets of the target: ``access_token``, ``secret``."""

    system = "DingTalk robot"
    needs_login = False

    def __init__(self, target: Target, path: str) -> None:
        super().__init__(target)
        self.path = path

    def say(self, text: str) -> None:
        """One message to the group. Raises what went wrong; the webhook's token is never part of the words."""
        secrets = self.target.secrets
        params = {"access_token": secrets["access_token"]}
        if secrets.get("secret"):
            timestamp = str(int(time.time() * 1000))
            params |= {"timestamp": timestamp, "sign": sign(secrets["secret"], timestamp)}
        body = {"msgtype": "text", "text": {"content": text[:LONGEST]}}
        self.call("POST", self.path, params=params, json=body, auth=False, timeout=SECONDS, name="robot")

    def check(self, call: Call, answer: Answer) -> None:
        super().check(call, answer)
        body = self.parsed(answer, safe=True)
        code = str(body.get("errcode", "")) if isinstance(body, dict) else ""
        if code == "0":
            return
        text = str(body.get("errmsg") or "")[: errors.SHOWN] if isinstance(body, dict) else ""
        if code == WRONG_SETTING:
            hint = _("the robot's security setting: signing secret, keyword or address")
            raise ConfigurationError(f"DingTalk robot: {text} ({hint})", code=code)
        raise DocumentRejected(f"DingTalk robot: {text}", code=code)


def sign(secret: str, timestamp: str) -> str:
    """base64 of HMAC-SHA256 over ``timestamp\\nsecret``; the caller percent-encodes it."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def robot_of(address: str, secret: str) -> Robot:
    """From the webhook that the group's robot settings show. Raises ConfigurationError."""
    parts = urlsplit(address.strip())
    token = dict(parse_qsl(parts.query)).get("access_token", "")
    if not token:
        raise ConfigurationError(_("The robot's address must contain access_token: copy the whole webhook."))
    secrets = {"access_token": token, "secret": secret.strip()}
    return Robot(Target(None, None, KIND, "robot", f"{parts.scheme}://{parts.netloc}", {}, secrets), parts.path)


@register_sender(KIND, gettext_lazy("DingTalk robot"))
def send(channel: AlertChannel, text: str) -> None:
    """``channel.target``: the webhook; ``channel.secret``: the signing secret (加签), where the robot has one."""
    target: Any = channel.target
    try:
        robot_of(str(target), str(channel.secret or "")).say(text)
    except B1FlowError as error:
        raise type(error)(str(error).replace(str(target), "…"), code="") from None
