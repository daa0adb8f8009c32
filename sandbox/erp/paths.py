"""Resource paths: ``Items('c001')``, ``SpecialPrices(CardCode='C1',ItemCode='I1')``, ``Drafts(16)/Close``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sandbox.erp import errors, values
from sandbox.erp.schema import Property, Type

_SEGMENT = re.compile(r"([\w$]+)(?:\((.*)\))?", re.DOTALL)
_PART = re.compile(r"\s*(?:(\w+)\s*=\s*)?('(?:[^']|'')*'|[-+]?[\w.]+)\s*(?:,|$)")


@dataclass(frozen=True)
class Path:
    """``name`` of a set or function, ``key`` text between the brackets (None = no brackets), ``rest`` after it."""

    name: str
    key: str | None
    rest: tuple[str, ...]


def split(raw: str) -> Path:
    """From the still encoded path below the service's root; raises ServiceError 200 for what is no path.

    Encoded: a slash inside a key has to come as %2F, an unencoded one ends the segment.
    """
    first, *rest = [unquote(segment) for segment in raw.strip("/").split("/")]
    found = _SEGMENT.fullmatch(first)
    if not found:
        raise errors.unknown_resource()
    return Path(found[1], found[2], tuple(rest))


def key_values(kind: Type, text: str) -> dict[str, Any]:
    """The key's properties; raises ServiceError for a key of another type, an unknown or a missing name."""
    found: dict[str, Any] = {}
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if not part:
            raise errors.unknown_resource()
        name = part[1] or (kind.keys[0] if len(kind.keys) == 1 else "")
        if name not in kind.keys:
            raise errors.unknown_property(name or text, kind.name)
        found[name] = _key_value(kind.properties[name], part[2])
        at = part.end()
    if set(found) != set(kind.keys):
        raise errors.ServiceError(-1000, f"Invalid key predicate '{text}' of '{kind.name}'")
    return found


def _key_value(prop: Property, text: str) -> Any:
    quoted = text.startswith("'")
    if prop.type == "I":
        if quoted:
            raise errors.not_a_number(text.strip("'"), prop.name)
        return values.number(text, "I", prop.name)
    if not quoted:
        raise errors.ServiceError(205, f"the given value('{text}') of property '{prop.name}' is not a STRING")
    return text[1:-1].replace("''", "'")


def record_key(kind: Type, found: dict[str, Any]) -> Any:
    """What the store knows the object by: an integer, a text, or the parts of a composite key."""
    parts = [found[name] for name in kind.keys]
    return parts[0] if len(parts) == 1 else "|".join(str(part) for part in parts)


def shown_key(kind: Type, body: dict) -> str:
    """``16``, ``'O''Neil'`` or ``CardCode='C1',ItemCode='I1'``: for Location and for the history of effects."""
    parts = {name: body.get(name) for name in kind.keys}
    texts = {n: str(v) if isinstance(v, int) else "'" + str(v).replace("'", "''") + "'" for n, v in parts.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    return ",".join(f"{name}={text}" for name, text in texts.items())
