"""The transforms of flows.md, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import ConfigurationError, DocumentRejected
from core.mapping import decimals, texts, transforms
from core.mapping.transforms import Scope, register_transform
from tests.core.mapping.samples import mapper, one, refused, row


@pytest.mark.parametrize("transform", ["", "text"])
@pytest.mark.parametrize(
    "value, expected",
    [
        ("A00001", "A00001"),
        (" a ", " a "),
        ("", ""),
        (55.0, "55"),
        (55, "55"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (1e21, "1000000000000000000000"),
        (1234567890123456.0, "1234567890123456"),
        (1734569511470476, "1734569511470476"),
        (33.333333, "33.333333"),
        (Decimal("12.500"), "12.5"),
        (True, "true"),
        (False, "false"),
        ("2022-08-23T00:00:00Z", "2022-08-23"),
        ("2022-08-23T00:00:00", "2022-08-23"),
        ("2022-08-23T00:00:00.000Z", "2022-08-23"),
        ("2022-08-23T10:00:00Z", "2022-08-23T10:00:00Z"),
        ("2022-08-23", "2022-08-23"),
        ("55.0", "55.0"),
        (date(2022, 8, 23), "2022-08-23"),
        (datetime(2022, 8, 23), "2022-08-23"),
    ],
)
def test_text(value: Any, expected: str, transform: str) -> None:
    assert one(value, transform) == expected


def test_text_of_a_structure() -> None:
    assert one({"名": [1, 2.5]}, "text") == '{"名":[1,2.5]}'
    assert one({"名": [1, 2.5]}) == {"名": [1, 2.5]}
    assert one(["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize(
    "value, expected",
    [
        ("1,200", 1200),
        ("1,234,567.80", 1234567.8),
        ("１２", 12),
        ("１，２００．５", 1200.5),
        ("－3", -3),
        ("\u22123", -3),
        (" 7 ", 7),
        ("+5", 5),
        ("5.", 5),
        (".5", 0.5),
        ("￥1,200.00", 1200),
        ("1e3", 1000),
        (55.0, 55),
        (0.1 + 0.2, 0.3),
        (1.1 * 3, 3.3),
        ("0.1", 0.1),
        (1734569511470476, 1734569511470476),
        ("1734569511470476", 1734569511470476),
        (Decimal("2.50"), 2.5),
        (True, 1),
    ],
)
def test_number(value: Any, expected: float) -> None:
    got = one(value, "number")
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        "abc",
        "1,5",
        "1,20",
        "12,0000",
        "1.200,50",
        "1 200",
        "5%",
        "1e999999999",
        "9" * 5000,
        "NaN",
        "inf",
        [1],
        {},
        float("nan"),
    ],
)
def test_number_refuses_what_could_be_read_in_two_ways(value: Any) -> None:
    assert "field t, source v" in refused(value, "number")


@pytest.mark.parametrize(
    "transform", ["number", "integer", "date", "datetime", "timestamp_ms", "timestamp_s", "yes_no"]
)
def test_a_blank_text_counts_as_nothing(transform: str) -> None:
    assert one(" ", transform) is None
    assert "required" in refused("", transform, required=True)


def test_integer() -> None:
    assert one("55.0", "integer") == 55
    assert one("1,200", "integer") == 1200
    assert "not a whole number" in refused("5.5", "integer")


@pytest.mark.parametrize(
    "value, expected",
    [
        ("tYES", "是"),
        ("tNO", "否"),
        ("Y", "是"),
        ("n", "否"),
        (True, "是"),
        (False, "否"),
        (1, "是"),
        (0.0, "否"),
        ("是", "是"),
    ],
)
def test_yes_no(value: Any, expected: str) -> None:
    assert one(value, "yes_no") == expected
    assert one(value, "yes_no: 1 / 0 ") == {"是": "1", "否": "0"}[expected]


def test_yes_no_refuses_other_words() -> None:
    assert "neither yes nor no" in refused("maybe", "yes_no")


def test_lookup() -> None:
    assert one(1, "lookup:departments") == "D001"
    assert one(1.0, "lookup:departments") == "D001"
    assert one("-2", "lookup:departments") == "D000"
    assert one(" 1 ", value_map="departments") == "D001"
    assert one("1", "lookup", value_map="departments") == "D001"
    assert one("yes", "lookup:departments") == 1
    assert one(["1", "-2"], "lookup:departments") == ["D001", "D000"]
    assert one("", "lookup:departments", default="none") == "none"
    assert one("", "lookup:empty") == "none"


def test_lookup_of_an_unknown_value_names_map_and_value() -> None:
    message = refused(7, "lookup:departments")
    assert "departments" in message
    assert "'7'" in message
    assert "departments" in refused(7, "", value_map="departments", default="D9")


def test_a_value_map_goes_before_the_transform() -> None:
    assert one(1, "truncate:2", value_map="departments") == "D0"
    assert one("yes", "text", value_map="departments") == "1"
    assert one(1, "template:<{}>", value_map="departments") == "<D001>"
    assert one(None, "number", value_map="departments") is None


def test_template() -> None:
    ready = mapper(row("t", "v", "template:采购申请 {DocEntry} {a.b} {missing}{{{}}} {Lines[0].n}|{Date}"))
    body = {"v": 5.0, "DocEntry": 16, "a": {"b": "x"}, "Lines": [{"n": 2.50}], "Date": "2022-08-23T00:00:00Z"}
    assert ready.section("main", body) == {"t": "采购申请 16 x {5} 2.5|2022-08-23"}
    assert ready.section("main", {}) == {"t": "采购申请   {} |"}


def test_template_in_a_line_sees_the_header() -> None:
    ready = mapper(row("t", "", "template:{header.No}-{No}", section="lines"))
    assert ready.payload({"No": 1, "DocumentLines": [{"No": 2}]})["lines"] == [{"t": "1-2"}]


def test_constant_ignores_the_source() -> None:
    assert one(None, "constant:默认") == "默认"
    assert one("x", "constant: a:b ") == " a:b "
    assert one("x", "constant:") == ""
    assert one("x", "constant:c", default="d", required=True) == "c"


def test_truncate() -> None:
    assert one("采购申请单", "truncate:2") == "采购"
    assert one(123.0, "truncate:2") == "12"


def test_join() -> None:
    assert one(["a", None, 1.0, True], "join") == "a,1,true"
    assert one(["a", "b"], "join:、") == "a、b"
    assert one(["a", "b"], "join: / ") == "a / b"
    assert one(["a", "b"], "join:\\n") == "a\nb"
    assert one("a", "join") == "a"
    assert one([], "join") == ""


def test_every_transform_is_explained_to_the_console() -> None:
    known = {choice.name: choice for choice in transforms.choices()}
    assert set(known) >= {
        *("text", "number", "integer", "date", "datetime", "timestamp_ms", "timestamp_s", "yes_no"),
        *("lookup", "template", "constant", "truncate", "join"),
    }
    for choice in known.values():
        assert str(choice.label)
        assert str(choice.help)
        assert bool(choice.argument) == bool(choice.example)
        if choice.example and not choice.value_map:
            mapper(row("t", "v", choice.example))


@pytest.fixture
def registered() -> Iterator[None]:
    before = dict(transforms._transforms)
    yield
    transforms._transforms.clear()
    transforms._transforms.update(before)


@pytest.mark.usefixtures("registered")
def test_an_integration_registers_its_own() -> None:
    @register_transform("times", "Times", argument="factor")
    def times(value: Any, argument: str, scope: Scope) -> Any:
        return decimals.plain(decimals.parse(value) * int(argument)) if scope.read("on") else None

    ready = mapper(row("t", "v", "times:10", required=True))
    assert ready.section("main", {"v": "4", "on": 1}) == {"t": 40}
    with pytest.raises(DocumentRejected, match="field t"):
        ready.section("main", {"v": "4"})
    with pytest.raises(DocumentRejected, match="field t"):
        ready.section("main", {"v": "", "on": 1})


@pytest.mark.usefixtures("registered")
def test_a_name_used_twice_names_both() -> None:
    def date(value: Any, argument: str, scope: Scope) -> Any:
        return value

    with pytest.raises(ConfigurationError, match=r"core\.mapping\.builtin\.date.*test_transforms"):
        register_transform("date", "Date")(date)


FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_whole_numbers_survive_text_and_number(value: int) -> None:
    assert one(one(value), "number") == value
    assert one(f"{value:,}", "number") == value
    assert one(value, "integer") == value


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_amounts_of_six_places_survive_text_and_number(value: Decimal) -> None:
    text = one(float(value))
    assert Decimal(text) == value
    assert "e" not in text.lower()
    assert one(text, "number") == float(value)
    assert one(f"{value:,}", "number") == float(value)


@given(FINITE)
def test_numbers_are_written_to_15_digits_without_an_exponent(value: float) -> None:
    text = texts.text(value)
    assert set(text) <= set("-0123456789.")
    assert float(text) == pytest.approx(value, rel=1e-14)
    assert not text.endswith(".")
    assert text == "0" or "." not in text or text[-1] != "0"


@given(st.text())
def test_a_text_that_is_no_erp_date_stays_as_it_is(value: str) -> None:
    assume(not texts.ERP_DATE.fullmatch(value))
    assert one(value) == value
