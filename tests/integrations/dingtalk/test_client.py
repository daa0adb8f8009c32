"""The client against recorded answers: tokens, error tables of both APIs, waits (protocol page 1.1-1.3)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from requests.exceptions import ConnectionError

from core.connectors.target import Target
from core.errors import (
    B1FlowError,
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)
from integrations.dingtalk import errors, wire
from integrations.dingtalk.client import DingTalkClient
from integrations.dingtalk.connector import DingTalk

NEW, OLD = "https://api.dingtalk.com", "https://oapi.dingtalk.com"
TOKEN = f"{NEW}/v1.0/oauth2/accessToken"
INSTANCES = f"{NEW}/v1.0/workflow/processInstances"
SECRET = "app-secret-never-shown"
VALUES = [{"name": "来源单号", "value": "17"}]


def target(base_url: str = NEW, **settings: Any) -> Target:
    clean, secrets = DingTalk.clean({"app_key": "dingapp", "agent_id": "12", **settings}, {"app_secret": SECRET})
    return Target(1, 1, "dingtalk.oa", "OA", base_url, clean, secrets)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DingTalkClient]:
    monkeypatch.setattr(wire, "PAUSES", (0.01, 0.01, 0.01))
    with responses.mock:
        responses.add(responses.POST, TOKEN, json={"accessToken": "T1", "expireIn": 7200})
        yield DingTalk(target()).client


def answer(method: str, url: str, body: Any, status: int = 200, **options: Any) -> responses.BaseResponse:
    return responses.add(method, url, json=body, status=status, **options)


def create(client: DingTalkClient) -> str:
    return client.create("PROC-1", "u1", -1, VALUES, approvers=[], ccList=[])


def failure(client: DingTalkClient, body: Any, status: int = 400, *, safe: bool = False) -> B1FlowError:
    """The error an answer means to a creation, or to a reading."""
    options = {"body": body} if isinstance(body, str) else {"json": body}
    responses.add(responses.GET if safe else responses.POST, INSTANCES, status=status, **options)
    with pytest.raises(B1FlowError) as caught:
        client.instance("i==") if safe else create(client)
    assert SECRET not in str(caught.value)
    return caught.value


def calls(url: str) -> list[Any]:
    return [call for call in responses.calls if call.request.url.split("?")[0] == url]


# -- what is sent


def test_a_creation_as_the_vendor_wants_it(client: DingTalkClient) -> None:
    answer("POST", INSTANCES, {"instanceId": "i=="})
    assert create(client) == "i=="
    request = calls(INSTANCES)[0].request
    assert request.headers["x-acs-dingtalk-access-token"] == "T1"
    assert json.loads(request.body) == {
        "processCode": "PROC-1", "originatorUserId": "u1", "deptId": -1, "microappAgentId": 12,
        "formComponentValues": VALUES,
    }  # fmt: skip


def test_ids_are_percent_encoded(client: DingTalkClient) -> None:
    answer("GET", INSTANCES, {"success": "true", "result": {"status": "RUNNING"}})
    client.instance("a+b/c==&d")
    assert calls(INSTANCES)[0].request.url.endswith("processInstanceId=a%2Bb%2Fc%3D%3D%26d")


def test_a_list_is_read_to_its_end(client: DingTalkClient) -> None:
    url = f"{NEW}/v1.0/workflow/processes/instanceIds/query"
    answer("POST", url, {"result": {"list": ["a", "b"], "nextToken": "2"}, "success": True})
    answer("POST", url, {"result": {"list": ["c"]}, "success": True})
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert list(client.instance_ids("PROC-1", moment, moment, users=["u1"])) == ["a", "b", "c"]
    sent = [json.loads(call.request.body) for call in calls(url)]
    assert [body["nextToken"] for body in sent] == [0, "2"]
    assert sent[0]["startTime"] == 1767225600000
    assert sent[0]["maxResults"] == 20


# -- tokens


def test_one_token_for_all_calls_and_both_hosts(client: DingTalkClient) -> None:
    answer("POST", INSTANCES, {"instanceId": "i"})
    answer("POST", f"{OLD}/topapi/v2/user/get", {"errcode": 0, "result": {"userid": "u1", "dept_id_list": [1]}})
    create(client)
    create(client)
    assert client.user("u1")["dept_id_list"] == [1]
    assert len(calls(TOKEN)) == 1
    assert "access_token=T1" in calls(f"{OLD}/topapi/v2/user/get")[0].request.url


def test_threads_log_in_once(client: DingTalkClient) -> None:
    answer("POST", INSTANCES, {"instanceId": "i"})
    threads = [threading.Thread(target=create, args=(client,)) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(calls(TOKEN)) == 1


EXPIRED_NEW = {"code": "InvalidAuthentication", "message": "不合法的access_token"}
EXPIRED_OLD = {"errcode": 88, "sub_code": "40014", "sub_msg": "不合法的access_token", "errmsg": "ding talk error"}


def test_a_dead_token_is_renewed_once_and_the_call_repeated(client: DingTalkClient) -> None:
    answer("POST", INSTANCES, EXPIRED_NEW, 400)
    answer("POST", INSTANCES, {"instanceId": "i"})
    answer("POST", TOKEN, {"accessToken": "T2", "expireIn": 7200})
    assert create(client) == "i"
    assert [call.request.headers["x-acs-dingtalk-access-token"] for call in calls(INSTANCES)] == ["T1", "T2"]


def test_a_second_refusal_is_final(client: DingTalkClient) -> None:
    error = failure(client, EXPIRED_NEW)
    assert isinstance(error, ConnectionBroken)
    assert len(calls(INSTANCES)) == 2


@pytest.mark.parametrize("code", ["40014", "42001", "40001", "40000"])
def test_the_old_api_says_it_in_its_own_way(client: DingTalkClient, code: str) -> None:
    url = f"{OLD}/topapi/v2/user/get"
    answer("POST", url, {**EXPIRED_OLD, "sub_code": code})
    answer("POST", url, {"errcode": 0, "result": {"userid": "u1"}})
    assert client.user("u1") == {"userid": "u1"}
    assert len(calls(TOKEN)) == 2


def test_wrong_credentials_are_asked_once(client: DingTalkClient) -> None:
    responses.replace(responses.POST, TOKEN, json={"code": "invalidClientIdOrSecret", "message": "无效"}, status=400)
    with pytest.raises(ConnectionBroken, match="invalidClientIdOrSecret"):
        create(client)
    assert len(calls(TOKEN)) == 1


@pytest.mark.parametrize("body", [{}, [], {"accessToken": ""}, {"accessToken": 5}])
def test_a_login_without_a_token(client: DingTalkClient, body: Any) -> None:
    responses.replace(responses.POST, TOKEN, json=body)
    with pytest.raises(ConnectionBroken):
        create(client)


def test_a_token_is_given_up_before_its_end(client: DingTalkClient) -> None:
    assert client.login().seconds == 6900
    responses.replace(responses.POST, TOKEN, json={"accessToken": "T", "expireIn": 200})
    assert client.login().seconds == 100


def test_the_old_login(client: DingTalkClient) -> None:
    answer("GET", f"{OLD}/gettoken", {"errcode": 0, "access_token": "TO", "expires_in": 7200})
    answer("POST", INSTANCES, {"instanceId": "i"})
    old = DingTalk(target(login_api="old")).client
    assert create(old) == "i"
    assert calls(INSTANCES)[0].request.headers["x-acs-dingtalk-access-token"] == "TO"
    assert not calls(TOKEN)
    assert SECRET not in "".join(step.input + step.output for step in old.recorder.take())


def test_the_old_login_refused(client: DingTalkClient) -> None:
    answer("GET", f"{OLD}/gettoken", {"errcode": 40096, "errmsg": "不合法的appKey或appSecret"})
    with pytest.raises(ConnectionBroken, match="40096"):
        create(DingTalk(target(login_api="old")).client)


@pytest.mark.parametrize(
    ("base", "given", "expected"),
    [(NEW, "", OLD), ("http://gateway/ding", "", "http://gateway/ding"), (NEW, "http://g2/", "http://g2")],
)
def test_where_the_old_api_is(client: DingTalkClient, base: str, given: str, expected: str) -> None:
    assert DingTalk(target(base, old_base_url=given)).client.old.target.base_url == expected


# -- errors of the new API


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("formConverterError", DocumentRejected),
        ("illegalComponent", DocumentRejected),
        ("processInstanceInvalidParameter", DocumentRejected),
        ("invalidParameter", DocumentRejected),
        ("processInstanceStartFailed", DocumentRejected),
        ("neverHeardOf", DocumentRejected),
        ("processCodeError", ConfigurationError),
        ("processGetFailed", ConfigurationError),
        ("targetSelectApproverMissing", ConfigurationError),
        ("targetSelectApproverScopeError", ConfigurationError),
        ("invalidAgentId", ConfigurationError),
        ("needAuth", ConfigurationError),
        ("benefitStatusInvalid", ConfigurationError),
        ("autoflowLikeTriggerRateLimited", RetryLater),
        ("sysErrror", RetryLater),
        ("internalError", RetryLater),
        ("processInstanceNotExist", NotFound),
        ("AuthenticationFailed.MissingParameter", ConnectionBroken),
    ],
)
def test_what_http_400_means(client: DingTalkClient, code: str, kind: type[B1FlowError]) -> None:
    error = failure(client, {"code": code, "message": "说明", "requestid": "R"})
    assert type(error) is kind
    assert error.code == code
    assert "说明" in error.message


def test_a_missing_permission_is_named(client: DingTalkClient) -> None:
    body = {
        "code": errors.SCOPE,
        "message": "没有权限",
        "accessdenieddetail": {"requiredScopes": ["Workflow.Instance.Write"]},
    }
    error = failure(client, body, 403)
    assert isinstance(error, ConnectionBroken)
    assert "Workflow.Instance.Write" in error.message


def test_an_address_that_is_not_allowed(client: DingTalkClient) -> None:
    assert isinstance(failure(client, {"code": errors.ADDRESS, "message": "ip"}, 403), ConnectionBroken)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_after_a_failed_creation_nobody_knows(client: DingTalkClient, status: int) -> None:
    assert isinstance(failure(client, {"code": "systemError", "message": "系统异常"}, status), OutcomeUnknown)
    assert len(calls(INSTANCES)) == 1, "never repeated blindly"


def test_a_failed_reading_is_just_tried_later(client: DingTalkClient) -> None:
    assert isinstance(failure(client, {"code": "systemError", "message": "系统异常"}, 500, safe=True), RetryLater)


def test_success_without_an_id_or_without_json(client: DingTalkClient) -> None:
    assert isinstance(failure(client, {}, 200), OutcomeUnknown)


def test_a_page_instead_of_json(client: DingTalkClient) -> None:
    assert isinstance(failure(client, "<html>login</html>", 200), OutcomeUnknown)


def test_an_unknown_address_answers_200_and_is_not_the_vendors_no(client: DingTalkClient) -> None:
    body = {"errcode": 404, "errmsg": "请求的URI地址不存在"}
    assert isinstance(failure(client, body, 200, safe=True), ConnectionBroken)


@pytest.mark.parametrize("status", [404, 405])
def test_a_proxys_404_does_not_mean_deleted(client: DingTalkClient, status: int) -> None:
    assert isinstance(failure(client, "not found", status, safe=True), ConnectionBroken)


# -- limits


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("Forbidden.AccessDenied.QpsLimitForApi", 403),
        ("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", 403),
        ("systemBusy", 429),
        ("system.busy", 429),
    ],
)
def test_a_burst_limit_is_waited_for(client: DingTalkClient, code: str, status: int) -> None:
    for _ in range(3):
        answer("POST", INSTANCES, {"code": code, "message": "太快"}, status)
    answer("POST", INSTANCES, {"instanceId": "i"})
    assert create(client) == "i"


def test_and_given_up_after_three_waits(client: DingTalkClient) -> None:
    assert isinstance(failure(client, {"code": "systemBusy", "message": "x"}, 429), RetryLater)
    assert len(calls(INSTANCES)) == 4


def test_a_wait_never_outlives_the_call(client: DingTalkClient, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAUSES", (1.0, 2.0, 4.0))
    settings.CALL_DEADLINE_SECONDS = 3.5
    started = time.monotonic()
    assert isinstance(failure(client, {"code": "systemBusy", "message": "x"}, 429), RetryLater)
    assert time.monotonic() - started < 1


def test_a_limit_by_the_minute_is_left_to_the_ledger(client: DingTalkClient) -> None:
    error = failure(client, {"code": "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", "message": "x"}, 403)
    assert isinstance(error, RetryLater)
    assert error.after == 60
    assert len(calls(INSTANCES)) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<!doctype html><html>Sorry, your request has been blocked (x5).</html>", 405),
        ("<html>punish</html>", 200),
        ({"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "u"}, 200),
    ],
)
def test_a_blocked_address_waits_five_minutes_without_a_call(client: DingTalkClient, body: Any, status: int) -> None:
    error = failure(client, body, status)
    assert isinstance(error, RetryLater)
    assert error.after == 300
    with pytest.raises(RetryLater):
        create(client)
    assert len(calls(INSTANCES)) == 1


# -- errors of the old API


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errcode": 60121, "errmsg": "找不到该用户"}, NotFound),
        ({"errcode": 33012, "errmsg": "无效的USERID"}, NotFound),
        ({"errcode": 60011, "errmsg": "没有权限"}, ConnectionBroken),
        ({"errcode": 88, "sub_code": "60011", "errmsg": "x"}, ConnectionBroken),
        ({"errcode": 60020, "errmsg": "访问ip不在白名单之中"}, ConnectionBroken),
        ({"errcode": 22, "errmsg": "不合法的请求方法"}, ConnectionBroken),
        ({"errcode": 15, "errmsg": "timeout"}, RetryLater),
        ({"errcode": 88, "sub_code": "", "errmsg": "isp.top-remote-connection-timeout"}, RetryLater),
        ({"errcode": -1, "errmsg": "系统繁忙"}, RetryLater),
        ({"errcode": 90002, "errmsg": "被暂时禁用了"}, RetryLater),
        ({"errcode": 90018, "errmsg": "太快"}, RetryLater),
        ({"errcode": 400002, "errmsg": "无效的参数"}, DocumentRejected),
    ],
)
def test_what_the_old_apis_codes_mean(client: DingTalkClient, body: dict[str, Any], kind: type[B1FlowError]) -> None:
    answer("POST", f"{OLD}/topapi/v2/user/get", body)
    with pytest.raises(kind):
        client.user("u1")


# -- the connection test


def probes(**status: Any) -> None:
    missing = {"code": errors.SCOPE, "message": "x", "accessdenieddetail": {"requiredScopes": ["?"]}}
    none = {"code": "processInstanceNotExist", "message": "x"}
    answer("GET", INSTANCES, missing if "read" in status else none, 403 if "read" in status else 400)
    answer("POST", f"{INSTANCES}/terminate", missing if "write" in status else none, 403 if "write" in status else 400)
    form = {"code": "formNotExist", "message": "x"}
    answer("GET", f"{NEW}/v1.0/workflow/forms/schemas/processCodes", form, 400)
    answer("POST", f"{OLD}/topapi/v2/user/get", {"errcode": 60121, "errmsg": "x"})


def test_the_connection_test_tries_every_permission(client: DingTalkClient) -> None:
    probes()
    assert DingTalk(target()).check().ok


def test_the_connection_test_names_all_missing_permissions(client: DingTalkClient) -> None:
    probes(read=False, write=False)
    found = DingTalk(target()).check()
    assert not found.ok
    assert "Workflow.Instance.Read, Workflow.Instance.Write" in found.text


def test_what_is_only_convenient_may_be_missing(client: DingTalkClient) -> None:
    """Some gateways let only the new API's host through."""
    probes()
    responses.replace(responses.POST, f"{OLD}/topapi/v2/user/get", body=ConnectionError())
    found = DingTalk(target()).check()
    assert found.ok
    assert "qyapi_get_member" in found.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("callback_aes_key", "short"), ("callback_token", "with blank"), ("agent_id", "abc"), ("old_base_url", "oapi")],
)
def test_settings_say_what_is_wrong(name: str, value: str) -> None:
    secret = name.startswith("callback")
    settings, secrets = {"app_key": "a"}, {"app_secret": "s"}
    (secrets if secret else settings)[name] = value
    with pytest.raises(ConfigurationError) as caught:
        DingTalk.clean(settings, secrets)
    assert set(caught.value.fields) == {name}
