"""What people write in YAML is what they get."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.yaml_text import dump, parse
from core.errors import ConfigurationError


@pytest.mark.parametrize(
    "text, value",
    [
        ("02:30", "02:30"),
        ("0123", "0123"),
        ("on", "on"),
        ("no", "no"),
        ("2024-01-01", "2024-01-01"),
        ("12345678901234567890123456789012", "12345678901234567890123456789012"),
        ("123456789012345", 123456789012345),
        ("01234567e0123456", "01234567e0123456"),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        ("true", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
    ],
)
def test_scalars_stay_what_was_written(text, value):
    assert parse(f"a: {text}") == {"a": value}
    assert type(parse(f"a: {text}")["a"]) is type(value)


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2", "t: {b: 1, c: 2, b: 3}", "a: [1", "a: b: c", "[x]: 1", "!!python/name:os.x"]
)
def test_broken_or_ambiguous_texts_are_refused_with_their_place(text):
    with pytest.raises(ConfigurationError, match=r"file\.yaml line \d+, column \d+"):
        parse(text, "file.yaml")


def test_a_key_of_a_merge_may_be_overridden():
    assert parse("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}")["own"] == {"x": 1, "y": 3}


# Control characters and line separators stand in no configuration; PyYAML folds some of them.
text = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_what_is_dumped_is_read_back(value):
    assert parse(dump({"value": value})) == {"value": value}
