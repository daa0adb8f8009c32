"""The DI API: RIS codes instead of HTTP statuses, cookies without names, renewal (seed chapter 5)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses
from responses import matchers

from core.errors import ConnectionBroken, DocumentRejected, OutcomeUnknown, RetryLater
from integrations.erp.di_api import minutes
from tests.integrations.erp.conftest import di_api

HOST = "https://api.example.com/diapi/6160"
LOGIN, SQL = f"{HOST}/b1dis/v1/login", f"{HOST}/b1dis/v1/exec-sql"


def ris(code: str = "RIS.10000000", message: str = "OK", **data: Any) -> dict[str, Any]:
    return {"code": code, "message": message, "data": data, "timestamp": "2023-10-23T06:37:35.773+00:00"}


def session(wire: responses.RequestsMock, number: int = 1, length: Any = "30m") -> None:
    cookies = [("Set-Cookie", f"ANY={number}; Path=/; HttpOnly"), ("Set-Cookie", "GATE=x; path=/b1dis")]
    wire.add(responses.POST, LOGIN, json=ris(SessionTimeout=length), headers=cookies)


def rows(wire: responses.RequestsMock, body: Any, number: int = 1, status: int = 200) -> None:
    cookie = matchers.header_matcher({"Cookie": f"ANY={number}; GATE=x"})
    wire.add(responses.POST, SQL, json=body, status=status, match=[cookie])


def logins(wire: responses.RequestsMock) -> int:
    return sum(call.request.url == LOGIN for call in wire.calls)


def test_rows_come_with_all_cookies(wire: responses.RequestsMock) -> None:
    session(wire)
    rows(wire, ris(value=[{"ItemCode": "A", "CstGrpCode": -1}]))
    assert di_api(HOST).exec_sql("SELECT 1 FROM OITM") == [{"ItemCode": "A", "CstGrpCode": -1}]
    assert wire.calls[0].request.body == b'{"CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox"}'
    assert wire.calls[1].request.body == b'{"Sql": "SELECT 1 FROM OITM"}'


@pytest.mark.parametrize("data", [{}, {"value": []}, {"value": None}])
def test_no_rows(wire: responses.RequestsMock, data: dict[str, Any]) -> None:
    session(wire)
    rows(wire, ris(**data))
    assert di_api(HOST).exec_sql("SELECT 1 FROM OITM") == []


@pytest.mark.parametrize("status", [200, 400])
def test_the_code_decides_not_the_status(wire: responses.RequestsMock, status: int) -> None:
    session(wire)
    rows(wire, ris("RIS.10000500", "invalid column name: X"), status=status)
    with pytest.raises(DocumentRejected, match="invalid column name") as caught:
        di_api(HOST).exec_sql("SELECT X FROM OITM")
    assert (caught.value.code, logins(wire)) == ("RIS.10000500", 1)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, None),
        (403, ris("RIS.10000403", "no")),
        (200, ris("RIS.10000301", "会话已过期，请重新登录")),
        (200, ris("RIS.10000301", "Invalid session")),
    ],
)
def test_an_ended_session_is_renewed_once(wire: responses.RequestsMock, status: int, body: Any) -> None:
    session(wire, 1)
    session(wire, 2)
    rows(wire, body, 1, status)
    rows(wire, ris(value=[{"ONE": 1}]), 2)
    assert di_api(HOST).exec_sql("SELECT 1 AS ONE FROM DUMMY") == [{"ONE": 1}]
    assert logins(wire) == 2


@pytest.mark.parametrize(("status", "body"), [(401, None), (200, ris("RIS.10000401", "用户名或密码错误")), (404, None)])
def test_a_refused_login_is_tried_once(wire: responses.RequestsMock, status: int, body: Any) -> None:
    wire.add(responses.POST, LOGIN, json=body, status=status)
    for _ in range(2):
        with pytest.raises(ConnectionBroken):
            di_api(HOST).exec_sql("SELECT 1 FROM OITM")
    assert logins(wire) == 1


def test_a_login_without_cookies(wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, LOGIN, json=ris(SessionTimeout="30m"))
    with pytest.raises(ConnectionBroken):
        di_api(HOST).exec_sql("SELECT 1 FROM OITM")


@pytest.mark.parametrize(
    ("sql", "error"),
    [(" select 1 FROM OITM", RetryLater), ("WITH a AS (SELECT 1 FROM DUMMY) SELECT 1 FROM a", RetryLater),
     ("CALL TMDK('a')", OutcomeUnknown), ("UPDATE OITM SET x = 1", OutcomeUnknown)],
)  # fmt: skip
def test_a_lost_answer_is_only_harmless_for_reading(
    wire: responses.RequestsMock, sql: str, error: type[Exception]
) -> None:
    session(wire)
    wire.add(responses.POST, SQL, body=requests.ConnectionError("Remote end closed"))
    with pytest.raises(error):
        di_api(HOST).exec_sql(sql)


def test_a_page_of_a_proxy_is_no_answer(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add(responses.POST, SQL, body="<html>Welcome")
    with pytest.raises(ConnectionBroken, match="Welcome"):
        di_api(HOST).exec_sql("SELECT 1 FROM OITM")


def test_keeping_alive_uses_the_session_or_makes_one(wire: responses.RequestsMock) -> None:
    session(wire)
    rows(wire, ris("RIS.10000400", "Sql不能为空"))
    di_api(HOST).keep_alive()
    di_api(HOST).keep_alive()
    assert (logins(wire), len(wire.calls)) == (1, 3)


def test_keeping_alive_shows_other_refusals(wire: responses.RequestsMock) -> None:
    session(wire)
    rows(wire, ris("RIS.10000500", "database is down"))
    with pytest.raises(DocumentRejected):
        di_api(HOST).keep_alive()


@pytest.mark.parametrize(
    ("length", "expected"),
    [("30m", 30), ("30", 30), (30, 30), ("1800s", 30), ("0.5h", 30), ("x", 30), (None, 30), ("90s", 1.5)],
)
def test_session_lengths(length: Any, expected: float) -> None:
    assert minutes(length) == expected
