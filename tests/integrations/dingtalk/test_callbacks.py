"""The callback endpoint: what is authentic is stored once and acknowledged; what is not is refused, naming the stage.

``fixtures/callback_vectors.json`` names its source.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from core.callbacks.base import rejections
from core.callbacks.crypto import CallbackCrypto
from core.models import Connection, FlowInstance, InboundEvent, Tenant
from core.models.event import EventState

pytestmark = pytest.mark.django_db
RECORDED = json.loads((Path(__file__).with_name("fixtures") / "callback_vectors.json").read_text())
EVENTS = [v for v in RECORDED["vectors"] if "reply" not in v["name"]]
KEY = "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
CRYPTO = CallbackCrypto("dingTokenTest123", "h4Tz9Wq2Lc7Rb5Xn1Vm8Kd3Fs6Gj0Yp4Ue9Ai2Ho7BQ", ("dingappkey0001",))
FINISH = {
    "EventType": "bpms_instance_change", "eventId": "e-1", "CorpId": "dingcorp", "processInstanceId": "i-1",
    "processCode": "PROC-1", "type": "finish", "result": "agree", "title": "张三提交的采购申请",
}  # fmt: skip


@pytest.fixture
def flow() -> FlowInstance:
    return make()


def make(
    token: str = CRYPTO.token, aes: str = CRYPTO.encoding_aes_key, app: str = CRYPTO.ids[0], **settings: Any
) -> FlowInstance:
    """A router with its connection."""
    tenant = Tenant.objects.create(slug="acme", name="示例")
    connection = Connection.objects.create(
        tenant=tenant, name="OA", connector="dingtalk.oa", base_url="http://127.0.0.1:9/dingtalk",
        settings={"app_key": app, "corp_id": "dingcorp", **settings},
        secrets={"app_secret": "s", "callback_token": token, "callback_aes_key": aes},
    )  # fmt: skip
    made = FlowInstance.objects.create(
        tenant=tenant, name="回调", flow_type="dingtalk.receive_events", enabled=True, endpoint_key=KEY
    )
    made.bindings.create(slot="oa", connection=connection)
    return made


def send(client: Client, body: Any, query: dict[str, str], key: str = KEY) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(f"/dingtalk/{key}/?{urlencode(query)}", text, content_type="application/json")


def push(
    client: Client, event: Any, crypto: CallbackCrypto = CRYPTO, *, name: str = "signature", stamp: str = "timestamp"
) -> Any:
    """One push, as DingTalk makes it."""
    text = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
    sealed = crypto.seal(text, str(int(time.time() * 1000)), "n0nce")
    query = {name: sealed.signature, stamp: sealed.timestamp, "nonce": sealed.nonce}
    return send(client, {"encrypt": sealed.encrypt}, query)


def opened(answer: Any, crypto: CallbackCrypto = CRYPTO) -> str:
    """What DingTalk reads in our answer; its keys' case counts."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("application/json")
    body = answer.json()
    assert set(body) == {"msg_signature", "timeStamp", "nonce", "encrypt"}
    return crypto.open(body["msg_signature"], body["timeStamp"], body["nonce"], body["encrypt"])


@pytest.mark.parametrize("vector", EVENTS, ids=lambda v: v["name"])
def test_recorded_messages_are_understood_and_answered(client: Client, vector: dict[str, Any]) -> None:
    make(vector["token"], vector["encoding_aes_key"], vector["id"])
    query = {"signature": vector["signature"], "timestamp": vector["timestamp"], "nonce": vector["nonce"]}

    answer = send(client, {"encrypt": vector["encrypt"]}, query)

    crypto = CallbackCrypto(vector["token"], vector["encoding_aes_key"], (vector["id"],))
    assert opened(answer, crypto) == "success"
    plain = json.loads(vector["plaintext"])
    found = InboundEvent.objects.all()
    if "check_url" in vector["plaintext"]:
        assert not found
    else:
        assert found.get().body == plain


@pytest.mark.parametrize("vector", RECORDED["negative_vectors"], ids=lambda v: v["name"])
def test_recorded_forgeries_are_refused(client: Client, vector: dict[str, Any]) -> None:
    flow = make(vector["token"], vector["encoding_aes_key"], vector["id"])
    query = {"signature": vector["signature"], "timestamp": vector["timestamp"], "nonce": vector["nonce"]}
    answer = send(client, {"encrypt": vector["encrypt"]}, query)
    assert answer.status_code == 403
    assert not InboundEvent.objects.exists()
    stage = rejections(flow)[0]["stage"]
    assert ("id" in vector["expect_failure_at"][:2]) == (stage == "tail id")


def test_the_end_of_an_approval_waits_for_a_worker(client: Client, flow: FlowInstance) -> None:
    assert opened(push(client, FINISH)) == "success"
    event = flow.events.get()
    assert (event.event_id, event.route, event.target_key) == ("e-1", "PROC-1", "i-1")
    assert (event.state, event.kind) == (EventState.RECEIVED, "bpms_instance_change")
    assert event.due_at is not None
    assert event.body["title"] == "张三提交的采购申请"


@pytest.mark.parametrize("name", ["signature", "msg_signature"])
@pytest.mark.parametrize("stamp", ["timestamp", "timeStamp"])
def test_both_names_of_signature_and_time(client: Client, flow: FlowInstance, name: str, stamp: str) -> None:
    assert opened(push(client, FINISH, name=name, stamp=stamp)) == "success"


@pytest.mark.parametrize("check", ["check_url", "check_create_suite_url", "check_update_suite_url"])
def test_checks_of_the_address_are_answered_and_not_kept(client: Client, flow: FlowInstance, check: str) -> None:
    assert opened(push(client, {"EventType": check, "Random": "x"})) == "success"
    assert not InboundEvent.objects.exists()


def test_the_corp_id_at_the_end_is_accepted_and_answered_with_the_same(client: Client, flow: FlowInstance) -> None:
    old = replace(CRYPTO, ids=("dingcorp",))
    assert opened(push(client, FINISH, old), old) == "success"


@pytest.mark.parametrize(
    "spelling",
    [
        {"eventType": "bpms_instance_change", "corpId": "c", "processInstanceId": "i-1", "type": "finish"},
        {"EVENTTYPE": "bpms_instance_change", "corpid": "c", "processinstanceid": "i-1", "Type": "finish"},
    ],
)
def test_keys_in_any_case(client: Client, flow: FlowInstance, spelling: dict[str, str]) -> None:
    push(client, spelling)
    event = flow.events.get()
    assert (event.target_key, event.state) == ("i-1", EventState.RECEIVED)


@pytest.mark.parametrize(
    "event",
    [
        {**FINISH, "type": "start", "result": None},
        {**FINISH, "EventType": "bpms_task_change", "taskId": 7},
        {"EventType": "user_add_org", "UserId": ["a"]},
        {"EventType": "suite_ticket", "SuiteTicket": "x"},
    ],
)
def test_other_events_are_kept_as_ignored(client: Client, flow: FlowInstance, event: dict[str, Any]) -> None:
    assert opened(push(client, event)) == "success"
    assert (flow.events.get().state, flow.events.get().due_at) == (EventState.IGNORED, None)


def test_a_redelivery_is_the_same_event(client: Client, flow: FlowInstance) -> None:
    for _ in range(5):
        assert opened(push(client, FINISH)) == "success"
    assert flow.events.count() == 1


def test_without_an_event_id_the_content_tells_events_apart(client: Client, flow: FlowInstance) -> None:
    old = {name: value for name, value in FINISH.items() if name != "eventId"}
    for event in (
        old,
        old,
        {**old, "finishTime": 1767225600000},
        {**old, "EventType": "bpms_task_change", "taskId": 1},
    ):
        push(client, event)
    assert flow.events.count() == 3


@pytest.mark.parametrize(
    "text", ["no json", "[]", '"text"', "{}", '{"EventType": "bpms_instance_change", "type": "finish"}']
)
def test_authentic_but_unreadable_is_kept_and_acknowledged(client: Client, flow: FlowInstance, text: str) -> None:
    assert opened(push(client, text)) == "success"
    event = flow.events.get()
    assert (event.state, event.raw) == (EventState.UNREADABLE, text)


# -- not authentic


def stage(flow: FlowInstance) -> str:
    return rejections(flow)[0]["stage"]


def test_another_token(client: Client, flow: FlowInstance) -> None:
    assert push(client, FINISH, replace(CRYPTO, token="another")).status_code == 403
    assert stage(flow) == "signature"


def test_another_key(client: Client, flow: FlowInstance) -> None:
    other = replace(CRYPTO, encoding_aes_key="A" * 43)
    assert push(client, FINISH, other).status_code == 403
    assert stage(flow) in ("padding", "length", "tail id", "text")


def test_another_tail_id_is_named(client: Client, flow: FlowInstance) -> None:
    assert push(client, FINISH, replace(CRYPTO, ids=("dingsomebodyelse",))).status_code == 403
    found = rejections(flow)[0]
    assert found["stage"] == "tail id"
    assert "dingsomebodyelse" in found["text"]
    assert "dingappkey0001" in found["text"]


def test_an_altered_body(client: Client, flow: FlowInstance) -> None:
    sealed = CRYPTO.seal(json.dumps(FINISH), "1767225600123", "n")
    raw = bytearray(base64.b64decode(sealed.encrypt))
    raw[40] ^= 1
    query = {"signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}
    answer = send(client, {"encrypt": base64.b64encode(bytes(raw)).decode()}, query)
    assert (answer.status_code, stage(flow)) == (403, "signature")


def test_an_altered_time_or_nonce(client: Client, flow: FlowInstance) -> None:
    sealed = CRYPTO.seal(json.dumps(FINISH), "1767225600123", "n")
    for timestamp, nonce in (("1767225600124", "n"), ("1767225600123", "m")):
        query = {"signature": sealed.signature, "timestamp": timestamp, "nonce": nonce}
        assert send(client, {"encrypt": sealed.encrypt}, query).status_code == 403
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    ["", " ", "null", "[]", '"x"', "{}", '{"encrypt": ""}', '{"encrypt": 5}', '{"encrypt": "!!!"}', b"\xff\xfe",
     "[" * 5000, '{"encrypt": "\\ud800"}', "<xml/>"],
)  # fmt: skip
def test_bodies_that_are_no_message(client: Client, flow: FlowInstance, body: Any) -> None:
    answer = send(client, body, {"signature": "x", "timestamp": "1", "nonce": "n"})
    assert 400 <= answer.status_code < 500, answer.status_code
    assert not InboundEvent.objects.exists()


def test_nothing_is_given(client: Client, flow: FlowInstance) -> None:
    sealed = CRYPTO.seal(json.dumps(FINISH), "1767225600123", "n")
    answer = send(client, {"encrypt": sealed.encrypt}, {})
    assert (answer.status_code, stage(flow)) == (400, "parameters")


def test_ten_megabytes(client: Client, flow: FlowInstance) -> None:
    answer = send(client, {"encrypt": "A" * 10_000_000}, {"signature": "x", "timestamp": "1", "nonce": "n"})
    assert answer.status_code == 413


def test_get_and_unknown_addresses(client: Client, flow: FlowInstance) -> None:
    assert client.get(f"/dingtalk/{KEY}/").status_code == 405
    assert push(client, FINISH).status_code == 200
    assert send(client, {}, {}, key="0" * 32).status_code == 404


def test_a_connection_without_callback_secrets_says_so(client: Client) -> None:
    flow = make(token="", aes="")
    assert push(client, FINISH).status_code == 503
    assert stage(flow) == "setup"


def test_an_old_message_where_a_window_is_set(client: Client) -> None:
    flow = make(callback_window_seconds=300)
    assert opened(push(client, FINISH)) == "success"
    sealed = CRYPTO.seal(json.dumps(FINISH), "1767225600123", "n")
    query = {"signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}
    assert send(client, {"encrypt": sealed.encrypt}, query).status_code == 403
    assert stage(flow) == "timestamp"


@pytest.mark.parametrize("length", [*range(34), 64, 95, 96, 97, 4000])
def test_every_length_of_a_message(client: Client, flow: FlowInstance, length: int) -> None:
    """Padding is to 32 bytes; a Chinese character takes three."""
    event = {**FINISH, "eventId": f"e-{length}", "title": "审" * (length // 3) + "x" * (length % 3)}
    assert opened(push(client, event)) == "success"
    assert flow.events.get().body == event
