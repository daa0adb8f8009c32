"""barcode.query against the pretended DI API: what leaves our process and what does not; caps, saved statements."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalog.enabling import check
from tests.integrations.barcode.conftest import barcode_server, house  # noqa: F401 - fixtures
from tests.integrations.barcode.house import BOTH, OK, QUERY, House
from tests.integrations.barcode.statements import HOSTILE, LEGITIMATE, UNKNOWN_TO_SANDBOX

pytestmark = pytest.mark.django_db(transaction=True)


def test_hostile_statements_never_leave_our_process(house: House) -> None:  # noqa: F811
    house.flow(QUERY)
    house.count("diapi", "sql")
    house.count("diapi", "login")
    for name, text in HOSTILE.items():
        if name == "lone surrogate":  # the endpoint does not even take it
            assert house.post(QUERY, {"sql": text}, status=400)["code"] == "BC.4001"
            continue
        answer = house.query(text)
        assert (answer["code"], answer["data"]) == ("BC.4031", None), name
        assert text not in answer["message"]
    assert (house.counted("diapi", "sql"), house.counted("diapi", "login")) == (0, 0)
    assert house.last_run().status == "failed"
    assert house.query("select 1 from DUMMY")["code"] == OK
    assert (house.counted("diapi", "sql"), house.counted("diapi", "login")) == (1, 1)  # the counters count


def test_legitimate_statements_are_answered(house: House) -> None:  # noqa: F811
    house.flow(QUERY)
    for name, text in LEGITIMATE.items():
        answer = house.query(text)
        assert answer["code"] == OK or name in UNKNOWN_TO_SANDBOX, (name, answer)


def test_the_guides_query(house: House) -> None:  # noqa: F811
    house.flow(QUERY)
    answer = house.query('select "ItemCode" from oBTN')
    assert {"ItemCode": "11007510-01"} in answer["data"]["value"]
    assert set(answer) == {"code", "message", "data", "timestamp"}
    assert house.steps() == ["request", "SQL guard", "login", "POST b1dis/v1/exec-sql"]


def test_awkward_texts_arrive_unharmed(house: House) -> None:  # noqa: F811
    house.flow(QUERY)
    (row,) = house.query(LEGITIMATE["comment in a text"])["data"]["value"]
    assert list(row.values()) == ["/* no comment */ -- neither"]
    (row,) = house.query("select '\\' \"A\", '''' \"B\", '；　' \"C\" from DUMMY")["data"]["value"]
    assert row == {"A": "\\", "B": "'", "C": "；　"}
    (row,) = house.query("select \"ItemCode\" from OITM where \"ItemCode\" = 'Q''10'")["data"]["value"]
    assert row == {"ItemCode": "Q'10"}


def test_rows_are_capped_and_the_answer_says_so(house: House) -> None:  # noqa: F811
    house.flow(QUERY, max_rows=5)
    for text in ('select "ItemCode" from OITM order by "ItemCode"', 'select top 900 "ItemCode" from OITM'):
        answer = house.query(text)
        assert (len(answer["data"]["value"]), answer["data"]["truncated"], answer["truncated"]) == (5, True, True)
    answer = house.query('select top 5 "ItemCode" from OITM')
    assert (len(answer["data"]["value"]), "truncated" in answer) == (5, False)
    ordered = house.query('select "ItemCode" from OITM order by "ItemCode" desc')["data"]["value"]
    assert [row["ItemCode"] for row in ordered] == sorted((row["ItemCode"] for row in ordered), reverse=True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"sql": ""}, "BC.4013"),
        ({"sql": "  "}, "BC.4013"),
        ({}, "BC.4013"),
        ({"sql": None}, "BC.4013"),
        ({"sql": 7}, "BC.4005"),
        ({"sql": {"a": 1}}, "BC.4005"),
        ([], "BC.4001"),
        ({"name": "nothing"}, "BC.4031"),
        ({"name": "batch_by_item", "params": []}, "BC.4005"),
        ({"name": "batch_by_item"}, "BC.4005"),
    ],
)
def test_requests_without_a_statement(house: House, body: Any, code: str) -> None:  # noqa: F811
    house.flow(QUERY)
    answer = house.post(QUERY, body)
    assert answer["code"] == code
    if code == "BC.4013":
        assert answer["message"] == "Sql不能为空"


def test_the_databases_own_words(house: House) -> None:  # noqa: F811
    house.flow(QUERY)
    answer = house.query("select NoSuchColumn from OITM")
    assert (answer["code"], answer["message"]) == ("RIS.10000500", "invalid column name: NOSUCHCOLUMN")


def test_procedures(house: House) -> None:  # noqa: F811
    house.flow(QUERY)
    answer = house.query("call TMDK('201010004','W05001','1')")
    assert answer["data"]["value"][0]["BatchNumber"] == "GZ20230901"
    house.flow(QUERY, allowed_procedures=[])
    assert house.query("call TMDK('201010004','W05001','1')")["code"] == "BC.4031"


def test_tables_by_config(house: House) -> None:  # noqa: F811
    house.flow(QUERY, allowed_tables=["OITM", "OBT*"], denied_tables=["OBTQ"])
    assert house.query('select "ItemCode" from OBTN')["code"] == OK
    for table in ("OBTQ", "OITW", "OUSR"):
        assert house.query(f"select 1 from {table}")["code"] == "BC.4031"


def test_saved_statements(house: House) -> None:  # noqa: F811
    statements = {
        "items": 'select "ItemCode" from OITM where "ItemCode" in (:codes) order by 1',
        "bad": "select 1 from OUSR",
    }
    flow = house.flow(QUERY, sql_policy="named", statements=statements)
    asked = house.post(QUERY, {"name": "items", "params": {"codes": ["Q'10", "11028", "' or 1=1 --"]}})
    assert [row["ItemCode"] for row in asked["data"]["value"]] == ["11028", "Q'10"]
    assert house.query('select "ItemCode" from OITM where "ItemCode" in (\'11028\') ORDER BY 1;')["code"] == OK
    house.count("diapi", "sql")
    assert house.query('select "ItemCode" from OITM')["code"] == "BC.4031"
    assert house.post(QUERY, {"name": "bad"})["code"] == "BC.4031"
    assert house.counted("diapi", "sql") == 0
    assert any("bad" in problem.text and "OUSR" in problem.text for problem in check(flow, strict=False))


def test_several_companies(house: House) -> None:  # noqa: F811
    house.flow(QUERY, companies=BOTH)
    own = house.query('select "CompnyName" from OADM')["data"]["value"]
    other = house.query('select "CompnyName" from OADM', CompanyDB="SBODEMO2")["data"]["value"]
    assert own != other
    assert house.query('select "CompnyName" from OADM', CompanyDB="SBODEMOCN")["data"]["value"] == own
    unknown = house.query("select 1 from DUMMY", CompanyDB="SBODEMO3")
    assert unknown["code"] == "BC.4014"
    assert "SBODEMO2" in unknown["message"]
    # the schema that may be named is the company's that is asked
    text = 'select "CompnyName" from "SBODEMO2"."OADM"'
    assert (house.query(text)["code"], house.query(text, CompanyDB="SBODEMO2")["code"]) == ("BC.4031", OK)


@pytest.mark.parametrize("status", [401, 200])
def test_an_expired_session_is_renewed_unseen(house: House, status: int) -> None:  # noqa: F811
    house.flow(QUERY)
    house.query("select 1 from DUMMY")
    house.sandbox.switch("diapi", "expired_status", status)
    house.sandbox.press("diapi", "expire_sessions")
    assert house.query("select 1 from DUMMY")["code"] == OK


def test_a_database_that_is_away(house: House) -> None:  # noqa: F811
    house.flow(QUERY)
    house.sandbox.fault(system="diapi", op="sql", when="before", action="drop", times=5)
    for text in ("select 1 from DUMMY", "call TMDK('201010004','W05001','1')"):
        answer = house.query(text)
        assert (answer["code"], answer["retryable"]) == ("BC.5031", True)


def test_it_is_post_with_an_appcode(house: House) -> None:  # noqa: F811
    house.flow(QUERY)
    assert house.get(QUERY, status=405)["code"] == "BC.405"
    assert house.post(QUERY, {"sql": "select 1 from DUMMY"}, code="", status=401)["code"] == "BC.401"
    assert house.post(QUERY, "x" * 2_000_000, status=413)["code"] == "BC.413"
