"""The preview tries every row and raises nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given

from core.errors import DocumentRejected
from core.mapping.preview import RowPreview, preview, preview_rows
from tests.core.mapping.samples import VALUE_MAPS, Orders, mapper, row
from tests.core.mapping.test_any_json import JSON

BODY = {"No": 16.0, "Name": "x", "DocumentLines": [{"n": 1}, {"n": "two"}, {"n": 3}, {"n": 4}]}


def test_rows_show_source_value_and_result() -> None:
    ready = mapper(row("a", "No"), row("b", "Missing"), row("c", "", "constant:k"), row("d", "Missing", default="D"))
    found = preview(ready, BODY)
    assert found.rows == [
        RowPreview("main", "a", "No", value=16.0, result="16"),
        RowPreview("main", "b", "Missing"),
        RowPreview("main", "c", "", result="k"),
        RowPreview("main", "d", "Missing", result="D"),
    ]
    assert found.payload == {"main": {"a": "16", "c": "k", "d": "D"}, "lines": [], "chosen": []}
    assert found.errors == []


def test_a_refused_row_does_not_hide_the_others() -> None:
    found = preview(mapper(row("a", "Name", "number"), row("b", "Gone", required=True), row("c", "No")), BODY)
    assert [(r.target, r.value, r.result, bool(r.error)) for r in found.rows] == [
        ("a", "x", None, True),
        ("b", None, None, True),
        ("c", 16.0, "16", False),
    ]
    assert found.payload is None
    assert found.errors == [found.rows[0].error]


def test_the_first_lines_are_tried_one_by_one() -> None:
    ready = mapper(row("n", "n", "number", section="lines"), row("h", "header.No", section="lines"))
    found = preview(ready, BODY, lines=2)
    assert [(r.line, r.target, r.value, r.result) for r in found.rows] == [
        (1, "n", 1, 1),
        (1, "h", 16.0, "16"),
        (2, "n", "two", None),
        (2, "h", 16.0, "16"),
    ]
    assert "line 2" in found.errors[0]


def test_a_document_without_lines_still_shows_the_rows() -> None:
    ready = mapper(row("n", "n", section="lines"))
    assert preview(ready, {}).rows == [RowPreview("lines", "n", "n")]
    broken = preview(ready, {"DocumentLines": 5})
    assert broken.payload is None
    assert broken.errors == ["DocumentLines of the document is not a list of lines"]


def test_wrong_rows_show_their_mistake_and_the_others_are_tried() -> None:
    rows = [row("a", "x["), row("b", "No"), row("c", "No", section="nowhere"), row("d", "No", "nummer")]
    found = preview_rows(rows, Orders, {}, VALUE_MAPS, "Asia/Shanghai", BODY)
    by_target = {r.target: r for r in found.rows}
    assert by_target["b"].result == "16"
    assert all(by_target[name].error for name in "acd")
    assert found.payload is None
    assert len(found.errors) == 3
    assert preview_rows(rows[1:2], Orders, {}, {}, "UTC", BODY).payload == {
        "main": {"b": "16"},
        "lines": [],
        "chosen": [],
    }
    assert "Mars" in preview_rows(rows[1:2], Orders, {}, {}, "Mars", BODY).errors[0]


@given(JSON)
def test_the_preview_agrees_with_the_mapper_and_is_json(body: Any) -> None:
    ready = mapper(row("t", "a", "date"), row("u", "b"), row("x", "a", section="lines"))
    found = preview(ready, body)
    json.dumps(found.as_dict(), default=str)
    try:
        assert found.payload == ready.payload(body)
    except DocumentRejected as error:
        assert found.payload is None
        assert error.message in found.errors  # noqa: PT017
