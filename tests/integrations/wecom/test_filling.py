"""A form filled in from a mapped document, and everything that is said when it cannot be."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import DocumentRejected
from integrations.wecom.filling import Filling, mapping_problems
from integrations.wecom.template import Template, named
from tests.integrations.wecom import wire

ZONE = ZoneInfo("Asia/Shanghai")
FORM = {"草稿单号": "16", "发货类型": "报废"}
ROWS = [{"品号": "11028", "数量": "55"}]


def contents(form: dict[str, Any] | None = None, rows: list[dict[str, Any]] | None = None) -> Any:
    return Filling(wire.template(), ZONE).contents(FORM if form is None else form, ROWS if rows is None else rows)


def problems(form: dict[str, Any] | None = None, rows: list[dict[str, Any]] | None = None) -> str:
    with pytest.raises(DocumentRejected) as caught:
        contents(form, rows)
    return caught.value.message


def test_controls_in_the_forms_order_with_kind_and_id() -> None:
    found = contents({"Selector-7": "报废", "Text-1": "16", "申请理由": ""})
    assert found == [
        {"control": "Text", "id": "Text-1", "value": {"text": "16"}},
        {"control": "Selector", "id": "Selector-7", "value": {
            "selector": {"type": "single", "options": [{"key": "option-2"}]}}},
        {"control": "Table", "id": "Table-22", "value": {"children": [{"list": [
            {"control": "Text", "id": "Text-221", "value": {"text": "11028"}},
            {"control": "Number", "id": "Number-222", "value": {"new_number": "55"}},
        ]}]}},
    ]  # fmt: skip


def test_rows_go_into_the_table_their_columns_belong_to() -> None:
    rows = [{"Text-221": "a", "数量": 1, "名称": "甲"}, {"品号": "b", "数量": 2, "Text-231": "乙"}]
    tables = {cell["id"]: cell["value"]["children"] for cell in contents(rows=rows) if cell["control"] == "Table"}
    assert [len(tables[name]) for name in ("Table-22", "Table-23")] == [2, 2]


def test_an_optional_empty_column_is_left_out() -> None:
    (table,) = [
        cell for cell in contents(rows=[{"品号": "a", "数量": 1, "需求日期": None}]) if cell["control"] == "Table"
    ]
    assert [cell["id"] for cell in table["value"]["children"][0]["list"]] == ["Text-221", "Number-222"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    words = problems(
        {"草稿单号": " ", "发货类型": "借用", "数量合计": "x"}, [{"品号": "a"}, {"数量": "b", "品号": "c"}]
    )
    for part in (
        "全部控件",
        "草稿单号 (Text-1) is required",
        "发货类型 (Selector-7): '借用' is not one of its options: 部门领用、报废",
        "数量合计 (Number-3): 'x' is not a number",
        "row 1, 数量 (Number-222) is required",
        "row 2, 数量 (Number-222): 'b' is not a number",
    ):
        assert part in words
    assert words.count("row 2") == 1


def test_a_required_table_needs_a_row() -> None:
    assert "物料明细 (Table-22) needs at least one row" in problems(rows=[])


@pytest.mark.parametrize(
    "name, words",
    [
        ("Text-999", "the form has no control “Text-999”; known: 草稿单号 (Text-1)"),
        ("Table-22", "is a table: map its columns"),
        ("物料明细", "is a table: map its columns"),
        ("Text-221", "is a column of a table"),
    ],
)
def test_a_target_of_the_form_that_is_none(name: str, words: str) -> None:
    assert words in problems({**FORM, name: "x"})


def test_a_column_that_is_none_is_said_once() -> None:
    words = problems(rows=[{"品号": "a", "数量": 1, "颜色": "红"}, {"品号": "b", "数量": 1, "颜色": "蓝"}])
    assert words.count("no table of the form has a column “颜色”") == 1


def test_a_title_that_stands_for_two_controls_stands_for_none() -> None:
    body = wire.recorded("template")
    body["template_content"]["controls"][1]["property"]["title"][0]["text"] = "草稿单号"
    template = Template.of("T1", body)
    assert named(template.fields(), "草稿单号") is None
    assert named(template.fields(), "Text-1") is template.controls[0]


def test_the_mapping_is_checked_before_anything_is_sent() -> None:
    found = mapping_problems(wire.template(), {"草稿单号", "Colour-1"}, {"品号", "Text-231"})
    assert [text for text in found if "Colour-1" in text]
    assert "no mapping row fills the required control 发货类型 (Selector-7)" in found
    assert "no mapping row fills the required control 数量 (Number-222)" in found
    assert len(found) == 3
    assert mapping_problems(wire.template(), {"草稿单号", "发货类型"}, {"品号", "数量"}) == []
    assert "required table" in " ".join(mapping_problems(wire.template(), {"草稿单号", "发货类型"}, set()))


def test_a_form_described_in_an_unusual_way() -> None:
    for odd in ({}, {"template_content": None}, {"template_content": {"controls": [None, {"property": 5}, {}]}}):
        assert Template.of("T", odd).controls == ()
