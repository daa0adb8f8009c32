"""智能映射: proposes mapping rows from the names, labels and types of the fields on both sides.

A proposal says how sure it is (0 to 1) and why; a person accepts it. Each target and each source is used once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.connectors.base import FieldInfo
from core.mapping import field_types, sources
from core.mapping.engine import Row
from core.mapping.names import Named

LEAST = 0.4  # proposals below are noise
FROM_HEADER = 0.75  # a line takes a field of the document only where it has none like it itself
SIMILAR = 0.55  # share of tokens or character pairs in common


@dataclass(frozen=True)
class Proposal:
    """A row to offer. ``source`` as a mapping row writes it; ``confidence`` 0 to 1; ``reason`` in words."""

    source: str
    target: str
    transform: str
    confidence: float
    reason: str | Promise

    def row(self, section: str, *, required: bool = False) -> Row:
        """As a mapping row."""
        return Row(section, self.source, self.target, self.transform, required=required)


def propose(
    source_fields: Iterable[FieldInfo],
    target_fields: Iterable[FieldInfo],
    *,
    collection: str = "",
    taken: Collection[str] = (),
) -> list[Proposal]:
    """Rows for one section, in the order of the targets; ``taken``: targets that have a row already.

    ``collection``: what the section goes over ("" = the document itself). Lines may take fields of the document
    (``header.DocNum``), the document none of its lines. Targets inside a table belong to a section over lines.
    """
    origins = [Named.of(info, n) for n, info in enumerate(_reachable(source_fields, collection))]
    goals = [Named.of(info, n) for n, info in enumerate(_wanted(target_fields, collection, taken))]
    pairs = [pair for goal in goals for origin in origins if (pair := _pair(origin, goal, collection))]
    pairs.sort(key=lambda pair: (-pair[0], pair[1].order, pair[2].order))
    chosen: dict[str, tuple[int, Proposal]] = {}
    used: set[int] = set()
    for confidence, goal, origin, reason in pairs:
        if goal.info.name in chosen or origin.order in used:
            continue
        used.add(origin.order)
        transform = field_types.transform(origin.info.type, goal.info.type)
        proposal = Proposal(_path(origin.info, collection), goal.info.name, transform, confidence, reason)
        chosen[goal.info.name] = (goal.order, proposal)
    return [proposal for _order, proposal in sorted(chosen.values(), key=lambda item: item[0])]


def _reachable(fields: Iterable[FieldInfo], collection: str) -> Iterator[FieldInfo]:
    for info in fields:
        if info.name.strip() and info.each in ("", collection) and not field_types.is_table(info.type):
            yield info


def _wanted(fields: Iterable[FieldInfo], collection: str, taken: Collection[str]) -> list[FieldInfo]:
    wanted = [f for f in fields if f.name.strip() and f.name not in taken and not field_types.is_table(f.type)]
    if collection:
        return [f for f in wanted if f.each] or wanted  # some systems list a table's fields without naming it
    return [f for f in wanted if not f.each]


def _path(info: FieldInfo, collection: str) -> str:
    """The source as a row writes it; a name with signs of JMESPath is quoted."""
    special = info.name != info.name.strip() or sources.SPECIAL.intersection(info.name)
    name = json.dumps(info.name, ensure_ascii=False) if special else info.name
    return f"header.{name}" if collection and not info.each else name


def _pair(origin: Named, goal: Named, collection: str) -> tuple[float, Named, Named, str | Promise] | None:
    fit = field_types.fit(origin.info.type, goal.info.type)
    if not fit:
        return None
    confidence, reason = max(_likeness(origin, goal), key=lambda found: found[0])
    if collection and not origin.info.each:
        fit *= FROM_HEADER
    confidence = round(confidence * fit, 2)
    return (confidence, goal, origin, reason) if confidence >= LEAST else None


def _likeness(origin: Named, goal: Named) -> Iterator[tuple[float, str | Promise]]:
    """Every reason to think that two fields are the same, with its weight."""
    yield 0.0, ""
    if origin.info.name == goal.info.name:
        yield 1.0, _("same name")
    if origin.name and origin.name == goal.name:
        yield 0.95, _("same name but for case and signs")
    if origin.label and origin.label == goal.label:
        yield 0.93, _("same label")
    if {origin.name, origin.label} & {goal.name, goal.label} - {""}:
        yield 0.9, _("the name of one is the label of the other")
    shared = set(origin.concepts) & set(goal.concepts)
    if shared:
        rank = min(origin.concepts[number] + goal.concepts[number] for number in shared)
        yield 0.88 - min(rank, 10) * 0.01, _("usual word for it")
    spelt = max(goal.pinyin.get(origin.name, 0.0), origin.pinyin.get(goal.name, 0.0))
    if spelt:
        yield 0.85 * spelt, _("pinyin")
    if not (origin.concepts and goal.concepts):  # two known different things may look alike
        alike = max(_share(origin.tokens, goal.tokens), _share(origin.bigrams, goal.bigrams))
        if alike > SIMILAR:
            yield 0.25 + 0.4 * alike, _("similar name")


def _share(first: frozenset[str], second: frozenset[str]) -> float:
    """Dice coefficient: 1 = the same elements."""
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0
