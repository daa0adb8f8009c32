"""What differs between two contents, shown to a person: one line a config key, a mapping row, the schedule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.catalog import rows as mapping_rows
from core.catalog.content import Content
from core.mapping.engine import Row

# A row is known by its section and target; a target that stands there twice by its occurrence too.
RowKey = tuple[str, str, int]
TEXTS = ("name", "description", "schedule", "companions")


@dataclass(frozen=True)
class Difference:
    """``kind``: config, mapping, schedule, name ...; None: not there."""

    kind: str
    name: str
    old: Any
    new: Any


def keyed(rows: Sequence[Row]) -> dict[RowKey, Row]:
    """Rows by what identifies them, in order."""
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[RowKey, Row] = {}
    for row in rows:
        place = (row.section, row.target)
        found[(*place, seen[place])] = row
        seen[place] += 1
    return found


def row_title(key: RowKey) -> str:
    """mainData.djbh; mainData.djbh#2 for a second row of the same target."""
    section, target, number = key
    return f"{section}.{target}" + (f"#{number + 1}" if number else "")


def differences(old: Content, new: Content) -> list[Difference]:
    """From ``old`` to ``new``; empty: the same."""
    found = [Difference(name, name, getattr(old, name), getattr(new, name)) for name in TEXTS]
    names = union(old.config, new.config)
    found += [Difference("config", name, old.config.get(name), new.config.get(name)) for name in names]
    before, after = keyed(old.rows), keyed(new.rows)
    found += [
        Difference("mapping", row_title(key), shown(before.get(key)), shown(after.get(key)))
        for key in union(before, after)
    ]
    return [difference for difference in found if difference.old != difference.new]


def shown(row: Row | None) -> dict[str, Any] | None:
    """A row for display."""
    return None if row is None else mapping_rows.as_dict(row)


def union(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    """The names of both, each once, in order."""
    return list(dict.fromkeys([*first, *second]))
