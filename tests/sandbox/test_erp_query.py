"""Reading: filters, selection, order, pages, counts, keys, errors (protocol notes section 2)."""

from __future__ import annotations

import hashlib

import pytest

from tests.sandbox.erp_caller import Caller
from tests.sandbox_server import SandboxServer


@pytest.fixture
def caller(sandbox: SandboxServer) -> Caller:
    return Caller(sandbox)


def codes(caller: Caller, condition: str, name: str = "Items", key: str = "ItemCode") -> list:
    caller.http.headers["Prefer"] = "odata.maxpagesize=0"
    return [row[key] for row in caller.rows(name, filter=condition, select=key)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("ItemCode eq '11028'", ["11028"]),
        ("ItemCode eq 'Q''10'", ["Q'10"]),
        ("'11028' eq ItemCode", ["11028"]),
        ("startswith(ItemCode,'1010') and not(ManageBatchNumbers eq 'tYES')", ["101010002"]),
        ("endswith(ItemName,'聚氯乙烯') or contains(ItemName,'喷墨')", ["11028", "A00006"]),
        ("substringof('喷墨',ItemName)", ["A00006"]),
        ("Frozen eq 'Y' and ManageBatchNumbers eq 'Y'", ["F00003"]),
        ("Valid eq 'tNO'", ["F00002"]),
        ("(ItemsGroupCode eq 102 or ItemsGroupCode eq '105') and IssueMethod eq 'M' and LeadTime ge 7.0",
         ["102040001", "201010001", "201010002", "A00006", *(f"2020{n:02d}" for n in range(1, 13))]),
        ("startswith(ItemCode,'11028') and (ForeignName eq null)", ["11028"]),
        ("ItemCode eq '11028' and ForeignName ne null", []),
    ],
)  # fmt: skip
def test_filters(caller: Caller, condition: str, expected: list[str]) -> None:
    assert sorted(codes(caller, condition)) == sorted(expected)


def test_null_is_neither_equal_nor_unequal(caller: Caller) -> None:
    never_set = codes(caller, "U_ISSYN eq null")
    unequal = codes(caller, "U_ISSYN ne 'Y'")
    turned = codes(caller, "not(U_ISSYN eq 'Y')")
    everything_open = codes(caller, "U_ISSYN eq null or U_ISSYN ne 'Y'")

    assert set(never_set) == {"11028", "14003", "A00006"}
    assert not set(never_set) & set(unequal)
    assert turned == unequal
    assert set(everything_open) == set(unequal) | set(never_set)
    assert "XN0001" not in everything_open


def test_production_orders_by_enum_value_or_name(caller: Caller) -> None:
    seed = "U_SyncStatus ne 'Y' and (ProductionOrderStatus eq 'R' or ProductionOrderStatus eq 'C')"
    by_name = seed.replace("'R'", "'boposReleased'").replace("'C'", "'boposCancelled'")

    found = codes(caller, seed, "ProductionOrders", "AbsoluteEntry")

    assert found == codes(caller, by_name, "ProductionOrders", "AbsoluteEntry") == [71, 73, 75, 79]
    assert caller.get("ProductionOrders(71)")["ProductionOrderStatus"] == "boposReleased"


@pytest.mark.parametrize("code", ["1470000113", "oPurchaseRequest"])
def test_drafts_by_object_code(caller: Caller, code: str) -> None:
    rows = caller.rows("Drafts", filter=f"DocObjectCode eq '{code}' and U_SyncStatus eq 'N'", select="DocEntry")

    assert [row["DocEntry"] for row in rows] == [16, 17, 18, 19]
    assert caller.get("Drafts(16)", select="DocObjectCode")["DocObjectCode"] == "1470000113"


@pytest.mark.parametrize("date", ["'2022-08-20'", "'20220820'", "datetime'2022-08-20'", "datetime'20220820'",
                                  "'2022-08-20T12:21:21'", "'20220820000000'"])  # fmt: skip
def test_date_literals(caller: Caller, date: str) -> None:
    assert 16 in codes(caller, f"DocDate eq {date}", "Drafts", "DocEntry")
    assert 16 not in codes(caller, f"DocDate gt {date}", "Drafts", "DocEntry")


def test_case_of_letters(sandbox: SandboxServer, caller: Caller) -> None:
    assert codes(caller, "ItemCode eq 'xn0001'") == []
    path = "Items?$select=ItemCode&$filter=startswith(ItemCode,'xn')"
    folded = caller.done("GET", path, B1S_CaseInsensitive="true")["value"]
    assert [row["ItemCode"] for row in folded] == ["XN0001", "XN0004"]

    assert caller.refused("GET", "Items?$select=itemcode")[1] == -1000
    sandbox.switch("erp", "loose_names", True)
    assert caller.get("Items('XN0001')", select="itemcode")["ItemCode"] == "XN0001"


def test_only_the_minute_of_a_time_literal_counts(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.erp_put("Items", {"ItemCode": "11028", "UpdateDate": "2031-01-01", "UpdateTime": "18:38:30"})
    day = "UpdateDate eq '2031-01-01'"

    for literal in ("18:38:59", "18:38", "183859", "1838", "2014-06-18T18:38:59Z"):
        assert codes(caller, f"{day} and UpdateTime ge '{literal}'") == ["11028"]
    assert codes(caller, f"{day} and UpdateTime ge '18:39'") == []


@pytest.mark.parametrize(
    ("path", "status", "code", "text"),
    [
        ("Items?$filter=DocStatus%20eq%20'O'", 400, 201, "Property 'DocStatus' is invalid"),
        ("Items?$select=DocStatus", 400, -1000, "Property 'DocStatus' of 'Item' is invalid"),
        ("Items?$filter=toupper(ItemCode)%20eq%20'A'", 400, -1000, "Property 'toupper' of 'Item' is invalid"),
        ("Items?$filter=LeadTime%20eq%20''", 400, 205, "the given value('') of property 'LeadTime' is not a NUMBER"),
        ("Items?$filter=ItemCode%20eq%205", 400, 205, "the given value('5') of property 'ItemCode' is not a STRING"),
        ("Items?$filter=ItemCode+eq+'5'", 400, -1000, "Query string error: invalid filter 'ItemCode+eq+'5''"),
        ("Items?$filter=ItemCode%20eq", 400, -1000, "Query string error: invalid filter 'ItemCode eq'"),
        ("Items?$inlinecount=some", 400, -1000, "Query option '$inlinecount=some' is invalid"),
        ("items", 400, 200, "Unrecognized resource path."),
        ("Nothing", 400, 200, "Unrecognized resource path."),
        ("Items('none')", 404, -2028, "No matching records found (ODBC -2028)"),
        ("Drafts('16')", 400, 205, "the given value('16') of property 'DocEntry' is not a NUMBER"),
        ("Items(11028)", 400, 205, "the given value('11028') of property 'ItemCode' is not a STRING"),
        ("Items('PVC/管-20')", 400, 200, "Unrecognized resource path."),
        ("SpecialPrices('C26000')", 400, -1000, "Property ''C26000'' of 'SpecialPrice' is invalid"),
    ],
)
def test_errors(caller: Caller, path: str, status: int, code: int, text: str) -> None:
    assert caller.refused("GET", path) == (status, code, text)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("Items('Q%27%2710')", "Q'10"),
        ("Items(ItemCode='Q''10')", "Q'10"),
        ("Items('PVC%2F%E7%AE%A1-20')", "PVC/管-20"),
        ("Items('%E7%89%A9%E6%96%99%2B50%25%26%231')", "物料+50%&#1"),
    ],
)
def test_keys_with_awkward_characters(caller: Caller, path: str, code: str) -> None:
    assert caller.get(path, select="ItemCode")["ItemCode"] == code


def test_composite_keys_in_any_order(caller: Caller) -> None:
    one = caller.get("SpecialPrices(CardCode='C100056',ItemCode='102040001')")
    other = caller.get("SpecialPrices(ItemCode='102040001',CardCode='C100056')")

    assert one == other
    assert one["SpecialPriceDataAreas"][0]["Dateto"] == "2025-02-17"
    assert "odata.etag" not in one


def test_pages_of_twenty_lead_through_everything(caller: Caller) -> None:
    seen, skip = [], 0
    while True:
        page = caller.get("Items", select="ItemCode", orderby="ItemCode", skip=str(skip))
        seen += [row["ItemCode"] for row in page["value"]]
        if "odata.nextLink" not in page:
            break
        assert len(page["value"]) == 20
        skip += 20
    total = int(caller.send("GET", "Items/$count").text)

    assert len(seen) == len(set(seen)) == total == 58
    assert seen == sorted(seen)


def test_the_last_full_page_has_no_next_link(caller: Caller) -> None:
    page = caller.send("GET", "Items?$select=ItemCode", Prefer="odata.maxpagesize=29").json()
    last = caller.send("GET", "Items?$select=ItemCode&$skip=29", Prefer="odata.maxpagesize=29").json()

    assert "odata.nextLink" in page
    assert (len(last["value"]), "odata.nextLink" in last) == (29, False)


@pytest.mark.parametrize(
    ("headers", "size"),
    [({"Prefer": "odata.maxpagesize=7"}, 7), ({"B1S-PageSize": "5"}, 5), ({"Prefer": "odata.maxpagesize=0"}, 58)],
)
def test_page_size_by_header(caller: Caller, headers: dict[str, str], size: int) -> None:
    reply = caller.send("GET", "Items?$select=ItemCode", **headers)

    assert len(reply.json()["value"]) == size
    assert reply.headers.get("Preference-Applied") == headers.get("Prefer")


def test_top_does_not_go_beyond_the_page(caller: Caller) -> None:
    page = caller.get("Items", select="ItemCode", top="50")
    few = caller.get("Items", select="ItemCode", top="3", skip="2")

    assert (len(page["value"]), "odata.nextLink" in page) == (20, True)
    assert (len(few["value"]), "odata.nextLink" in few) == (3, False)


@pytest.mark.parametrize(
    ("form", "start"),
    [("path", "/b1s/v1/Items?$filter="), ("relative", "Items?$filter="), ("encoded", "Items?$filter=")],
)
def test_next_link_forms(sandbox: SandboxServer, caller: Caller, form: str, start: str) -> None:
    sandbox.switch("erp", "page_link", form)

    link = caller.get("Items", filter="Valid eq 'tYES'", select="ItemCode")["odata.nextLink"]

    assert link.startswith(start)
    assert link.endswith("$skip=20")
    assert ("Valid%20eq%20%20%27tYES%27" in link) == (form == "encoded")


def test_next_links_rotate_through_the_forms(caller: Caller) -> None:
    links = {caller.get("Items", filter="Valid eq 'tYES'")["odata.nextLink"] for _ in range(3)}

    assert len(links) == 3


def test_order_puts_null_first(caller: Caller) -> None:
    rows = caller.rows("Items", orderby="U_ISSYN asc,ItemCode desc", select="ItemCode,U_ISSYN")

    assert [row["ItemCode"] for row in rows[:3]] == ["A00006", "14003", "11028"]
    assert rows[3]["U_ISSYN"] == "N"


def test_inline_count_is_a_text(caller: Caller) -> None:
    page = caller.get("Items", inlinecount="allpages", filter="Frozen eq 'tYES'", select="ItemCode")

    assert page["odata.count"] == "2"
    assert "odata.count" not in caller.get("Items", inlinecount="none", top="1")


def test_one_property(caller: Caller) -> None:
    assert caller.get("Drafts(16)/DocNum") == {"value": 20230016}
    assert caller.get("Items('11028')/ForeignName") == {"odata.null": True}
    assert caller.send("GET", "Items('11028')/ItemName/$value").content.decode() == "聚氯乙烯"
    assert caller.refused("GET", "Items('11028')/ForeignName/$value")[:2] == (404, -2028)


def test_whole_draft_as_the_seed_shows_it(caller: Caller) -> None:
    draft = caller.get("Drafts(16)")

    lines = [(line["LineNum"], line["ItemCode"], line["ItemDescription"], line["Quantity"], line["Price"])
             for line in draft["DocumentLines"]]  # fmt: skip
    assert lines == [(0, "11028", "聚氯乙烯", 55.0, 300.0), (1, "14003", "聚丙烯", 11.0, 33.0)]
    assert (draft["Requester"], draft["RequesterName"]) == ("A001", "销售经理：张涛")
    assert (draft["RequriedDate"], draft["CardCode"], draft["AuthorizationStatus"]) == (
        "2022-08-23",
        None,
        "dasPending",
    )
    assert draft["DocumentLines"][0]["BatchNumbers"] == []
    assert draft["odata.etag"] == f'W/"{hashlib.sha1(b"1").hexdigest().upper()}"'


def test_date_style_switch(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.switch("erp", "date_style", "iso")

    draft = caller.get("Drafts(16)")

    assert draft["RequriedDate"] == draft["DocumentLines"][0]["RequiredDate"] == "2022-08-23T00:00:00Z"


def test_version_two_shapes(sandbox: SandboxServer) -> None:
    caller = Caller(sandbox, version="v2")

    page = caller.get("Items", count="true", select="ItemCode")
    error = caller.send("GET", "Items('none')").json()["error"]

    assert {"@odata.context", "@odata.count", "@odata.nextLink", "value"} == set(page)
    assert page["@odata.count"] == 58
    assert (error["code"], error["message"]) == ("-2028", "No matching records found (ODBC -2028)")


def test_a_page_of_many_rows_comes_quickly(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.erp_bulk("Items", 3000)

    page = caller.get("Items", filter="ItemName eq '批量物料 102000'", inlinecount="allpages", select="ItemCode")

    assert (page["odata.count"], page["value"][0]["ItemCode"]) == ("1", "BULK102000")


def test_transfer_drafts_where_the_switch_puts_them(sandbox: SandboxServer, caller: Caller) -> None:
    assert caller.rows("Drafts", filter="DocObjectCode eq '67'") == []
    assert [row["DocEntry"] for row in caller.rows("StockTransferDrafts")] == [20]

    sandbox.switch("erp", "transfer_drafts", "Drafts")

    (draft,) = caller.rows("Drafts", filter="DocObjectCode eq '67'")
    assert (draft["DocEntry"], draft["AuthorizationStatus"]) == (20, "dasPending")
    assert draft["DocumentLines"][0]["WarehouseCode"] == "02"
    assert caller.rows("StockTransferDrafts") == []
    caller.done("PATCH", "Drafts(20)", {"U_SyncStatus": "Y"})
    assert caller.get("Drafts(20)", select="U_SyncStatus")["U_SyncStatus"] == "Y"
    assert sandbox.erp_object("StockTransferDrafts", 20)["StockTransferLines"][0]["FromWarehouseCode"] == "01"
