"""The OA's own actions call our server: documents in three variants, and decisions that let its node move on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.ecology.house import CODE, DECISIONS, ORDERS, PURCHASES, House, key

pytestmark = pytest.mark.django_db(transaction=True)


def aim(house: House, live_server: Any) -> None:
    address = f"{live_server.url}/ecology"
    house.switch(decision_url=f"{address}/{key(DECISIONS)}/", decision_app_code=CODE)
    house.switch(push_url=f"{address}/{key(ORDERS)}/", push_app_code=CODE)


def test_a_purchase_request_goes_to_the_oa_and_comes_back_approved(house: House, live_server: Any) -> None:
    house.purchases()
    house.decisions()
    aim(house, live_server)
    house.run(PURCHASES)
    number = house.deliveries(PURCHASES)["16/17/1"].target_key

    acted = house.oa("POST", "act", {"requestid": number, "status": "Y", "remark": "同意"})

    assert acted["answer"]["body"]["success"] == "Y"
    assert (acted["moved"], acted["node"]) == (True, "archive")
    assert house.approval()["Status"] == "arsApproved"


def test_a_refusal_to_decide_holds_the_oas_node(house: House, live_server: Any) -> None:
    house.purchases()
    house.decisions()
    aim(house, live_server)
    house.run(PURCHASES)
    number = house.deliveries(PURCHASES)["16/17/1"].target_key

    acted = house.oa("POST", "act", {"requestid": number, "status": "看看", "remark": ""})

    assert acted["answer"]["body"]["code"] == 40008
    assert acted["moved"] is False


@pytest.mark.parametrize("variant", [1, 2, 3])
def test_an_order_of_the_oa_becomes_one_of_the_erp(house: House, live_server: Any, variant: int) -> None:
    house.orders()
    aim(house, live_server)
    number = "3038137"

    first = house.oa("POST", "push", {"requestid": number, "variant": variant})["answer"]
    second = house.oa("POST", "push", {"requestid": number, "variant": variant})["answer"]

    assert first["body"]["success"] == "Y", first
    assert second["body"] == {**first["body"], "duplicate": True}
    made = house.sandbox.erp_object("Orders", first["body"]["docEntry"])
    assert (made["CardCode"], made["DocumentLines"][0]["UnitPrice"]) == ("C26000", 10.5)
