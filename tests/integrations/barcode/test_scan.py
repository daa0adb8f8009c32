"""From scan to document: protocol C5, C6 and the codes of D3."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.barcode import codes, methods
from integrations.barcode.codes import Refusal
from integrations.barcode.scan import document, reading
from integrations.barcode.scan.fields import Options
from tests.integrations.barcode.scans import HEADER, PRODUCED, SEED, WORKED, build, line, save, seed

TRADE = {"BaseType": "22", "BaseEntry": "1", "BaseLine": "0", "Quantity": "10", "WarehouseCode": "01"}
PARTNER = {"CardCode": "V10000"}
MOVED = {"ItemCode": "11028", "Quantity": "5", "FromWarehouseCode": "01", "WarehouseCode": "03"}
STOCK = {"ItemCode": "11028", "Quantity": "2", "WarehouseCode": "01"}
COMPONENT = {"BaseType": "202", "BaseEntry": "73", "BaseLine": "0", "Quantity": "2", "WarehouseCode": "01"}


def refusal(body: Any, **options: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        build(body, **options)
    return caught.value


# -- the worked example


def test_the_guides_request_makes_the_worked_example() -> None:
    draft = build(SEED)
    assert draft.entity_set == "InventoryGenEntries"
    assert draft.payload == WORKED


def test_the_header_may_stand_at_the_top_as_well() -> None:
    body = {"method": "InventoryGenEntry", "table": "OIGN", "data": [PRODUCED], "MainTable": HEADER}
    assert build(body).payload == WORKED


def test_the_braces_as_the_guide_prints_them() -> None:
    """Closed too early: the row ends before ManBtchNum, everything after it stands at the top."""
    row = {name: PRODUCED[name] for name in ("U_SCRKLX", "BaseEntry", "BaseType", "Quantity", "WarehouseCode")}
    body = {"method": "InventoryGenEntry", "table": "OIGN", "data": [row], "MainTable": HEADER}
    made = build(body).payload
    assert made["U_CZR"] == "CS01"
    assert "BatchNumbers" not in made["DocumentLines"][0]


def test_the_request_is_not_changed() -> None:
    body = copy.deepcopy(SEED)
    build(body)
    assert body == SEED


# -- reading


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], codes.BAD_BODY),
        ("x", codes.BAD_BODY),
        ({}, codes.BAD_METHOD),
        ({"method": "InventoryGenEntry"}, codes.BAD_BODY),
        ({"method": "InventoryGenEntry", "data": []}, codes.BAD_BODY),
        ({"method": "InventoryGenEntry", "data": {}}, codes.BAD_BODY),
        ({"method": "InventoryGenEntry", "data": [1]}, codes.BAD_BODY),
        ({"method": "InventoryGenEntry", "data": [{"MainTable": []}]}, codes.BAD_BODY),
        ({"method": "Inventory", "data": [{}]}, codes.BAD_METHOD),
        ({"method": "InventoryGenEntries", "data": [{}]}, codes.BAD_METHOD),
        ({"method": "StockGenExit", "operatortype": "U", "data": [STOCK]}, codes.BAD_OPERATION),
        ({"method": "StockGenExit", "operationtype": "q", "data": [STOCK]}, codes.BAD_OPERATION),
        ({"method": "StockGenExit", "table": "OIGN", "data": [STOCK]}, codes.BAD_TABLE),
        ({"method": "UserDataTable", "data": [STOCK]}, codes.MISSING),
    ],
)
def test_requests_that_are_none(body: Any, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        reading.read(body)
    assert caught.value.code == code


def test_unknown_methods_are_told_the_known_ones() -> None:
    assert "PurchaseDelivery" in refusal({"method": "Nothing", "data": [{}]}).message


@pytest.mark.parametrize("name", ["inventorygenentry", " InventoryGenEntry ", "INVENTORYGENENTRY"])
def test_methods_in_any_case(name: str) -> None:
    assert methods.find(name).key == "InventoryGenEntry"


@pytest.mark.parametrize("operation", [{}, {"operatortype": "A"}, {"operationtype": "a"}, {"operatortype": ""}])
def test_adding_is_the_default(operation: dict[str, str]) -> None:
    assert build({**SEED, **operation}).payload == WORKED


def test_headers_that_differ_are_two_documents() -> None:
    body = copy.deepcopy(SEED)
    body["data"].append({**copy.deepcopy(PRODUCED), "MainTable": {**HEADER, "U_CZR": "CS02"}})
    error = refusal(body)
    assert error.code == codes.HEADERS_DIFFER
    assert "U_CZR" in error.message


def test_empty_members_of_a_header_differ_from_nothing() -> None:
    body = copy.deepcopy(SEED)
    body["data"].append({**copy.deepcopy(PRODUCED), "MainTable": {"U_CZR": "", "U_BFY1": "later"}})
    made = build(body).payload
    assert (made["U_CZR"], made["U_BFY1"], len(made["DocumentLines"])) == ("CS01", "later", 2)


# -- values


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"BaseEntry": "47.5"}, codes.BAD_VALUE),
        ({"BaseEntry": "４７８"}, codes.BAD_VALUE),
        ({"BaseEntry": True}, codes.BAD_VALUE),
        ({"BaseType": "two"}, codes.BAD_VALUE),
        ({"BaseType": "17"}, codes.BAD_VALUE),
        ({"Quantity": "1,5"}, codes.BAD_VALUE),
        ({"Quantity": "1e2"}, codes.BAD_VALUE),
        ({"Quantity": [1]}, codes.BAD_VALUE),
        ({"Quantity": float("inf")}, codes.BAD_VALUE),
        ({"Quantity": "0"}, codes.NOT_POSITIVE),
        ({"Quantity": "-1"}, codes.NOT_POSITIVE),
        ({"Quantity": ""}, codes.MISSING),
        ({"BaseEntry": ""}, codes.MISSING),
        ({"WarehouseCode": {"a": 1}}, codes.BAD_VALUE),
        ({"U_BGR1": ["SF0006"]}, codes.BAD_VALUE),
        ({"U_BGR1": "a\x00b"}, codes.BAD_VALUE),
        ({"linetable": []}, codes.NO_BATCHES),
        ({"linetable": "x"}, codes.BAD_BODY),
        ({"linetable": [{"Quantity": "1", "BatchNumber": " "}]}, codes.NO_BATCHES),
        ({"linetable": [{"Quantity": "2", "BatchNumber": "B"}]}, codes.BATCHES_DIFFER),
        ({"linetable": [{"Quantity": "0", "BatchNumber": "B"}]}, codes.NOT_POSITIVE),
        ({"linetable": [{"Quantity": "1", "BatchNumber": "B", "AddmisionDate": "20230931"}]}, codes.BAD_VALUE),
        ({"linetable": [{"Quantity": "1", "BatchNumber": "B", "BinAbsEntry": "A-01"}]}, codes.BAD_VALUE),
    ],
)
def test_wrong_values_are_refused_by_code(changes: dict[str, Any], code: str) -> None:
    assert refusal(seed(**changes)).code == code


def test_messages_name_the_place() -> None:
    body = save("StockGenExit", STOCK, {**STOCK, "Quantity": "x"})
    assert "data[1].Quantity" in refusal(body).message
    broken = seed(linetable=[{"Quantity": "1", "BatchNumber": "B", "AddmisionDate": "soon"}])
    assert "data[0].linetable[0].AddmisionDate" in refusal(broken).message


@pytest.mark.parametrize("day", ["20230920", "2023-09-20", "2023/09/20", 20230920])
def test_dates(day: Any) -> None:
    assert build(save("StockGenExit", STOCK, header={"DocDate": day})).payload["DocDate"] == "2023-09-20"


@pytest.mark.parametrize(
    "day", ["2023-0920", "2023-09/20", "20230229", "20-09-2023", "2023-09-20 10:00", "２０２３０９２０"]
)
def test_days_that_are_none(day: str) -> None:
    error = refusal(save("StockGenExit", STOCK, header={"DocDate": day}))
    assert (error.code, "MainTable.DocDate" in error.message) == (codes.BAD_VALUE, True)


def test_numbers_may_come_as_numbers() -> None:
    made = line(save("StockGenExit", {"ItemCode": 11028, "Quantity": 0.30000000000000004, "UnitPrice": 12}))
    assert made == {"ItemCode": "11028", "Quantity": 0.3, "UnitPrice": 12.0}


def test_unknown_fields_are_left_out_or_refused() -> None:
    row = {**STOCK, "ItemName": "聚氯乙烯", "Colour": "red", "ManBtchNum": "N"}
    assert line(save("StockGenExit", row)) == {"ItemCode": "11028", "Quantity": 2.0, "WarehouseCode": "01"}
    error = refusal(save("StockGenExit", row), strict=True)
    assert (error.code, "data[0].Colour" in error.message) == (codes.UNKNOWN_FIELD, True)
    assert refusal(save("StockGenExit", STOCK, header={"Colour": "x"}), strict=True).code == codes.UNKNOWN_FIELD
    assert build(SEED, strict=True).payload == WORKED


@pytest.mark.parametrize(("empty", "sent"), [("drop", {}), ("null", {"U_X": None}), ("keep", {"U_X": ""})])
def test_empty_user_fields(empty: str, sent: dict[str, Any]) -> None:
    made = line(save("StockGenExit", {**STOCK, "U_X": ""}), empty=empty)
    assert {name: value for name, value in made.items() if name == "U_X"} == sent


def test_user_fields_pass_unchanged() -> None:
    made = line(save("StockGenExit", {**STOCK, "U_D": "20230920", "U_T": " a ", "U_N": 1.5}))
    assert (made["U_D"], made["U_T"], made["U_N"]) == ("20230920", " a ", 1.5)


# -- batches, bins, serial numbers


def test_rows_of_one_batch_are_one_entry_and_bins_point_to_it() -> None:
    rows = [
        {"Quantity": "1.1", "BatchNumber": "A", "BinAbsEntry": "11", "AdmissionDate": "2023/09/20"},
        {"Quantity": "2.2", "BatchNumber": "B", "BinAbsEntry": "12", "ExpiryDate": "20240920"},
        {"Quantity": "3.3", "BatchNumber": "A", "BinAbsEntry": "13", "ManufacturingDate": "20230901"},
    ]
    made = line(seed(Quantity="6.6", linetable=rows))
    assert made["BatchNumbers"] == [
        {
            "BatchNumber": "A", "Quantity": 4.4, "AddmisionDate": "2023-09-20", "ManufacturingDate": "2023-09-01",
            "BaseLineNumber": 0,
        },
        {"BatchNumber": "B", "Quantity": 2.2, "ExpiryDate": "2024-09-20", "BaseLineNumber": 0},
    ]  # fmt: skip
    allocations = made["DocumentLinesBinAllocations"]
    assert [(a["BinAbsEntry"], a["Quantity"], a["SerialAndBatchNumbersBaseLine"]) for a in allocations] == [
        (11, 1.1, 0), (12, 2.2, 1), (13, 3.3, 0),
    ]  # fmt: skip


def test_batches_count_where_the_flag_is_silent_and_not_where_it_says_no() -> None:
    rows = [{"Quantity": "2", "BatchNumber": "A", "BinAbsEntry": "11"}]
    assert "BatchNumbers" in line(save("StockGenExit", {**STOCK, "linetable": rows}))
    without = line(save("StockGenExit", {**STOCK, "ManBtchNum": "N", "linetable": rows}))
    assert "BatchNumbers" not in without
    assert without["DocumentLinesBinAllocations"][0]["SerialAndBatchNumbersBaseLine"] == -1


def test_lines_count_from_nothing() -> None:
    row = {**STOCK, "ManBtchNum": "Y", "linetable": [{"Quantity": "2", "BatchNumber": "A", "BinAbsEntry": "11"}]}
    second = line(save("StockGenExit", STOCK, row), 1)
    assert second["BatchNumbers"][0]["BaseLineNumber"] == 1
    assert second["DocumentLinesBinAllocations"][0]["BaseLineNumber"] == 1


def test_serial_numbers() -> None:
    rows = [{"Quantity": "1", "SerialNumber": "S1", "BinAbsEntry": "11"}, {"Quantity": "1", "DistNumber": "S2"}]
    made = line(save("StockGenExit", {**STOCK, "ManSerNum": "Y", "linetable": rows}))
    assert [row["InternalSerialNumber"] for row in made["SerialNumbers"]] == ["S1", "S2"]
    assert made["DocumentLinesBinAllocations"][0]["SerialAndBatchNumbersBaseLine"] == 0
    two = [{"Quantity": "2", "SerialNumber": "S1"}]
    assert refusal(save("StockGenExit", {**STOCK, "ManSerNum": "Y", "linetable": two})).code == codes.BATCHES_DIFFER


# -- the eleven methods


def test_every_method_has_its_object() -> None:
    found = {method.key: (method.entity_set, method.table) for method in methods.ALL}
    assert found == {
        "UserDataTable": ("{OBJ}", ""),
        "PurchaseDelivery": ("PurchaseDeliveryNotes", "OPDN"),
        "PurchaseReturn": ("PurchaseReturns", "ORPD"),
        "InventoryGenExit": ("InventoryGenExits", "OIGE"),
        "InventoryGenReturn": ("InventoryGenEntries", "OIGN"),
        "InventoryGenEntry": ("InventoryGenEntries", "OIGN"),
        "DeliveryNotes": ("DeliveryNotes", "ODLN"),
        "Returns": ("Returns", "ORDN"),
        "StockTransfer": ("StockTransfers", "OWTR"),
        "StockGenExit": ("InventoryGenExits", "OIGE"),
        "StockGenEntry": ("InventoryGenEntries", "OIGN"),
    }


@pytest.mark.parametrize(
    ("method", "kind", "set_"),
    [
        ("PurchaseDelivery", 22, "PurchaseDeliveryNotes"),
        ("PurchaseReturn", 20, "PurchaseReturns"),
        ("DeliveryNotes", 17, "DeliveryNotes"),
        ("Returns", 15, "Returns"),
    ],
)
def test_trade_documents_take_partner_and_usual_base(method: str, kind: int, set_: str) -> None:
    row = {"BaseEntry": "1", "BaseLine": "0", "Quantity": "10", "WarehouseCode": "01"}
    draft = build(save(method, row))
    assert draft.entity_set == set_
    assert draft.partner_of == (kind, 1)
    assert draft.payload["DocumentLines"] == [
        {"BaseEntry": 1, "BaseLine": 0, "Quantity": 10.0, "WarehouseCode": "01", "BaseType": kind}
    ]
    assert build(save(method, row, header=PARTNER)).partner_of is None


def test_trade_documents_without_a_base() -> None:
    assert build(save("DeliveryNotes", STOCK, header=PARTNER)).payload["DocumentLines"][0]["ItemCode"] == "11028"
    assert refusal(save("DeliveryNotes", STOCK)).code == codes.MISSING
    assert refusal(save("DeliveryNotes", {"Quantity": "1"}, header=PARTNER)).code == codes.MISSING
    no_line = {name: value for name, value in TRADE.items() if name != "BaseLine"}
    assert refusal(save("PurchaseDelivery", no_line)).code == codes.MISSING
    unusual = {**TRADE, "BaseType": "112"}  # no document that we know a partner of
    assert refusal(save("PurchaseDelivery", unusual)).code == codes.MISSING
    assert line(save("PurchaseDelivery", unusual, header=PARTNER))["BaseType"] == 112
    assert build(save("PurchaseReturn", {**TRADE, "BaseType": "234000032"})).partner_of == (234000032, 1)
    minus = {**STOCK, "BaseType": "-1", "BaseEntry": "", "BaseLine": ""}
    assert "BaseType" not in line(save("DeliveryNotes", minus, header=PARTNER))


@pytest.mark.parametrize("method", ["InventoryGenExit", "InventoryGenReturn"])
def test_components_go_by_the_orders_line(method: str) -> None:
    draft = build(save(method, {**COMPONENT, "ItemCode": "201010001"}))
    assert "ItemCode" not in draft.payload["DocumentLines"][0]
    assert draft.components == {}
    by_item = {"BaseEntry": "73", "ItemCode": "201010001", "Quantity": "1"}
    assert build(save(method, by_item)).components == {0: "201010001"}
    assert refusal(save(method, {"BaseEntry": "73", "Quantity": "1"})).code == codes.MISSING
    assert refusal(save(method, {**COMPONENT, "BaseType": "17"})).code == codes.BAD_VALUE


def test_products_have_neither_item_nor_line() -> None:
    made = line(save("InventoryGenEntry", {**COMPONENT, "ItemCode": "X", "TransactionType": "botrntReject"}))
    assert made == {
        "BaseType": 202, "BaseEntry": 73, "Quantity": 2.0, "WarehouseCode": "01", "TransactionType": "botrntReject",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["StockGenExit", "StockGenEntry"])
def test_stock_documents_have_no_base(method: str) -> None:
    made = line(save(method, {**STOCK, "BaseType": "202", "BaseEntry": "73", "BaseLine": "0"}))
    assert made == {"ItemCode": "11028", "Quantity": 2.0, "WarehouseCode": "01"}
    assert refusal(save(method, {"Quantity": "1"})).code == codes.MISSING


def test_transfers() -> None:
    header = {"DocDate": "20230920", "DocDueDate": "20230921", "FromWarehouse": "01", "NumAtCard": "x"}
    draft = build(save("StockTransfer", MOVED, header=header))
    assert draft.payload == {
        "DueDate": "2023-09-21",
        "DocDate": "2023-09-20",
        "FromWarehouse": "01",
        "StockTransferLines": [
            {"ItemCode": "11028", "Quantity": 5.0, "FromWarehouseCode": "01", "WarehouseCode": "03"}
        ],
    }


def test_transfers_from_a_request_name_its_kind() -> None:
    based = {**MOVED, "BaseEntry": "9", "BaseLine": "0"}
    assert line(save("StockTransfer", based))["BaseType"] == "InventoryTransferRequest"
    assert line(save("StockTransfer", {**based, "BaseType": "1250000001"}))["BaseType"] == "InventoryTransferRequest"
    assert refusal(save("StockTransfer", {**based, "BaseType": "22"})).code == codes.BAD_VALUE


def test_transfers_between_bins() -> None:
    rows = [{"Quantity": "5", "BatchNumber": "A", "FromBinAbsEntry": "11", "ToBinAbsEntry": "21"}]
    made = line(save("StockTransfer", {**MOVED, "ManBtchNum": "Y", "linetable": rows}))
    found = [
        (a["BinActionType"], a["BinAbsEntry"], a["SerialAndBatchNumbersBaseLine"])
        for a in made["StockTransferLinesBinAllocations"]
    ]
    assert found == [("batFromWarehouse", 11, 0), ("batToWarehouse", 21, 0)]


def test_warehouses_of_a_transfer() -> None:
    for name in ("FromWarehouseCode", "WarehouseCode"):
        assert refusal(save("StockTransfer", {**MOVED, name: ""})).code == codes.MISSING
    same = {**MOVED, "WarehouseCode": "01"}
    assert refusal(save("StockTransfer", same)).code == codes.BAD_VALUE
    bins = [{"Quantity": "5", "FromBinAbsEntry": "11", "BinAbsEntry": "12"}]
    assert line(save("StockTransfer", {**same, "linetable": bins}))["WarehouseCode"] == "01"
    bins[0]["BinAbsEntry"] = "11"
    assert refusal(save("StockTransfer", {**same, "linetable": bins})).code == codes.BAD_VALUE


def test_rows_of_a_user_table() -> None:
    row = {
        "Code": "S1",
        "Name": "扫码",
        "DocEntry": "7",
        "U_Quantity": "1",
        "LINESCollection": [{"U_A": 1}],
        "Other": "x",
    }
    scan = reading.read({"method": "UserDataTable", "table": "@SCANLOG", "data": [row]})
    assert document.rows_of_table(scan, Options()) == [
        {"Code": "S1", "Name": "扫码", "U_Quantity": "1", "LINESCollection": [{"U_A": 1}]}
    ]


# -- anything at all

values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
json_values = st.recursive(
    values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
names = st.sampled_from(
    [
        *PRODUCED,
        "BaseLine",
        "ItemCode",
        "FromWarehouseCode",
        "UnitPrice",
        "TransactionType",
        "MainTable",
        "U_X",
        "Other",
    ]
)
below = st.dictionaries(
    st.sampled_from(["Quantity", "BatchNumber", "BinAbsEntry", "FromBinAbsEntry", "AddmisionDate", "U_B"]), values
)
rows = st.dictionaries(names, json_values, max_size=8) | st.fixed_dictionaries(
    {"BaseEntry": st.integers(1, 99), "BaseLine": st.just("0"), "ItemCode": st.just("I"), "Quantity": values},
    optional={"linetable": st.lists(below, max_size=3), "ManBtchNum": st.sampled_from(["Y", "N", ""])},
)


@settings(max_examples=400)
@given(st.sampled_from([m.key for m in methods.ALL if m.kind != "table"]), st.lists(rows, max_size=3), json_values)
def test_any_request_makes_a_document_or_a_refusal(method: str, data: list, header: Any) -> None:
    """Never another exception; and what is made is JSON without NaN, with quantities above nothing that add up."""
    try:
        draft = build({"method": method, "data": data, "MainTable": header})
    except Refusal:
        return
    json.dumps(draft.payload, allow_nan=False)
    lines = draft.payload.get("DocumentLines") or draft.payload["StockTransferLines"]
    for number, made in enumerate(lines):
        assert made["Quantity"] > 0
        batches = made.get("BatchNumbers") or []
        assert not batches or abs(sum(b["Quantity"] for b in batches) - made["Quantity"]) < 1e-5
        assert len({b["BatchNumber"] for b in batches}) == len(batches)
        assert all(b["BaseLineNumber"] == number for b in batches)


amounts = st.decimals("0.001", "9999", places=3).map(str)


@given(st.lists(st.tuples(st.sampled_from("ABC"), amounts, st.integers(0, 30)), min_size=1, max_size=8))
def test_batches_and_bins_of_any_split_keep_the_quantity(split: list[tuple[str, str, int]]) -> None:
    from decimal import Decimal

    total = sum((Decimal(amount) for _batch, amount, _bin in split), Decimal(0))
    rows = [{"BatchNumber": b, "Quantity": q, "BinAbsEntry": str(place)} for b, q, place in split]
    made = line(seed(Quantity=str(total), linetable=rows))
    assert abs(sum(b["Quantity"] for b in made["BatchNumbers"]) - float(total)) < 1e-6
    allocated = made.get("DocumentLinesBinAllocations", [])
    assert len(allocated) == sum(place > 0 for _b, _q, place in split)
    for allocation, (batch, amount, place) in zip(allocated, [s for s in split if s[2]], strict=True):
        assert made["BatchNumbers"][allocation["SerialAndBatchNumbersBaseLine"]]["BatchNumber"] == batch
        assert (allocation["Quantity"], allocation["BinAbsEntry"]) == (float(amount), place)
