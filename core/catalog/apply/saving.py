"""Making a row what the file says, and telling what changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from core.catalog.apply.report import Report, told
from core.catalog.document import FileError, Node
from core.models import Tenant


@dataclass(frozen=True)
class Place:
    """Where an apply is: the tenant, and the report that it writes."""

    tenant: Tenant
    report: Report

    def title(self, kind: str, name: object) -> str:
        """acme: flow 物料"""
        return f"{self.tenant.slug}: {kind} {name}".rstrip()


def keep(
    place: Place, node: Node, kind: str, row: models.Model, values: dict[str, Any], hidden: Collection[str] = ()
) -> bool:
    """Save ``row`` with these values where it is new or differs; FileError at the field that is wrong.

    ``hidden``: fields of which only the name is told.
    """
    created = row.pk is None
    changed = [name for name, value in values.items() if created or getattr(row, name) != value]
    details = ["; ".join(_told(name, getattr(row, name), values[name], name in hidden)) for name in changed]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        validate(node, row, list(values))
        row.save(update_fields=None if created else changed)
    return place.report.note(place.title(kind, row), created=created, details=details)


def validate(node: Node, row: models.Model, names: Collection[str]) -> None:
    """The model's own rules for these fields."""
    others = [field.name for field in row._meta.get_fields() if field.name not in names]
    try:
        row.clean_fields(exclude=others)
    except ValidationError as error:
        lines = [f"{node.path}.{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
        raise FileError("\n".join(lines)) from error


def _told(name: str, before: Any, after: Any, hidden: bool) -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        names = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        return [
            f"{name}.{key} changed" if hidden else told(f"{name}.{key}", before.get(key), after.get(key))
            for key in names
        ]
    return [f"{name} changed" if hidden else told(name, before, after)]


def once(nodes: list[Node], *keys: str) -> list[dict[str, Node]]:
    """The tables of a list whose entries are told apart by ``keys``; one named twice or nameless is refused."""
    seen: set[tuple[str, ...]] = set()
    tables = []
    for node in nodes:
        table = node.table()
        for key in keys:
            if key not in table or not table[key].text():
                node.fail(f"needs {key!r}")
        identity = tuple(table[key].text() for key in keys)
        if identity in seen:
            node.fail(f"{' '.join(identity)!r} is named twice")
        seen.add(identity)
        tables.append(table)
    return tables
