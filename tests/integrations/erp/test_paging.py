"""Lists to their end, page by page, also while their rows are being marked."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from core.errors import ConnectionBroken
from tests.integrations.erp.conftest import HOST, service_layer, session

ROOT = f"{HOST}/b1s/v1"


class Pages:
    """A set whose filter is "not marked", answered ``size`` rows at a time with a foreign nextLink."""

    def __init__(self, wire: responses.RequestsMock, name: str, rows: list[dict[str, Any]], size: int = 3) -> None:
        self.rows, self.size, self.options = rows, size, []
        session(wire)
        wire.add_callback(responses.GET, f"{ROOT}/{name}", callback=self.answer)

    def answer(self, request: requests.PreparedRequest) -> tuple[int, dict, str]:
        query = {k: v[0] for k, v in parse_qs(urlsplit(request.url).query).items()}
        self.options.append(query)
        rows = [row for row in self.rows if not row.get("marked")]
        after = re.search(r"(\w+) gt (?:'((?:[^']|'')*)'|(\d+))", query.get("$filter", ""))
        if after:
            last = int(after[3]) if after[3] else after[2].replace("''", "'")
            rows = [row for row in rows if row[after[1]] > last]
        skip = int(query.get("$skip", 0))
        body: dict[str, Any] = {"value": rows[skip : skip + self.size]}
        if len(rows) > skip + self.size:
            body["odata.nextLink"] = "/b1s/v1/Elsewhere?$skip=999"
        return 200, {}, json.dumps(body)


def drafts(count: int) -> list[dict[str, Any]]:
    return [{"DocEntry": 100 + n, "U_X": "N"} for n in range(count)]


def test_pages_go_by_key_while_rows_leave_the_filter(wire: responses.RequestsMock) -> None:
    pages = Pages(wire, "Drafts", drafts(10))
    seen = []
    for row in service_layer().query("Drafts", filter="U_X eq 'N' or U_X eq null", page_size=3):
        seen.append(row["DocEntry"])
        row_in_store = next(each for each in pages.rows if each["DocEntry"] == row["DocEntry"])
        row_in_store["marked"] = True
    assert seen == list(range(100, 110))
    assert pages.options[0] == {"$filter": "U_X eq 'N' or U_X eq null", "$orderby": "DocEntry"}
    assert pages.options[1]["$filter"] == "(U_X eq 'N' or U_X eq null) and (DocEntry gt 102)"


def test_the_foreign_link_is_never_followed(wire: responses.RequestsMock) -> None:
    Pages(wire, "Drafts", drafts(7))
    assert len(list(service_layer().query("Drafts"))) == 7
    assert all(call.request.url.split("?")[0] in (f"{ROOT}/Drafts", f"{ROOT}/Login") for call in wire.calls)


def test_another_order_skips_by_our_own_count(wire: responses.RequestsMock) -> None:
    pages = Pages(wire, "Drafts", drafts(7))
    rows = list(service_layer().query("Drafts", order="UpdateDate,DocEntry"))
    assert [row["DocEntry"] for row in rows] == list(range(100, 107))
    assert [options.get("$skip") for options in pages.options] == [None, "3", "6"]


def test_a_composite_key_skips_in_key_order(wire: responses.RequestsMock) -> None:
    pages = Pages(wire, "SpecialPrices", [{"CardCode": "C", "ItemCode": str(n)} for n in range(4)])
    assert len(list(service_layer().query("SpecialPrices"))) == 4
    assert pages.options[1] == {"$orderby": "CardCode,ItemCode", "$skip": "3"}


def test_the_key_is_selected_too(wire: responses.RequestsMock) -> None:
    pages = Pages(wire, "Items", [{"ItemCode": "A'B"}, {"ItemCode": "C"}], size=1)
    assert [row["ItemCode"] for row in service_layer().query("Items", select="ItemName, Valid")] == ["A'B", "C"]
    assert pages.options[0]["$select"] == "ItemCode,ItemName,Valid"
    assert pages.options[1]["$filter"] == "ItemCode gt 'A''B'"


def test_a_server_that_ignores_the_filter_cannot_make_an_endless_loop(wire: responses.RequestsMock) -> None:
    session(wire)
    body = {"value": drafts(2), "odata.nextLink": "Drafts?$skip=2"}
    wire.add(responses.GET, f"{ROOT}/Drafts", json=body)
    assert len(list(service_layer().query("Drafts"))) == 2


def test_the_page_size_is_asked_for(wire: responses.RequestsMock) -> None:
    Pages(wire, "Drafts", drafts(1))
    list(service_layer(page_size=250).query("Drafts"))
    list(service_layer().query("Drafts", page_size=20))
    list(service_layer().query("Drafts", page_size=0))
    prefers = [call.request.headers.get("Prefer") for call in wire.calls if "/Drafts" in call.request.url]
    assert prefers == ["odata.maxpagesize=250", "odata.maxpagesize=20", None]


def test_blanks_are_encoded_as_percent_twenty(wire: responses.RequestsMock) -> None:
    Pages(wire, "Drafts", drafts(1))
    list(service_layer().query("Drafts", filter="Comments eq 'a+b & c#?'"))
    assert "$filter=Comments%20eq%20'a%2Bb%20%26%20c%23%3F'" in wire.calls[-1].request.url


def test_the_query_is_readable_in_the_step_log(wire: responses.RequestsMock) -> None:
    Pages(wire, "Drafts", drafts(1))
    client = service_layer()
    list(client.query("Drafts", filter="Comments eq '中文'"))
    assert '"$filter": "Comments eq \'中文\'"' in client.recorder.take()[-1].input


@pytest.mark.parametrize("text", ["5", "\ufeff5", " 5\r\n"])
def test_counts(wire: responses.RequestsMock, text: str) -> None:
    session(wire)
    wire.add(responses.GET, f"{ROOT}/Drafts/$count", body=text.encode("utf-8"))
    assert service_layer().count("Drafts", filter="U_X eq 'N'") == 5


def test_a_count_that_is_none(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add(responses.GET, f"{ROOT}/Drafts/$count", body="<html>")
    with pytest.raises(ConnectionBroken):
        service_layer().count("Drafts")


def test_first_and_exists(wire: responses.RequestsMock) -> None:
    pages = Pages(wire, "Drafts", drafts(2))
    wire.add(responses.GET, f"{ROOT}/Drafts(100)", json={"DocEntry": 100})
    wire.add(responses.GET, f"{ROOT}/Drafts(9)", json={"error": {"code": -2028, "message": {"value": ""}}}, status=404)
    client = service_layer()
    assert client.first("Drafts", filter="U_X eq 'N'") == {"DocEntry": 100, "U_X": "N"}
    assert pages.options[0]["$top"] == "1"
    assert (client.exists("Drafts", 100), client.exists("Drafts", 9)) == (True, False)
