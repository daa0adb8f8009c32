"""Documents that the OA sends out: three variants, one shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.ecology import inbound
from integrations.ecology.inbound import BadBody
from tests.integrations.ecology import oa

VARIANTS = ["objects", "detail_object", "paservice", "paservice_text", "flat", "flat_lines"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_means_the_same(variant: str) -> None:
    found = inbound.read(oa.recorded(f"document_{variant}"), "DocumentLines")

    assert (found.request_id, found.workflow_id, found.title) == ("3038137", "781", "销售订单-001")
    assert (found.operator, found.object_type, found.line_name) == ("2978", "Orders", "DocumentLines")
    assert found.header == {"CardCode": "C20000", "DocDueDate": "2024-03-20", "Comments": "OA 3038137"}
    line = {"ItemCode": "A00006", "Quantity": "2", "UnitPrice": "10.50", "WarehouseCode": "01"}
    assert found.lines == ((0, line),)


def read(**body: Any) -> inbound.Inbound:
    return inbound.read({"requestid": "1", **body}, "DocumentLines")


@pytest.mark.parametrize("number", [None, "", "  ", "12a", "-1", "1.5", 1.5, True, [], {}, "1" * 19, "１２"])
def test_a_request_id_that_is_none_is_refused(number: Any) -> None:
    with pytest.raises(BadBody) as caught:
        inbound.read({"requestid": number, "mainData": {"a": 1}}, "")
    assert caught.value.code == 40001


@pytest.mark.parametrize("number", ["3038137", 3038137, 3038137.0, " 3038137 "])
def test_a_request_id_may_be_a_number(number: Any) -> None:
    assert inbound.request_id({"requestid": number}) == "3038137"


@pytest.mark.parametrize(
    "body",
    [
        {"mainData": "text"},
        {"mainData": 5},
        {"mainData": ["text"]},
        {"mainData": [{"fieldValue": "no name"}]},
        {"mainData": {}, "detailData": 5},
        {"mainData": {}, "detailData": [5]},
        {"mainData": {}, "detailData": [{"workflowRequestTableRecords": [{"workflowRequestTableFields": "x"}]}]},
        {"mainData": "{broken"},
    ],
)
def test_a_shape_that_is_none_of_the_three_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadBody) as caught:
        read(**body)
    assert caught.value.code == 40000


def test_empty_lines_are_left_out_but_numbers_stay_those_of_what_was_sent() -> None:
    lines = [{"ItemCode": "", "Quantity": None}, {"ItemCode": "A1"}]

    assert read(mainData={}, detailData=lines).lines == ((1, {"ItemCode": "A1"}),)


def test_all_detail_tables_are_lines_in_order() -> None:
    found = read(mainData={}, detailData={"detail1": [{"a": "1"}], "detail2": [{"a": "2"}, {"a": "3"}]})

    assert [line["a"] for _, line in found.lines] == ["1", "2", "3"]


def test_texts_are_unescaped_once() -> None:
    found = read(mainData={"a": "x&lt;y&gt; &amp;amp;&nbsp;z<br>2<BR/>3", "b": "&amp;lt;"})

    assert found.header == {"a": "x<y> &amp; z\n2\n3", "b": "&lt;"}


def test_more_than_a_thousand_lines_are_too_many() -> None:
    read(mainData={}, detailData=[{"a": "1"}] * 1000)
    with pytest.raises(BadBody) as caught:
        read(mainData={}, detailData=[{"a": "1"}] * 1001)
    assert caught.value.code == 40007


def test_line_name_says_which_array_of_a_flat_body_are_the_lines() -> None:
    body = {"requestid": "1", "LineName": "StockTransferLines", "StockTransferLines": [{"a": "1"}], "b": "2"}

    found = inbound.read(body, "DocumentLines")

    assert found.line_name == "StockTransferLines"
    assert (found.header, found.lines) == ({"b": "2"}, ((0, {"a": "1"}),))


NAMES = st.from_regex(r"[A-Z][A-Za-z]{2,8}", fullmatch=True).filter(
    lambda name: name.lower() not in (*inbound.KNOWN, "lines", "operator")
)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="&<>\x00", exclude_categories=["Cs"]), max_size=8).map(
    str.strip
)
FIELDS = st.dictionaries(NAMES, VALUES, max_size=5)


@given(FIELDS.filter(lambda f: "DocumentLines" not in f), st.lists(FIELDS, max_size=4))
def test_the_variants_agree_whatever_is_in_them(header: dict[str, str], lines: list[dict[str, str]]) -> None:
    def entries(fields: dict[str, str]) -> list[dict[str, str]]:
        return [{"fieldName": name, "fieldValue": value} for name, value in fields.items()]

    records = [{"recordOrder": 0, "workflowRequestTableFields": entries(line)} for line in lines]
    detail = [{"tableDBName": "dt1", "workflowRequestTableRecords": records}]
    found = [
        read(mainData=header, detailData=lines),
        read(mainData=header, detailData={"detail1": lines}),
        read(mainData=entries(header), detailData=detail),
        read(mainData=json.dumps(header), detailData=json.dumps(lines)),
        read(**header, DocumentLines=lines),
    ]

    assert all(each == found[0] for each in found)
    assert found[0].header == {name: value for name, value in header.items() if value}
    assert [dict(line) for _, line in found[0].lines] == [
        kept for line in lines if (kept := {name: value for name, value in line.items() if value})
    ]


MEMBERS = ["mainData", "detailData", "LineName", "lines", "fieldName", "fieldValue", "value", "name", "x"]
MEMBERS += ["workflowRequestTableRecords", "workflowRequestTableFields"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(MEMBERS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["mainData", "detailData", "LineName", "lines", "x", "objType"]), JSON))
def test_any_body_is_read_or_refused(body: dict[str, Any]) -> None:
    try:
        found = read(**body)
    except BadBody:
        return
    assert all(value not in ("", None) for value in found.header.values())
