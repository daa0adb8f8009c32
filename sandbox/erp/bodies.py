"""Checks a request's body against the schema and brings it into stored form; merges it into what is stored."""

from __future__ import annotations

from typing import Any

from sandbox.erp import errors, settings, values
from sandbox.erp.schema import Property, Type
from sandbox.erp.sets import LINE_KEYS, UDO_LINE_KEY


def read(kind: Type, body: Any, types: dict[str, Type]) -> dict:
    """The writable part of ``body``, in stored form. Read-only properties are ignored silently."""
    if not isinstance(body, dict):
        raise errors.bad_content()
    result: dict[str, Any] = {}
    for name, value in body.items():
        prop = find_property(kind, name)
        if prop is None:
            if name.startswith(("odata.", "@odata.")):
                continue
            raise errors.unknown_property(name, kind.name)
        if prop.read_only and prop.name not in kind.keys:
            continue
        result[prop.name] = _lines(prop, value, types) if prop.many else values.stored(prop, value, kind.name)
    return result


def _lines(prop: Property, value: Any, types: dict[str, Type]) -> list[dict]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise errors.bad_content()
    line_key = LINE_KEYS.get(prop.type, UDO_LINE_KEY)
    lines = []
    for line in value:
        read_line = read(types[prop.type], line, types)
        if isinstance(line, dict) and line.get(line_key) is not None:  # the key of a line is read-only, yet tells which
            read_line[line_key] = values.stored(types[prop.type].properties[line_key], line[line_key], prop.type)
        lines.append(read_line)
    return lines


def find_property(kind: Type, name: str) -> Property | None:
    """The property of this name; in any case of letters where the switch says so."""
    found = kind.properties.get(name)
    if found is None and settings.LOOSE_NAMES():
        found = kind.properties.get(kind.names_by_lower_case.get(name.lower(), ""))
    return found


def with_defaults(kind: Type, body: dict, types: dict[str, Type]) -> dict:
    """A new object: user fields that were not sent get their default."""
    defaults = {p.name: p.default for p in kind.properties.values() if p.default is not None}
    result = {**defaults, **body}
    for prop in kind.collections:
        if prop.name in body:
            result[prop.name] = [with_defaults(types[prop.type], line, types) for line in body[prop.name]]
    return result


def merge(kind: Type, old: dict, change: dict, types: dict[str, Type], replace: bool) -> dict:
    """PATCH: given properties replace; lines merge by their key; ``replace`` drops lines that were not sent."""
    result = {**old, **change}
    for prop in kind.collections:
        if prop.name in change:
            before = old.get(prop.name) or []
            result[prop.name] = _merge_lines(prop, before, change[prop.name], types, replace)
    return result


def _merge_lines(prop: Property, old: list[dict], new: list[dict], types: dict[str, Type], replace: bool) -> list[dict]:
    key = LINE_KEYS.get(prop.type, UDO_LINE_KEY)
    known = {line.get(key): line for line in old}
    kind = types[prop.type]
    updated = {line[key]: merge(kind, known[line[key]], line, types, replace) for line in new if line.get(key) in known}
    kept = [updated.get(line.get(key), line) for line in old if not replace or line.get(key) in updated]
    fresh = [with_defaults(kind, line, types) for line in new if line.get(key) not in known]
    return numbered(kept + fresh, key)


def numbered(lines: list[dict], key: str) -> list[dict]:
    """Every line with its number: those without one get the next free (only numeric keys)."""
    if key in ("WarehouseCode", "BatchNumber", "UserID", "DocumentType", "Value"):
        return lines
    start = 1 if key in (UDO_LINE_KEY, "SortID", "PriceList", "InternalCode") else 0
    following = max((line[key] for line in lines if line.get(key) is not None), default=start - 1) + 1
    result, seen = [], set()
    for line in lines:
        if line.get(key) is None or line[key] in seen:
            line, following = {**line, key: following}, following + 1
        seen.add(line[key])
        result.append(line)
    return result
