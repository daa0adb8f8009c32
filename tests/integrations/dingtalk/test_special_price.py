"""Agreed quotations and purchase prices become special prices of the ERP, row by row, once."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import DocumentRejected
from core.flows import events
from core.models import Alert, Delivery, InboundEvent
from core.models.event import EventState
from integrations.dingtalk.flows.special_price import Price
from tests.integrations.dingtalk.house import PRICE, PRICES, QUOTATION, QUOTE, House

COMMON = {"业务伙伴代码": "C26000", "币种": "RMB", "价格清单编号": "1"}
WINTER = {"可用起始日期": "2026-12-01", "可用结束日期": "2026-12-31"}
SPRING = {"可用起始日期": "2027-03-01", "可用结束日期": "2027-05-31"}


@pytest.fixture
def pricing(house: House) -> House:
    house.apply(house.quotations(), house.prices(), house.receive({QUOTATION: QUOTE, PRICE: PRICES}))
    return house


def quoted(house: House, *rows: dict[str, str], how: str = "agree") -> str:
    """A quotation with these rows that went through; its event is in the inbox."""
    lines = [[{"name": name, "value": value} for name, value in {**COMMON, **row}.items()] for row in rows]
    values = {"报价主题": "报价", "报价明细": lines}
    number = house.act("start", processCode=QUOTATION, originatorUserId="user0003", values=values)["instanceId"]
    house.act(how, number)
    house.event(number, route=QUOTATION)
    return str(number)


def price(house: House, item: str, partner: str = "C26000") -> dict[str, Any]:
    found: dict[str, Any] = house.sandbox.erp_object("SpecialPrices", f"{partner}|{item}")
    return found


def areas(house: House, item: str, partner: str = "C26000") -> list[tuple[str, str, float]]:
    found = price(house, item, partner)["SpecialPriceDataAreas"]
    return [(area["DateFrom"], area["Dateto"], area["SpecialPrice"]) for area in found]


def test_each_row_becomes_a_price(pricing: House) -> None:
    number = quoted(
        pricing, {"物料代码": "A00006", "价格": "88.50", **WINTER}, {"物料代码": "101010002", "价格": "126"}
    )

    pricing.work()

    found = price(pricing, "A00006")
    assert (found["Price"], found["Currency"], found["Valid"], found["PriceListNum"]) == (88.5, "RMB", "tYES", 1)
    assert areas(pricing, "A00006") == [("2026-12-01", "2026-12-31", 88.5)]
    assert not price(pricing, "101010002").get("SpecialPriceDataAreas")
    assert set(pricing.deliveries(QUOTE)) == {f"{number}/1", f"{number}/2"}
    assert {row.state for row in pricing.deliveries(QUOTE).values()} == {"done"}


def test_ranges_are_kept_replaced_and_added(pricing: House) -> None:
    quoted(pricing, {"物料代码": "A00006", "价格": "88", **WINTER})
    quoted(pricing, {"物料代码": "A00006", "价格": "90", **SPRING})
    pricing.work()
    assert areas(pricing, "A00006") == [("2026-12-01", "2026-12-31", 88), ("2027-03-01", "2027-05-31", 90)]

    quoted(pricing, {"物料代码": "A00006", "价格": "77", **WINTER})
    pricing.work()
    assert areas(pricing, "A00006") == [("2026-12-01", "2026-12-31", 77), ("2027-03-01", "2027-05-31", 90)]
    assert price(pricing, "A00006")["Price"] == 88, "the header's price is set on creation only"


def test_areas_that_others_made_stay_as_they_are(pricing: House) -> None:
    quoted(pricing, {"物料代码": "102040001", "业务伙伴代码": "C100056", "价格": "99", **WINTER})
    pricing.work()
    assert areas(pricing, "102040001", "C100056") == [
        ("2025-01-17", "2025-02-17", 123),
        ("2026-12-01", "2026-12-31", 99),
    ]
    assert price(pricing, "102040001", "C100056")["Price"] == 123


def test_without_a_range_only_the_header_changes(pricing: House) -> None:
    quoted(pricing, {"物料代码": "102040001", "业务伙伴代码": "C100056", "价格": "50"})
    pricing.work()
    found = price(pricing, "102040001", "C100056")
    assert found["Price"] == 50
    assert areas(pricing, "102040001", "C100056") == [("2025-01-17", "2025-02-17", 123)]


def test_a_form_that_is_one_price(pricing: House) -> None:
    values = {"物料代码": "11028", "业务伙伴代码": "V10000", "价格": "12.30", "币种": "RMB", "价格清单编号": "1"}
    number = pricing.act("start", processCode=PRICE, values=values)["instanceId"]
    pricing.act("agree", number)
    pricing.event(number, route=PRICE)
    pricing.work()
    assert price(pricing, "11028", "V10000")["Price"] == 12.3


def test_the_same_approval_again_writes_nothing(pricing: House) -> None:
    number = quoted(pricing, {"物料代码": "A00006", "价格": "88", **WINTER})
    pricing.work()
    before = pricing.sandbox.effects(system="erp")
    for _ in range(4):
        pricing.event(number, route=QUOTATION)
    pricing.work()
    assert pricing.sandbox.effects(system="erp") == before
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {EventState.PROCESSED}


@pytest.mark.parametrize("how", ["refuse", "terminate"])
def test_only_an_agreed_one_counts(pricing: House, how: str) -> None:
    pricing.settings(terminate_wait_seconds=0)
    quoted(pricing, {"物料代码": "A00006", "价格": "88"}, how=how)
    pricing.work()
    assert InboundEvent.objects.get().state == EventState.PROCESSED
    assert not pricing.sandbox.effects(system="erp", op="create")


def test_a_row_that_the_erp_refuses_does_not_stop_the_others(pricing: House) -> None:
    number = quoted(
        pricing,
        {"物料代码": "A00006", "价格": "88"},
        {"物料代码": "NO-SUCH-ITEM", "价格": "1"},
        {"物料代码": "101010002", "价格": "3"},
    )
    pricing.work()
    event = InboundEvent.objects.get()
    assert event.state == EventState.DEAD
    assert "2" in event.error
    assert price(pricing, "101010002")["Price"] == 3
    states = {key: row.state for key, row in pricing.deliveries(QUOTE).items()}
    assert states == {f"{number}/1": "done", f"{number}/2": "refused", f"{number}/3": "done"}
    assert Alert.objects.filter(subject=f"event:{event.pk}").exists()

    pricing.sandbox.erp_put("Items", {"ItemCode": "NO-SUCH-ITEM", "ItemName": "新"})
    before = len(pricing.sandbox.effects(system="erp", op="create"))
    events.replay(event)
    pricing.work()
    assert pricing.deliveries(QUOTE)[f"{number}/2"].state == "done"
    assert len(pricing.sandbox.effects(system="erp", op="create")) == before + 1, "only the row that failed"


def test_a_row_without_a_price_is_named_and_in_the_ledger(pricing: House) -> None:
    rows = [
        {"section": "price", "source": source, "target": target}
        for source, target in (("物料代码", "ItemCode"), ("业务伙伴代码", "CardCode"), ("没有", "Price"))
    ]
    pricing.apply(pricing.quotations(mappings=rows))
    quoted(pricing, {"物料代码": "A00006", "价格": "88"})
    pricing.work()
    assert "Price" in InboundEvent.objects.get().error
    assert Delivery.objects.get(flow__name=QUOTE).state == "refused"


def test_a_wrong_table_name_says_which_there_are(pricing: House) -> None:
    pricing.apply(pricing.quotations(table_control="明细"))
    quoted(pricing, {"物料代码": "A00006", "价格": "88"})
    pricing.work()
    assert "报价明细" in InboundEvent.objects.get().error


def test_the_erp_is_down_and_answers_get_lost(pricing: House) -> None:
    quoted(pricing, {"物料代码": "A00006", "价格": "88", **WINTER}, {"物料代码": "101010002", "价格": "3"})
    pricing.sandbox.fault(system="erp", op="*", when="before", action="drop", times=0)
    pricing.work()
    assert InboundEvent.objects.get().state == EventState.FAILED
    pricing.sandbox.clear_faults()
    pricing.sandbox.fault(system="erp", op="create", when="after", action="drop")
    pricing.work()
    pricing.work()
    assert InboundEvent.objects.get().state == EventState.PROCESSED
    assert areas(pricing, "A00006") == [("2026-12-01", "2026-12-31", 88)]
    assert len(pricing.sandbox.effects(system="erp", op="create")) == 2


def test_an_older_approval_does_not_overwrite_a_newer_one(pricing: House) -> None:
    """Its event came late: the minute of its end is compared."""
    older = quoted(pricing, {"物料代码": "A00006", "价格": "70"})
    InboundEvent.objects.update(due_at=None, state=EventState.FAILED)
    quoted(pricing, {"物料代码": "A00006", "价格": "88"})
    pricing.work()
    Delivery.objects.update(recall={"finished": "2099-01-01T00:00:00+00:00"})
    pricing.event(older, route=QUOTATION)
    pricing.work()
    assert price(pricing, "A00006")["Price"] == 88
    late = pricing.deliveries(QUOTE)[f"{older}/1"]
    assert late.state == "done"
    assert late.error


@pytest.mark.parametrize("how", ["delete", "revoke"])
def test_taken_back_afterwards_a_person_is_told(pricing: House, how: str) -> None:
    number = quoted(pricing, {"物料代码": "A00006", "价格": "88"})
    pricing.work()
    after = pricing.act(how, number).get("instanceId", number)
    pricing.event(after, "delete" if how == "delete" else "finish", "agree", route=QUOTATION)
    before = pricing.sandbox.effects(system="erp")
    pricing.work()
    assert Alert.objects.filter(subject=f"approval:{number}").exists()
    assert pricing.sandbox.effects(system="erp") == before, "a revocation that was agreed writes no price"


# -- one price


def test_targets_are_brought_into_the_erps_types() -> None:
    made = Price.of({
        "ItemCode": "I1", "CardCode": "C1", "Price": "1,200.50", "PriceListNum": "2", "Valid": "是",
        "ValidFrom": "2026/1/5", "U_FreeTxt": "备注",
    })  # fmt: skip
    assert made.new() == {
        "CardCode": "C1", "ItemCode": "I1", "Price": 1200.5, "Valid": "tYES", "PriceListNum": 2, "U_FreeTxt": "备注",
        "SpecialPriceDataAreas": [{"DateFrom": "2026-01-05", "SpecialPrice": 1200.5, "PriceListNo": 2}],
    }  # fmt: skip


def test_dates_of_either_odata_version_are_the_same_range() -> None:
    made = Price.of(
        {"ItemCode": "I1", "CardCode": "C1", "Price": 5, "ValidFrom": "2026-01-05", "ValidTo": "2026-02-05"}
    )
    present = {"SpecialPriceDataAreas": [
        {"RowNumber": 3, "DateFrom": "2026-01-05T00:00:00Z", "Dateto": "2026-02-05T00:00:00Z", "SpecialPrice": 4}
    ]}  # fmt: skip
    assert made.change(present)["SpecialPriceDataAreas"][0]["RowNumber"] == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [("Price", ""), ("Price", "便宜"), ("ItemCode", " "), ("CardCode", None), ("ValidFrom", "下周"), ("Valid", "也许")],
)
def test_what_is_wrong_with_a_row(name: str, value: Any) -> None:
    with pytest.raises(DocumentRejected, match=name):
        Price.of({"ItemCode": "I1", "CardCode": "C1", "Price": 5, name: value})
