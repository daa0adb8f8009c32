"""Alerts into a WeCom group, by its robot (群机器人, page 91770)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.alerts import register_sender
from core.connectors.http import Answer, Call, HttpClient
from core.connectors.target import Target
from core.errors import ConfigurationError, DocumentRejected
from core.models import AlertChannel
from core.security.redaction import scrub

LONGEST = 2048  # bytes of UTF-8 that a robot takes as one text


class Robot(HttpClient):
    """A group robot. Its whole address is the secret; ``key`` is the part that must not show up anywhere."""

    system = "WeCom robot"
    needs_login = False

    def check(self, call: Call, answer: Answer) -> None:
        super().check(call, answer)
        body = self.parsed(answer, safe=True)
        code = body.get("errcode") if isinstance(body, dict) else None
        if code != 0:
            text = str(body.get("errmsg") if isinstance(body, dict) else body).split(", hint:")[0]
            raise DocumentRejected(f"{self.system}: {scrub(text, self.target.secret_values)}", code=code)


@register_sender("wecom_robot", gettext_lazy("WeCom group robot"))
def send(channel: AlertChannel, text: str) -> None:
    """Raises where the robot did not take it."""
    address = urlsplit(str(channel.target).strip())
    query = dict(parse_qsl(address.query))
    if address.scheme not in ("http", "https") or not query.get("key"):
        message = _("Enter the robot's whole webhook address: https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=...")
        raise ConfigurationError(message)
    target = Target(
        None,
        channel.tenant_id,
        "wecom.robot",
        base_url=f"{address.scheme}://{address.netloc}",
        secrets={"key": query["key"]},
    )
    body = {"msgtype": "text", "text": {"content": shortened(text)}}
    Robot(target).call("POST", address.path, params=query, json=body, safe=True)


def shortened(text: str) -> str:
    """At most LONGEST bytes, no character cut in two."""
    return text.encode("utf-8")[:LONGEST].decode("utf-8", "ignore")
