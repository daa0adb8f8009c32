"""智能映射: what is proposed for the forms of the seed's examples, and what must hold for any fields."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connectors.base import FieldInfo
from core.mapping import field_types, transforms
from core.mapping.automap import Proposal, propose
from core.mapping.synonyms import CONCEPTS
from tests.core.mapping.samples import mapper

DOCUMENT = [
    FieldInfo("DocEntry", type="Edm.Int32"),
    FieldInfo("DocNum", type="Edm.Int32"),
    FieldInfo("DocDate", type="Edm.DateTime"),
    FieldInfo("DocDueDate", type="Edm.DateTime"),
    FieldInfo("Requester"),
    FieldInfo("RequesterName"),
    FieldInfo("RequesterDepartment", type="Edm.Int32"),
    FieldInfo("Comments"),
    FieldInfo("DocTotal", type="Edm.Double"),
    FieldInfo("CardCode"),
    FieldInfo("U_PurReqType", "请购单别"),
    FieldInfo("DocumentLines", type="Collection"),
]
LINES = [
    FieldInfo("ItemCode", each="DocumentLines"),
    FieldInfo("ItemDescription", each="DocumentLines"),
    FieldInfo("Quantity", type="Edm.Double", each="DocumentLines"),
    FieldInfo("WarehouseCode", each="DocumentLines"),
    FieldInfo("UnitPrice", type="Edm.Double", each="DocumentLines"),
    FieldInfo("RequiredDate", type="Edm.DateTime", each="DocumentLines"),
    FieldInfo("FreeText", each="DocumentLines"),
    FieldInfo("LineVendor", each="DocumentLines"),
    FieldInfo("U_Specifications", "规格型号", each="DocumentLines"),
]
ERP = DOCUMENT + LINES


def rows(*targets: FieldInfo, sources: list[FieldInfo] = ERP, **options: Any) -> dict[str, tuple[str, str]]:
    """{target: (source, transform)}"""
    return {p.target: (p.source, p.transform) for p in propose(sources, targets, **options)}


def first(source: FieldInfo, target: FieldInfo, **options: Any) -> Proposal:
    [proposal] = propose([source], [target], **options)
    return proposal


def test_the_form_of_a_purchase_request() -> None:
    form = [FieldInfo(label, label, type) for label, type in PURCHASE_REQUEST]
    assert rows(*form) == {
        "请购单别": ("U_PurReqType", ""),
        "请购部门": ("RequesterDepartment", ""),
        "请购人员": ("RequesterName", ""),
        "单据日期": ("DocDate", "date"),
        "有效期": ("DocDueDate", "date"),
        "备注": ("Comments", ""),
    }


# Controls of the form in the seed, chapter 3.4.1, with the vendor's type names.
PURCHASE_REQUEST = [
    ("请购单别", "DDSelectField"),
    ("请购部门", "TextField"),
    ("请购人员", "TextField"),
    ("单据日期", "DDDateField"),
    ("有效期", "DDDateField"),
    ("来源单号", "TextField"),
    ("备注", "TextareaField"),
    ("物料表", "TableField"),
]


def test_its_table_takes_fields_of_the_lines_and_what_is_left_of_the_document() -> None:
    labels = {
        "品名": "Text",
        "品号": "Text",
        "规格": "Text",
        "需求数量": "Number",
        "需求日期": "Date",
        "单据编号": "Text",
    }
    controls = [FieldInfo(label, label, type, each="物料表") for label, type in labels.items()]
    assert rows(*controls, FieldInfo("单据日期"), collection="DocumentLines") == {
        "品名": ("ItemDescription", ""),
        "品号": ("ItemCode", ""),
        "规格": ("U_Specifications", ""),
        "需求数量": ("Quantity", "number"),
        "需求日期": ("RequiredDate", "date"),
        "单据编号": ("header.DocNum", ""),
    }


def test_columns_named_by_the_initials_of_their_pinyin() -> None:
    columns = [FieldInfo(name) for name in ("wlbm", "wlmc", "sl", "ck", "dj", "xqrq", "bz", "gys")]
    found = {target: source for target, (source, _) in rows(*columns, collection="DocumentLines").items()}
    assert found == {
        "wlbm": "ItemCode",
        "wlmc": "ItemDescription",
        "sl": "Quantity",
        "ck": "WarehouseCode",
        "dj": "UnitPrice",
        "xqrq": "RequiredDate",
        "bz": "FreeText",
        "gys": "LineVendor",
    }
    back = rows(*LINES[:3], sources=[FieldInfo("wlbm"), FieldInfo("sl")])
    assert back == {}, "targets inside a table belong to a section over lines"
    fields = [FieldInfo("sl", each="dt1"), FieldInfo("wuliaobianma", each="dt1")]
    assert rows(*LINES[:3], sources=fields, collection="dt1") == {
        "ItemCode": ("wuliaobianma", ""),
        "Quantity": ("sl", "number"),
    }


@pytest.mark.parametrize(
    "word, name",
    [
        ("物料编码", "ItemCode"),
        ("数量", "Quantity"),
        ("仓库", "WarehouseCode"),
        ("备注", "Comments"),
        ("单价", "Price"),
        ("供应商", "CardCode"),
        ("需求日期", "RequiredDate"),
    ],
)
def test_usual_words_and_property_names_find_each_other(word: str, name: str) -> None:
    assert first(FieldInfo(name), FieldInfo(word)).confidence >= 0.8
    assert first(FieldInfo(word), FieldInfo(name)).confidence >= 0.8


def test_the_surer_the_higher_the_confidence() -> None:
    ways = [
        (FieldInfo("ItemCode"), FieldInfo("ItemCode")),
        (FieldInfo("ITEM_CODE"), FieldInfo("ItemCode")),
        (FieldInfo("a", "物料（必填）"), FieldInfo("b", "物料")),
        (FieldInfo("请购单别"), FieldInfo("x", "请购单别")),
        (FieldInfo("ItemCode"), FieldInfo("c1", "物料编码")),
        (FieldInfo("x1", "加工车间"), FieldInfo("jiagongchejian")),
        (FieldInfo("x1", "加工车间"), FieldInfo("jgcj")),
        (FieldInfo("PurchaseOrderKind"), FieldInfo("OrderKind")),
        (FieldInfo("x1", "加工车间编号"), FieldInfo("x2", "加工车间编码")),
    ]
    found = [first(*way) for way in ways]
    confidences = [proposal.confidence for proposal in found]
    assert confidences == sorted(confidences, reverse=True)
    assert len({str(proposal.reason) for proposal in found}) >= 7


def test_what_is_not_alike_is_not_proposed() -> None:
    assert rows(FieldInfo("完全无关"), FieldInfo("Zzz"), FieldInfo("x1", "加工车间")) == {}
    assert rows(FieldInfo("CardName"), sources=[FieldInfo("CardCode")]) == {}
    assert rows(FieldInfo("DocDueDate"), sources=[FieldInfo("DocDate")]) == {}


def test_an_exact_match_goes_before_a_synonym() -> None:
    sources = [FieldInfo("ItemNo"), FieldInfo("ItemCode"), FieldInfo("物料编码")]
    assert rows(FieldInfo("物料编码"), FieldInfo("ItemCode"), sources=sources) == {
        "物料编码": ("物料编码", ""),
        "ItemCode": ("ItemCode", ""),
    }


def test_targets_that_have_a_row_are_left_alone() -> None:
    assert rows(FieldInfo("备注"), FieldInfo("单据日期"), taken={"备注"}) == {"单据日期": ("DocDate", "")}


@pytest.mark.parametrize(
    "source, target, transform",
    [
        ("Edm.DateTime", "DDDateField", "date"),
        ("text", "date", "date"),
        ("date", "datetime", "datetime"),
        ("text", "number", "number"),
        ("number", "int", "integer"),
        ("number", "text", ""),
        ("BoYesNoEnum", "text", "yes_no"),
        ("PrintStatusEnum", "text", ""),
        ("text", "DDSelectField", ""),
    ],
)
def test_the_transform_follows_the_types(source: str, target: str, transform: str) -> None:
    assert first(FieldInfo("a1", type=source), FieldInfo("a1", type=target)).transform == transform


@pytest.mark.parametrize(
    "source, target",
    [
        ("number", "date"),
        ("date", "number"),
        ("file", "text"),
        ("text", "attachment"),
        ("table", "table"),
        ("bool", "date"),
    ],
)
def test_types_that_do_not_fit_are_not_proposed(source: str, target: str) -> None:
    assert propose([FieldInfo("a1", type=source)], [FieldInfo("a1", type=target)]) == []


@pytest.mark.parametrize("name", ["数量(个)", "a b", "Text-1.2", 'say "x"', " padded", "*"])
def test_a_name_with_signs_is_quoted(name: str) -> None:
    proposal = first(FieldInfo(name), FieldInfo(name))
    assert mapper(proposal.row("main")).section("main", {name: "v"}) == {name: "v"}
    below = first(FieldInfo(name), FieldInfo(name), collection="DocumentLines")
    lines = mapper(below.row("lines")).payload({name: "v", "DocumentLines": [{}]})["lines"]
    assert lines == [{name: "v"}]


def test_the_word_list_has_no_empty_line_and_no_word_twice_in_one() -> None:
    for names, words in CONCEPTS:
        assert names.split()
        assert words.split()
        assert len(set(words.split())) == len(words.split())


def test_a_large_object_is_matched_in_the_time_of_a_click() -> None:
    names = [name for names, _ in CONCEPTS for name in names.split()]
    sources = [FieldInfo(f"{name}{n or ''}") for n in range(4) for name in dict.fromkeys(names)]
    targets = [FieldInfo(f"f{n}", words.split()[0]) for n, (_, words) in enumerate(CONCEPTS)]
    started = time.perf_counter()
    assert len(propose(sources, targets)) > 50
    assert time.perf_counter() - started < 5


NAMES = st.sampled_from(
    [
        *(
            "ItemCode",
            "itemcode",
            "U_ItemCode",
            "Quantity",
            "sl",
            "wlbm",
            "DocDate",
            "DocDueDate",
            "Comments",
            "Remarks",
        ),
        *("物料编码", "数量", "备注", "单据日期", "a b", "数量(个)", "x.y", "", " "),
    ]
) | st.text(max_size=8)
TYPES = st.sampled_from(["text", "number", "integer", "date", "datetime", "bool", "file", "table", "select", ""])
FIELDS = st.builds(FieldInfo, NAMES, NAMES, TYPES, each=st.sampled_from(["", "L"]))


UNIQUE = st.lists(FIELDS, max_size=12, unique_by=lambda info: info.name)


@given(UNIQUE, UNIQUE, st.sampled_from(["", "L"]))
def test_for_any_fields(source_fields: list[FieldInfo], target_fields: list[FieldInfo], collection: str) -> None:
    found = propose(source_fields, target_fields, collection=collection)
    assert found == propose(source_fields, target_fields, collection=collection)
    assert len({p.target for p in found}) == len({p.source for p in found}) == len(found)
    order = [info.name for info in target_fields]
    assert [order.index(p.target) for p in found] == sorted(order.index(p.target) for p in found)
    types = {info.name: info.type for info in target_fields}
    known = {choice.name for choice in transforms.choices()}
    for proposal in found:
        assert 0.4 <= proposal.confidence <= 1
        assert str(proposal.reason)
        assert proposal.transform in known | {""}
        assert not field_types.is_table(types[proposal.target])
        assert collection or not proposal.source.startswith("header.")
        mapper(proposal.row("main"))
