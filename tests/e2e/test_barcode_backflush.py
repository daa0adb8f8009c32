"""Backflush: components are issued first, then the product is received; what stops half-way goes on from there."""

from __future__ import annotations

import copy
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from core.models import Alert, Delivery
from integrations.barcode.flows.save import Save
from tests.integrations.barcode.conftest import barcode_server, house  # noqa: F401 - fixtures
from tests.integrations.barcode.house import OK, SAVE, House
from tests.integrations.barcode.scans import BACKFLUSH, HEADER, PRODUCED, SEED

pytestmark = pytest.mark.django_db(transaction=True)
SILICONE = "201010004"


def scan(quantity: str = "10", time: str = "2024-05-06 07:08:09", **header: Any) -> dict[str, Any]:
    """The guide's request for another quantity, at another time."""
    body = copy.deepcopy(SEED)
    row = body["data"][0]
    row["Quantity"] = row["linetable"][0]["Quantity"] = quantity
    row["MainTable"] |= {"U_CZSJ": time, **header}
    return body


def stock(house: House, item: str = SILICONE, warehouse: str = "W05001") -> float:  # noqa: F811
    rows = house.document("Items", item)["ItemWarehouseInfoCollection"]
    return next(row["InStock"] for row in rows if row["WarehouseCode"] == warehouse)


def test_issue_then_receipt(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    before = stock(house)
    data = house.saved(scan("10"))

    issue, receipt = data["backflush"], data["DocEntry"]
    assert house.made() == [f"InventoryGenExits({issue['DocEntry']})", f"InventoryGenEntries({receipt})"]
    assert (issue["method"], issue["lines"]) == ("InventoryGenExit", 1)
    assert set(data) == {"method", "DocEntry", "DocNum", "backflush"}
    made = house.document("InventoryGenExits", issue["DocEntry"])
    (line,) = made["DocumentLines"]
    assert (line["BaseType"], line["BaseEntry"], line["BaseLine"], line["Quantity"]) == (202, 478, 0, 1.0)
    assert (line["ItemCode"], line["WarehouseCode"]) == (SILICONE, "W05001")
    assert [(b["BatchNumber"], b["Quantity"]) for b in line["BatchNumbers"]] == [("GZ20230901", 1.0)]
    assert [(b["BinAbsEntry"], b["Quantity"]) for b in line["DocumentLinesBinAllocations"]] == [(11, 1.0)]
    assert (made["U_CZR"], made["DocDate"]) == ("CS01", "2023-09-20")
    assert stock(house) == before - 1.0
    order = house.document("ProductionOrders", 478)
    assert order["CompletedQuantity"] == 10.0
    assert order["ProductionOrderLines"][0]["IssuedQuantity"] == 1.0
    assert [key.partition("#")[2] for key, _state in house.rows()] == ["issue", "receipt"]


def test_its_repeat_does_nothing(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    first = house.saved(scan())
    again = house.save(scan())
    assert (again["data"], again["duplicate"], len(house.made())) == (first, True, 2)


@pytest.mark.parametrize("columns", ["BATCHNUM,QTY,BINABS", "DistNumber,OnHandQty,AbsEntry"])
def test_the_procedure_may_name_its_columns_otherwise(house: House, columns: str) -> None:  # noqa: F811
    house.sandbox.switch("diapi", "tmdk_columns", columns)
    house.flow(SAVE)
    assert house.saved(scan())["backflush"]["lines"] == 1


# -- half done


def test_a_receipt_that_is_refused_is_all_that_a_repeat_sends(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    body = scan()
    body["data"][0]["linetable"][0]["BinAbsEntry"] = "21"  # a bin of another warehouse: only the receipt has it
    for _ in range(2):
        answer = house.save(body)
        assert answer["code"] == "SL.-5002"
        assert answer["message"].startswith("Invalid bin location '21' of warehouse 'W05001'")
        assert answer["data"]["state"] == "ISSUED_ONLY"
        assert answer["data"]["backflush"]["DocEntry"] == 1
    assert house.made() == ["InventoryGenExits(1)"]
    assert [state for _key, state in house.rows()] == ["done", "refused"]
    assert Alert.objects.filter(ended_at=None).count() == 1

    bins = house.document("BinLocations", 21)
    house.sandbox.erp_put("BinLocations", {**bins, "Warehouse": "W05001"})  # somebody puts it right in the ERP
    data = house.saved(body)
    assert house.made() == ["InventoryGenExits(1)", f"InventoryGenEntries({data['DocEntry']})"]
    assert data["backflush"]["DocEntry"] == 1
    assert not Alert.objects.filter(ended_at=None).exists()


def test_half_done_is_remembered_until_the_receipt_is_there(house: House) -> None:  # noqa: F811
    """Also when the time for which a scan is remembered is over; the components are not even looked up again."""
    house.flow(SAVE)
    body = scan(time="")
    house.sandbox.fault(system="erp", op="create", when="before", action="status", status=503, body="", nth=2)
    house.save(body)
    assert house.made() == ["InventoryGenExits(1)"]
    Delivery.objects.filter(key__endswith="#receipt").delete()  # the process died before it began the second
    Delivery.objects.update(updated_at=timezone.now() - timedelta(days=3))
    house.count("diapi", "sql")
    data = house.saved(body)
    assert house.counted("diapi", "sql") == 0
    assert house.made() == ["InventoryGenExits(1)", f"InventoryGenEntries({data['DocEntry']})"]


def test_the_next_day_the_same_body_is_a_new_scan(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    for _ in range(3):
        house.saved(scan())
        Delivery.objects.update(updated_at=timezone.now() - timedelta(days=2))
    assert len(house.made()) == 6
    assert sorted(Delivery.objects.values_list("generation", flat=True)) == [1, 1, 2, 2, 3, 3]


def test_half_done_in_a_later_round(house: House) -> None:  # noqa: F811
    house.flow(SAVE, reference_field="U_BaseDocNo")
    house.saved(scan())
    Delivery.objects.update(updated_at=timezone.now() - timedelta(days=2))
    house.sandbox.fault(system="erp", op="create", when="before", action="drop", nth=2)
    assert house.save(scan())["data"]["state"] == "ISSUED_ONLY"
    Delivery.objects.update(updated_at=timezone.now() - timedelta(days=2), sent_at=timezone.now() - timedelta(days=2))
    house.saved(scan())
    assert [key.split("(")[0] for key in house.made()] == ["InventoryGenExits", "InventoryGenEntries"] * 2


def test_a_lost_answer_of_the_issue_is_found_before_the_receipt_goes(house: House) -> None:  # noqa: F811
    house.flow(SAVE, reference_field="U_BaseDocNo")
    house.sandbox.fault(system="erp", op="create", when="after", action="drop")
    data = house.saved(scan())
    assert house.made() == [
        f"InventoryGenExits({data['backflush']['DocEntry']})",
        f"InventoryGenEntries({data['DocEntry']})",
    ]


def test_an_issue_of_unknown_outcome_keeps_the_receipt_back(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    house.sandbox.fault(system="erp", op="create", when="after", action="drop")
    for _ in range(2):
        assert house.save(scan())["code"] == "BC.5041"
    assert house.made() == ["InventoryGenExits(1)"]

    from core.flows import resolve

    resolve.arrived(Delivery.objects.get(), "1")
    data = house.saved(scan())
    assert house.made() == ["InventoryGenExits(1)", f"InventoryGenEntries({data['DocEntry']})"]
    assert data["method"] == "InventoryGenEntry"


def test_five_scans_at_once(house: House, monkeypatch) -> None:  # noqa: F811
    house.flow(SAVE)
    answers: list[Any] = []

    def pull() -> None:
        answers.append(house.save(scan()))
        connections.close_all()

    threads = [threading.Thread(target=pull) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join(40) for thread in threads]
    assert {answer["code"] for answer in answers} == {OK}
    assert all(answer["data"] == answers[0]["data"] for answer in answers)
    # one call may have posted the issue and another the receipt: those two sent something
    assert sum(answer.get("duplicate", False) for answer in answers) in (3, 4)
    assert len(house.made()) == 2


def test_scans_of_one_order_at_once_are_each_done_once(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    answers: list[Any] = []

    def pull(second: int) -> None:
        answers.append(house.save(scan("1", time=f"2024-05-06 07:08:{second:02}")))
        connections.close_all()

    threads = [threading.Thread(target=pull, args=(n,)) for n in range(4)]
    [thread.start() for thread in threads]
    [thread.join(40) for thread in threads]
    assert {answer["code"] for answer in answers} == {OK}
    assert len(house.made()) == 8
    assert house.document("ProductionOrders", 478)["CompletedQuantity"] == 4.0


# -- nothing is posted


def test_not_enough_in_stock_posts_nothing(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    answer = house.save(scan("4000"))  # needs 400 kg of 300
    assert answer["code"] == "BC.4220"
    assert all(word in answer["message"] for word in (SILICONE, "W05001", "400", "300"))
    assert (house.made(), answer["data"]) == ([], None)
    assert house.save(scan("3000"))["code"] == OK


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"InvertedSql": ""}, "BC.4012"),
        ({"InvertedBathSql": None}, "BC.4012"),
        ({"InvertedSql": "select * from OUSR"}, "BC.4031"),
        ({"InvertedSql": BACKFLUSH["InvertedSql"] + "; delete from OITM"}, "BC.4031"),
        ({"InvertedSql": BACKFLUSH["InvertedSql"] + ") X; --"}, "BC.4031"),
        ({"InvertedSql": 'select "DocEntry" from OWOR'}, "BC.4012"),
        ({"InvertedBathSql": "call OTHER('{0}','{1}','{2}')"}, "BC.4031"),
        ({"InvertedBathSql": "call TMDK({0},'{1}','{2}')"}, "BC.4012"),
        ({"InvertedBathSql": "call TMDK('{0}','{1}','{7}')"}, "BC.4012"),
        ({"InvertedBathSql": "select 1 from OUSR where 'a'='{0}'"}, "BC.4031"),
        ({"InvertedBathSql": "select \"ItemCode\" from OITM where 'a'<>'{0}' limit 1"}, "BC.4012"),
    ],
)
def test_statements_that_are_not_usable_post_nothing(house: House, changes: dict, code: str) -> None:  # noqa: F811
    house.flow(SAVE)
    assert house.save(scan(**changes))["code"] == code
    assert house.made() == []


def test_inverted_is_for_receipts_only(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    row = {"ItemCode": "11028", "Quantity": "1", "WarehouseCode": "01"}
    assert house.save({"method": "StockGenExit", "data": [row], "MainTable": BACKFLUSH})["code"] == "BC.4012"
    assert house.made() == []


def test_a_database_that_is_away_posts_nothing_and_the_repeat_does_it_all(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    house.sandbox.fault(system="diapi", op="sql", when="before", action="drop", times=3)
    answer = house.save(scan())
    assert (answer["code"], answer["retryable"], house.made()) == ("BC.5031", True, [])
    house.sandbox.clear_faults()
    assert house.save(scan())["code"] == OK
    assert len(house.made()) == 2


# -- which batches


def order(house: House, entry: int, *lines: tuple[str, float, str]) -> None:  # noqa: F811
    """A released production order for the same product."""
    found = copy.deepcopy(house.document("ProductionOrders", 478))
    template = found["ProductionOrderLines"][0]
    found |= {"AbsoluteEntry": entry, "DocumentNumber": 10000 + entry}
    found["ProductionOrderLines"] = [
        {
            **template,
            "DocumentAbsoluteEntry": entry,
            "LineNumber": n,
            "ItemNo": item,
            "BaseQuantity": each,
            "Warehouse": whs,
        }
        for n, (item, each, whs) in enumerate(lines)
    ]
    house.sandbox.erp_put("ProductionOrders", found)


def test_orders_that_need_the_same_batch_share_it(house: House) -> None:  # noqa: F811
    """Two batches of 500 in warehouse 01: two orders of 300 each take 500 of the older one and 100 of the newer."""
    order(house, 901, (SILICONE, 3.0, "01"))
    order(house, 902, (SILICONE, 3.0, "01"))
    house.flow(SAVE)
    rows = []
    for entry in (901, 902):
        below = [{"Quantity": "100", "BatchNumber": f"P{entry}", "BinAbsEntry": "14"}]
        rows.append({**PRODUCED, "BaseEntry": str(entry), "Quantity": "100", "linetable": below})
    data = house.saved({"method": "InventoryGenEntry", "data": rows, "MainTable": {**HEADER, **BACKFLUSH}})
    lines = house.document("InventoryGenExits", data["backflush"]["DocEntry"])["DocumentLines"]
    taken = [[(b["BatchNumber"], b["Quantity"]) for b in line["BatchNumbers"]] for line in lines]
    assert taken == [[("B20220801", 300.0)], [("B20220801", 200.0), ("B20221001", 100.0)]]
    assert [line["BaseEntry"] for line in lines] == [901, 902]


def test_an_order_without_batch_managed_components_is_only_received(house: House) -> None:  # noqa: F811
    order(house, 903, ("201010001", 1.0, "01"))
    house.flow(SAVE)
    body = scan("1")
    body["data"][0]["BaseEntry"] = "903"
    data = house.saved(body)
    assert "backflush" not in data
    assert house.made() == [f"InventoryGenEntries({data['DocEntry']})"]
    assert house.save(body)["duplicate"] is True


def test_the_process_is_killed_between_the_two(house: House, monkeypatch) -> None:  # noqa: F811
    """The row of the receipt says 'sending', nothing arrived: found out, then sent."""
    monkeypatch.setattr(Save, "settle_seconds", 0.0)
    house.flow(SAVE, reference_field="U_BaseDocNo")
    house.sandbox.fault(system="erp", op="create", when="before", action="drop", nth=2)
    house.save(scan())
    past = timezone.now() - timedelta(minutes=5)
    Delivery.objects.filter(key__endswith="#receipt").update(
        state="sending", claimed_until=past, due_at=past, sent_at=past, absent_at=None
    )
    assert house.save(scan())["code"] == OK
    assert len(house.made()) == 2


# -- a person takes the issue back


def half_done(house: House, **config: Any) -> Delivery:  # noqa: F811
    """The issue is posted, the receipt refused; the issue's row."""
    house.flow(SAVE, **config)
    body = scan()
    body["data"][0]["linetable"][0]["BinAbsEntry"] = "21"
    assert house.save(body)["data"]["state"] == "ISSUED_ONLY"
    return Delivery.objects.get(key__endswith="#issue")


@pytest.mark.parametrize("reference", ["", "U_BaseDocNo"])
def test_the_issue_is_taken_back_and_the_scan_starts_anew(house: House, reference: str) -> None:  # noqa: F811
    before = stock(house)
    issue = half_done(house, reference_field=reference)
    assert stock(house) == before - 1.0
    call_command("barcode_reverse_issue", str(issue.pk))

    assert stock(house) == before
    assert house.document("ProductionOrders", 478)["ProductionOrderLines"][0]["IssuedQuantity"] == 0.0
    assert [key.split("(")[0] for key in house.made()] == ["InventoryGenExits", "InventoryGenEntries"]
    assert not Alert.objects.filter(ended_at=None).exists()
    with pytest.raises(CommandError):
        call_command("barcode_reverse_issue", str(issue.pk))
    body = scan()
    body["data"][0]["linetable"][0]["BinAbsEntry"] = "21"
    assert house.save(body)["data"]["state"] == "ISSUED_ONLY"  # issued anew: the scan is a new one
    assert len(house.made()) == 3


def test_a_return_whose_answer_is_lost_is_not_made_twice(house: House) -> None:  # noqa: F811
    issue = half_done(house, reference_field="U_BaseDocNo")
    house.sandbox.fault(system="erp", op="create", when="after", action="drop")
    call_command("barcode_reverse_issue", str(issue.pk))
    assert len(house.made()) == 2


def test_what_is_received_is_not_taken_back(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    house.saved(scan())
    pks = [Delivery.objects.get(key__endswith=suffix).pk for suffix in ("#issue", "#receipt")]
    for pk in (*pks, 999999):
        with pytest.raises(CommandError):
            call_command("barcode_reverse_issue", str(pk))
    assert len(house.made()) == 2
