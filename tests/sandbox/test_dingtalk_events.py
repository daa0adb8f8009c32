"""What the pretended DingTalk posts: encrypted callbacks with deadline and retries (protocol: section 1.4)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.dingtalk import crypto
from tests.sandbox.dingtalk_caller import Caller, settled
from tests.sandbox.json_receiver import JsonReceiver, free_port, wait_until
from tests.sandbox.served import Served, serve


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve("dingtalk", free_port()) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Caller:
    served.reset()
    return Caller(served)


class Callback(JsonReceiver):
    """Opens every push and answers the encrypted word; ``answers`` are taken first."""

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.token, self.key = caller.keys["callback_token"], caller.keys["callback_aes_key"]
        self.tail = caller.keys["app_key"]
        self.events: list[dict[str, Any]] = []
        self.answers: list[tuple[int, Any]] = []
        self.pause = 0.0
        self.reply = self.open

    def open(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        signature = query.get("signature") or query["msg_signature"]
        crypto.verify(self.token, query["timestamp"], query["nonce"], body["encrypt"], signature)
        self.events.append(json.loads(crypto.decrypt(self.key, body["encrypt"], self.tail)))
        time.sleep(self.pause)
        return self.answers.pop(0) if self.answers else (200, self.success("success"))

    def success(self, word: str) -> dict[str, str]:
        encrypted = crypto.encrypt(self.key, word, self.tail)
        signature = crypto.sign(self.token, "1767225600456", "abc", encrypted)
        return {"msg_signature": signature, "timeStamp": "1767225600456", "nonce": "abc", "encrypt": encrypted}

    def told(self) -> list[tuple[str, ...]]:
        """(event, type, result) of each push so far."""
        return [(e["EventType"][5:9], e["type"], e.get("result", "")) for e in self.events]


@pytest.fixture
def callback(caller: Caller) -> Iterator[Callback]:
    receiver = Callback(caller)
    caller.change(callback_url=receiver.url)
    yield receiver
    receiver.close()


def test_the_events_of_an_approval(caller: Caller, callback: Callback) -> None:
    number = caller.made()
    caller.act("agree", number, remark="可以采购")
    settled(caller)
    expected = [("inst", "start", ""), ("task", "start", ""), ("task", "start", ""), ("task", "finish", "agree")]
    assert sorted(callback.told()) == sorted([*expected, ("task", "cancel", ""), ("inst", "finish", "agree")])
    finish = next(e for e in callback.events if e["EventType"] == "bpms_instance_change" and e["type"] == "finish")
    assert (finish["processInstanceId"], finish["staffId"]) == (number, "manager0001")
    assert finish["CorpId"] == caller.keys["corp_id"]
    assert finish["title"] == "张三提交的采购申请"
    assert "remark" not in finish
    assert finish["finishTime"] >= finish["createTime"]
    task = next(e for e in callback.events if e["type"] == "finish" and "taskId" in e)
    assert (task["remark"], task["staffId"]) == ("可以采购", "user0002")
    assert len({e["eventId"] for e in callback.events}) == 6


def test_withdrawn_and_deleted_have_no_result(caller: Caller, callback: Callback) -> None:
    first, second = caller.made(), caller.made()
    caller.act("terminate", first)
    caller.act("delete", second)
    settled(caller)
    ends = [e for e in callback.events if e["type"] in ("terminate", "delete")]
    assert sorted((e["processInstanceId"], e["type"], e.get("result")) for e in ends) == sorted(
        [(first, "terminate", None), (second, "delete", None)]
    )


def test_save_url_asks_first(caller: Caller, callback: Callback) -> None:
    caller.change(callback_url="")
    saved = caller.act("save_url", callback_url=callback.url)
    assert (saved["ok"], callback.events) == (True, [{"EventType": "check_url"}])
    callback.answers = [(200, "success")]
    refused = caller.act("save_url", callback_url=f"{callback.url}/other", callback_token="another")
    assert refused["ok"] is False
    assert "校验失败" in refused["message"]
    assert caller.change()["settings"]["callback_url"] == callback.url
    assert caller.change()["settings"]["callback_token"] == caller.keys["callback_token"]


def test_the_corp_id_at_the_tail(caller: Caller, callback: Callback) -> None:
    caller.change(tail_id="corp_id")
    assert caller.act("post", body={"EventType": "check_url"})["taken"] is False
    callback.tail = caller.keys["corp_id"]
    assert caller.act("post", body={"EventType": "check_url"})["taken"] is True


@pytest.mark.parametrize("answer", [(500, {}), (200, "success"), (200, {}), (302, ""), (200, "<html>")])
def test_a_bad_answer_is_tried_three_times(caller: Caller, callback: Callback, answer: tuple[int, Any]) -> None:
    caller.change(time_scale=0.01)
    callback.answers = [answer, answer]
    caller.act("start", processCode=caller.keys["process_codes"]["采购核价"], values=quotation())
    pushes = settled(caller)
    assert {p["state"] for p in pushes} == {"delivered"}
    assert sum(len(p["attempts"]) for p in pushes) == len(pushes) + 2
    ids = [e["eventId"] for e in callback.events]
    assert len(set(ids)) == len(pushes) < len(ids)


def quotation() -> dict[str, str]:
    return {"物料代码": "A1", "业务伙伴代码": "V1", "价格": "1"}


def test_the_spacing_of_the_tries_and_the_list_of_lost_events(caller: Caller, callback: Callback) -> None:
    caller.change(time_scale=0.02)
    callback.answers = [(200, callback.success("fail"))] * 9
    number = caller.act("start", processCode=caller.keys["process_codes"]["库存单据审批"], values={"来源单号": "1"})
    pushes = settled(caller)
    assert [(p["state"], len(p["attempts"])) for p in pushes] == [("failed", 3)] * 2
    at = [attempt["at"] for attempt in pushes[0]["attempts"]]
    assert 150 <= at[1] - at[0] < 500
    assert 550 <= at[2] - at[1] < 1200
    assert "应答不是success" in pushes[0]["attempts"][0]["problem"]
    address = f"{caller.base}/call_back/get_call_back_failed_result"
    lost = requests.get(address, params={"access_token": caller.token}, timeout=20).json()
    assert (lost["errcode"], lost["has_more"], len(lost["failed_list"])) == (0, False, 2)
    first = lost["failed_list"][0]
    data = first[first["call_back_tag"]]["bpmsCallBackData"]
    assert (data["type"], data["processInstanceId"]) == ("start", number["instanceId"])


def test_an_answer_after_the_deadline_does_not_count(caller: Caller, callback: Callback) -> None:
    caller.change(deadline_ms=200, time_scale=0.01)
    callback.pause = 0.4
    assert caller.act("post", body={"EventType": "check_url"})["taken"] is False
    callback.pause = 0.0
    assert caller.act("post", body={"EventType": "check_url"})["taken"] is True
    assert caller.change()["settings"]["deadline_ms"] == 200


@pytest.mark.parametrize(
    ("case", "kind", "corp"),
    [("pascal", "EventType", "CorpId"), ("camel", "eventType", "corpId"), ("lower", "eventType", "corpid")],
)
def test_spellings_of_the_keys(caller: Caller, callback: Callback, case: str, kind: str, corp: str) -> None:
    caller.change(key_case=case, with_event_id=False, signature_name="msg_signature", timestamp_digits=10)
    caller.made()
    settled(caller)
    assert all(kind in event and corp in event and "eventId" not in event for event in callback.events)
    assert all("?signature=" not in path and "&signature=" not in path for path, _, _ in callback.received)
    assert all(len(parse_qs(urlsplit(path).query)["timestamp"][0]) == 10 for path, _, _ in callback.received)


def test_resent_five_times_and_in_the_wrong_order(caller: Caller, callback: Callback) -> None:
    number = caller.made()
    caller.act("refuse", number)
    settled(caller)
    told = len(callback.events)
    assert caller.act("resend", number)["pushes"] == 5
    wait_until(lambda: len(callback.events) == told + 5)
    again = callback.events[told:]
    assert len({e["eventId"] for e in again}) == 1
    assert (again[0]["EventType"], again[0]["result"]) == ("bpms_instance_change", "refuse")
    envelopes = {body["encrypt"] for _, _, body in callback.received[told:]}
    assert len(envelopes) == 5
    assert caller.act("reorder", number)["pushes"] == told
    wait_until(lambda: len(callback.events) == 2 * told + 5)
    assert len({e["eventId"] for e in callback.events}) == told


def test_events_can_be_shuffled_or_not_told(caller: Caller, callback: Callback) -> None:
    caller.change(push=False)
    number = caller.made(approvers=[{"actionType": "NONE", "userIds": ["user0002"]}])
    caller.change(push=True, shuffle=True)
    caller.act("agree", number)
    settled(caller)
    assert callback.told() == [("inst", "finish", "agree"), ("task", "finish", "agree")]


def test_a_callback_lost_on_the_way(caller: Caller, callback: Callback) -> None:
    caller.change(time_scale=0.01)
    caller.served.fault(system="dingtalk", op="callback", when="before", action="drop", times=1)
    caller.served.fault(system="dingtalk", op="callback", when="after", action="drop", nth=1, times=1)
    caller.act("start", processCode=caller.keys["process_codes"]["库存单据审批"], values={"来源单号": "1"})
    pushes = settled(caller)
    assert {p["state"] for p in pushes} == {"delivered"}
    assert sum(len(p["attempts"]) for p in pushes) == 4
    assert len(callback.events) == 3  # one never left, one arrived but its answer was not seen
