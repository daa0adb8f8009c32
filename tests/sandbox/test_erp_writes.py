"""POST, PATCH, PUT, DELETE, ETags, user objects, stamps, the procedure (protocol notes 2.6, 3.4)."""

from __future__ import annotations

import datetime

import pytest

from tests.sandbox.erp_caller import Caller
from tests.sandbox_server import SandboxServer

MISSING = (404, -2028, "No matching records found (ODBC -2028)")


@pytest.fixture
def caller(sandbox: SandboxServer) -> Caller:
    return Caller(sandbox)


def test_create_answers_the_whole_object_and_where_it_is(sandbox: SandboxServer, caller: Caller) -> None:
    line = {"ItemCode": "101010001", "Quantity": "3", "UnitPrice": 2.5, "BatchNumbers": None}
    reply = caller.send("POST", "Orders", {"CardCode": "C26000", "NumAtCard": "OA-1", "DocumentLines": [line]})

    order = reply.json()
    assert reply.status_code == 201
    assert reply.headers["Location"] == f"{caller.root}Orders({order['DocEntry']})"
    assert reply.headers["ETag"] == order["odata.etag"]
    assert (order["CardName"], order["DocTotal"], order["DocObjectCode"]) == ("上海华东塑料有限公司", 7.5, "17")
    assert order["DocumentLines"][0]["Quantity"] == 3.0
    (effect,) = sandbox.effects("erp", "create")
    assert (effect["key"], effect["source"]) == (f"Orders({order['DocEntry']})", "OA-1")


def test_create_without_content(caller: Caller) -> None:
    reply = caller.send("POST", "Items", {"ItemCode": "新/1", "ItemName": "x"}, Prefer="return-no-content")

    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["Preference-Applied"] == "return-no-content"
    assert caller.get("Items('%E6%96%B0%2F1')")["Valid"] == "tYES"


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "text"),
    [
        ("Items", {"ItemCode": "11028"}, 400, -10, "Item code '11028' already exists"),
        ("Items", {"ItemCode": "x", "Nothing": 1}, 400, -1000, "Property 'Nothing' of 'Item' is invalid"),
        ("Items", {"ItemCode": "x", "LeadTime": "soon"}, 400, 205,
         "the given value('soon') of property 'LeadTime' is not a NUMBER"),
        ("Items", {"ItemCode": "x", "ItemsGroupCode": 999}, 400, -2028, "No matching records found (ODBC -2028)"),
        ("Items", [], 400, 206, "Bad patch content."),
        ("Items", {"ItemCode": "x", "ItemPrices": "none"}, 400, 206, "Bad patch content."),
        ("Orders", {"CardCode": "nobody", "DocumentLines": [{"ItemCode": "11028"}]}, 400, -5002,
         "Invalid BP code [ORDR.CardCode]"),
        ("Orders", {"CardCode": "C99999", "DocumentLines": [{"ItemCode": "11028"}]}, 400, -5002,
         "Business partner 'C99999' is inactive [ORDR.CardCode]"),
        ("Orders", {"CardCode": "C26000", "DocumentLines": [{"ItemCode": "11028"}, {"ItemCode": "F00001"}]}, 400, -5002,
         "Item 'F00001' is inactive [RDR1.ItemCode][line: 2]"),
        ("PurchaseRequests", {"Requester": "NOBODY", "DocumentLines": [{"ItemCode": "11028"}]}, 400, -2028,
         "No matching records found (ODBC -2028)"),
        ("Orders", {"CardCode": "C26000", "U_InboundType": "12345678901", "DocumentLines": []}, 400, -1000,
         "Value too long in property 'U_InboundType' of 'Document'"),
        ("SpecialPrices", {"CardCode": "nobody", "ItemCode": "11028"}, 400, -2028,
         "No matching records found (ODBC -2028)"),
        ("ApprovalRequests", {}, 400, -5006, "The requested action is not supported for this object."),
    ],
)  # fmt: skip
def test_refused_creations(
    sandbox: SandboxServer, caller: Caller, path: str, body: dict, status: int, code: int, text: str
) -> None:
    assert caller.refused("POST", path, body) == (status, code, text)
    assert sandbox.effects("erp", "create") == []


def test_value_out_of_the_field_s_list(caller: Caller) -> None:
    _, code, text = caller.refused("PATCH", "Drafts(16)", {"U_PurReqType": "别的"})

    assert code == -1000
    assert text.startswith("'别的' is not a valid value for property 'U_PurReqType'. The valid values are: '自产请购'")


def test_patch_changes_what_was_sent_and_nothing_else(sandbox: SandboxServer, caller: Caller) -> None:
    before = sandbox.erp_object("Items", "11028")

    reply = caller.send("PATCH", "Items('11028')", {"U_ISSYN": "Y", "QuantityOnStock": 5, "Valid": "N"})

    after = sandbox.erp_object("Items", "11028")
    changed = {name for name in after if after[name] != before.get(name)}
    assert (reply.status_code, reply.content) == (204, b"")
    assert changed <= {"U_ISSYN", "Valid", "UpdateDate", "UpdateTime"}
    assert (after["U_ISSYN"], after["Valid"], after["QuantityOnStock"]) == ("Y", "tNO", before["QuantityOnStock"])
    (effect,) = sandbox.effects("erp", "mark")
    assert (effect["key"], effect["detail"]["fields"]) == ("Items('11028')", {"U_ISSYN": "Y", "Valid": "tNO"})


def test_patch_of_a_missing_object(caller: Caller) -> None:
    assert caller.refused("PATCH", "Drafts(999)", {"U_SyncStatus": "Y"}) == MISSING


def test_lines_merge_by_number(caller: Caller) -> None:
    caller.done("PATCH", "Drafts(16)", {"DocumentLines": [{"LineNum": 1, "Quantity": 12}, {"ItemCode": "120001"}]})

    lines = caller.get("Drafts(16)")["DocumentLines"]
    assert [(line["LineNum"], line["ItemCode"], line["Quantity"]) for line in lines] == [
        (0, "11028", 55.0), (1, "14003", 12.0), (2, "120001", 1.0),
    ]  # fmt: skip
    assert lines[1]["U_Specifications"] == "T30S 25kg/袋"


def test_replacing_collections_drops_absent_lines(caller: Caller) -> None:
    body = {"DocumentLines": [{"LineNum": 1, "Quantity": 12}]}
    caller.done("PATCH", "Drafts(16)", body, B1S_ReplaceCollectionsOnPatch="true")

    lines = caller.get("Drafts(16)")["DocumentLines"]
    assert [(line["LineNum"], line["Quantity"]) for line in lines] == [(1, 12.0)]


def test_price_periods_are_numbered(caller: Caller) -> None:
    area = {"DateFrom": "2026-01-17", "Dateto": "2026-02-17", "SpecialPrice": 125}
    key = "SpecialPrices(CardCode='C100056',ItemCode='102040001')"
    caller.done("PATCH", key, {"SpecialPriceDataAreas": [area]})
    caller.done("PATCH", key, {"SpecialPriceDataAreas": [{"RowNumber": 0, "SpecialPrice": 99}]})

    rows = caller.get(key)["SpecialPriceDataAreas"]
    assert [(row["RowNumber"], row["DateFrom"], row["SpecialPrice"], row["BPCode"]) for row in rows] == [
        (0, "2025-01-17", 99.0, "C100056"), (1, "2026-01-17", 125.0, "C100056"),
    ]  # fmt: skip


def test_put_resets_what_was_not_sent(caller: Caller) -> None:
    caller.done("PUT", "Items('11028')", {"ItemName": "只有名称"})

    item = caller.get("Items('11028')")
    assert (item["ItemName"], item["InventoryUOM"], item["QuantityOnStock"]) == ("只有名称", None, 1000.0)


def test_method_override(caller: Caller) -> None:
    reply = caller.send("POST", "Items('11028')", {"U_SYN": "Y"}, X_HTTP_Method_Override="PATCH")

    assert reply.status_code == 204
    assert caller.get("Items('11028')")["U_SYN"] == "Y"


def test_stale_etag_is_refused(caller: Caller) -> None:
    etag = caller.send("GET", "Drafts(16)").headers["ETag"]
    caller.done("PATCH", "Drafts(16)", {"U_ISSYN": "Y"}, If_Match=etag)

    text = "Another user or another operation modified data; to continue, open the window again (ODBC -2039)"
    assert caller.refused("PATCH", "Drafts(16)", {"U_ISSYN": "N"}, If_Match=etag) == (412, -2039, text)
    caller.done("PATCH", "Drafts(16)", {"U_ISSYN": "N"}, If_Match="*")
    caller.done("PATCH", "Drafts(16)", {"U_ISSYN": "N"})


def test_stale_etag_of_an_action(caller: Caller) -> None:
    assert caller.refused("POST", "Orders(1)/Close", If_Match='W/"0"')[:2] == (412, -2039)
    assert caller.get("Orders(1)")["DocumentStatus"] == "bost_Open"


def test_sets_without_etag_ignore_if_match(caller: Caller) -> None:
    assert "ETag" not in caller.send("GET", "ProductionOrders(71)").headers
    caller.done("PATCH", "ProductionOrders(71)", {"Remarks": "x"}, If_Match='W/"0"')


def test_deleting(sandbox: SandboxServer, caller: Caller) -> None:
    caller.done("DELETE", "Drafts(19)")

    assert caller.refused("GET", "Drafts(19)") == MISSING
    assert caller.refused("DELETE", "Orders(1)")[:2] == (400, -5006)
    assert [effect["key"] for effect in sandbox.effects("erp", "delete")] == ["Drafts(19)"]


def test_actions_close_and_cancel(caller: Caller) -> None:
    caller.done("POST", "Orders(1)/Close")
    caller.done("POST", "ProductionOrders(71)/Cancel")
    caller.done("POST", "CONTRACT(1)/Cancel")

    assert caller.get("Orders(1)")["DocumentStatus"] == "bost_Close"
    assert caller.get("ProductionOrders(71)")["ProductionOrderStatus"] == "boposCancelled"
    assert caller.get("CONTRACT(1)")["Canceled"] == "Y"
    assert caller.refused("POST", "Orders(1)/Close")[1] == -5002
    assert caller.refused("POST", "Orders(1)/Explode")[1] == 200


def test_user_object_with_its_lines(caller: Caller) -> None:
    contract = caller.get("CONTRACT(1)")
    assert (contract["DocNum"], contract["CONTRACTLINESCollection"][0]["LineId"]) == (5001, 1)

    line = {"LineId": 1, "U_Quantity": 7}
    caller.done("PATCH", "CONTRACT(1)", {"U_SyncStatus": "Y", "CONTRACTLINESCollection": [line]})

    after = caller.get("CONTRACT(1)")
    assert (after["U_SyncStatus"], after["CONTRACTLINESCollection"][0]["U_Quantity"]) == ("Y", 7.0)
    rows = caller.rows("CONTRACT", filter="U_SyncStatus eq 'N'", select="DocEntry")
    assert rows == [{"DocEntry": 2}]


def test_user_table_takes_rows(caller: Caller) -> None:
    row = caller.done("POST", "U_SCANLOG", {"Code": "1", "Name": "一", "U_ItemCode": "11028", "U_Quantity": "2"})

    assert (row["U_Quantity"], caller.get("U_SCANLOG('1')")["U_ItemCode"]) == (2.0, "11028")


def test_update_stamps_follow_the_erp_s_clock(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.switch("erp", "clock_offset_seconds", 3 * 86400)
    caller.done("PATCH", "Items('11028')", {"U_SYN": "Y"})
    sandbox.switch("erp", "late_commit_seconds", 600)
    caller.done("PATCH", "Items('14003')", {"U_SYN": "Y"})

    stamps = [_stamp(sandbox.erp_object("Items", code)) for code in ("11028", "14003")]
    assert stamps[0] - datetime.datetime.now() > datetime.timedelta(days=2)
    assert datetime.timedelta(seconds=590) < stamps[0] - stamps[1] < datetime.timedelta(seconds=610)


def _stamp(item: dict) -> datetime.datetime:
    return datetime.datetime.fromisoformat(f"{item['UpdateDate']}T{item['UpdateTime']}")


def test_procedure_keeps_the_sync_status_of_production_orders(caller: Caller) -> None:
    def state() -> tuple:
        order = caller.get("ProductionOrders(71)", select="U_SyncStatus,U_SyncFlag")
        return order["U_SyncStatus"], order["U_SyncFlag"]

    caller.done("PATCH", "ProductionOrders(71)", {"U_SyncStatus": "Y", "U_SyncFlag": "Y"})
    assert state() == ("Y", "N")
    caller.done("PATCH", "ProductionOrders(71)", {"PlannedQuantity": 120})
    assert state() == ("N", "N")
    caller.done("PATCH", "ProductionOrders(71)", {"U_SyncStatus": "Y"})
    assert state() == ("N", "N")


def test_procedure_for_other_objects(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.switch("erp", "procedure_sets", "Items,Drafts")

    caller.done("PATCH", "Items('11028')", {"U_SyncStatus": "Y", "U_SyncFlag": "Y"})
    caller.done("PATCH", "Drafts(16)", {"U_SyncStatus": "Y"})

    assert caller.get("Items('11028')")["U_SyncStatus"] == "Y"
    assert caller.get("Drafts(16)")["U_SyncStatus"] == "N"
