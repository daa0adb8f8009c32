"""Rows applied to documents: sources, defaults, required fields, sections over lines."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connections

from core.errors import ConfigurationError, DocumentRejected
from core.mapping.engine import Mapper, Row
from tests.core.mapping.samples import ByName, mapper, one, row

ORDER = {
    "DocEntry": 16,
    "DocDate": "2022-08-23T00:00:00Z",
    "物料编码": "A1",
    "Address": {"City": "上海", "Zip": None},
    "form": {"单据编号": "77", "数量(个)": 3},
    "DocumentLines": [
        {"ItemCode": "A00001", "Quantity": 55.0, "Batches": [{"No": "B1"}, {"No": "B2"}]},
        {"ItemCode": "A00002", "Quantity": 0.5, "Batches": []},
    ],
}


def value_of(source: str, document: Any = ORDER) -> Any:
    return mapper(row("t", source)).section("main", document).get("t")


@pytest.mark.parametrize(
    "source, expected",
    [
        ("DocEntry", "16"),
        (" DocEntry ", "16"),
        ("物料编码", "A1"),
        ("Address.City", "上海"),
        ("form.单据编号", "77"),
        ('form."数量(个)"', "3"),
        ("DocumentLines[0].ItemCode", "A00001"),
        ("DocumentLines[-1].ItemCode", "A00002"),
        ("length(DocumentLines)", "2"),
        ("DocumentLines[?Quantity > `1`].ItemCode | [0]", "A00001"),
        ("join('/', DocumentLines[].ItemCode)", "A00001/A00002"),
        ("sum(DocumentLines[].Quantity)", "55.5"),
        ("DocumentLines[].ItemCode", ["A00001", "A00002"]),
        ("Address", {"City": "上海", "Zip": None}),
        ("@.DocEntry", "16"),
    ],
)
def test_sources(source: str, expected: Any) -> None:
    assert value_of(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "Missing",
        "Address.Zip",
        "Address.City.x",
        "DocEntry.x",
        "DocumentLines.ItemCode",
        "a.b.c",
        "length(Missing)",
        "",
    ],
)
def test_absent_and_null_leave_the_field_out(source: str) -> None:
    assert value_of(source) is None


def test_signs_that_are_no_jmespath_belong_to_a_plain_key() -> None:
    document = {"a-b": 1, "a,b": 2, "数量：个": 3, "a?b": 4, "#": 5, "物料\u3000编码": 6}
    for key, value in document.items():
        assert value_of(key, document) == str(value)


def test_a_key_with_a_dot_is_a_path() -> None:
    assert value_of("a.b", {"a.b": 1}) is None
    assert value_of('"a.b"', {"a.b": 1}) == "1"


def test_default_stands_in_for_null_and_absent_only() -> None:
    rows = [row("a", "missing", default="D"), row("b", "null", default="D"), row("c", "empty", default="D")]
    rows += [row("d", "zero", default="D"), row("e", default="D"), row("f", "no", default="D")]
    got = mapper(*rows).section("main", {"null": None, "empty": "", "zero": 0, "no": False})
    assert got == {"a": "D", "b": "D", "c": "", "d": "0", "e": "D", "f": "false"}


def test_default_goes_through_the_transform() -> None:
    assert one(None, "number", default="1,200") == 1200
    assert one(None, "date:yyyy/MM/dd", default="2026-01-31") == "2026/01/31"
    assert one(None, "truncate:2", default="abc") == "ab"
    assert one(None, "yes_no", default="tNO") == "否"


def test_default_of_a_value_map_is_the_result_itself() -> None:
    assert one(None, "lookup:departments", default="1") == "1"
    assert one(None, "truncate:3", default="1", value_map="departments") == "1"
    assert one(1, "truncate:3", value_map="departments") == "D00"


def test_a_required_field_without_a_value_refuses_the_document() -> None:
    for source in ("Missing", "Address.Zip", "length(Missing)"):
        with pytest.raises(DocumentRejected) as refused:
            mapper(row("wlbm", source, required=True)).section("main", ORDER)
        for word in ("main", "wlbm", source):
            assert word in str(refused.value)
    assert one("", required=True) == ""


def test_a_value_that_does_not_fit_refuses_the_document_and_names_the_row() -> None:
    with pytest.raises(DocumentRejected, match=r"main, field sl, source 物料编码: 'A1' is not a number"):
        mapper(row("sl", "物料编码", "number")).section("main", ORDER)


def test_an_expression_that_does_not_fit_the_data_refuses_the_document() -> None:
    with pytest.raises(DocumentRejected, match=r"field t, source sum\(DocumentLines"):
        value_of("sum(DocumentLines[].ItemCode)")


def test_payload_maps_every_section() -> None:
    rows = [
        row("wlbm", "物料编码"),
        row("rq", "DocDate"),
        row("item", "ItemCode", section="lines"),
        row("qty", "Quantity", section="lines"),
        row("entry", "header.DocEntry", "number", section="lines"),
        row("batches", "Batches[].No", "join:、", section="lines"),
        row("city", "header.DocumentLines[0].ItemCode", section="lines"),
        row("no", "ItemCode", section="chosen"),
    ]
    assert mapper(*rows).payload(ORDER) == {
        "main": {"wlbm": "A1", "rq": "2022-08-23"},
        "lines": [
            {"item": "A00001", "qty": "55", "entry": 16, "batches": "B1、B2", "city": "A00001"},
            {"item": "A00002", "qty": "0.5", "entry": 16, "batches": "", "city": "A00001"},
        ],
        "chosen": [],
    }
    assert mapper(*rows, lines_name="DocumentLines").payload(ORDER)["chosen"] == [{"no": "A00001"}, {"no": "A00002"}]


def test_a_section_over_lines_of_a_document_without_lines_is_empty() -> None:
    rows = [row("item", "ItemCode", section="lines", required=True)]
    for body in ({}, {"DocumentLines": None}, {"DocumentLines": []}):
        assert mapper(*rows).payload(body)["lines"] == []


@pytest.mark.parametrize("lines", ["x", {"a": 1}, [1], [{}, None], 7])
def test_lines_that_are_no_lines_refuse_the_document(lines: Any) -> None:
    with pytest.raises(DocumentRejected, match="DocumentLines of the document is not a list of lines"):
        mapper(row("item", "ItemCode", section="lines")).payload({"DocumentLines": lines})


def test_a_refused_line_is_named() -> None:
    with pytest.raises(DocumentRejected, match="DocumentLines, line 2: mapping lines, field b, source Batches"):
        mapper(row("b", "Batches[0].No", section="lines", required=True)).payload(ORDER)


def test_numbered_sections_of_the_flow_type() -> None:
    assert mapper(row("a", "ItemCode", section="detail2")).payload(ORDER)["detail2"] == [
        {"a": "A00001"},
        {"a": "A00002"},
    ]
    assert mapper().section("detail7", {}) == {}


def test_fields_pass_by_name_where_a_section_has_no_rows() -> None:
    body = {"CardCode": "C1", "Rows": [{"ItemCode": "A", "Rows": 1}], "Null": None}
    assert mapper(flow_type=ByName, lines_name="Rows").payload(body) == {
        "header": {"CardCode": "C1", "Null": None},
        "lines": [{"ItemCode": "A", "Rows": 1}],
    }
    rows = [row("CardCode", "kh", section="header")]
    assert mapper(*rows, flow_type=ByName).payload({"kh": "C1", "x": 1}) == {"header": {"CardCode": "C1"}, "lines": []}


@pytest.mark.parametrize(
    "wrong, words",
    [
        (row("t", "a["), "a["),
        (row("t", "a b"), "double quotes"),
        (row("t", "lenght(a)"), "lenght"),
        (row("t", "(" * 300), "main"),
        (row("t", "a", "nummer"), "known: constant, date"),
        (row("t", "a", "number:2"), "takes nothing"),
        (row("t", "a", "truncate"), "needs after a colon"),
        (row("t", "a", "truncate:-1"), "above 0"),
        (row("t", "a", "truncate:²"), "above 0"),
        (row("t", "a", "date:yyyy-QQ"), "QQ means nothing"),
        (row("t", "a", "date:yyyy'"), "cannot be read"),
        (row("t", "a", "date:%Q"), "%Q means nothing"),
        (row("t", "a", "yes_no:Y"), "slash"),
        (row("t", "a", "lookup:nowhere"), "known: departments, empty"),
        (row("t", "a", "lookup"), "needs after a colon"),
        (row("t", "a", value_map="nowhere"), "nowhere"),
        (row("t", "a", "number", value_map="nowhere"), "nowhere"),
        (row("t", "a", "lookup:departments", value_map="empty"), "two value maps"),
        (row("t", "a", "template:{a"), "stands alone"),
        (row("t", "a", "template:{a[}"), "a["),
        (row("t", "a", "number", default="viel"), "viel"),
        (row(" ", "a"), "no target"),
    ],
)
def test_a_wrong_row_is_a_configuration_error_that_names_it(wrong: Row, words: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        mapper(row("good", "a"), wrong)
    assert words in str(error.value)
    assert f"field {wrong.target}" in str(error.value)


def test_an_unknown_section_or_zone_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="known: main, lines, chosen"):
        mapper(row("t", "a", section="mian"))
    with pytest.raises(ConfigurationError, match="Mars"):
        mapper(zone="Mars/Olympus")
    with pytest.raises(ConfigurationError, match="known: main"):
        mapper().section("mian", {})


def test_threads_share_a_mapper_and_need_no_database() -> None:
    shared = mapper(row("wlbm", "物料编码"), row("n", "length(DocumentLines)", "template:{DocEntry}/{}"))
    results: list[Any] = []

    def work() -> None:
        results.extend([shared.section("main", {**ORDER, "DocEntry": number}) for number in range(200)])
        results.append(connections["default"].connection)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(None) == 4
    assert [r["n"] for r in results if r] == [f"{number}/2" for number in range(200)] * 4


def test_ten_plain_rows_take_no_more_than_20_microseconds() -> None:
    rows = [row(f"t{n}", f"field{n}", required=n % 2 == 0) for n in range(10)]
    document = {f"field{n}": value for n, value in enumerate(["A00001", 55.0, 7, "文本", True, 0.25] * 2)}
    plain: Mapper = mapper(*rows)
    fastest = min(_seconds(plain, document) for _ in range(7))
    assert fastest <= 20e-6


def _seconds(plain: Mapper, document: dict[str, Any]) -> float:
    started = time.perf_counter()
    for _ in range(500):
        plain.section("main", document)
    return (time.perf_counter() - started) / 500
