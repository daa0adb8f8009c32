"""check_rows: what an editor and the enable checks say before a document ever comes."""

from __future__ import annotations

from core.mapping.engine import Row, check_rows
from tests.core.mapping.samples import ByName, Orders, row

GOOD = [row("wlbm", "ItemCode", required=True), row("item", "ItemCode", section="lines")]


def problems(*rows: Row, **config: str) -> list[str]:
    return check_rows(rows, Orders, config, {"departments"})


def test_good_rows_have_no_problems() -> None:
    assert problems(*GOOD) == []
    assert problems(*GOOD, row("bm", "Dept", value_map="departments")) == []
    assert check_rows([], ByName, {"lines_name": "Lines"}, ()) == []


def test_each_wrong_row_is_named_once() -> None:
    wrong = [
        row("a", "x["),
        row("b", "x", "nummer"),
        row("c", "x", "truncate:none"),
        row("d", "x", "lookup:nowhere"),
        row("e", "x", section="nowhere"),
        row("f", required=True),
        row("", "x"),
    ]
    found = problems(*GOOD, *wrong)
    assert len(found) == len(wrong)
    for text, word in zip(
        found, ["x[", "nummer", "length", "nowhere", "nowhere", "needs a source", "no target"], strict=True
    ):
        assert word in text


def test_a_required_row_may_live_on_its_default_or_a_constant() -> None:
    assert problems(*GOOD, row("f", required=True, default="x"), row("g", transform="constant:", required=True)) == []


def test_a_field_mapped_twice() -> None:
    assert ["twice" in text for text in problems(*GOOD, row("wlbm", "Other"))] == [True]


def test_required_targets_and_sections() -> None:
    assert problems() == ["mapping main has no rows", "mapping main: the required field wlbm has no row"]
    assert problems(row("x", "y")) == ["mapping main: the required field wlbm has no row"]
    assert "chosen" in problems(*GOOD, lines_name="Lines")[0]
    assert problems(*GOOD, row("no", "n", section="chosen"), lines_name="Lines") == []


def test_required_targets_of_numbered_sections() -> None:
    assert problems(*GOOD, row("b", "x", section="detail1")) == ["mapping detail1: the required field a has no row"]
