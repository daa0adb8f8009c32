"""OData text: what goes in comes out again, whatever it is; checked by a small parser of our own."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError, DocumentRejected
from integrations.erp import odata

TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=40)
TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([-+]?\d+(?:\.\d+)?)|(\w+)|(.))", re.DOTALL)


def tokens(text: str) -> list[tuple[str, str]]:
    """[(kind, value)]: string, number, word or sign."""
    found = []
    for string, number, word, sign in TOKEN.findall(text):
        kind = "number" if number else "word" if word else "sign" if sign else "string"
        found.append((kind, number or word or sign or string.replace("''", "'")))
    return found


def parse_key(text: str) -> dict[str, str]:
    """{name or "": value} of what stands between the brackets."""
    parts, found = tokens(text), {}
    while parts:
        name = ""
        if len(parts) > 2 and parts[0][0] == "word" and parts[1] == ("sign", "="):
            name, parts = parts[0][1], parts[2:]
        found[name] = parts[0][1]
        assert parts[0][0] in ("string", "number")
        assert parts[1:2] in ([], [("sign", ",")])
        parts = parts[2:]
    return found


@given(TEXTS)
def test_any_text_is_one_string_literal(text: str) -> None:
    assert tokens(odata.literal(text)) == [("string", text)]


@given(TEXTS)
def test_a_text_cannot_leave_its_comparison(text: str) -> None:
    assert tokens(odata.eq("CardCode", text)) == [("word", "CardCode"), ("word", "eq"), ("string", text)]


@given(TEXTS)
def test_a_key_survives_the_address(text: str) -> None:
    path = odata.path("Items", text, {"ItemCode": odata.STRING})
    assert not set("/?#& +") & set(path)
    name, _, inner = unquote(path).partition("(")
    assert (name, parse_key(inner[:-1])) == ("Items", {"": text})


@given(TEXTS, TEXTS)
def test_composite_keys_keep_their_parts(card: str, item: str) -> None:
    kinds = {"CardCode": odata.STRING, "ItemCode": odata.STRING}
    path = odata.path("SpecialPrices", {"ItemCode": item, "CardCode": card}, kinds)
    assert parse_key(unquote(path)[len("SpecialPrices(") : -1]) == {"CardCode": card, "ItemCode": item}


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_integers(number: int) -> None:
    assert odata.key(number, {"DocEntry": odata.INT}) == str(number)
    assert odata.key(str(number), {"DocEntry": odata.INT}) == str(number)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6))
def test_numbers_have_no_exponent_and_lose_nothing(number: Decimal) -> None:
    text = odata.literal(number)
    assert Decimal(text) == number
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_combined_conditions_stay_apart(texts: list[str]) -> None:
    parts = [odata.any_of(odata.eq("A", text), odata.eq("B", text)) for text in texts]
    both = odata.all_of(*parts)
    depth, tops = 0, 0
    for kind, value in tokens(both):
        depth += {"(": 1, ")": -1}.get(value, 0) if kind == "sign" else 0
        tops += kind == "word" and value == "and" and depth == 0
    assert depth == 0
    assert tops == (len(texts) - 1 if len(texts) > 1 else 0)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("O'Neil", "", "'O''Neil'"),
        (5, "", "5"),
        (12.5, "", "12.5"),
        (1e21, "", "1000000000000000000000"),
        ("55.0", odata.INT, "55"),
        (55, odata.STRING, "'55'"),
        (True, "", "'tYES'"),
        (None, "", "null"),
        (date(2014, 4, 23), "", "'2014-04-23'"),
        (datetime(2014, 4, 23, 12, 21, 21), "", "'2014-04-23T12:21:21'"),
        (datetime(2014, 4, 23, 12, 21, 21), odata.DATE, "'2014-04-23'"),
        (datetime(2014, 4, 23, 12, 21, 21), odata.TIME, "'12:21:21'"),
        (time(18, 38), "", "'18:38:00'"),
        ("boposReleased", odata.ENUM, "'boposReleased'"),
        ("16", "", "'16'"),
    ],
)
def test_literals(value: object, kind: str, text: str) -> None:
    assert odata.literal(value, kind) == text


@pytest.mark.parametrize("value", ["abc", "1 or 1 eq 1", "", "1e99999", "nan", "1.5", "１２x"])
def test_a_wrong_number_is_the_documents_fault(value: str) -> None:
    with pytest.raises(DocumentRejected):
        odata.path("Drafts", value, {"DocEntry": odata.INT})


def test_a_numeric_looking_text_key_is_quoted() -> None:
    assert odata.path("Items", "11028", {"ItemCode": odata.STRING}) == "Items(%2711028%27)"
    assert odata.path("Items", 11028, {"ItemCode": odata.STRING}) == "Items(%2711028%27)"


def test_a_composite_key_needs_all_its_parts() -> None:
    kinds = {"CardCode": odata.STRING, "ItemCode": odata.STRING}
    with pytest.raises(ConfigurationError, match="ItemCode"):
        odata.key({"CardCode": "C1"}, kinds)
    with pytest.raises(ConfigurationError):
        odata.key("C1", kinds)


@pytest.mark.parametrize("condition", ["a eq 1) or (1 eq 1", "a eq 'x", "(a eq 1", "a eq 1)", "a eq '' or b eq '"])
def test_a_condition_that_would_swallow_others_is_refused(condition: str) -> None:
    with pytest.raises(ConfigurationError):
        odata.all_of(condition, "b eq 2")


def test_brackets_and_quotes_inside_texts_do_not_count() -> None:
    assert odata.all_of("a eq ') or ('", "b eq 2") == "(a eq ') or (') and (b eq 2)"


@pytest.mark.parametrize("field", ["a b", "U_X eq 'Y' or 1", "", "a)", "1a"])
def test_a_field_name_is_a_name(field: str) -> None:
    with pytest.raises(ConfigurationError):
        odata.not_marked(field)


def test_null_counts_as_not_marked() -> None:
    assert odata.not_marked("U_SyncStatus") == "(U_SyncStatus eq null or U_SyncStatus ne 'Y')"


def test_an_empty_condition_drops_out() -> None:
    assert odata.all_of("", " ", "a eq 1 or b eq 2") == "a eq 1 or b eq 2"
    assert odata.all_of() == ""
    assert odata.one_of("DraftEntry", [1, 2]) == "(DraftEntry eq 1) or (DraftEntry eq 2)"
