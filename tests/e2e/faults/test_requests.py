"""API flows in a web server of their own: bad calls decide nothing; a web process that is killed doubles nothing."""

from __future__ import annotations

import json
from typing import Any

import psutil
import pytest
import requests

from tests.e2e.faults import checker
from tests.e2e.faults.place import APP_CODE, Place, wait_until

PURCHASES = "采购申请"
DECISIONS, ORDERS = "2" * 32, "3" * 32
ORDER = {"CardCode": "C26000", "DocDueDate": "2026-12-01"}
LINES = [{"ItemCode": "11028", "Quantity": "2", "UnitPrice": "10"}]


class Web:
    """The address, its processes, and calls as the OA makes them."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.master, self.url = place.web()
        self.http = requests.Session()
        self.http.trust_env = False

    def post(self, key: str, body: Any, code: str | None = APP_CODE, **options: Any) -> requests.Response:
        headers = {"Content-Type": "application/json"} | ({"X-Apig-AppCode": code} if code is not None else {})
        text = body if isinstance(body, str) else json.dumps(body)
        return self.http.post(f"{self.url}/ecology/{key}/", data=text.encode(), headers=headers, timeout=60, **options)

    def order(self, number: int, **more: Any) -> dict[str, Any]:
        """The answer to a sales order; {} where the connection broke."""
        body = {"requestid": number, "mainData": ORDER, "detailData": LINES, **more}
        return self._answer(ORDERS, body)

    def decide(self, number: str, status: str = "Y") -> dict[str, Any]:
        body = {"requestid": number, "status": status, "remark": "同意", "approverName": "李四"}
        return self._answer(DECISIONS, body)

    def _answer(self, key: str, body: Any) -> dict[str, Any]:
        try:
            return self.post(key, body).json()
        except requests.ConnectionError:
            self.http.close()
            return {}

    def workers(self) -> list[int]:
        """The processes that answer."""
        return [child.pid for child in psutil.Process(self.master.pid).children()]

    def killed_at(self, **rule: Any) -> None:
        """The next call of this kind ends the processes that answer; gunicorn starts others."""
        self.place.sandbox.fault(action="kill", pids=self.workers(), **rule)


@pytest.fixture
def web(place: Place) -> Web:
    place.environ |= {"CALL_DEADLINE_SECONDS": "1.5", "LEASE_SECONDS": "8"}
    where = checker.drafts(place.sandbox, 2)
    place.apply(where=where, items="ItemCode eq 'none'")
    return Web(place)


def orders(place: Place) -> int:
    """Sales orders that were made."""
    return sum(key.startswith("Orders") for key in checker.count(place.sandbox, "create"))


def decided(place: Place) -> int:
    return len(place.sandbox.effects(system="erp", op="decide"))


def test_bad_calls_are_told_what_is_wrong_and_decide_nothing(place: Place, web: Web) -> None:
    assert place.run(PURCHASES).code == 0
    number = place.deliveries(PURCHASES)[0]["target_key"]
    good = {"requestid": number, "status": "Y"}
    other = "4" * 32

    calls = [
        (DECISIONS, good, None, 401),
        (DECISIONS, good, "", 401),
        (DECISIONS, good, "wrong", 401),
        (other, good, APP_CODE, 404),
        (other, good, None, 404),
        (DECISIONS, "{not json", APP_CODE, 400),
        (DECISIONS, "", APP_CODE, 400),
        (DECISIONS, '"text"', APP_CODE, 400),
    ]
    for key, body, code, status in calls:
        answer = web.post(key, body, code)
        assert (answer.status_code, answer.json()["success"]) == (status, "N"), (body, code, answer.text)
        assert answer.json()["message"]
    assert web.http.get(f"{web.url}/ecology/{DECISIONS}/", headers={"X-Apig-AppCode": APP_CODE}).status_code == 405
    refusals = {
        "unknown request": ({"requestid": 987654321, "status": "Y"}, 40401),
        "unknown word": ({"requestid": number, "status": "maybe"}, 40008),
        "no number": ({"status": "Y"}, 40001),
    }
    for name, (body, expected) in refusals.items():
        answer = web.post(DECISIONS, body).json()
        assert (answer["success"], answer["code"]) == ("N", expected), (name, answer)
    assert decided(place) == 0

    first, again, opposite = web.decide(number), web.decide(number), web.decide(number, "N")

    assert (first["success"], first["duplicate"]) == ("Y", False)
    assert (again["success"], again["duplicate"]) == ("Y", True)
    assert (opposite["success"], opposite["code"]) == ("N", 40904)
    assert decided(place) == 1


def test_the_erps_answer_to_a_document_is_lost(place: Place, web: Web) -> None:
    """It is looked up within the same call: the OA hears Y, and there is one."""
    place.sandbox.fault(system="erp", op="create", when="after", action="drop")

    first, second = web.order(501), web.order(501)

    assert (first["success"], second["success"], second["duplicate"]) == ("Y", "Y", True)
    assert first["docEntry"] == second["docEntry"]
    assert orders(place) == 1


@pytest.mark.crash
@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1), ("answered", 1)])
def test_a_web_process_is_killed_while_it_makes_a_document(place: Place, web: Web, when: str, made: int) -> None:
    """The OA repeats its call until it is answered: one document."""
    web.killed_at(system="erp", op="create", when=when)

    assert web.order(502) == {}
    assert orders(place) in (made, 1)
    answers: list[dict[str, Any]] = []
    wait_until(lambda: answers.append(web.order(502)) or answers[-1].get("success") == "Y", 30, str(answers))

    assert orders(place) == 1
    assert place.states("销售订单") == {"done": 1}


@pytest.mark.crash
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_web_process_is_killed_while_it_decides(place: Place, web: Web, when: str) -> None:
    """The OA repeats its call: decided once."""
    assert place.run(PURCHASES).code == 0
    number = place.deliveries(PURCHASES)[0]["target_key"]
    web.killed_at(system="erp", op="decide", when=when)

    assert web.decide(number) == {}
    answers: list[dict[str, Any]] = []
    wait_until(lambda: answers.append(web.decide(number)) or answers[-1].get("success") == "Y", 30, str(answers))

    assert decided(place) == 1


@pytest.mark.crash
def test_a_decision_whose_web_process_was_killed_is_asked_for_when_the_oa_does_not_repeat_it(
    place: Place, web: Web
) -> None:
    """The claim of the dead process ends; the reconciling run decides."""
    assert place.run(PURCHASES).code == 0
    rows = place.deliveries(PURCHASES)
    place.oa("act", requestid=rows[0]["target_key"], status="Y", remark="同意", callback=False)
    web.killed_at(system="erp", op="decide", when="before")
    assert web.decide(rows[0]["target_key"]) == {}

    place.worker("--canary-limit", "60")
    wait_until(lambda: place.decision(rows[0]["key"]) == "applied", 60, "not decided")

    assert decided(place) == 1
    assert place.runs() < 12, "it was not asked for again and again"
