"""The answers' shape, and which request is the same as another."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from core.errors import ConfigurationError, ConnectionBroken, DocumentRejected, NotFound, OutcomeUnknown, RetryLater
from core.flows.once import InProgress
from integrations.barcode import codes, envelope
from integrations.barcode.codes import Problem, Refusal
from integrations.barcode.flows.config import QueryForm, SaveForm
from integrations.barcode.scan import reading
from integrations.barcode.tickets import ticket_of
from tests.integrations.barcode.scans import SEED


def test_the_usual_success() -> None:
    answer = envelope.success(None, {"value": [1]})
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", answer.pop("timestamp"))
    assert answer == {"code": "RIS.10000000", "message": "OK", "data": {"value": [1]}}


def test_the_usual_refusal() -> None:
    answer = envelope.refusal(None, Problem("BC.4031", "no", retryable=True), 7)
    del answer["timestamp"]
    assert answer == {"code": "BC.4031", "message": "no", "data": None, "retryable": True, "traceId": "7"}


def test_a_shape_of_ones_own() -> None:
    template = {
        "ok": "{success}",
        "rows": "{data.value}",
        "text": "[{code}] {message}",
        "more": ["{duplicate}"],
        "v": 1,
    }
    assert envelope.success(template, {"value": [1]}, duplicate=True) == {
        "ok": True, "rows": [1], "text": "[RIS.10000000] OK", "more": [True], "v": 1,
    }  # fmt: skip
    assert envelope.refusal(template, Problem("BC.1", "no")) == {
        "ok": False, "rows": None, "text": "[BC.1] no", "more": [], "v": 1,
    }  # fmt: skip


def test_unknown_places_are_a_mistake_of_the_config() -> None:
    with pytest.raises(ConfigurationError) as caught:
        QueryForm.clean_values({"envelope": {"a": "{nothing}"}})
    assert "nothing" in caught.value.fields["envelope"]


def test_companies_need_their_slots() -> None:
    config = SaveForm.clean_values({"companies": {"B": {"erp": "ERP2", "sql": "SQL2"}, "C": {"erp": "ERP3"}}})
    assert SaveForm.connection_names(config) == {"ERP2", "SQL2", "ERP3"}
    assert SaveForm.clean_values({"companies": "B.erp = ERP2\nB.sql = SQL2"})["companies"] == {
        "B": {"erp": "ERP2", "sql": "SQL2"}
    }
    for wrong in ({"B": "ERP2"}, {"B": {"oa": "X"}}, {"B": {}}):
        with pytest.raises(ConfigurationError) as caught:
            SaveForm.clean_values({"companies": wrong})
        assert "companies" in caught.value.fields


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "code", "message", "retryable"),
    [
        (Refusal("BC.4220", "short"), "BC.4220", "short", False),
        (
            DocumentRejected("ERP POST b1s/v1/Orders answered 400: 数量: 负库存 [x]", code=-10),
            "SL.-10",
            "数量: 负库存 [x]",
            False,
        ),
        (
            DocumentRejected("DI API POST b1dis/v1/exec-sql: sql error: no", code="RIS.5"),
            "RIS.5",
            "sql error: no",
            False,
        ),
        (NotFound("ERP GET b1s/v1/Orders(1) answered 404: none", code=-2028), "SL.-2028", "none", False),
        (RetryLater("still being looked for"), "BC.5031", "still being looked for", True),
        (ConnectionBroken("password"), "BC.5031", "password", True),
        (InProgress("wait"), "BC.4091", "wait", True),
        (ConfigurationError("bind it"), "BC.5001", "bind it", False),
    ],
)
def test_what_errors_are_to_the_scanner(error: Any, code: str, message: str, retryable: bool) -> None:
    assert codes.problem_of(error) == Problem(code, message, retryable)


# -- the same request


def ticket(body: Any, company: str = "A", **config: Any) -> Any:
    return ticket_of(body, reading.read(body), company, {"request_key": [], "time_fields": ["U_CZSJ"], **config})


def test_the_whole_request_is_its_key() -> None:
    first = ticket(SEED)
    assert (first.is_named, first.window) == (False, 86400)
    again = copy.deepcopy(SEED)
    again["data"] = [dict(reversed(again["data"][0].items()))]
    assert ticket(again) == first
    assert ticket({**SEED, "CompanyDB": "A"}) == first
    assert ticket(SEED, "B") != first
    again["data"][0]["Quantity"] = "2"
    assert ticket(again) != first


def test_without_a_time_it_is_remembered_for_ten_minutes() -> None:
    body = copy.deepcopy(SEED)
    body["data"][0]["MainTable"]["U_CZSJ"] = ""
    assert ticket(body).window == 600
    assert ticket(body, time_fields=["U_FJDRQ"]).window == 86400


def test_keys_of_the_callers_own() -> None:
    assert ticket({**SEED, "requestId": "r-1"}).key == "A|r-1"
    named = ticket({**SEED, "requestId": "r-1"}, request_key=["U_CZR", "BaseEntry", "U_NONE"])
    assert (named.key, named.is_named, named.window) == ("A|CS01|478|", True, 86400)
    assert not ticket(SEED, request_key=["U_NONE"]).is_named


def test_long_and_odd_keys_are_shortened() -> None:
    for odd in ("x" * 500, "a\nb", "\x00"):
        key = ticket({**SEED, "requestId": odd}).key
        assert len(key) < 90
        assert key.isprintable()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [RetryLater, ConnectionBroken, OutcomeUnknown])
def test_network_errors_are_not_shown_to_the_scanner(kind: Any) -> None:
    error = kind("ERP POST b1s/v1/Orders: HTTPConnectionPool(host='10.1.2.3', port=50000)")
    error.connection_id = 99
    assert "10.1.2.3" not in codes.problem_of(error).message
