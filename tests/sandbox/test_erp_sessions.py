"""Login, cookies, the gate, timeouts, queues (SAP manual 1.28; protocol notes section 1)."""

from __future__ import annotations

import re
import threading
import time

import pytest
import requests

from tests.sandbox.erp_caller import Caller, query
from tests.sandbox_server import SandboxServer

NO_SESSION = (401, 301, "Invalid session or session already timeout.")


def login(sandbox: SandboxServer, path: str = "Login", **more: object) -> requests.Response:
    body = {"CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox", "Language": 15, **more}
    return requests.post(f"{sandbox.url}/erp/b1s/v1/{path}", json=body, timeout=10)


def test_login_answers_session_and_both_cookies(sandbox: SandboxServer) -> None:
    reply = login(sandbox)

    body = reply.json()
    cookies = reply.raw.headers.getlist("Set-Cookie")
    assert body["odata.metadata"].endswith("/erp/b1s/v1/$metadata#B1Sessions/@Element")
    assert (body["Version"], body["SessionTimeout"]) == ("1000190", 30)
    assert cookies[0] == f"B1SESSION={body['SessionId']};HttpOnly;"
    assert re.fullmatch(r"ROUTEID=\.node\d; path=/b1s", cookies[1])


@pytest.mark.parametrize("more", [{"Password": "wrong"}, {"UserName": "nobody"}, {"UserName": "locked1"}])
def test_wrong_credentials(sandbox: SandboxServer, more: dict) -> None:
    reply = login(sandbox, **more)

    assert reply.status_code == 401
    assert reply.json() == {"error": {"code": 100000027, "message": {"lang": "en-us", "value": "Login failed"}}}


def test_unknown_company_is_told_apart(sandbox: SandboxServer) -> None:
    assert login(sandbox, CompanyDB="NOWHERE").json()["error"]["code"] == 305


def test_a_domain_user_logs_in(sandbox: SandboxServer) -> None:
    assert login(sandbox, UserName="S-ERP\\CSFZ0431021").status_code == 200


@pytest.mark.parametrize("path", ["login", "Nothing", "Items('11028')"])
def test_without_a_session_everything_but_login_is_refused_alike(sandbox: SandboxServer, path: str) -> None:
    reply = requests.post(f"{sandbox.url}/erp/b1s/v1/{path}", json={}, timeout=10)

    assert (reply.status_code, reply.json()["error"]["code"]) == (401, 301)


def test_logout_ends_only_its_own_session(sandbox: SandboxServer) -> None:
    one, other = Caller(sandbox), Caller(sandbox)

    reply = one.send("POST", "Logout")

    assert (reply.status_code, reply.content) == (204, b"")
    assert one.refused("GET", "Items('11028')") == NO_SESSION
    assert other.get("Items('11028')")["ItemCode"] == "11028"


def test_idle_timeout_slides(sandbox: SandboxServer) -> None:
    caller = Caller(sandbox)
    sandbox.switch("erp", "session_minutes", 1 / 60)

    for _ in range(3):
        time.sleep(0.5)
        caller.get("Items('11028')", select="ItemCode")
    time.sleep(1.2)

    assert caller.refused("GET", "Items('11028')") == NO_SESSION


def test_all_sessions_can_be_expired(sandbox: SandboxServer) -> None:
    caller = Caller(sandbox)

    assert sandbox.press("erp", "expire_sessions") >= 1
    assert caller.refused("GET", "Items") == NO_SESSION


def test_one_session_works_one_request_at_a_time(sandbox: SandboxServer) -> None:
    one, other = Caller(sandbox), Caller(sandbox)
    sandbox.switch("*", "latency_ms", 150)

    alone = _seconds([one, one])
    together = _seconds([one, other])

    assert alone >= 0.3
    assert together < alone


def _seconds(callers: list[Caller]) -> float:
    # A connection for each: requests.Session itself is not made for threads.
    calls = [
        threading.Thread(
            target=requests.get,
            args=(f"{caller.root}Items('11028'){query(select='ItemCode')}",),
            kwargs={"headers": {"Cookie": caller.cookie}, "timeout": 20},
        )
        for caller in callers
    ]
    start = time.monotonic()
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    return time.monotonic() - start


def test_companies_do_not_mix(sandbox: SandboxServer) -> None:
    first, second = Caller(sandbox), Caller(sandbox, company="SBODEMO2")

    second.done("PATCH", "Items('11028')", {"ItemName": "别的账套"})

    assert first.get("Items('11028')", select="ItemName")["ItemName"] == "聚氯乙烯"
    assert second.get("Items('11028')", select="ItemName")["ItemName"] == "别的账套"
    assert sandbox.effects("erp", "mark")[0]["key"] == "SBODEMO2/Items('11028')"


def test_expect_100_continue_breaks_at_the_balancer(sandbox: SandboxServer) -> None:
    reply = requests.get(f"{sandbox.url}/erp/b1s/v1/Items", headers={"Expect": "100-continue"}, timeout=10)

    assert (reply.status_code, reply.content) == (500, b"")
