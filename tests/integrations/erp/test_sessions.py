"""Sessions of the Service Layer: cookies by hand, idle expiry, several side by side, wrong credentials once."""

from __future__ import annotations

import threading

import pytest
import responses
from responses import matchers

from core.errors import ConnectionBroken, NotFound, RetryLater
from integrations.erp import sessions
from integrations.erp.client import ServiceLayerClient
from integrations.erp.sessions import SlidingSession
from tests.integrations.erp.conftest import HOST, LOGIN, refusal, service_layer, session

ITEM = f"{HOST}/b1s/v1/Items('1')"


def logins(wire: responses.RequestsMock) -> int:
    return sum(call.request.url.endswith("/Login") for call in wire.calls)


def answered(wire: responses.RequestsMock, number: int) -> None:
    """Items('1') is answered to this session only."""
    wire.add(
        responses.GET,
        ITEM.replace("'", "%27"),
        json={"ItemCode": "1", "seen": number},
        match=[matchers.header_matcher({"Cookie": f"B1SESSION=S{number}; ROUTEID=.node{number}"})],
    )


def test_the_login_is_case_exact_and_trims_the_company(wire: responses.RequestsMock) -> None:
    session(wire)
    answered(wire, 1)
    service_layer(company_db="SBODEMOCN ").get("Items", "1")
    first = wire.calls[0].request
    assert first.url == LOGIN
    assert first.body == b'{"CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox", "Language": 15}'


def test_cookies_go_back_behind_a_path_prefix(wire: responses.RequestsMock) -> None:
    """ROUTEID has path=/b1s: a strict jar would not send it to /6160/b1s."""
    session(wire, url=f"{HOST}/6160/b1s/v1/Login")
    cookie = matchers.header_matcher({"Cookie": "B1SESSION=S1; ROUTEID=.node1"})
    wire.add(responses.GET, f"{HOST}/6160/b1s/v1/Items(%271%27)", json={"ItemCode": "1"}, match=[cookie])
    assert service_layer(f"{HOST}/6160").get("Items", "1") == {"ItemCode": "1"}


def test_the_address_may_name_the_service_itself(wire: responses.RequestsMock) -> None:
    session(wire)
    answered(wire, 1)
    assert service_layer(f"{HOST}/b1s/v1").get("Items", "1")["seen"] == 1


def test_a_session_id_without_its_cookie_is_enough(wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, LOGIN, json={"SessionId": "S1", "SessionTimeout": 30})
    only = matchers.header_matcher({"Cookie": "B1SESSION=S1"})
    wire.add(responses.GET, f"{HOST}/b1s/v1/Items(%271%27)", json={"ItemCode": "1"}, match=[only])
    service_layer().get("Items", "1")


def test_a_login_without_a_session_is_an_error_in_words(wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, LOGIN, json={"Version": "1000190"})
    with pytest.raises(ConnectionBroken):
        service_layer().get("Items", "1")


@pytest.mark.parametrize(
    ("status", "body"), [(401, refusal(301, "Invalid session")), (401, None), (400, refusal(301, "x"))]
)
def test_an_ended_session_is_renewed_once(wire: responses.RequestsMock, status: int, body: dict | None) -> None:
    session(wire, 1)
    session(wire, 2)
    dead = matchers.header_matcher({"Cookie": "B1SESSION=S1; ROUTEID=.node1"})
    wire.add(responses.GET, f"{HOST}/b1s/v1/Items(%271%27)", json=body, status=status, match=[dead])
    answered(wire, 2)
    assert service_layer().get("Items", "1")["seen"] == 2
    assert logins(wire) == 2


def test_a_session_that_is_refused_at_once_breaks_the_connection(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add(responses.GET, f"{HOST}/b1s/v1/Items(%271%27)", json=refusal(301, "Invalid session"), status=401)
    with pytest.raises(ConnectionBroken) as caught:
        service_layer().get("Items", "1")
    assert (caught.value.code, logins(wire)) == ("301", 2)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, 100000027), (401, -304), (401, 305), (400, 305), (403, 100000085), (404, -2028), (400, -1)],
)
def test_wrong_credentials_are_tried_once(wire: responses.RequestsMock, status: int, code: int) -> None:
    wire.add(responses.POST, LOGIN, json=refusal(code, "Login failed"), status=status)
    for client in (service_layer(), service_layer(), service_layer(sessions=4)):
        with pytest.raises(ConnectionBroken, match="Login failed") as caught:
            client.get("Items", "1")
        assert caught.value.code == str(code)
    assert logins(wire) == 1


def test_wrong_credentials_of_many_threads_are_tried_once(wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, LOGIN, json=refusal(100000027, "Login failed"), status=401)
    client = service_layer(sessions=4)
    broken = []

    def work() -> None:
        try:
            client.get("Items", "1")
        except ConnectionBroken as error:
            broken.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(broken), logins(wire)) == (8, 1)


def test_another_password_is_tried_at_once(wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, LOGIN, json=refusal(100000027, "Login failed"), status=401)
    session(wire)
    answered(wire, 1)
    with pytest.raises(ConnectionBroken):
        service_layer(password="wrong-one").get("Items", "1")
    assert service_layer(password="right-one").get("Items", "1")["seen"] == 1


@pytest.mark.parametrize(
    ("status", "body"), [(500, refusal(312, "Fail to connect to SLD")), (503, None), (400, refusal(312, "x"))]
)
def test_an_outage_of_the_login_may_be_repeated(wire: responses.RequestsMock, status: int, body: dict | None) -> None:
    wire.add(responses.POST, LOGIN, json=body, status=status)
    session(wire)
    answered(wire, 1)
    with pytest.raises(RetryLater):
        service_layer().get("Items", "1")
    assert service_layer().get("Items", "1")["seen"] == 1


def test_two_clients_share_one_session(wire: responses.RequestsMock) -> None:
    session(wire)
    answered(wire, 1)
    service_layer().get("Items", "1")
    service_layer().get("Items", "1")
    assert logins(wire) == 1


def test_another_user_has_a_session_of_its_own(wire: responses.RequestsMock) -> None:
    session(wire, 1)
    session(wire, 2)
    answered(wire, 1)
    answered(wire, 2)
    assert service_layer().get("Items", "1")["seen"] == 1
    assert service_layer(user="approver1").get("Items", "1")["seen"] == 2


def test_threads_spread_over_the_sessions(wire: responses.RequestsMock) -> None:
    for number in (1, 2, 3):
        session(wire, number)
        answered(wire, number)
    client = service_layer(sessions=3)
    seen: list[int] = []
    for _ in range(6):
        thread = threading.Thread(target=lambda: seen.append(client.get("Items", "1")["seen"]))
        thread.start()
        thread.join()
    assert sorted(seen) == [1, 1, 2, 2, 3, 3]
    assert logins(wire) == 3


def test_the_cached_session_ends_a_minute_before_the_erps(wire: responses.RequestsMock, monkeypatch) -> None:
    session(wire, minutes=30)
    answered(wire, 1)
    kept = _kept_seconds(monkeypatch)
    service_layer().get("Items", "1")
    assert kept[0] == 29 * 60


def test_use_prolongs_the_session_at_most_once_a_minute(wire: responses.RequestsMock, monkeypatch) -> None:
    session(wire)
    answered(wire, 1)
    kept = _kept_seconds(monkeypatch)
    clock = [1000.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: clock[0])
    client = service_layer()
    for _ in range(3):
        client.get("Items", "1")
    assert len(kept) == 2  # the login, and the first use
    clock[0] += 61
    client.get("Items", "1")
    service_layer().get("Items", "1")
    assert len(kept) == 3
    assert logins(wire) == 1


def test_an_error_answer_does_not_prolong(wire: responses.RequestsMock, monkeypatch) -> None:
    session(wire)
    wire.add(responses.GET, f"{HOST}/b1s/v1/Items(%271%27)", json=refusal(-2028, "none"), status=404)
    kept = _kept_seconds(monkeypatch)
    with pytest.raises(NotFound):
        service_layer().get("Items", "1")
    assert len(kept) == 1


def _kept_seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    kept: list[float] = []
    keep = SlidingSession.keep

    def noted(self: SlidingSession, value: object, seconds: float) -> None:
        kept.append(seconds)
        keep(self, value, seconds)

    monkeypatch.setattr(SlidingSession, "keep", noted)
    monkeypatch.setattr(SlidingSession, "prolong", lambda self, seconds: kept.append(seconds))
    return kept


def test_no_secret_and_no_session_stays_in_the_step_log(wire: responses.RequestsMock) -> None:
    session(wire)
    answered(wire, 1)
    client: ServiceLayerClient = service_layer(password="very-secret-word")
    client.get("Items", "1")
    steps = client.recorder.take()
    text = " ".join(step.input + step.output for step in steps)
    assert [step.name for step in steps] == ["Login", "GET b1s/v1/Items(%271%27)"]
    assert "very-secret-word" not in text
    assert '"S1"' not in text
