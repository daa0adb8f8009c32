"""The answer's shape: a template in the flow's config, by default the one of the DI API (protocol C4, C8).

A template is JSON. A text that is nothing but ``{name}`` becomes that value, whatever its type; inside longer texts
names are written out. A member whose only content is a name that has no value this time is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.barcode import codes
from integrations.barcode.codes import Problem

NAMES = ("code", "message", "data", "timestamp", "success", "duplicate", "truncated", "retryable", "trace")
DEFAULT: dict[str, Any] = {
    "code": "{code}",
    "message": "{message}",
    "data": "{data}",
    "timestamp": "{timestamp}",
    "duplicate": "{duplicate}",
    "truncated": "{truncated}",
    "retryable": "{retryable}",
    "traceId": "{trace}",
}
_PLACE = re.compile(r"\{([A-Za-z]+(?:\.[^{}]+)?)\}")
_ABSENT = object()


def success(template: Any, data: Any, **more: Any) -> Any:
    """``more``: duplicate, truncated; only what is true is a value."""
    known = {name: value for name, value in more.items() if value}
    values = {"code": codes.OK, "message": "OK", "data": data, "success": True, **known}
    return render(template or DEFAULT, values)


def refusal(template: Any, problem: Problem, trace: Any = None) -> Any:
    """``trace``: number of the run, by which the operator finds what happened."""
    values = {"code": problem.code, "message": problem.message, "data": problem.data, "success": False}
    more = {"retryable": problem.retryable, "trace": str(trace or "")}
    return render(template or DEFAULT, {**values, **{name: value for name, value in more.items() if value}})


def render(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with its names replaced."""
    result = _filled(template, {"timestamp": timestamp(), **values})
    return None if result is _ABSENT else result


def timestamp() -> str:
    """2023-10-23T06:37:35.773+00:00"""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def unknown_names(template: Any) -> list[str]:
    """Names in a template that no answer has."""
    if isinstance(template, dict):
        return [name for value in template.values() for name in unknown_names(value)]
    if isinstance(template, list):
        return [name for value in template for name in unknown_names(value)]
    found = _PLACE.findall(template) if isinstance(template, str) else []
    return [name for name in found if name.split(".")[0] not in NAMES]


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, dict):
        filled = {name: _filled(value, values) for name, value in part.items()}
        return {name: value for name, value in filled.items() if value is not _ABSENT}
    if isinstance(part, list):
        return [value for value in (_filled(each, values) for each in part) if value is not _ABSENT]
    if not isinstance(part, str):
        return part
    whole = _PLACE.fullmatch(part)
    if whole:
        return _value(whole[1], values)
    return _PLACE.sub(lambda place: _text(_value(place[1], values)), part)


def _value(path: str, values: Mapping[str, Any]) -> Any:
    """``data.value`` looks into the data; None where there is no such member."""
    name, _dot, rest = path.partition(".")
    found = values.get(name, _ABSENT)
    for step in rest.split(".") if rest else []:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _text(value: Any) -> str:
    return "" if value is None or value is _ABSENT else str(value)
