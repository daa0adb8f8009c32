"""Inventory documents, batches, bins, production orders, base documents (protocol notes 3.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.erp_caller import Caller
from tests.sandbox_server import SandboxServer

SELECTION = "Cannot add row without complete selection of batch/serial numbers"


@pytest.fixture
def caller(sandbox: SandboxServer) -> Caller:
    return Caller(sandbox)


def batch(name: str, quantity: float, **more: Any) -> dict[str, Any]:
    return {"BatchNumber": name, "Quantity": quantity, **more}


def receipt(quantity: Any, *batches: dict[str, Any], order: int = 71, **more: Any) -> dict[str, Any]:
    line = {"BaseEntry": order, "BaseType": 202, "Quantity": quantity, "WarehouseCode": "02", **more}
    return {"U_InboundType": "1", "U_MESReportId": "R-1", "DocumentLines": [{**line, "BatchNumbers": list(batches)}]}


def stock(sandbox: SandboxServer, item: str, warehouse: str) -> float:
    rows = sandbox.erp_object("Items", item)["ItemWarehouseInfoCollection"]
    return next((row["InStock"] for row in rows if row["WarehouseCode"] == warehouse), 0.0)


def text_of(refused: tuple[int, int, str]) -> str:
    assert refused[:2] == (400, -5002)
    return refused[2]


def test_receipt_from_production(sandbox: SandboxServer, caller: Caller) -> None:
    body = receipt("100", batch("B20221121", 100.0, AddmisionDate="20221121", BaseLineNumber=0))

    document = caller.done("POST", "InventoryGenEntries", body)

    line = document["DocumentLines"][0]
    order = caller.get("ProductionOrders(71)")
    assert (document["JournalMemo"], document["DocObjectCode"]) == ("生产收货", "59")
    assert (line["ItemCode"], line["ItemDescription"], line["TransactionType"]) == (
        "101010001",
        "成品A",
        "botrntComplete",
    )
    assert line["BatchNumbers"][0]["AddmisionDate"] == "2022-11-21"
    assert (order["CompletedQuantity"], order["U_SyncStatus"]) == (100.0, "N")
    assert stock(sandbox, "101010001", "02") == 1100.0
    assert [(e["key"], e["source"]) for e in sandbox.effects("erp", "create")] == [("InventoryGenEntries(3)", "R-1")]
    assert stock(sandbox, "201010003", "01") == 200.0  # 8 a piece, backflushed
    assert order["ProductionOrderLines"][2]["IssuedQuantity"] == 800.0


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (receipt(1, order=78), "Production order '10078' is not released [IGN1.BaseEntry][line: 1]"),
        (receipt(1, order=9999), "Production order '9999' does not exist [IGN1.BaseEntry][line: 1]"),
        (receipt(1, ItemCode="101010001"),
         "Item number is taken from the base document; do not enter it [IGN1.BaseEntry][line: 1]"),
        (receipt(1), f"{SELECTION} [IGN1.ItemCode][line: 1]"),
        (receipt(2, batch("B1", 1)), f"{SELECTION} [IGN1.ItemCode][line: 1]"),
        (receipt(2, batch("B1", 2, BaseLineNumber=1)), f"{SELECTION} [IGN1.ItemCode][line: 1]"),
        (receipt(0, batch("B1", 0)), "Enter a quantity greater than 0 [IGN1.Quantity][line: 1]"),
        (receipt(1, batch("B1", 1), WarehouseCode="99"), "Invalid warehouse '99' [IGN1.ItemCode][line: 1]"),
        (receipt(1, batch("B1", 1), BaseType=17), "Invalid base document type '17' [IGN1.BaseEntry][line: 1]"),
    ],
)  # fmt: skip
def test_refused_receipts(sandbox: SandboxServer, caller: Caller, body: dict, text: str) -> None:
    assert text_of(caller.refused("POST", "InventoryGenEntries", body)) == text
    assert caller.get("ProductionOrders(71)")["CompletedQuantity"] == 0.0
    assert sandbox.effects("erp", "create") == []


def test_issue_to_production_and_its_return(sandbox: SandboxServer, caller: Caller) -> None:
    base = {"BaseType": "202", "BaseEntry": "71", "BaseLine": 1, "Quantity": "5"}
    rows = [batch("B20220801", 3), batch("B20221001", 2)]
    caller.done("POST", "InventoryGenExits", {"DocumentLines": [{**base, "BatchNumbers": rows}]})

    assert caller.get("ProductionOrders(71)")["ProductionOrderLines"][1]["IssuedQuantity"] == 5.0
    assert stock(sandbox, "201010002", "01") == 995.0

    back = {**base, "Quantity": 2, "BatchNumbers": [batch("B20220801", 2)]}
    caller.done("POST", "InventoryGenEntries", {"DocumentLines": [back]})

    assert caller.get("ProductionOrders(71)")["ProductionOrderLines"][1]["IssuedQuantity"] == 3.0
    too_much = {**base, "BatchNumbers": [batch("B20220801", 5)]}
    text = text_of(caller.refused("POST", "InventoryGenEntries", {"DocumentLines": [too_much]}))
    assert text.startswith("Returned quantity is greater than the issued quantity")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"ItemCode": "11028", "Quantity": 1000.5}, "Quantity falls into negative inventory [IGE1.ItemCode][line: 1]"),
        ({"ItemCode": "201010002", "Quantity": 600, "BatchNumbers": [batch("B20220801", 600)]},
         "Batch 'B20220801' of item '201010002' does not have enough quantity in warehouse '01' "
         "[IGE1.ItemCode][line: 1]"),
        ({"ItemCode": "201010002", "Quantity": 1, "BatchNumbers": [batch("none", 1)]},
         "Batch 'none' of item '201010002' does not have enough quantity in warehouse '01' [IGE1.ItemCode][line: 1]"),
        ({"BaseType": 202, "BaseEntry": 71, "Quantity": 1},
         "Enter the line of the production order (BaseLine) [IGE1.BaseEntry][line: 1]"),
        ({"BaseType": 202, "BaseEntry": 71, "BaseLine": 9, "Quantity": 1},
         "Line '9' of the production order does not exist [IGE1.BaseEntry][line: 1]"),
    ],
)  # fmt: skip
def test_refused_issues(caller: Caller, line: dict, text: str) -> None:
    assert text_of(caller.refused("POST", "InventoryGenExits", {"DocumentLines": [line]})) == text


def test_the_seed_s_barcode_receipt_into_a_bin(sandbox: SandboxServer, caller: Caller) -> None:
    allocation = {"BinAbsEntry": 14, "Quantity": 1, "AllowNegativeQuantity": "N", "SerialAndBatchNumbersBaseLine": 0}
    name = "11007510-01-50|20230920"
    body = receipt("1", batch(name, 1.0), order=478, WarehouseCode="W05001", U_SCRKLX="合格入库")
    body["DocumentLines"][0]["DocumentLinesBinAllocations"] = [{**allocation, "BaseLineNumber": 0}]

    document = caller.done("POST", "InventoryGenEntries", body)

    row = document["DocumentLines"][0]["DocumentLinesBinAllocations"][0]
    assert (row["BinAbsEntry"], row["AllowNegativeQuantity"]) == (14, "tNO")
    (made,) = caller.rows("BatchNumberDetails", filter=f"Batch eq '{name}'")
    assert (made["ItemCode"], made["SystemNumber"]) == ("11007510-01", 4)


@pytest.mark.parametrize(
    ("allocations", "text"),
    [
        ([], 'Fully allocate item "201010004" to bin locations in warehouse "W05001" [IGE1.ItemCode][line: 1]'),
        ([{"BinAbsEntry": 21, "Quantity": 2, "SerialAndBatchNumbersBaseLine": 0}],
         "Invalid bin location '21' of warehouse 'W05001' [IGE1.ItemCode][line: 1]"),
        ([{"BinAbsEntry": 11, "Quantity": 2}],
         "Bin allocation without its batch (SerialAndBatchNumbersBaseLine) [IGE1.ItemCode][line: 1]"),
        ([{"BinAbsEntry": 12, "Quantity": 2, "SerialAndBatchNumbersBaseLine": 0}],
         "Quantity falls into negative in bin location '12' [IGE1.ItemCode][line: 1]"),
    ],
)  # fmt: skip
def test_refused_bins(caller: Caller, allocations: list[dict], text: str) -> None:
    line = {"ItemCode": "201010004", "Quantity": 2, "WarehouseCode": "W05001"}
    line |= {"BatchNumbers": [batch("GZ20230901", 2)], "DocumentLinesBinAllocations": allocations}

    assert text_of(caller.refused("POST", "InventoryGenExits", {"DocumentLines": [line]})) == text


def test_purchase_receipt_draws_its_order_and_closes_it(sandbox: SandboxServer, caller: Caller) -> None:
    def receive(line: int, quantity: float, **more: Any) -> dict:
        drawn = {"BaseType": 22, "BaseEntry": 1, "BaseLine": line, "Quantity": quantity, **more}
        return {"CardCode": "V10000", "DocumentLines": [drawn]}

    bins = [{"BinAbsEntry": 11, "Quantity": 100}]
    first = caller.done("POST", "PurchaseDeliveryNotes", receive(0, 200))
    assert (first["DocumentLines"][0]["ItemCode"], first["DocumentLines"][0]["UnitPrice"]) == ("11028", 12.0)
    assert caller.get("PurchaseOrders(1)")["DocumentLines"][0]["RemainingOpenQuantity"] == 300.0
    caller.done("POST", "PurchaseDeliveryNotes", receive(0, 300))
    caller.done("POST", "PurchaseDeliveryNotes", receive(1, 100, DocumentLinesBinAllocations=bins))

    assert caller.get("PurchaseOrders(1)")["DocumentStatus"] == "bost_Close"
    assert stock(sandbox, "11028", "01") == 1500.0
    closed = text_of(caller.refused("POST", "PurchaseDeliveryNotes", receive(0, 1)))
    assert closed == "One of the base documents has already been closed"
    back = {"BaseType": 20, "BaseEntry": first["DocEntry"], "BaseLine": 0, "Quantity": 50}
    caller.done("POST", "PurchaseReturns", {"CardCode": "V10000", "DocumentLines": [back]})
    assert stock(sandbox, "11028", "01") == 1450.0


def test_delivery_and_return(sandbox: SandboxServer, caller: Caller) -> None:
    line = {"BaseType": 17, "BaseEntry": 2, "BaseLine": 0}
    note = caller.done("POST", "DeliveryNotes", {"CardCode": "C100056", "DocumentLines": [line]})
    assert note["DocumentLines"][0]["Quantity"] == 35.0
    assert stock(sandbox, "101010002", "02") == 965.0
    caller.done(
        "POST",
        "Returns",
        {"CardCode": "C100056", "DocumentLines": [{**line, "BaseType": 15, "BaseEntry": note["DocEntry"]}]},
    )
    assert stock(sandbox, "101010002", "02") == 1000.0


def test_transfer_between_warehouses_with_bins(sandbox: SandboxServer, caller: Caller) -> None:
    taken = {"BinAbsEntry": 11, "Quantity": 10, "SerialAndBatchNumbersBaseLine": 0, "BinActionType": "batFromWarehouse"}
    line = {"ItemCode": "201010004", "Quantity": 10, "BatchNumbers": [batch("GZ20230901", 10)]}
    body = {"FromWarehouse": "W05001", "ToWarehouse": "01", "StockTransferLines": [line]}

    refused = text_of(caller.refused("POST", "StockTransfers", body))
    line["StockTransferLinesBinAllocations"] = [taken]
    made = caller.done("POST", "StockTransfers", body)

    assert refused.startswith('Fully allocate item "201010004"')
    assert made["StockTransferLines"][0]["FromWarehouseCode"] == "W05001"
    assert (stock(sandbox, "201010004", "W05001"), stock(sandbox, "201010004", "01")) == (290.0, 1010.0)
    same = {"FromWarehouse": "01", "ToWarehouse": "01", "StockTransferLines": [{"ItemCode": "11028", "Quantity": 1}]}
    assert "the same" in text_of(caller.refused("POST", "StockTransfers", same))


def test_transfer_request_closes_when_drawn(sandbox: SandboxServer, caller: Caller) -> None:
    line = {"ItemCode": "11028", "Quantity": 4, "FromWarehouseCode": "01", "WarehouseCode": "02"}
    wanted = caller.done("POST", "InventoryTransferRequests", {"StockTransferLines": [line]})
    drawn = {"BaseType": "1250000001", "BaseEntry": wanted["DocEntry"], "BaseLine": 0, "Quantity": 4}
    body = {"FromWarehouse": "01", "ToWarehouse": "02", "StockTransferLines": [drawn]}

    made = caller.done("POST", "StockTransfers", body)

    assert made["StockTransferLines"][0]["BaseType"] == "InventoryTransferRequest"
    assert made["StockTransferLines"][0]["ItemCode"] == "11028"
    assert caller.get(f"InventoryTransferRequests({wanted['DocEntry']})")["DocumentStatus"] == "bost_Close"
    assert stock(sandbox, "11028", "02") == 4.0


def test_production_order_from_planned_to_cancelled(caller: Caller) -> None:
    lines = [{"ItemNo": "201010001", "BaseQuantity": 2}]
    body = {"ItemNo": "101010001", "PlannedQuantity": 10, "DueDate": "2022-12-01", "ProductionOrderLines": lines}
    order = caller.done("POST", "ProductionOrders", body)
    path = f"ProductionOrders({order['AbsoluteEntry']})"
    assert (order["ProductionOrderStatus"], order["DocumentNumber"]) == ("boposPlanned", 10000 + order["AbsoluteEntry"])
    assert (order["ProductionOrderLines"][0]["LineNumber"], order["ProductionOrderLines"][0]["PlannedQuantity"]) == (
        0,
        20.0,
    )

    caller.done("PATCH", path, {"ProductionOrderStatus": "R"})
    caller.done("PATCH", path, {"ProductionOrderStatus": "boposCancelled"})
    caller.done("PATCH", path, {"U_SyncStatus": "Y", "U_SyncFlag": "Y"})

    text = "Production order is cancelled; it cannot be changed [OWOR.Status]"
    assert text_of(caller.refused("PATCH", path, {"PlannedQuantity": 5})) == text
    assert caller.get(path)["U_SyncStatus"] == "Y"
