"""Values on their way in (bodies, literals, keys) and out: how the Service Layer reads and writes each type."""

from __future__ import annotations

import re
from typing import Any

from sandbox.erp import errors
from sandbox.erp.schema import ENUMERATIONS, Property, Type

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ]?[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)?")
_TIME = re.compile(r"(?:\d{4}-\d\d-\d\d[T ])?(\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?Z?")


def date(text: str, name: str) -> str:
    """yyyy-MM-dd from any of the accepted forms; the time part is ignored."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise errors.ServiceError(-1000, f"the given value('{text}') of property '{name}' is not a DATE")
    return "-".join(found.groups())


def time(text: str, name: str, seconds: bool = True) -> str:
    """HH:MM:SS; in a literal only hour and minute count (SAP manual), so ``seconds`` is False there."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise errors.ServiceError(-1000, f"the given value('{text}') of property '{name}' is not a TIME")
    hour, minute, second = found.groups()
    return f"{hour}:{minute}:{second or '00' if seconds else '00'}"


def number(value: Any, kind: str, name: str) -> int | float:
    """A number from a number or a numeric text."""
    if isinstance(value, bool):
        raise errors.not_a_number(value, name)
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise errors.not_a_number(value, name) from None
    if kind == "D":
        return found
    if not found.is_integer():
        raise errors.not_a_number(value, name)
    return int(found)


def enum(kind: str, value: Any, name: str) -> str:
    stored = ENUMERATIONS[kind].stored(str(value))
    if stored is None:
        valid = ", ".join(f"'{v}' - '{n}'" for n, v in list(ENUMERATIONS[kind].members.items())[:20])
        text = f"'{value}' is not a valid value for property '{name}'. The valid values are: {valid}"
        raise errors.ServiceError(-1000, text)
    return stored


def stored(prop: Property, value: Any, owner: str) -> Any:
    """One value of a body in its stored form; ``owner`` is the type's name, for messages."""
    if value is None:
        return None
    if prop.type in ("I", "D"):
        return number(value, prop.type, prop.name)
    if isinstance(value, (dict, list)):
        raise errors.bad_content()
    if prop.type == "date":
        return date(str(value), prop.name) if value != "" else None
    if prop.type == "time":
        return time(str(value), prop.name) if value != "" else None
    if prop.type != "S":
        return enum(prop.type, value, prop.name)
    return _text(prop, str(value), owner)


def _text(prop: Property, value: str, owner: str) -> str:
    if prop.size and len(value) > prop.size:
        raise errors.ServiceError(-1000, f"Value too long in property '{prop.name}' of '{owner}'")
    if prop.valid_values and value and value not in dict(prop.valid_values):
        valid = ", ".join(f"'{v}' - '{d}'" for v, d in prop.valid_values)
        text = f"'{value}' is not a valid value for property '{prop.name}'. The valid values are: {valid}"
        raise errors.ServiceError(-1000, text)
    return value


def literal(prop: Property, value: str | int | float | None, quoted: bool) -> Any:
    """One literal of $filter, to be compared with stored values."""
    if value is None:
        return None
    if prop.type in ("I", "D"):
        return number(value, "D", prop.name)
    if not quoted:
        raise errors.ServiceError(205, f"the given value('{value}') of property '{prop.name}' is not a STRING")
    text = str(value)
    if prop.type == "date":
        return date(text, prop.name)
    if prop.type == "time":
        return time(text, prop.name, seconds=False)
    if prop.type != "S":
        return enum(prop.type, text, prop.name)
    return text


def shown(kind: Type, body: dict, types: dict[str, Type], iso: bool) -> dict:
    """A whole object for an answer: nothing internal, absent properties as null, dates in the style asked for."""
    whole = {**kind.blank, **body}
    for name in [name for name in whole if name.startswith("_")]:
        del whole[name]
    for prop in kind.collections:
        if prop.name in whole:
            whole[prop.name] = [shown(types[prop.type], line, types, iso) for line in whole[prop.name] or []]
    if iso:
        for name, value in whole.items():
            if value and kind.properties[name].type == "date":
                whole[name] = f"{value}T00:00:00Z"
    return whole
