"""What the ERP's objects look like: types, properties, enumerations, read from ``types.txt``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

SCALARS = ("S", "I", "D", "date", "time")


@dataclass(frozen=True)
class Enumeration:
    """Names and their values. ``stored`` is what documents hold and answers show."""

    name: str
    members: dict[str, str]

    @cached_property
    def _accepted(self) -> dict[str, str]:
        by_value = {value: member for member, value in self.members.items()}
        accepted = {**by_value, **{member: member for member in self.members}}
        # Object types are the exception: answers show the number ("DocObjectCode": "17").
        return {text: self.members[m] for text, m in accepted.items()} if self.name == "BoObjectTypes" else accepted

    def stored(self, text: str) -> str | None:
        """The stored form of a name or a value; None when it is neither."""
        return self._accepted.get(text)


@dataclass(frozen=True)
class Property:
    """``type`` is one of SCALARS, an enumeration's name or, where ``many``, a type's name."""

    name: str
    type: str
    many: bool = False
    read_only: bool = False
    column: str = ""
    shown: bool = True
    size: int = 0
    default: Any = None
    valid_values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Type:
    name: str
    keys: tuple[str, ...]
    properties: dict[str, Property] = field(repr=False)

    @cached_property
    def blank(self) -> dict[str, Any]:
        """A whole answer with nothing in it."""
        return {p.name: ([] if p.many else None) for p in self.properties.values() if p.shown}

    @cached_property
    def collections(self) -> tuple[Property, ...]:
        return tuple(p for p in self.properties.values() if p.many)

    @cached_property
    def names_by_lower_case(self) -> dict[str, str]:
        return {name.lower(): name for name in self.properties}

    def extended(self, more: list[Property]) -> Type:
        """This type with further properties (a company's user fields), set before its collections."""
        own = list(self.properties.values())
        merged = [p for p in own if not p.many] + more + [p for p in own if p.many]
        return Type(self.name, self.keys, {p.name: p for p in merged})


def _property(token: str, shown: bool) -> Property:
    name, _, rest = token.partition(":")
    kind, _, column = rest.partition("=")
    many = kind.startswith("[")
    plain = name.rstrip("!")
    return Property(plain, kind.strip("[]"), many, name.endswith("!"), "" if many else column or plain, shown)


def _statements() -> Iterator[list[str]]:
    """The words of each entity, complex and enum with its continuation lines."""
    words: list[str] = []
    for line in (Path(__file__).parent / "types.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" ") and words:
            yield words
            words = []
        extra = line.strip().startswith("~")
        words += [f"~{word}" if extra else word for word in line.replace("~", " ").split()]
    yield words


def _load() -> tuple[dict[str, Type], dict[str, Enumeration]]:
    types: dict[str, Type] = {}
    enumerations: dict[str, Enumeration] = {}
    for what, name, *words in _statements():
        if what == "enum":
            enumerations[name] = Enumeration(name, dict(word.split("=", 1) for word in words))
            continue
        keys = tuple(word for word in words if ":" not in word)
        found = [_property(word.lstrip("~"), not word.startswith("~")) for word in words if ":" in word]
        types[name] = Type(name, keys, {p.name: p for p in found})
    return types, enumerations


TYPES, ENUMERATIONS = _load()
