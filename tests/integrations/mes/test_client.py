"""The client against answers as the vendor writes them: what leaves, and what the answers mean."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from core.connectors.steps import Recorder
from core.errors import (
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)
from integrations.mes.client import BlacklakeClient
from integrations.mes.endpoints import PATHS
from tests.integrations.mes.wire import BASE, SECRET, answers, client, envelope, sent, signs_in, target

BIG = 17345695114704761  # beyond 2**53
EXPIRED = [
    envelope(code=400150, subCode="USER-DOMAIN/SSO_TOKEN_FAIL", message="token失效"),
    envelope(code=3500004, subCode="OPENAPI-DOMAIN/ACCESS_TOKEN_EXPIRED", message="access_token已过期"),
    envelope(code=401, subCode=None, message="未登录"),
    envelope(code=400150, subCode="SSO_TOKEN_FAIL", message="token失效"),
]


@pytest.fixture(autouse=True)
def wire() -> Iterator[None]:
    with responses.mock:
        yield


def tokens() -> list[str]:
    """The token of each call that had one."""
    queries = [parse_qs(urlsplit(call.request.url).query) for call in responses.calls]
    return [query["access_token"][0] for query in queries if "access_token" in query]


# -- login


def test_the_login_sends_three_texts_and_the_token_travels_in_the_query():
    signs_in("T1")
    answers("material_list", {"list": [], "page": 1, "total": 3})

    assert client().count("material_list") == 3

    (keys,) = sent("login")
    assert keys == {"appKey": "cli_1734569511470", "appSecret": SECRET, "factoryNumber": "34133123"}
    assert tokens() == ["T1"]


def test_the_token_goes_into_headers_too_where_the_connection_says_so():
    signs_in()
    answers("material_list", {"list": [], "total": 0})

    client(auth_headers="X-AUTH, access_token").count("material_list")

    headers = responses.calls[-1].request.headers
    assert (headers["X-AUTH"], headers["access_token"]) == ("T1", "T1")


def test_the_newer_login_needs_no_factory_and_says_how_long_its_token_lives():
    answers("login_2", {"appAccessToken": "T2", "expire": 1000})

    token = client(generation="2").login()

    assert (token.value, token.seconds) == ("T2", 820)
    assert sent("login_2") == [{"appKey": "cli_1734569511470", "appSecret": SECRET}]


@pytest.mark.parametrize(
    "answer",
    [
        envelope(code=400151, subCode="USER-DOMAIN/APP_AUTH_FAIL", message="appKey、appSecret或工厂号错误"),
        envelope(code=401, message="no"),
        envelope({"token": ""}),
        envelope(None),
        envelope("text"),
    ],
)
def test_a_refused_login_is_told_and_asked_once(answer):
    answers("login", answer)

    with pytest.raises(ConnectionBroken) as caught:
        client().count("material_list")

    assert caught.value.while_logging_in
    assert len(responses.calls) == 1
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("answer", EXPIRED)
def test_a_dead_token_is_renewed_once_and_the_call_repeated(answer):
    signs_in("T1", "T2")
    answers("material_import", answer, None)

    client().import_material({"materialCode": "A"})

    assert tokens() == ["T1", "T2"]
    assert len(sent("material_import")) == 2


def test_a_token_that_is_refused_at_once_is_not_asked_for_again_and_again():
    signs_in("T1", "T2", "T3")
    answers("material_import", EXPIRED[0], EXPIRED[0], EXPIRED[0])

    with pytest.raises(ConnectionBroken):
        client().import_material({"materialCode": "A"})

    assert len(sent("login")) == 2


def test_no_secret_is_written_into_the_step_log():
    signs_in("a-very-secret-token")
    answers("material_list", {"list": [], "total": 0})
    recorder = Recorder()

    BlacklakeClient(target(), recorder).count("material_list")

    text = "".join(step.name + step.input + step.output for step in recorder.take())
    assert SECRET not in text
    assert "a-very-secret-token" not in text
    assert "cli_1734569511470" not in text


# -- what answers mean


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (envelope(code=310021, subCode="MATERIAL-DOMAIN/UNIT_NOT_EXIST", message="单位【光年】不存在"),
         DocumentRejected, "[MATERIAL-DOMAIN/UNIT_NOT_EXIST] 单位【光年】不存在"),
        (envelope(code=310001, message="参数错误"), DocumentRejected, "[310001] 参数错误"),
        (envelope(code=200, needCheck=1, message="超出计划"), DocumentRejected, "[NEEDS_CONFIRMATION]"),
        (envelope(code=3500060, subCode="OPENAPI-DOMAIN/URL_NO_PERMISSION", message="无权限"),
         ConnectionBroken, "lacks the permission"),
        (envelope(code=3401, message="无权限"), ConnectionBroken, "lacks the permission"),
        (envelope(code=403, message="禁止"), ConnectionBroken, "lacks the permission"),
        (envelope(code=500, message="系统繁忙"), OutcomeUnknown, "系统繁忙"),
        ({"x": 1}, OutcomeUnknown, "not the MES"),
        ([], OutcomeUnknown, "not the MES"),
    ],
)  # fmt: skip
def test_errors_are_named_by_what_happens_next(answer, kind, words):
    signs_in()
    responses.add(responses.POST, f"{BASE}/{PATHS['material_import']}", json=answer)

    with pytest.raises(kind) as caught:
        client().import_material({"materialCode": "A"})

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, DocumentRejected),
        (403, ConnectionBroken),
        (404, ConnectionBroken),
        (429, RetryLater),
        (502, OutcomeUnknown),
    ],
)
def test_http_errors(status, kind):
    signs_in()
    answers("material_import", envelope(code=status, message="so nicht"), status=status)

    with pytest.raises(kind):
        client().import_material({"materialCode": "A"})


def test_questions_may_be_repeated_so_their_outages_are_no_unknown_outcomes():
    signs_in()
    answers("material_list", envelope(code=500, message="系统繁忙"))
    with pytest.raises(RetryLater):
        client().count("material_list")

    responses.replace(responses.POST, f"{BASE}/{PATHS['material_list']}", body=requests.ConnectionError("cut"))
    with pytest.raises(RetryLater):
        client().count("material_list")


def test_a_login_page_instead_of_an_answer():
    signs_in()
    for name in ("material_import", "material_list"):
        responses.add(responses.POST, f"{BASE}/{PATHS[name]}", body="<!doctype html><title>登录</title>")

    with pytest.raises(OutcomeUnknown):
        client().import_material({"materialCode": "A"})
    with pytest.raises(ConnectionBroken):
        client().count("material_list")


# -- lists


def test_a_list_is_read_to_its_end_with_ids_as_whole_numbers():
    signs_in()
    rows = [{"id": BIG + n} for n in range(5)]
    for part in (rows[:2], rows[2:4], rows[4:]):
        answers("report_list", {"list": part, "page": 1, "total": 5})

    found = list(client(page_size=2).reports(1, 2))

    assert [row["id"] for row in found] == [BIG, BIG + 1, BIG + 2, BIG + 3, BIG + 4]
    assert [(body["page"], body["size"]) for body in sent("report_list")] == [(1, 2), (2, 2), (3, 2)]
    assert sent("report_list")[0] == {
        "reportTimeFrom": 1, "reportTimeTo": 2, "page": 1, "size": 2,
        "sorter": [{"field": "reportTime", "order": "asc"}],
    }  # fmt: skip


def test_a_server_that_gives_smaller_pages_than_asked_for_is_read_to_the_end():
    signs_in()
    for start in (0, 2, 4):
        answers("report_list", {"list": [{"id": n} for n in range(start, min(start + 2, 5))], "total": 5})

    assert [row["id"] for row in client(page_size=200).reports(1, 2)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("data", [None, {}, {"list": None, "total": 0}, {"list": [], "page": 1, "total": 0}, []])
def test_empty_lists(data):
    signs_in()
    answers("report_list", data)

    assert list(client().reports(1, 2)) == []


def test_a_list_without_a_total_ends_with_its_last_page():
    signs_in()
    for part in ([1, 2], [3]):
        answers("report_list", {"list": [{"id": n} for n in part]})

    assert [row["id"] for row in client(page_size=2).reports(1, 2)] == [1, 2, 3]


def test_a_page_size_that_is_refused_gives_way_to_the_default():
    signs_in()
    answers("report_list", envelope(code=400001, message="size不能超过20"), {"list": [{"id": 1}], "total": 1})
    mes = client()

    assert [row["id"] for row in mes.reports(1, 2)] == [1]
    assert [body["size"] for body in sent("report_list")] == [200, 20]
    assert mes.page_size == 20


def test_a_list_that_shrinks_is_read_again():
    signs_in()
    for part, total in (([1, 2], 5), ([3, 4], 4), ([1, 3], 4), ([4, 5], 4)):
        answers("report_list", {"list": [{"id": n} for n in part], "total": total})

    assert {row["id"] for row in client(page_size=2).reports(1, 2)} == {1, 2, 3, 4, 5}


# -- work orders


def test_a_code_that_the_lookup_knows():
    signs_in()
    answers("code_to_id", {"id": BIG})

    assert client().work_order_id("478") == BIG
    assert sent("code_to_id") == [{"code": "478", "objectCode": "ProductionOrder"}]


@pytest.mark.parametrize(
    "unknown",
    [
        envelope({"id": None}),
        envelope(None),
        envelope(code=400404, subCode="CUSTOM-OBJECT/NOT_EXIST", message="对象不存在"),
        envelope(code=123, message="任何其它错误"),
    ],
)
def test_absent_is_believed_only_when_the_list_says_so_too(unknown):
    signs_in()
    answers("code_to_id", unknown, unknown)
    other = {"workOrderId": 1, "workOrderCode": "1478"}
    answers("work_order_list", {"list": [other], "total": 1})
    mes = client()
    assert mes.work_order_id("478") is None

    responses.replace(
        responses.POST, f"{BASE}/{PATHS['work_order_list']}",
        json=envelope({"list": [other, {"workOrderId": BIG, "workOrderCode": "478"}], "total": 2}),
    )  # fmt: skip
    assert mes.work_order_id("478") == BIG


@pytest.mark.parametrize("broken", ["code_to_id", "work_order_list"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (envelope(code=3500060, subCode="OPENAPI-DOMAIN/URL_NO_PERMISSION", message="无权限"), ConnectionBroken),
        (envelope(code=502, message="网关错误"), RetryLater),
    ],
)
def test_an_error_of_the_lookup_is_raised(broken, answer, kind):
    signs_in()
    answers("code_to_id", answer if broken == "code_to_id" else envelope({"id": None}))
    answers("work_order_list", answer)

    with pytest.raises(kind):
        client().work_order_id("478")


def test_closing_tells_what_failed_although_it_answers_success():
    signs_in()
    failed = {"workOrderId": BIG, "workOrderCode": "478", "failedReason": "工单有未完成的任务"}
    answers(
        "work_order_close",
        {"successAmount": 0, "failAmount": 1, "failResults": [failed]},
        {"successAmount": 0, "failAmount": 1, "failResults": None},
        {"successAmount": 1, "failAmount": 0, "failResults": []},
        None,
    )
    mes = client()

    assert mes.close_work_orders([BIG], 1, "ERP取消") == [failed]
    assert len(mes.close_work_orders([BIG], 1, "")) == 1
    assert mes.close_work_orders([BIG], 1, "") == []
    with pytest.raises(OutcomeUnknown):
        mes.close_work_orders([BIG], 1, "")
    assert sent("work_order_close")[0] == {
        "workOrderIdList": [BIG], "workOrderCloseType": 1, "operateReason": "ERP取消",
    }  # fmt: skip


def test_a_material_is_the_one_of_exactly_this_code():
    signs_in()
    rows = [{"id": 1, "code": "A00006-1"}, {"id": 2, "code": "A00006"}]
    answers("material_list", {"list": rows, "total": 2}, {"list": rows[:1], "total": 1})
    mes = client()

    assert mes.material("A00006")["id"] == 2
    assert mes.material("A00006") is None
    assert sent("material_list")[0]["codeList"] == ["A00006"]


def test_an_order_without_data_does_not_exist():
    signs_in()
    answers("process_plan", None)

    with pytest.raises(NotFound):
        client().process_plan(BIG)


# -- paths


def test_every_path_may_be_another_one():
    assert PATHS["work_order_import"].endswith("/_doImport")
    assert PATHS["material_import"].endswith("/_doimport")
    signs_in()
    responses.add(responses.POST, f"{BASE}/v2/plan", json=envelope({"processes": []}))

    assert client(paths={"process_plan": "/v2/plan"}).process_plan(1) == {"processes": []}


def test_wrong_settings_are_named():
    for changes, field in (
        ({"paths": {"no_such": "x"}}, "paths"),
        ({"auth_headers": "X AUTH:"}, "auth_headers"),
        ({"page_size": 500}, "page_size"),
        ({"factory_number": ""}, "factory_number"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            target(**changes)
        assert field in caught.value.fields
