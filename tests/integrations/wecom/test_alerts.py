"""The group robot."""

from __future__ import annotations

import json

import pytest
import requests
import responses

from core.alerts import send as send_by_kind
from core.alerts import sender_choices
from core.models import AlertChannel, Tenant
from integrations.wecom.alerts import shortened

pytestmark = pytest.mark.django_db
KEY = "693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"
URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"


def channel(target: str = f"{URL}?key={KEY}") -> AlertChannel:
    tenant = Tenant.objects.create(slug="acme", name="acme")
    return AlertChannel.objects.create(tenant=tenant, name="群", kind="wecom_robot", target=target)


def test_it_is_offered() -> None:
    assert "wecom_robot" in dict(sender_choices())


@responses.activate
def test_a_text_goes_to_the_group() -> None:
    responses.post(URL, json={"errcode": 0, "errmsg": "ok"})
    assert send_by_kind(channel(), "流 采购申请 失败") == ""
    assert responses.calls[0].request.params == {"key": KEY}
    assert json.loads(responses.calls[0].request.body) == {"msgtype": "text", "text": {"content": "流 采购申请 失败"}}


@responses.activate
def test_a_refusal_is_noted_in_words_without_the_key() -> None:
    responses.post(URL, json={"errcode": 93000, "errmsg": f"invalid webhook url {KEY}, hint: [1]"})
    error = send_by_kind(channel(), "x")
    assert "invalid webhook url" in error
    assert "hint" not in error
    assert KEY not in error


@responses.activate
def test_an_outage_shows_no_key() -> None:
    responses.post(
        URL, body=requests.ConnectionError(f"Max retries exceeded with url: /cgi-bin/webhook/send?key={KEY}")
    )
    error = send_by_kind(channel(), "x")
    assert error
    assert KEY not in error


@pytest.mark.parametrize("target", ["", "693a91f6", "ftp://x/?key=1", URL])
def test_an_address_that_is_none(target: str) -> None:
    assert "webhook" in send_by_kind(channel(target), "x")


def test_long_texts_are_cut_between_characters() -> None:
    assert shortened("短") == "短"
    cut = shortened("长" * 2000)
    assert len(cut.encode()) <= 2048
    assert set(cut) == {"长"}
