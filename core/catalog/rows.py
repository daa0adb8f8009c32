"""Mapping rows of templates and flows: as in files, as data, and in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError

from core.catalog.document import Node, at
from core.errors import ConfigurationError
from core.flows.base import FlowType
from core.mapping.engine import Mapper, Row
from core.models import FieldMapping, FlowInstance, FlowTemplate

NAMES = ("section", "source", "target", "transform", "default", "required", "value_map")
Owner = FlowTemplate | FlowInstance


def read_row(node: Node) -> Row:
    """``{section, source, target, transform, default, required, value_map}``; section and target are needed."""
    given = node.table(*NAMES)
    for name in ("section", "target"):
        if name not in given:
            node.fail(f"needs {name!r}")
    required = given["required"].flag() if "required" in given else False
    texts = {name: child.text(empty=name not in ("section", "target")) for name, child in given.items()}
    return Row(**{"source": "", **texts, "required": required})  # type: ignore[arg-type]


def read_rows(node: Node, flow_type: type[FlowType]) -> list[Row]:
    """A list of rows, each checked against the flow type at its own place."""
    rows = []
    for element in node.rows():
        row = read_row(element)
        with at(element):
            check_row(flow_type, row)
        rows.append(row)
    return rows


def rows_of(data: Iterable[dict[str, Any] | Row], flow_type: type[FlowType]) -> list[Row]:
    """Rows from dicts (a form, an API call) or rows; checked."""
    plain = [as_dict(entry) if isinstance(entry, Row) else entry for entry in data]
    return read_rows(Node(plain, "mappings"), flow_type)


def as_dict(row: Row) -> dict[str, Any]:
    """A row as files write it: what is empty is left out."""
    return {name: value for name, value in asdict(row).items() if value not in ("", False)}


class _AnyValueMaps(dict[str, dict[str, Any]]):
    """Value maps are the tenant's: a template cannot know them, and enabling looks whether they are there."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, Any]:
        return {}


def check_row(flow_type: type[FlowType], row: Row) -> None:
    """ConfigurationError where section, expression, transform or length is wrong."""
    flow_type.section(row.section)
    Mapper([row], flow_type, {}, _AnyValueMaps(), "UTC")
    try:
        FieldMapping(**asdict(row)).clean_fields(exclude=["template", "flow"])
    except ValidationError as error:
        fields = {name: " ".join(texts) for name, texts in error.message_dict.items()}
        raise ConfigurationError(fields=fields) from error


def stored(owner: Owner) -> list[Row]:
    """The owner's rows, in order."""
    return [Row.of(mapping) for mapping in owner.mappings.all()]


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows grouped by section, as the database gives them back."""
    return sorted(rows, key=lambda row: row.section)


def merged(old: Sequence[Row], new: Sequence[Row], sections: Iterable[str] = ()) -> list[Row]:
    """``new`` replaces the rows of every section that it names (and of ``sections``)."""
    named = {row.section for row in new} | set(sections)
    return in_order([*(row for row in old if row.section not in named), *new])


def write(owner: Owner, rows: Sequence[Row]) -> None:
    """Make these the owner's rows. Rows that stay are not touched, so that the audit log shows what changed."""
    link = {"template": owner} if isinstance(owner, FlowTemplate) else {"flow": owner}
    present: defaultdict[Row, list[FieldMapping]] = defaultdict(list)
    for mapping in owner.mappings.all():
        present[Row.of(mapping)].append(mapping)
    first_time = not present
    moved: list[FieldMapping] = []
    new: list[FieldMapping] = []
    for position, row in enumerate(rows):
        mapping = present[row].pop(0) if present[row] else FieldMapping(**link, **asdict(row), position=-1)
        if mapping.position != position:
            (moved if mapping.pk else new).append(mapping)
            mapping.position = position
    FieldMapping.objects.filter(pk__in=[left.pk for rest in present.values() for left in rest]).delete()
    FieldMapping.objects.bulk_update(moved, ["position"])
    if first_time:
        FieldMapping.objects.bulk_create(new)
        return
    for mapping in new:
        mapping.save()
