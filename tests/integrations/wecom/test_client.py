"""The client against the vendor's answers: what leaves, and what the answers mean."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import responses

from core.connectors.steps import Recorder
from core.errors import (
    B1FlowError,
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)
from integrations.wecom.client import WeComClient
from tests.integrations.wecom import wire

SUBMIT, DETAIL, LIST = "oa/applyevent", "oa/getapprovaldetail", "oa/getapprovalinfo"


@pytest.fixture(autouse=True)
def _wire() -> Iterator[None]:
    with responses.mock:
        yield


@pytest.fixture
def client() -> WeComClient:
    wire.issue_token()
    return wire.client()


def refused(call: Callable[[], Any]) -> B1FlowError:
    with pytest.raises(B1FlowError) as caught:
        call()
    return caught.value


# -- the token


def test_the_token_is_asked_for_once_and_stands_in_the_query(client: WeComClient) -> None:
    wire.answer(DETAIL, info={"sp_no": "1"})
    client.approval("1")
    client.approval("2")
    assert responses.calls[0].request.params == {"corpid": "ww0a1b2c3d4e5f6071", "corpsecret": wire.SECRET}
    assert [call.request.params.get("access_token") for call in responses.calls] == [None, "token-1", "token-1"]


def test_each_secret_has_its_own_token(client: WeComClient) -> None:
    other = wire.client(corp_secret="another-secret-000000")
    assert client.tokens.key != other.tokens.key


@pytest.mark.parametrize("code", [40014, 42001, 40001, 41001])
def test_a_dead_token_is_renewed_once(client: WeComClient, code: int) -> None:
    wire.refuse(DETAIL, code)
    wire.issue_token("token-2")
    wire.answer(DETAIL, info={"sp_no": "1"})
    assert client.approval("1") == {"sp_no": "1"}
    assert responses.calls[-1].request.params["access_token"] == "token-2"


def test_a_fresh_token_that_is_refused_ends_it(client: WeComClient) -> None:
    wire.refuse(DETAIL, 40014)
    wire.issue_token("token-2")
    wire.refuse(DETAIL, 40014)
    error = refused(lambda: client.approval("1"))
    assert isinstance(error, ConnectionBroken)
    assert len(responses.calls) == 4


@pytest.mark.parametrize(
    "code, words", [(40001, "secret"), (40091, "secret"), (40013, "corp id is wrong"), (41002, "missing")]
)
def test_wrong_credentials_in_words(code: int, words: str) -> None:
    responses.get(f"{wire.API}gettoken", json={"errcode": code, "errmsg": "no"})
    error = refused(lambda: wire.client().approval("1"))
    assert isinstance(error, ConnectionBroken)
    assert error.while_logging_in
    assert words in error.message


# -- what codes mean


@pytest.mark.parametrize(
    "code, kind, words",
    [
        (48002, ConnectionBroken, "可调用接口的应用"),
        (48006, ConnectionBroken, "taken away"),
        (50003, ConnectionBroken, "switched off"),
        (301056, ConnectionBroken, "审批"),
        (301026, ConfigurationError, "template_id"),
        (60111, DocumentRejected, "people table"),
        (60011, DocumentRejected, "可见范围"),
        (40003, DocumentRejected, "user id"),
        (301055, DocumentRejected, "may not submit"),
        (301025, DocumentRejected, "301025"),
        (99999, DocumentRejected, "code 99999"),
        (45033, RetryLater, "same moment"),
        (45011, RetryLater, "too many calls"),
    ],
)
def test_refusals(client: WeComClient, code: int, kind: type, words: str) -> None:
    wire.refuse(SUBMIT, code)
    error = refused(lambda: client.submit({}))
    assert type(error) is kind
    assert error.code == str(code)
    assert words in str(error)
    assert "hint" not in error.message, "the tail differs each time"


def test_an_address_that_is_not_trusted_is_named(client: WeComClient) -> None:
    wire.refuse(SUBMIT, 60020, "not allow to access from your ip")
    error = refused(lambda: client.submit({}))
    assert isinstance(error, ConnectionBroken)
    assert "203.0.113.7" in error.message
    assert "企业可信IP" in error.message


def test_too_many_calls_wait_a_minute_without_asking_again(client: WeComClient) -> None:
    wire.refuse(SUBMIT, 45009)
    error = refused(lambda: client.submit({}))
    assert isinstance(error, RetryLater)
    assert error.after == 60
    asked = len(responses.calls)
    again = refused(lambda: client.submit({}))
    assert isinstance(again, RetryLater)
    assert 50 < (again.after or 0) <= 60
    assert len(responses.calls) == asked
    wire.answer(DETAIL, info={"sp_no": "1"})
    assert client.approval("1"), "other interfaces have a limit of their own"
    client._blocked[next(iter(client._blocked))] = time.monotonic() - 1
    responses.remove(responses.POST, wire.API + SUBMIT)
    wire.answer(SUBMIT, sp_no="5")
    assert client.submit({}) == "5", "the minute is over"


def test_busy_is_unknown_for_a_submission_and_later_for_a_question(client: WeComClient) -> None:
    wire.refuse(SUBMIT, -1)
    wire.refuse(DETAIL, -1)
    assert isinstance(refused(lambda: client.submit({})), OutcomeUnknown)
    assert isinstance(refused(lambda: client.approval("1")), RetryLater)


@pytest.mark.parametrize("error", [requests.ReadTimeout(), requests.ConnectionError("reset")])
def test_a_lost_answer_to_a_submission_is_unknown(client: WeComClient, error: Exception) -> None:
    responses.post(wire.API + SUBMIT, body=error)
    assert isinstance(refused(lambda: client.submit({})), OutcomeUnknown)


@pytest.mark.parametrize(
    "body, status, kind",
    [("<html>login</html>", 200, OutcomeUnknown), ("{}", 200, OutcomeUnknown), ("", 502, OutcomeUnknown)],
)
def test_an_answer_that_is_not_wecoms(client: WeComClient, body: str, status: int, kind: type) -> None:
    responses.post(wire.API + SUBMIT, body=body, status=status)
    assert type(refused(lambda: client.submit({}))) is kind


def test_success_without_a_number_is_unknown(client: WeComClient) -> None:
    wire.answer(SUBMIT)
    assert isinstance(refused(lambda: client.submit({})), OutcomeUnknown)


def test_an_approval_that_does_not_exist(client: WeComClient) -> None:
    wire.refuse(DETAIL, 301025, "get approval param error:sp_no")
    assert isinstance(refused(lambda: client.approval("1")), NotFound)


# -- lists, templates, media


def test_a_list_is_read_to_its_end(client: WeComClient) -> None:
    wire.answer(LIST, sp_no_list=["1", "2"], new_next_cursor="next")
    wire.answer(LIST, sp_no_list=["3"])
    assert list(client.approvals(1000.9, 2000, template_id="T", creator="")) == ["1", "2", "3"]
    assert wire.sent(1) == {
        "starttime": "1000", "endtime": "2000", "new_cursor": "", "size": 100,
        "filters": [{"key": "template_id", "value": "T"}],
    }  # fmt: skip
    assert wire.sent(2)["new_cursor"] == "next"


def test_a_cursor_that_stays_the_same_ends_the_list(client: WeComClient) -> None:
    for _ in range(3):
        wire.answer(LIST, sp_no_list=["1"], new_next_cursor="same")
    assert list(client.approvals(0, 10)) == ["1", "1"]


def test_a_long_span_is_asked_in_parts(client: WeComClient) -> None:
    wire.answer(LIST, sp_no_list=[])
    day = 24 * 3600
    list(client.approvals(0, 70 * day))
    spans = [(int(wire.sent(n)["starttime"]), int(wire.sent(n)["endtime"])) for n in (1, 2, 3)]
    assert all(end - start <= 31 * day for start, end in spans)
    assert spans[0][0] == 0
    assert [after[0] - before[1] for before, after in itertools.pairwise(spans)] == [1, 1]
    assert spans[-1][1] == 70 * day


def test_a_template_is_asked_for_once(client: WeComClient) -> None:
    wire.answer("oa/gettemplatedetail", **wire.recorded("template"))
    assert client.template("T1") is client.template("T1")
    assert client.template("T1").name == "全部控件"
    assert len(responses.calls) == 2


def test_a_file_goes_up_with_its_chinese_name(client: WeComClient) -> None:
    wire.answer("media/upload", type="file", media_id="M1")
    assert client.upload("询价单.txt", b"content") == "M1"
    request = responses.calls[-1].request
    assert request.params == {"type": "file", "access_token": "token-1"}
    assert 'filename="询价单.txt"'.encode() in request.body
    assert b'name="media"' in request.body


def test_no_secret_shows_up_in_the_step_log() -> None:
    wire.issue_token()
    recorder = Recorder()
    WeComClient._blocked.clear()
    client = WeComClient(wire.target(), recorder, "oa")
    wire.refuse(DETAIL, 99999, f"echo {wire.SECRET}")
    responses.get(f"{wire.API}user/get", json={"errcode": 0, "userid": "a"})
    refused(lambda: client.approval("1"))
    client.user("a")
    steps = recorder.take()
    assert [step.name for step in steps] == ["gettoken", DETAIL, "user/get"]
    words = "".join(step.input + step.output for step in steps)
    assert wire.SECRET not in words
    assert "token-1" not in words
