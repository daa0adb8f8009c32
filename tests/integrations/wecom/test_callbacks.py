"""The callback endpoint: the address check, events, and everything that is not WeCom's."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.callbacks.base import rejections
from core.models import InboundEvent
from integrations.wecom import xml
from sandbox.wecom import crypto
from tests.integrations.wecom import endpoint
from tests.integrations.wecom.endpoint import change, envelope, get, post, post_raw, query

pytestmark = pytest.mark.django_db
VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "core" / "callbacks" / "fixtures" / "callback_vectors.json").read_text("utf-8")
)["vectors"]
MESSAGES = [v for v in VECTORS if v["system"] == "wecom" and v["kind"] == "message" and "http" in v]


@pytest.fixture
def router():
    return endpoint.make_router()


def stored() -> InboundEvent:
    return InboundEvent.objects.get()


# -- the address check


def test_the_address_check_answers_the_bare_text(router) -> None:
    (vector,) = [v for v in VECTORS if v["system"] == "wecom" and v["kind"] == "echostr"]
    connection = router.bindings.get().connection
    connection.secrets = {
        **connection.secrets,
        "callback_token": vector["token"],
        "callback_aes_key": vector["encoding_aes_key"],
    }
    connection.save()
    answer = get(vector["http"]["raw_query"])
    assert (answer.status_code, answer.content) == (200, vector["plaintext"].encode())
    assert not InboundEvent.objects.exists()


def test_a_literal_plus_is_a_plus(router) -> None:
    for number in range(200):
        echo = crypto.seal(endpoint.AES_KEY, endpoint.CORP, f"echo{number}")
        if "+" in echo:
            break
    raw = query(echo, echostr=echo)
    assert "%2B" in raw
    for written in (raw, raw.replace("%2B", "+")):
        assert get(written).content == f"echo{number}".encode()


def test_get_and_post_both_work_at_once(router) -> None:
    echo = crypto.seal(endpoint.AES_KEY, endpoint.CORP, "7204918364501927734")
    assert post(change()).status_code == 200
    assert get(query(echo, echostr=echo)).content == b"7204918364501927734"
    assert post(change(sp_no="202601010002")).status_code == 200
    assert InboundEvent.objects.count() == 2


@pytest.mark.parametrize(
    "raw", ["", "echostr=abc", "msg_signature=a&timestamp=1&nonce=2", "&&&=;%zz", "echostr=%ff%fe"]
)
def test_an_address_check_that_is_none(router, raw: str) -> None:
    assert get(raw).status_code in (400, 403)


def test_other_methods_are_refused(router, client) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert client.generic(method, endpoint.URL).status_code == 405


# -- events


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["name"]) for v in MESSAGES])
def test_vectors_of_another_library_arrive(router, vector: dict[str, Any]) -> None:
    connection = router.bindings.get().connection
    connection.settings = {"corp_id": vector["id"]}
    connection.secrets = {
        "corp_secret": "x", "callback_token": vector["token"], "callback_aes_key": vector["encoding_aes_key"],
    }  # fmt: skip
    connection.save()
    raw = "&".join(f"{name}={value}" for name, value in vector["http"]["query"].items())
    answer = post_raw(vector["http"]["body"], raw)
    assert (answer.status_code, answer.content) == (200, b"success")
    assert InboundEvent.objects.count() == 1


def test_an_approval_is_stored_with_its_route(router) -> None:
    assert post(change()).content == b"success"
    event = stored()
    assert (event.state, event.route, event.target_key) == ("received", endpoint.TEMPLATE, "202601010001")
    assert event.kind == "sys_approval_change:2"
    assert event.due_at is not None


@pytest.mark.parametrize(
    "status, state",
    [
        (1, "ignored"),
        (2, "received"),
        (3, "received"),
        (4, "received"),
        (6, "received"),
        (7, "received"),
        (10, "ignored"),
    ],
)
def test_only_ended_approvals_are_worked_on(router, status: int, state: str) -> None:
    """StatuChangeEvent 2 is one approver's consent, not the approval."""
    post(change(status=status, event=2))
    assert stored().state == state


def test_the_same_event_five_times_is_one(router) -> None:
    for number in range(5):
        assert post(change(), nonce=f"n{number}", timestamp=str(1767229501 + number)).status_code == 200
    assert InboundEvent.objects.count() == 1


def test_batch_approvals_of_one_second_are_two(router) -> None:
    post(change(sp_no="1"))
    post(change(sp_no="2"))
    post(change(sp_no="2", event=3, status=3))
    assert InboundEvent.objects.count() == 3


def test_a_number_longer_than_an_integer_is_read_from_its_text(router) -> None:
    post(change(sp_no="0", sp_no_str="<SpNoStr><![CDATA[202601010000000000000001]]></SpNoStr>"))
    assert stored().target_key == "202601010000000000000001"


def test_without_the_text_the_number_counts(router) -> None:
    post(change(sp_no_str=""))
    assert stored().target_key == "202601010001"


def test_repeated_elements_are_lists_even_when_there_is_one(router) -> None:
    record = "<SpRecord><SpStatus>2</SpStatus><Details><Speech>同意</Speech></Details></SpRecord>"
    post(change(records=record))
    info = stored().body["ApprovalInfo"]
    assert info["SpRecord"] == [{"SpStatus": "2", "Details": [{"Speech": "同意"}]}]


def test_elements_that_are_repeated_against_expectation_are_not_lost() -> None:
    assert xml.as_dict(xml.parsed("<a><b>1</b><b>2</b><b>3</b></a>")) == {"b": ["1", "2", "3"]}


@pytest.mark.parametrize("name", ["change_contact", "open_approval_change", ""])
def test_other_events_are_kept_as_ignored(router, name: str) -> None:
    text = f"<xml><MsgType>event</MsgType><Event>{name}</Event><CreateTime>1</CreateTime></xml>"
    for _ in range(2):
        assert post(text).content == b"success"
    assert stored().state == "ignored"


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>'


@pytest.mark.parametrize(
    "text",
    ["not xml", "", "<xml>",
     "<xml><Event>sys_approval_change</Event><ApprovalInfo><SpStatus>2</SpStatus></ApprovalInfo></xml>", BOMB,
     "<a>" * 3000 + "</a>" * 3000, "<a>" * 30 + "x" + "</a>" * 30],
)  # fmt: skip
def test_authentic_but_unreadable_is_kept_and_acknowledged(router, text: str) -> None:
    assert post(text).content == b"success"
    assert stored().state == "unreadable"
    assert stored().raw == text


# -- what is not WeCom's


def seal(**changes: str) -> str:
    options = {"aes_key": endpoint.AES_KEY, "corp": endpoint.CORP, **changes}
    return crypto.seal(options["aes_key"], options["corp"], change())


def altered() -> tuple[str, str]:
    encrypted = seal()
    raw = bytearray(base64.b64decode(encrypted))
    raw[40] ^= 1
    return envelope(base64.b64encode(bytes(raw)).decode()), query(encrypted)


def forged() -> dict[str, tuple[str | bytes, str, str, int]]:
    """{name: (body, query, stage, status)}"""
    good = seal()
    other_corp = seal(corp="ww9999999999999999")
    other_key = seal(aes_key="A" * 43)
    short = base64.b64encode(b"0" * 31).decode()
    return {
        "signature": (envelope(good), query(good, msg_signature="0" * 40), "signature", 403),
        "altered body": (*altered(), "signature", 403),
        "other token": (envelope(good), query(good, token="anotherToken"), "signature", 403),
        "other timestamp": (envelope(good), query(good).replace("1767229501", "1767229502"), "signature", 403),
        "other tail id": (envelope(other_corp), query(other_corp), "tail id", 403),
        "other key": (envelope(other_key), query(other_key), "padding", 403),
        "no base64": (envelope("密" * 40), query("密" * 40), "decrypt", 403),
        "no blocks": (envelope(short), query(short), "decrypt", 403),
        "no signature": (envelope(good), "timestamp=1&nonce=2", "parameters", 400),
        "empty body": (b"", query(good), "body", 400),
        "blank body": (b" \n", query(good), "body", 400),
        "no xml": (b"{}", query(good), "body", 400),
        "no Encrypt": (b"<xml><A>1</A></xml>", query(good), "body", 400),
        "bomb": (BOMB, query(good), "body", 400),
        "outside entity": (OUTSIDE, query(good), "body", 400),
        "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><xml/>', query(good), "body", 400),
        "half an encoding": (b'<?xml version="1.0" encoding="utf-16"?><xml/>', query(good), "body", 400),
        "10 MB": (b"<xml>" + b"x" * (10 * 1024 * 1024), query(good), "body", 413),
    }


@pytest.mark.parametrize("name", sorted(forged()))
def test_forged_calls_leave_nothing_and_name_the_stage(router, name: str) -> None:
    body, raw, stage, status = forged()[name]
    answer = post_raw(body, raw)
    assert answer.status_code == status
    assert not InboundEvent.objects.exists()
    (rejection,) = rejections(router)
    assert rejection["stage"] == stage
    assert endpoint.TOKEN not in answer.content.decode()


def test_the_tail_id_that_was_found_is_named(router) -> None:
    encrypted = seal(corp="ww9999999999999999")
    post_raw(envelope(encrypted), query(encrypted))
    assert "'ww9999999999999999'; expected 'ww0a1b2c3d4e5f6071'" in rejections(router)[0]["text"]


@given(body=st.binary(max_size=300) | st.text(max_size=200).map(str.encode), raw=st.text(max_size=80))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_no_server_error(router, body: bytes, raw: str) -> None:
    assert 400 <= post_raw(body, raw.encode("utf-8", "replace").decode("latin-1")).status_code < 500
    assert 400 <= get(raw.encode("utf-8", "replace").decode("latin-1")).status_code < 500
    assert not InboundEvent.objects.exists()


def test_the_window_refuses_old_timestamps() -> None:
    router = endpoint.make_router(callback_window=300)
    now = int(time.time())
    assert post(change(), timestamp=str(now - 20)).status_code == 200
    assert post(change(sp_no="2"), timestamp=str(now - 400)).status_code == 403
    assert rejections(router)[0]["stage"] == "timestamp"
    assert InboundEvent.objects.count() == 1


def test_a_connection_without_token_says_so(router) -> None:
    connection = router.bindings.get().connection
    connection.secrets = {"corp_secret": "x"}
    connection.save()
    assert post(change()).status_code == 503
    assert rejections(router)[0]["stage"] == "setup"


def test_an_unknown_address_is_404(router, client) -> None:
    assert client.post("/wecom/ffffffffffffffff/", "x", content_type="text/xml").status_code == 404


def test_the_answer_takes_few_statements(router, django_assert_max_num_queries) -> None:
    """Flow, connection, insert with its savepoint, doorbell."""
    with django_assert_max_num_queries(9):
        post(change())
