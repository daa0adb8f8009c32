"""The client against recorded answers: what leaves, and what the answers mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
import responses
from django.utils import translation

from core.connectors.steps import Recorder
from core.errors import (
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)
from integrations.ecology.client import EcologyClient
from tests.integrations.ecology import oa


@pytest.fixture(autouse=True)
def _english():
    """The words are compared in English."""
    with translation.override("en"):
        yield


CREATE = oa.SERVICE + "doCreateRequest"
STATUS = oa.SERVICE + "getRequestStatus"


@pytest.fixture(autouse=True)
def wire() -> Iterator[None]:
    with responses.mock:
        yield


@pytest.fixture
def client() -> EcologyClient:
    return EcologyClient(oa.target())


def create(client: EcologyClient) -> str:
    return client.create_request("781", "采购申请 16", {"djbh": "16"}, {"formtable_main_1356_dt1": [{"sl": "2"}]})


def test_the_token_is_asked_for_in_headers_with_the_secret_encrypted(client: EcologyClient) -> None:
    oa.issue_token()

    token = client.login()

    sent = responses.calls[0].request
    assert token.value == "770a10d8-0b15-492b-a614-b2c537b512e5"
    assert token.seconds == 1740
    assert (sent.headers["appid"], sent.headers["time"]) == ("EEAA5436", "1800")
    assert oa.decrypted(sent.headers["secret"]) == oa.SECRET
    assert not sent.body


def test_more_seconds_than_the_default_are_not_believed() -> None:
    oa.issue_token()
    client = EcologyClient(oa.target(token_seconds=10800))

    assert client.login().seconds == 1740
    assert responses.calls[0].request.headers["time"] == "10800"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("token_wrong_secret", "appid or secret"),
        ("token_undecryptable", "present key"),
        ("token_locked_user", "locked"),
    ],
)
def test_a_refused_token_is_a_broken_connection_in_words(client: EcologyClient, name: str, words: str) -> None:
    oa.answer(name, oa.TOKEN)

    with pytest.raises(ConnectionBroken, match=words) as caught:
        create(client)

    assert caught.value.while_logging_in
    assert len(responses.calls) == 1


def test_a_call_carries_appid_token_and_encrypted_user_and_no_cookie(client: EcologyClient) -> None:
    oa.answer("token_issued", oa.TOKEN, headers={"Set-Cookie": "ecology_JSessionid=abc; Path=/"})
    oa.answer("created", CREATE, headers={"Set-Cookie": "ecology_JSessionid=abc; Path=/"})

    create(client)
    create(client)

    for call in responses.calls[1:]:
        headers = call.request.headers
        assert (headers["appid"], headers["token"]) == ("EEAA5436", oa.recorded("token_issued")["token"])
        assert oa.decrypted(headers["userid"]) == "2978"
        assert headers["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8"
        assert "Cookie" not in headers


def test_a_gateways_headers_go_with_every_call_and_the_login() -> None:
    client = EcologyClient(oa.target(extra_headers={"ClientId": "b1"}))
    oa.issue_token()
    oa.answer("created", CREATE)

    create(client)

    assert [call.request.headers["ClientId"] for call in responses.calls] == ["b1", "b1"]


def test_a_request_is_created_as_form_fields_with_json_inside(client: EcologyClient) -> None:
    oa.issue_token()
    oa.answer("created", CREATE)

    assert create(client) == "3038137"

    sent = oa.form(responses.calls[-1])
    assert sent["workflowId"] == 781
    assert sent["requestName"] == "采购申请 16"
    assert sent["mainData"] == [{"fieldName": "djbh", "fieldValue": "16"}]
    rows = [{"recordOrder": 0, "workflowRequestTableFields": [{"fieldName": "sl", "fieldValue": "2"}]}]
    assert sent["detailData"] == [{"tableDBName": "formtable_main_1356_dt1", "workflowRequestTableRecords": rows}]
    assert sent["otherParams"] == {"isnextflow": "1", "delReqFlowFaild": "1"}


def test_the_code_may_be_an_object(client: EcologyClient) -> None:
    oa.issue_token()
    oa.answer("created_code_object", CREATE)

    assert create(client) == "3038137"


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("created_without_number", OutcomeUnknown, "without a request number"),
        ("refused_no_main_data", DocumentRejected, "mainData: 新建流程主表数据不允许为空"),
        ("refused_unknown_field", DocumentRejected, "wlbm: 表单中不存在字段wlbm"),
        ("refused_unknown_workflow", ConfigurationError, "workflow id"),
        ("not_permitted_to_create", ConfigurationError, "create this workflow"),
        ("inner_error", RetryLater, "系统内部错误"),
        ("inner_error_with_request", OutcomeUnknown, "节点操作者未找到"),
        ("user_exception", ConnectionBroken, "用户不存在"),
        ("failed", DocumentRejected, "附件上传目录"),
        ("userid_undecryptable", ConnectionBroken, "userid解密失败"),
        ("workflows", OutcomeUnknown, "without a request number"),
    ],
)
def test_what_a_refused_creation_means(client: EcologyClient, name: str, error: type, words: str) -> None:
    oa.issue_token()
    oa.answer(name, CREATE)

    with pytest.raises(error, match=words):
        create(client)


@pytest.mark.parametrize("name", ["expired_token", "expired_session"])
def test_an_expired_token_is_renewed_once_and_the_call_repeated(client: EcologyClient, name: str) -> None:
    oa.issue_token()
    oa.answer(name, CREATE)
    oa.answer("created", CREATE)

    assert create(client) == "3038137"
    assert [call.request.url for call in responses.calls] == [oa.TOKEN, CREATE, oa.TOKEN, CREATE]


def test_a_token_refused_twice_stops(client: EcologyClient) -> None:
    oa.issue_token()
    oa.answer("expired_token", CREATE)

    with pytest.raises(ConnectionBroken):
        create(client)

    assert len(responses.calls) == 4


LOGIN_PAGE = "<!doctype html><html><head><title>用户登录</title></head></html>"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (LOGIN_PAGE, 200, ConnectionBroken),
        ("", 302, ConnectionBroken),
        ("<h1>404</h1>", 404, ConnectionBroken),
        ("", 200, OutcomeUnknown),
        ("<html>系统繁忙</html>", 200, OutcomeUnknown),
        ("oops", 502, OutcomeUnknown),
        ("oops", 500, OutcomeUnknown),
    ],
)
def test_what_no_json_means_for_a_creation(client: EcologyClient, body: str, status: int, error: type) -> None:
    oa.issue_token()
    responses.add("POST", CREATE, body=body, status=status)

    with pytest.raises(error):
        create(client)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [(LOGIN_PAGE, 200, ConnectionBroken), ("", 200, ConnectionBroken), ("oops", 500, RetryLater)],
)
def test_what_no_json_means_for_a_read(client: EcologyClient, body: str, status: int, error: type) -> None:
    oa.issue_token()
    responses.add("GET", STATUS, body=body, status=status)

    with pytest.raises(error):
        client.request_status("3038137")


def test_a_cut_answer_to_a_creation_is_unknown_and_not_repeated(client: EcologyClient) -> None:
    oa.issue_token()
    responses.add("POST", CREATE, body=requests.ConnectionError("Connection aborted."))

    with pytest.raises(OutcomeUnknown):
        create(client)

    assert len(responses.calls) == 2


def test_a_status_without_a_code_is_a_success(client: EcologyClient) -> None:
    oa.issue_token()
    oa.answer("status_without_code", STATUS, method="GET")

    assert client.request_status("3038137")["currentNodeType"] == "1"
    assert responses.calls[-1].request.params == {"requestId": "3038137"}


def test_an_unknown_request_is_not_found(client: EcologyClient) -> None:
    oa.issue_token()
    oa.answer("refused_unknown_request", STATUS, method="GET")

    with pytest.raises(NotFound):
        client.request_status("1")


def test_a_withdrawal_that_is_not_permitted_is_a_refusal(client: EcologyClient) -> None:
    oa.issue_token()
    oa.answer("not_permitted_to_submit", oa.SERVICE + "withdrawRequest")

    with pytest.raises(DocumentRejected, match="NO_REQUEST_SUBMIT_PERMISSION"):
        client.withdraw("3038137", "")


def test_a_request_is_found_by_its_whole_title_and_only_when_made_since(client: EcologyClient) -> None:
    oa.issue_token()
    oa.answer("requests_found", oa.SERVICE + "getHandledWorkflowRequestList")
    for name in ("getToDoWorkflowRequestList", "getProcessedWorkflowRequestList"):
        responses.add("POST", oa.SERVICE + name, json=[])

    found = client.find_requests("781", "采购申请 16", datetime(2026, 11, 24, 1, 58, tzinfo=UTC))

    assert [row["requestId"] for row in found] == ["3038139"]
    sent = oa.form(responses.calls[1])["conditions"]
    assert (sent["requestname"], sent["workflowIds"], sent["createdateselect"]) == ("采购申请 16", "781", "6")
    assert sent["createdatefrom"] == "2026-11-23"


def test_the_log_is_in_order_of_time(client: EcologyClient) -> None:
    oa.issue_token()
    oa.answer("request_approved", oa.SERVICE + "getWorkflowRequest", method="GET")

    assert [line["operateType"] for line in client.logs("3038137")] == ["提交", "批准"]


def test_the_step_log_hides_token_and_signature() -> None:
    recorder = Recorder()
    client = EcologyClient(oa.target(), recorder)
    oa.issue_token()
    oa.answer("cube_records", oa.CUBE + "getModeDataPageList/material")

    client.records("material", "1", {"wlbm": "A00006"})

    shown = "".join(step.input + step.output for step in recorder.take())
    assert "A00006" in shown
    assert oa.recorded("token_issued")["token"] not in shown
    assert oa.form(responses.calls[-1])["datajson"]["header"]["Md5"] not in shown
