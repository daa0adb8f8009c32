"""OData text for the Service Layer: literals, keys, resource paths and filters, safe for any value.

Everything that comes from outside goes through ``literal`` or ``path``: quotes are doubled, numbers checked, names
compared with what a name may look like. Source: SAP "Working with SAP Business One Service Layer", OData v3 part.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from core.errors import ConfigurationError, DocumentRejected

STRING, INT, DOUBLE, DATE, TIME, ENUM = "string", "int", "double", "date", "time", "enum"
Key = int | str | Mapping[str, Any]

_NAME = re.compile(r"[^\W\d]\w*")
_QUOTED = re.compile(r"'(?:[^']|'')*'")


def name(text: str) -> str:
    """A property, set or action name as it is; ConfigurationError for anything else."""
    text = str(text).strip()
    if not _NAME.fullmatch(text):
        raise ConfigurationError(f"{text!r} is not the name of an ERP field or object")
    return text


def literal(value: Any, kind: str = "") -> str:
    """A value as it stands in a filter or key. ``kind`` is one of the constants above; by Python type when empty.

    Raises DocumentRejected for a value that is none of that kind.
    """
    if value is None:
        return "null"
    if kind in (INT, DOUBLE):
        return _number(value, kind)
    if isinstance(value, bool):
        return "'tYES'" if value else "'tNO'"
    if not kind and isinstance(value, int | float | Decimal):
        return _number(value, DOUBLE)
    if isinstance(value, datetime | date | time):
        return f"'{_moment(value, kind)}'"
    if "\x00" in str(value):
        raise DocumentRejected("a text with a NUL character cannot be sent to the ERP")
    return "'" + str(value).replace("'", "''") + "'"


def _number(value: Any, kind: str) -> str:
    text = str(value).strip()
    if kind == INT and re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        return str(int(text))
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise DocumentRejected(f"{text!r} is not a number") from None
    if not math.isfinite(number) or (kind == INT and number != number.to_integral_value()):
        raise DocumentRejected(f"{text!r} is not a {'whole number' if kind == INT else 'finite number'}")
    if abs(number.adjusted()) > 40:  # written out it would fill the address
        raise DocumentRejected(f"{text!r} is out of range")
    return str(int(number)) if kind == INT else format(number, "f")


def _moment(value: datetime | date | time, kind: str) -> str:
    if isinstance(value, time):
        return value.strftime("%H:%M:%S")
    if kind == TIME and isinstance(value, datetime):
        return value.strftime("%H:%M:%S")
    return value.isoformat() if type(value) is date or kind != DATE else value.strftime("%Y-%m-%d")


def key(value: Key, kinds: Mapping[str, str] | None = None) -> str:
    """The text between the brackets: ``16``, ``'O''Neil'`` or ``CardCode='C1',ItemCode='I1'``.

    ``kinds`` is {key property: kind}, in the set's order; without it the Python type decides.
    """
    kinds = kinds or {}
    if not isinstance(value, Mapping):
        if len(kinds) > 1:
            raise ConfigurationError(f"the key needs {', '.join(kinds)}")
        return literal(value, next(iter(kinds.values()), ""))
    missing = [part for part in kinds if part not in value]
    if missing or not value:
        raise ConfigurationError(f"the key lacks {', '.join(missing) or 'everything'}")
    if len(value) == 1:
        part, only = next(iter(value.items()))
        return literal(only, kinds.get(part, ""))
    return ",".join(f"{name(part)}={literal(each, kinds.get(part, ''))}" for part, each in value.items())


def path(entity_set: str, value: Key, kinds: Mapping[str, str] | None = None) -> str:
    """``Items('a%2Fb')``: percent-encoded, so that / ? # & + % in a key stay part of it."""
    return f"{name(entity_set)}({quote(key(value, kinds), safe='=,')})"


def etag(row: Mapping[str, Any]) -> str:
    """The version mark of a row or object; "" where the set has none."""
    return str(row.get("odata.etag") or row.get("@odata.etag") or "")


def all_of(*conditions: str) -> str:
    """Conditions joined by ``and``; empty ones drop out, each keeps to itself (an ``or`` inside cannot leak)."""
    return _joined("and", conditions)


def any_of(*conditions: str) -> str:
    """Conditions joined by ``or``; empty ones drop out."""
    return _joined("or", conditions)


def _joined(word: str, conditions: Iterable[str]) -> str:
    parts = [checked(condition) for condition in conditions if condition and condition.strip()]
    return parts[0] if len(parts) == 1 else f" {word} ".join(f"({part})" for part in parts)


def checked(condition: str) -> str:
    """A condition that a person wrote, when its quotes and brackets are closed; else ConfigurationError.

    Without this ``a eq 1) or (1 eq 1`` would swallow the conditions beside it.
    """
    bare = _QUOTED.sub("", condition.strip())
    depth = 0
    for character in bare:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
    if depth or "'" in bare:
        raise ConfigurationError(f"the filter {condition!r} has an open quote or bracket")
    return condition.strip()


def compare(field: str, sign: str, value: Any, kind: str = "") -> str:
    """``Field eq 'value'``; ``sign`` is eq, ne, gt, ge, lt or le."""
    if sign not in ("eq", "ne", "gt", "ge", "lt", "le"):
        raise ConfigurationError(f"{sign!r} is no comparison of the ERP")
    return f"{name(field)} {sign} {literal(value, kind)}"


def eq(field: str, value: Any, kind: str = "") -> str:
    """``Field eq value``."""
    return compare(field, "eq", value, kind)


def one_of(field: str, values: Iterable[Any], kind: str = "") -> str:
    """``Field eq a or Field eq b``. The Service Layer has no ``in``."""
    return any_of(*(eq(field, value, kind) for value in values))


def starts_with(field: str, text: str) -> str:
    """``startswith(Field,'text')``."""
    return f"startswith({name(field)},{literal(str(text))})"


def contains(field: str, text: str) -> str:
    """``contains(Field,'text')``."""
    return f"contains({name(field)},{literal(str(text))})"


def not_marked(field: str, mark: str = "Y") -> str:
    """Not (yet) marked. A user field that was never set is null, and in SQL ``null <> 'Y'`` is not true."""
    return f"({name(field)} eq null or {compare(field, 'ne', mark)})"
