"""Alerts to a group by its custom robot."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from core import alerts
from core.models import AlertChannel, Tenant
from integrations.dingtalk.robot import KIND, sign

pytestmark = pytest.mark.django_db
HOOK = "https://oapi.dingtalk.com/robot/send?access_token=robot-token-0123"


def channel(target: str = HOOK, secret: str = "SECabc") -> AlertChannel:
    tenant = Tenant.objects.create(slug="acme", name="示例")
    return AlertChannel.objects.create(tenant=tenant, name="群", kind=KIND, target=target, secret=secret)


def test_the_signature_of_the_vendors_recipe() -> None:
    """Computed with openssl: printf '%s\\n%s' TIMESTAMP SECRET | openssl dgst -sha256 -hmac SECRET -binary | base64"""
    assert sign("SECabc", "1767225600123") == "R8yA3cL3zSjTqIEDDP8OFe/y/eOSi6EDKXVbmjKT3iw="


@responses.activate
def test_a_signed_message() -> None:
    responses.add(responses.POST, "https://oapi.dingtalk.com/robot/send", json={"errcode": 0, "errmsg": "ok"})
    assert alerts.send(channel(), "流程失败") == ""
    request = responses.calls[0].request
    query = parse_qs(urlsplit(request.url).query)
    assert query["access_token"] == ["robot-token-0123"]
    assert query["sign"] == [sign("SECabc", query["timestamp"][0])]
    assert json.loads(request.body) == {"msgtype": "text", "text": {"content": "流程失败"}}


@responses.activate
def test_without_a_secret_nothing_is_signed() -> None:
    responses.add(responses.POST, "https://oapi.dingtalk.com/robot/send", json={"errcode": 0})
    assert alerts.send(channel(secret=""), "x") == ""
    assert "sign" not in responses.calls[0].request.url


@responses.activate
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errcode": 310000, "errmsg": "sign not match"}, "sign not match"),
        ({"errcode": 300001, "errmsg": "token is not exist"}, "token is not exist"),
        ([], "DocumentRejected"),
    ],
)
def test_a_refusal_is_noted_without_the_token(body: object, words: str) -> None:
    responses.add(responses.POST, "https://oapi.dingtalk.com/robot/send", json=body)
    error = alerts.send(channel(), "x")
    assert words in error
    assert "robot-token" not in error


@pytest.mark.parametrize("target", ["", "https://oapi.dingtalk.com/robot/send", "file:///etc/passwd?access_token=x"])
def test_a_wrong_address(target: str) -> None:
    assert alerts.send(channel(target), "x")


def test_it_can_be_chosen() -> None:
    assert KIND in dict(alerts.sender_choices())
