"""ecology.create_erp_document against the sandbox, over real HTTP."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any

import pytest
from django.db import connections

from core.models import Delivery, FlowRun
from tests.integrations.ecology import oa
from tests.integrations.ecology.house import CODE, ORDERS, SUPPLIERS, House, key

LINE = {"ItemCode": "11028", "Quantity": "2", "UnitPrice": "10.50", "WarehouseCode": "01"}


def order(number: str = "3038137", **header: Any) -> dict[str, Any]:
    fields = {"CardCode": "C26000", "DocDueDate": "2026/12/31", "Comments": "OA&nbsp;下单", **header}
    about = {"workflowid": "783", "requestname": "销售订单-001", "objType": "Orders", "LineName": "DocumentLines"}
    return {"requestid": number, **about, "mainData": fields, "detailData": [dict(LINE)]}


@pytest.fixture
def orders(house: House) -> House:
    house.orders()
    return house


def test_a_document_is_created_and_told(orders: House) -> None:
    answer = orders.post(ORDERS, order())

    assert (answer["success"], answer["code"], answer["requestid"]) == ("Y", 0, "3038137")
    made = orders.sandbox.erp_object("Orders", answer["docEntry"])
    assert (answer["key"], answer["docNum"], answer["objType"]) == (
        str(made["DocEntry"]),
        str(made["DocNum"]),
        "Orders",
    )
    assert answer["duplicate"] is False
    assert (made["CardCode"], made["DocDueDate"][:10], made["Comments"]) == ("C26000", "2026-12-31", "OA 下单")
    assert made["U_REQUESTID"] == "3038137"
    assert (made["DocumentLines"][0]["Quantity"], made["DocumentLines"][0]["UnitPrice"]) == (2.0, 10.5)


@pytest.mark.parametrize("variant", ["objects", "detail_object", "paservice", "paservice_text", "flat", "flat_lines"])
def test_every_variant_of_the_body_is_taken(orders: House, variant: str) -> None:
    body = copy.deepcopy(oa.recorded(f"document_{variant}"))
    text = json.dumps(body).replace("C20000", "C26000")

    answer = orders.post(ORDERS, text)

    assert answer["success"] == "Y", answer
    assert orders.sandbox.erp_object("Orders", answer["docEntry"])["DocumentLines"][0]["ItemCode"] == "A00006"


def test_the_same_request_again_is_answered_the_same_and_makes_nothing(orders: House) -> None:
    first, second = orders.post(ORDERS, order()), orders.post(ORDERS, order())

    assert second == {**first, "duplicate": True}
    assert len(orders.made("erp")) == 1


def test_the_same_request_with_other_content_is_a_conflict(orders: House) -> None:
    first, second = orders.post(ORDERS, order()), orders.post(ORDERS, order(Comments="anders"))

    assert (second["success"], second["code"]) == ("N", 40901)
    assert second["key"] == first["key"]
    assert len(orders.made("erp")) == 1


def test_a_refusal_carries_the_erps_words_and_the_next_try_is_a_new_one(orders: House) -> None:
    refused = orders.post(ORDERS, order(CardCode="C99999"))

    assert refused["success"] == "N"
    assert refused["code"] < 0
    assert refused["message"]
    assert orders.post(ORDERS, order())["success"] == "Y"
    assert orders.post(ORDERS, order())["duplicate"] is True
    assert FlowRun.objects.filter(flow__name=ORDERS, status="failed").count() == 1


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"requestid": ""}, 40001, "requestid"),
        ({"requestid": "abc"}, 40001, "requestid"),
        ({"objType": "Invoices"}, 40002, "Invoices"),
        ({"LineName": "StockTransferLines"}, 40003, "StockTransferLines"),
        ({"mainData": {"CardCode": "C26000", "Wrong": "1"}}, 40004, "mainData.Wrong"),
        ({"mainData": {"CardCode": "C26000", "DocDueDate": "soon"}}, 40005, "mainData.DocDueDate"),
        ({"detailData": [LINE, {**LINE, "Quantity": "two"}]}, 40005, "detailData[1].Quantity"),
        ({"detailData": []}, 40006, ""),
        ({"detailData": [LINE] * 1001}, 40007, "1001"),
        ({"mainData": {}}, 40000, "mainData"),
        ({"mainData": 5}, 40000, "mainData"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(orders: House, change: dict[str, Any], code: int, place: str) -> None:
    answer = orders.post(ORDERS, {**order(), **change})

    assert (answer["success"], answer["code"]) == ("N", code)
    assert place in answer["message"]
    assert not orders.made("erp")
    assert answer["traceId"] == str(FlowRun.objects.latest("pk").pk)


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [(order(), "wrong", 401), ("{broken", CODE, 400), ("", CODE, 400), (b"\xff\xfe", CODE, 400), ("5", CODE, 400)],
)
def test_what_never_reaches_the_flow_has_the_same_form(orders: House, body: Any, code: str, status: int) -> None:
    answer = orders.post(ORDERS, body, code=code, status=status)

    assert (answer["success"], answer["code"]) == ("N", status)
    assert answer["message"]


def test_a_list_is_no_document(orders: House) -> None:
    assert orders.post(ORDERS, [order()])["code"] == 40000


def test_an_unknown_address_and_a_body_too_large_are_told(orders: House, settings: Any) -> None:
    unknown = orders.http.post(f"/ecology/{'0' * 32}/", "{}", content_type="application/json")
    settings.INBOUND_BODY_LIMIT = 100
    large = orders.post(ORDERS, order(), status=413)

    assert unknown.status_code == 404
    assert unknown.json()["success"] == large["success"] == "N"


def test_get_is_not_answered(orders: House) -> None:
    answer = orders.http.get(f"/ecology/{key(ORDERS)}/", headers={"X-Apig-AppCode": CODE})

    assert (answer.status_code, answer.json()["success"]) == (405, "N")


def test_partners_have_no_lines(house: House) -> None:
    house.suppliers()
    body = {"requestid": "1", "objType": "BusinessPartners", "LineName": "", "mainData": {"CardCode": "V90001"}}
    body["mainData"]["CardName"] = "新供应商有限公司"

    answer = house.post(SUPPLIERS, body)

    assert (answer["success"], answer["key"], answer["docEntry"]) == ("Y", "V90001", None)
    assert house.sandbox.erp_object("BusinessPartners", "V90001")["CardType"] == "cSupplier"
    assert house.post(SUPPLIERS, {**body, "requestid": "2", "detailData": [LINE]})["code"] == 40003


def test_a_missing_required_field_is_named_by_its_row(house: House) -> None:
    house.suppliers()

    answer = house.post(SUPPLIERS, {"requestid": "1", "mainData": {"CardCode": "V90001"}})

    assert (answer["success"], answer["code"]) == ("N", 40009)
    assert "CardName" in answer["message"]


def test_an_erp_answer_that_was_lost_is_found_by_the_reference(orders: House) -> None:
    orders.sandbox.fault(system="erp", op="create", when="after", action="drop")

    answer = orders.post(ORDERS, order())

    assert answer["success"] == "Y"
    assert orders.post(ORDERS, order()) == {**answer, "duplicate": True}
    assert len(orders.made("erp")) == 1


def test_without_a_reference_the_operator_is_asked(house: House) -> None:
    house.orders(reference_field="")
    house.sandbox.fault(system="erp", op="create", when="after", action="drop")

    first, second = house.post(ORDERS, order()), house.post(ORDERS, order())

    assert (first["success"], second["success"], second["code"]) == ("N", "N", 50400)
    assert "operator" in second["message"]
    assert len(house.made("erp")) == 1
    assert Delivery.objects.get(flow__name=ORDERS).state == "held"


def test_while_an_earlier_try_may_still_arrive_the_oa_is_told_to_come_again(orders: House) -> None:
    orders.sandbox.fault(system="erp", op="create", when="before", action="drop")

    first, second = orders.post(ORDERS, order()), orders.post(ORDERS, order())

    assert first["success"] == second["success"] == "N"
    assert second["retryable"] is True
    row = Delivery.objects.get(flow__name=ORDERS)
    Delivery.objects.filter(pk=row.pk).update(sent_at="2020-01-01T00:00:00Z")
    assert orders.post(ORDERS, order())["success"] == "Y"
    assert len(orders.made("erp")) == 1


def test_while_the_erp_is_away_the_oa_is_told_to_come_again(orders: House) -> None:
    orders.post(ORDERS, order("1"))
    orders.sandbox.stop()

    answer = orders.post(ORDERS, order("2"))

    assert (answer["success"], answer["code"], answer["retryable"]) == ("N", 50300, True)


def test_the_same_request_twice_at_once_makes_one_document(orders: House) -> None:
    orders.sandbox.fault(system="erp", op="create", when="before", action="delay", seconds=1)
    answers: list[dict[str, Any]] = []

    def send() -> None:
        try:
            answers.append(orders.post(ORDERS, order()))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer["success"] for answer in answers} == {"Y"}
    assert sorted(answer["duplicate"] for answer in answers) == [False, True, True, True]
    assert len(orders.made("erp")) == 1
