"""barcode.save against the pretended ERP: what is made, once; what is refused, in whose words."""

from __future__ import annotations

import copy
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from core.flows import sweeper
from core.models import Delivery
from integrations.barcode.flows.save import Save
from tests.integrations.barcode.conftest import barcode_server, house  # noqa: F401 - fixtures
from tests.integrations.barcode.house import BOTH, OK, SAVE, House
from tests.integrations.barcode.scans import HEADER, PRODUCED, SEED, WORKED, save

pytestmark = pytest.mark.django_db(transaction=True)

PLAIN = {"method": "InventoryGenEntry", "table": "OIGN", "data": [{**PRODUCED, "MainTable": HEADER}]}
TIMED = {"U_CZR": "CS01", "U_CZSJ": "2024-01-02 03:04:05", "DocDate": "20240102"}
STOCK = {"ItemCode": "11028", "Quantity": "2", "WarehouseCode": "01", "ManBtchNum": "N"}


def issue(quantity: str = "2", **header: Any) -> dict[str, Any]:
    return save("StockGenExit", {**STOCK, "Quantity": quantity}, header={**TIMED, **header})


def holds(document: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Does the ERP's document have every field that was sent, as it was sent?"""
    for name, value in wanted.items():
        if isinstance(value, list):
            rows = document.get(name) or []
            if len(rows) != len(value) or not all(map(holds, rows, value)):
                return False
        elif document.get(name) != value:
            return False
    return True


# -- the guide's sample


def test_the_guides_sample_makes_the_worked_example_field_by_field(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    data = house.saved(SEED)

    assert data["method"] == "InventoryGenEntry"
    made = house.document("InventoryGenEntries", data["DocEntry"])
    assert holds(made, WORKED), made
    assert made["DocNum"] == data["DocNum"] != data["DocEntry"]
    (line,) = made["DocumentLines"]
    assert line["ItemCode"] == "11007510-01"  # the ERP's, from the order: we sent none
    assert not [name for name in made if name.startswith(("U_BFY", "U_FGY")) and made[name]]


def test_its_repeat_creates_nothing_and_answers_the_first_result(house: House) -> None:  # noqa: F811
    house.flow(SAVE)
    first = house.save(SEED)
    before = house.made()
    second = house.save(copy.deepcopy(SEED))

    assert house.made() == before
    assert (second["code"], second["data"], second["duplicate"]) == (OK, first["data"], True)
    assert "duplicate" not in first


def test_without_backflush_no_database_connection_is_needed(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    assert house.saved(PLAIN)["DocEntry"]
    refused = house.save({**SEED, "requestId": "other"})
    assert (refused["code"], len(house.made())) == ("BC.5001", 1)


# -- the eleven methods, with the bodies of the sandbox's scanner


@pytest.mark.parametrize(
    ("method", "row", "set_"),
    [
        (
            "PurchaseDelivery",
            {"BaseType": "22", "BaseEntry": "1", "BaseLine": "0", "Quantity": "10"},
            "PurchaseDeliveryNotes",
        ),
        (
            "InventoryGenExit",
            {"BaseType": "202", "BaseEntry": "73", "BaseLine": "0", "Quantity": "2"},
            "InventoryGenExits",
        ),
        ("InventoryGenExit", {"BaseEntry": "73", "ItemCode": "201010001", "Quantity": "2"}, "InventoryGenExits"),
        ("InventoryGenEntry", PRODUCED, "InventoryGenEntries"),
        ("DeliveryNotes", {"BaseType": "17", "BaseEntry": "2", "BaseLine": "0", "Quantity": "5"}, "DeliveryNotes"),
        ("StockTransfer", {**STOCK, "WarehouseCode": "03", "FromWarehouseCode": "01"}, "StockTransfers"),
        ("StockGenExit", STOCK, "InventoryGenExits"),
        ("StockGenEntry", STOCK, "InventoryGenEntries"),
    ],
)
def test_methods(house: House, method: str, row: dict[str, Any], set_: str) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    data = house.saved(save(method, row, header=TIMED))

    assert house.made() == [f"{set_}({data['DocEntry']})"]
    assert house.document(set_, data["DocEntry"])["U_CZSJ"] == TIMED["U_CZSJ"]


@pytest.mark.parametrize(
    ("first", "first_row", "method", "kind", "set_"),
    [
        (
            "PurchaseDelivery",
            {"BaseEntry": "1", "BaseLine": "0", "Quantity": "9"},
            "PurchaseReturn",
            "20",
            "PurchaseReturns",
        ),
        ("DeliveryNotes", {"BaseEntry": "2", "BaseLine": "0", "Quantity": "5"}, "Returns", "15", "Returns"),
        (
            "InventoryGenExit",
            {"BaseEntry": "73", "BaseLine": "0", "Quantity": "5"},
            "InventoryGenReturn",
            "202",
            "InventoryGenEntries",
        ),
    ],
)
def test_returns(house: House, first: str, first_row: dict, method: str, kind: str, set_: str) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    entry = house.saved(save(first, first_row))["DocEntry"]
    base = "73" if kind == "202" else str(entry)
    row = {"BaseType": kind, "BaseEntry": base, "BaseLine": "0", "Quantity": "1"}
    data = house.saved(save(method, row, header=TIMED))

    made = house.document(set_, data["DocEntry"])
    assert made["DocumentLines"][0]["Quantity"] == 1.0
    if kind != "202":
        assert (
            made["CardCode"]
            == house.document("Orders" if kind == "15" else "PurchaseOrders", 2 if kind == "15" else 1)["CardCode"]
        )


def test_bins_and_batches_of_a_purchase(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    below = [{"Quantity": "5", "BatchNumber": "DY20230920", "BinAbsEntry": "12", "AddmisionDate": "20230920"}]
    row = {"BaseType": "22", "BaseEntry": "3", "BaseLine": "1", "Quantity": "5", "WarehouseCode": "W05001"}
    data = house.saved(save("PurchaseDelivery", {**row, "ManBtchNum": "Y", "linetable": below}))
    (line,) = house.document("PurchaseDeliveryNotes", data["DocEntry"])["DocumentLines"]
    assert line["BatchNumbers"][0]["BatchNumber"] == "DY20230920"
    assert line["DocumentLinesBinAllocations"][0]["BinAbsEntry"] == 12


def test_rows_of_a_user_table(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    rows = [{"Code": f"S{n}", "Name": "扫码", "U_ItemCode": "A00006", "U_Quantity": str(n)} for n in (1, 2, 3)]
    body = {"method": "UserDataTable", "table": "@SCANLOG", "data": rows}
    data = house.saved(body)

    assert data["value"] == [{"Code": "S1"}, {"Code": "S2"}, {"Code": "S3"}]
    assert house.document("U_SCANLOG", "S3")["U_Quantity"] == 3.0
    assert house.save(body)["duplicate"] is True
    assert len(house.made()) == 3


def test_an_object_of_the_companys_own_with_its_table(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    row = {
        "U_Subject": "扫码合同",
        "DocEntry": "99",
        "CONTRACTLINESCollection": [{"U_ItemCode": "11028", "U_Quantity": 2}],
    }
    data = house.saved({"method": "UserDataTable", "table": "CONTRACT", "data": [row]})
    made = house.document("CONTRACT", data["value"][0]["DocEntry"])
    assert (made["U_Subject"], made["CONTRACTLINESCollection"][0]["U_Quantity"]) == ("扫码合同", 2.0)


@pytest.mark.parametrize("table", ["Users", "Items", "@OUSR", "UserFieldsMD", "Orders", "SCANLOG')/x", "../Login"])
def test_the_table_cannot_be_one_of_the_erps_own(house: House, table: str) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    answer = house.save({"method": "UserDataTable", "table": table, "data": [{"Code": "X", "Name": "x"}]})
    assert answer["code"] == "BC.4004"
    assert house.made() == []


def test_a_row_that_is_refused_keeps_those_before_it(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    rows = [{"Code": "S1", "Name": "x"}, {"Code": "S2", "Name": "x", "U_Nothing": "1"}, {"Code": "S3", "Name": "x"}]
    body = {"method": "UserDataTable", "table": "SCANLOG", "data": rows}
    answer = house.save(body)
    assert answer["code"].startswith("SL.")
    assert (answer["data"]["state"], answer["data"]["value"]) == ("PARTLY", [{"method": "UserDataTable", "Code": "S1"}])
    again = house.save(body)
    assert again["code"].startswith("SL.")
    assert house.made() == ["U_SCANLOG('S1')"]


# -- several at once


def test_several_documents_in_one_request(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    body = [issue("1"), {**issue("1"), "operatortype": "U"}, save("StockGenEntry", STOCK, header=TIMED), 7]
    answers = house.save(body)
    assert [answer["code"] for answer in answers] == [OK, "BC.4003", OK, "BC.4001"]
    assert len(house.made()) == 2
    again = house.save(body)
    assert [answer.get("duplicate", False) for answer in again] == [True, False, True, False]
    assert len(house.made()) == 2
    assert house.save([])["code"] == "BC.4001"
    assert house.save([issue()] * 101)["code"] == "BC.4001"


def test_headers_that_differ_make_nothing(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    rows = [{**STOCK, "MainTable": TIMED}, {**STOCK, "MainTable": {**TIMED, "U_CZR": "CS02"}}]
    assert house.save({"method": "StockGenExit", "data": rows})["code"] == "BC.4008"
    assert house.made() == []
    same = {"method": "StockGenExit", "data": [{**row, "MainTable": TIMED} for row in (STOCK, STOCK)]}
    entry = house.saved(same)["DocEntry"]
    assert len(house.document("InventoryGenExits", entry)["DocumentLines"]) == 2


# -- once


def test_a_trigger_held_too_long_makes_one_document(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    answers: list[Any] = []

    def pull() -> None:
        answers.append(House.save(house, issue()))
        connections.close_all()

    threads = [threading.Thread(target=pull) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    assert len(house.made()) == 1
    assert {answer["data"]["DocEntry"] for answer in answers} == {answers[0]["data"]["DocEntry"]}
    assert sorted(answer.get("duplicate", False) for answer in answers) == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("time", "minutes", "copies"),
    [("", 9, 1), ("", 11, 2), ("2024-01-02 03:04:05", 11, 1), ("2024-01-02 03:04:05", 1441, 2)],
)
def test_how_long_a_scan_is_remembered(house: House, time: str, minutes: int, copies: int) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    body = issue(U_CZSJ=time)
    house.saved(body)
    Delivery.objects.update(updated_at=timezone.now() - timedelta(minutes=minutes))
    house.saved(body)
    assert len(house.made()) == copies


def test_a_refusal_reaches_the_scanner_in_the_erps_words_and_is_tried_anew(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    body = issue("99999")
    answer = house.save(body)

    assert answer["code"] == "SL.-5002"
    assert answer["message"] == "Quantity falls into negative inventory [IGE1.ItemCode][line: 1]"
    assert (answer["data"], "retryable" in answer) == (None, False)
    assert answer["traceId"] == str(house.last_run().pk)
    assert house.last_run().status == "failed"
    item = house.document("Items", "11028")
    item["ItemWarehouseInfoCollection"][0]["InStock"] = 200000.0
    house.sandbox.erp_put("Items", item)
    assert house.save(body)["code"] == OK
    assert len(house.made()) == 1


def test_ids_of_the_callers_own(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    first = house.saved({**issue("1"), "requestId": "r1"})
    assert house.save({**issue("1"), "requestId": "r1"})["data"] == first
    assert house.save({**issue("2"), "requestId": "r1"})["code"] == "BC.4092"
    assert house.saved({**issue("1"), "requestId": "r2"}) != first
    assert house.saved(issue("1"), X_Request_Id="r1") == first
    several = house.save([issue("1"), issue("1")], X_Request_Id="r3")
    assert several[0]["data"] != several[1]["data"]
    assert len(house.made()) == 4


def test_fields_as_the_key(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp", request_key=["U_CZR", "U_CZSJ"])
    house.saved(issue("1"))
    assert house.save(issue("2"))["code"] == "BC.4092"
    assert house.saved(issue("2", U_CZSJ="2024-01-02 03:04:06"))
    assert ("CS01|2024-01-02 03:04:05", "done") in house.rows()


# -- lost answers


def test_a_lost_answer_is_found_by_the_reference_field(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp", reference_field="U_BaseDocNo")
    house.sandbox.fault(system="erp", op="create", when="after", action="drop")
    data = house.saved(issue())

    assert house.made() == [f"InventoryGenExits({data['DocEntry']})"]
    assert house.document("InventoryGenExits", data["DocEntry"])["U_BaseDocNo"].startswith("B1F")
    assert house.save(issue())["duplicate"] is True


def test_one_that_did_not_arrive_is_sent_again_after_a_while(house: House, monkeypatch) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp", reference_field="U_BaseDocNo")
    monkeypatch.setattr(Save, "settle_seconds", 30.0)
    house.sandbox.fault(system="erp", op="create", when="before", action="drop")
    assert house.save(issue())["code"] == "BC.5041"
    early = house.save(issue())
    assert (early["code"], early["retryable"], house.made()) == ("BC.5031", True, [])
    monkeypatch.setattr(Save, "settle_seconds", 0.0)
    assert house.save(issue())["code"] == OK
    assert len(house.made()) == 1


def test_without_a_reference_field_a_person_is_asked_and_nothing_is_sent_twice(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    house.sandbox.fault(system="erp", op="create", when="after", action="drop")
    for _ in range(3):
        answer = house.save(issue())
        assert (answer["code"], answer["data"]) == ("BC.5041", None)
    assert len(house.made()) == 1
    assert [state for _key, state in house.rows()] == ["held"]

    from core.flows import resolve

    entry = house.made()[0].partition("(")[2].rstrip(")")
    resolve.arrived(Delivery.objects.get(), entry)
    answer = house.save(issue())
    assert (answer["code"], answer["data"]["DocEntry"], answer["duplicate"]) == (OK, int(entry), True)


def test_an_earlier_document_of_the_same_scan_is_not_taken_for_the_lost_one(house: House, monkeypatch) -> None:  # noqa: F811
    monkeypatch.setattr(Save, "settle_seconds", 0.0)
    house.flow(SAVE, slots="erp", reference_field="U_BaseDocNo")
    first = house.saved(issue(U_CZSJ=""))
    Delivery.objects.update(updated_at=timezone.now() - timedelta(minutes=11))
    house.sandbox.fault(system="erp", op="create", when="before", action="drop")
    assert house.save(issue(U_CZSJ=""))["code"] == "BC.5041"
    assert house.saved(issue(U_CZSJ=""))["DocEntry"] != first["DocEntry"]


@pytest.mark.parametrize(("reference", "state", "documents"), [("U_BaseDocNo", "done", 1), ("", "held", 1)])
def test_a_killed_web_process_leaves_a_row_that_the_sweeper_resolves(house: House, reference, state, documents) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp", reference_field=reference)
    data = house.saved(issue())
    past = timezone.now() - timedelta(minutes=5)
    Delivery.objects.update(
        state="sending", target_key=None, answer=None, claimed_until=past, due_at=past, sent_at=past
    )
    sweeper.resolve_requests()
    row = Delivery.objects.get()
    assert row.state == state
    if state == "done":
        assert (row.target_key, row.answer["DocNum"]) == (str(data["DocEntry"]), data["DocNum"])
        assert house.save(issue())["data"] == data
    assert len(house.made()) == documents


def test_an_erp_that_is_away_is_a_retryable_answer(house: House) -> None:  # noqa: F811
    house.change("ERP", base_url="http://127.0.0.1:9209/erp")
    house.flow(SAVE, slots="erp")
    answer = house.save(issue())
    assert (answer["code"], answer["retryable"]) == ("BC.5031", True)
    assert "127.0.0.1" not in answer["message"]
    assert "Connection refused" in house.last_run().message
    house.change("ERP", base_url=f"{house.sandbox.url}/erp")
    assert house.save(issue())["code"] == OK


def test_a_wrong_password_is_shown_on_the_connection(house: House) -> None:  # noqa: F811
    house.change("ERP", secrets={"password": "wrong"})
    house.flow(SAVE, slots="erp")
    answer = house.save(issue())
    assert (answer["code"], answer["retryable"]) == ("BC.5031", True)
    assert "wrong" not in str(answer)
    from core.models import Connection

    assert Connection.objects.get(name="ERP").status == "broken"


def test_an_expired_session_is_renewed_unseen(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    house.saved(issue("1"))
    house.sandbox.press("erp", "expire_sessions")
    house.saved(issue("2"))
    assert len(house.made()) == 2


# -- several companies


def test_one_address_for_several_companies(house: House) -> None:  # noqa: F811
    house.flow(SAVE, companies=BOTH)
    first = house.saved(issue("1"))
    assert house.save({**issue("1"), "CompanyDB": "sbodemocn"})["duplicate"] is True
    second = house.save({**issue("1"), "CompanyDB": "SBODEMO2"})
    assert (second["code"], "duplicate" in second) == (OK, False)
    assert house.made() == [f"InventoryGenExits({first['DocEntry']})"]
    assert house.made("SBODEMO2") == [f"SBODEMO2/InventoryGenExits({second['data']['DocEntry']})"]
    unknown = house.save({**issue("1"), "CompanyDB": "SBODEMO3"})
    assert unknown["code"] == "BC.4014"
    assert "SBODEMOCN, SBODEMO2" in unknown["message"]


def test_a_lost_answer_is_looked_for_in_its_own_company(house: House) -> None:  # noqa: F811
    house.flow(SAVE, companies=BOTH, reference_field="U_BaseDocNo")
    house.saved({**issue("1"), "CompanyDB": "SBODEMO2"})
    past = timezone.now() - timedelta(minutes=5)
    Delivery.objects.update(
        state="sending", target_key=None, answer=None, claimed_until=past, due_at=past, sent_at=past
    )
    sweeper.resolve_requests()
    assert Delivery.objects.get().state == "done"


# -- the endpoint


def test_who_may_not_call(house: House) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    answer = house.save(issue(), code="another-code-that-is-long-enough", status=401)
    assert (answer["code"], answer["data"]) == ("BC.401", None)
    assert house.made() == []


@pytest.mark.parametrize("body", ["", "{", b"\xff\xfe", "NaN", '"text"'])
def test_bodies_that_are_no_json(house: House, body: Any) -> None:  # noqa: F811
    house.flow(SAVE, slots="erp")
    assert house.save(body, status=400)["code"] == "BC.4001"


def test_answers_in_a_shape_of_ones_own(house: House) -> None:  # noqa: F811
    shape = {"success": "{success}", "msg": "{message}", "docEntry": "{data.DocEntry}"}
    house.flow(SAVE, slots="erp", envelope=shape, error_envelope={"success": False, "errCode": "{code}"})
    answer = house.save(issue())
    assert answer == {"success": True, "msg": "OK", "docEntry": int(house.made()[0].split("(")[1][:-1])}
    assert house.save(save("Nothing", STOCK)) == {"success": False, "errCode": "BC.4002"}


def test_the_reference_field_is_asked_for_at_enabling(house: House) -> None:  # noqa: F811
    from core.catalog.enabling import check

    flow = house.flow(SAVE, slots="erp", reference_field="U_NoSuchField")
    assert any("U_NoSuchField" in problem.text for problem in check(flow, strict=False))
