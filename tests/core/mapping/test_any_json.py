"""Whatever a document holds and whatever is written into a row: only our errors are raised."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError, DocumentRejected
from core.mapping.engine import Mapper
from tests.core.mapping.samples import ByName, mapper, row

TEXTS = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "v"]) | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)
SOURCES = ["v", "v.a", "v[0]", "v[*].a", "length(v)", "sort(v)", "max_by(v, &a)", "to_number(v)", "v[::2]", "v.*", "@"]
TRANSFORMS = [
    *("", "text", "number", "integer", "date", "date:yyyy年M月d日", "datetime", "timestamp_ms", "timestamp_s"),
    *("yes_no", "lookup:departments", "template:{v}-{v.a}{}", "constant:x", "truncate:3", "join", "join:\\n"),
]


def problem_of(chosen: Callable[[], Mapper], body: Any) -> str | None:
    """The message with which the row or the document was refused; None: it was mapped, to something JSON can hold."""
    try:
        json.dumps(chosen().payload(body))
    except (ConfigurationError, DocumentRejected) as error:
        return error.message
    return None


@given(JSON, st.sampled_from(SOURCES), st.sampled_from(TRANSFORMS))
def test_whatever_the_document_holds_only_our_errors_are_raised(value: Any, source: str, transform: str) -> None:
    ready = mapper(row("t", source, transform), zone="America/New_York")
    assert "field t" in (problem_of(lambda: ready, {"v": value}) or "field t")


@given(JSON)
def test_whatever_the_document_is_only_our_errors_are_raised(body: Any) -> None:
    problem_of(lambda: mapper(row("t", "a.b"), row("x", "a", section="lines")), body)
    problem_of(lambda: mapper(flow_type=ByName, lines_name="b"), body)


@given(st.text(max_size=60))
def test_whatever_is_written_as_a_source_only_our_errors_are_raised(source: str) -> None:
    assert "field t" in (problem_of(lambda: mapper(row("t", source)), {"a": 1}) or "field t")


@given(st.sampled_from(TRANSFORMS).map(lambda name: name.split(":")[0]), st.text(max_size=30))
def test_whatever_is_written_as_a_transform_only_our_errors_are_raised(name: str, argument: str) -> None:
    chosen = lambda: mapper(row("t", "v", f"{name}:{argument}"))  # noqa: E731
    assert "field t" in (problem_of(chosen, {"v": "2026-01-31"}) or "field t")
