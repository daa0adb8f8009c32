"""barcode.methods, barcode.companies, barcode.refresh_session, and the sandbox's scanner on our real web server."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalog.loading import load_shipped
from core.connectors.tokens import TokenCache
from core.models import FlowTemplate, InboundEvent
from core.registry import housekeeping
from integrations.barcode import tasks
from tests.integrations.barcode.conftest import barcode_server, house  # noqa: F401 - fixtures
from tests.integrations.barcode.house import BOTH, CODE, COMPANIES, METHODS, OK, QUERY, REFRESH, SAVE, House, key

pytestmark = pytest.mark.django_db(transaction=True)


def test_methods_by_get_and_post(house: House) -> None:  # noqa: F811
    house.flow(METHODS)
    answers = [house.get(METHODS), house.post(METHODS, {}), house.post(METHODS, "")]
    rows = answers[0]["data"]["value"]
    assert all(answer["data"]["value"] == rows for answer in answers)
    assert len(rows) == 11
    assert rows[1] == {
        "method": "PurchaseDelivery", "name": "采购收货", "object": "PurchaseDeliveryNotes", "table": "OPDN",
        "A": True, "U": False, "Q": False,
    }  # fmt: skip
    assert house.post(METHODS, {}, code="wrong-code-that-is-long-enough", status=401)["code"] == "BC.401"


def test_the_companys_name_is_the_erps(house: House) -> None:  # noqa: F811
    house.flow(COMPANIES, version="1000190")
    for answer in (house.get(COMPANIES), house.post(COMPANIES, ""), house.post(COMPANIES, {"CompanyDB": "SBODEMOCN"})):
        assert answer["data"]["value"] == [
            {"CompanyDB": "SBODEMOCN", "CompanyName": "演示账套", "Version": "1000190", "DbType": "HANA"}
        ]
        assert "sandbox" not in str(answer)
        assert "CSFZ" not in str(answer)


def test_the_configured_name_where_the_query_fails(house: House) -> None:  # noqa: F811
    house.flow(COMPANIES, name_sql="select nothing from NOWHERE")
    assert house.get(COMPANIES)["data"]["value"][0]["CompanyName"] == "登记的账套名"
    house.change("SQL", base_url="http://127.0.0.1:9209/diapi")
    house.flow(COMPANIES)
    assert house.get(COMPANIES)["data"]["value"][0]["CompanyName"] == "登记的账套名"


def test_several_companies_are_listed(house: House) -> None:  # noqa: F811
    house.flow(COMPANIES, companies=BOTH)
    rows = house.get(COMPANIES)["data"]["value"]
    assert [row["CompanyDB"] for row in rows] == ["SBODEMOCN", "SBODEMO2"]
    assert rows[0]["CompanyName"] != rows[1]["CompanyName"]
    assert [row["CompanyDB"] for row in house.post(COMPANIES, {"CompanyDB": "SBODEMO2"})["data"]["value"]] == [
        "SBODEMO2"
    ]
    assert house.post(COMPANIES, {"CompanyDB": "X"})["code"] == "BC.4014"


# -- sessions


def logins(house: House) -> list[str]:  # noqa: F811
    return [effect["key"].split("/")[0] for effect in house.sandbox.effects(system="diapi", op="login")]


def test_the_refreshing_flow_keeps_sessions_of_all_its_companies(house: House) -> None:  # noqa: F811
    house.flow(REFRESH, companies=BOTH)
    run = house.run(REFRESH)
    assert (run.status, run.total) == ("succeeded", 0)
    assert sorted(logins(house)) == ["SBODEMO2", "SBODEMOCN"]
    house.run(REFRESH)
    assert len(logins(house)) == 2
    house.flow(QUERY)
    assert house.query("select 1 from DUMMY")["code"] == OK
    assert len(logins(house)) == 2  # the query found a warm session


def test_an_ended_session_is_renewed_by_the_refreshing_flow(house: House) -> None:  # noqa: F811
    house.flow(REFRESH)
    house.run(REFRESH)
    house.sandbox.press("diapi", "expire_sessions")
    assert house.run(REFRESH).status == "succeeded"
    assert len(logins(house)) == 2


def test_one_company_in_trouble_fails_the_run_and_not_the_others(house: House) -> None:  # noqa: F811
    house.change("SQL2", base_url="http://127.0.0.1:9209/diapi")
    house.flow(REFRESH, companies={"SBODEMO2": {"sql": "SQL2"}})
    assert house.run(REFRESH).status == "failed"
    assert logins(house) == ["SBODEMOCN"]


def test_the_task_refreshes_what_no_flow_looks_after(house: House) -> None:  # noqa: F811
    assert housekeeping()["integrations.barcode.tasks.refresh_sessions"].minutes == 10
    tasks.refresh_sessions()
    assert logins(house) == []
    house.flow(QUERY, companies=BOTH)
    tasks.refresh_sessions()
    assert sorted(logins(house)) == ["SBODEMO2", "SBODEMOCN"]
    TokenCache._near.clear()
    house.query("select 1 from DUMMY")
    tasks.refresh_sessions()
    assert len(logins(house)) == 2
    house.sandbox.press("diapi", "expire_sessions")
    house.flow(REFRESH)
    tasks.refresh_sessions()
    assert sorted(logins(house)) == ["SBODEMO2", "SBODEMO2", "SBODEMOCN"]  # the first company's is the flow's


def test_the_task_survives_a_connection_that_does_not_work(house: House) -> None:  # noqa: F811
    house.change("SQL", secrets={"password": "wrong"})
    house.flow(QUERY, companies=BOTH)
    tasks.refresh_sessions()
    assert logins(house) == ["SBODEMO2"]


# -- templates, and the scanner itself


def test_the_shipped_templates() -> None:
    load_shipped()
    slugs = set(FlowTemplate.objects.filter(slug__startswith="barcode.").values_list("slug", flat=True))
    assert slugs == {f"barcode.{name}" for name in ("query", "save", "methods", "companies", "refresh_session")}


@pytest.fixture
def scanner(house: House, live_server: Any) -> Any:  # noqa: F811
    """The sandbox's scanner, set to our web server; acts as ``scanner("save", sample="seed")``."""
    for name in (QUERY, SAVE, METHODS, COMPANIES):
        house.flow(name)
    names = {"query": QUERY, "save": SAVE, "methods": METHODS, "companies": COMPANIES}
    given = {call: f"{live_server.url}/barcode/{key(name)}/" for call, name in names.items()}
    http, url = house.sandbox._http, f"{house.sandbox.url}/scanner"
    assert http.post(f"{url}/settings", json={**given, "app_code": CODE, "company_db": ""}, timeout=30).json()[
        "message"
    ]

    def act(do: str, **fields: Any) -> dict[str, Any]:
        return http.post(f"{url}/act", json={"do": do, **fields}, timeout=60).json()

    return act


SAMPLES = {
    "seed": OK, "backflush": OK, "production_receipt": OK, "production_issue": OK, "production_return": OK,
    "purchase_receipt": OK, "purchase_receipt_batch": OK, "purchase_return": OK, "delivery": OK, "return": OK,
    "transfer": OK, "stock_issue": OK, "stock_receipt": OK, "user_table": OK, "update": "BC.4003",
    "unknown": "BC.4002", "wrong_batches": "BC.4011",
}  # fmt: skip


def test_every_sample_of_the_scanner(scanner: Any, house: House) -> None:  # noqa: F811
    for sample, code in SAMPLES.items():
        outcome = scanner("save", sample=sample)
        assert (outcome["status"], outcome["answer"]["code"]) == (200, code), (sample, outcome)
    several = scanner("save", sample="several")["answer"]
    assert [answer["code"] for answer in several] == [OK, OK]
    assert len(house.made()) == 14 + 2 + 2  # two with an issue of their own, two at once


def test_the_scanners_trigger_held_too_long(scanner: Any, house: House) -> None:  # noqa: F811
    answers = [outcome["answer"] for outcome in scanner("save", sample="seed", times=6)["answers"]]
    assert {answer["code"] for answer in answers} == {OK}, answers
    assert sum(answer.get("duplicate", False) for answer in answers) in (4, 5)
    assert len(house.made()) == 2


def test_the_scanners_other_buttons(scanner: Any, house: House) -> None:  # noqa: F811
    assert scanner("query", sample="batches")["answer"]["code"] == OK
    assert scanner("query", sample="empty")["answer"]["code"] == "BC.4013"
    assert scanner("query", sample="forbidden")["answer"]["code"] == "BC.4031"
    assert len(scanner("methods", http="GET")["answer"]["data"]["value"]) == 11
    assert scanner("companies")["answer"]["data"]["value"][0]["CompanyDB"] == "SBODEMOCN"
    assert scanner("save", body='{"method": ')["status"] == 400
    assert scanner("save", sample="seed", app_code="nobody")["status"] == 401
    assert not InboundEvent.objects.exists()
    assert house.made() == []
