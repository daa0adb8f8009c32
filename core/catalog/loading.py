"""The shipped templates: ``flow_templates/*.yaml`` of the installed integrations, loaded into the provider's tenant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import transaction

from core.apps import IntegrationConfig
from core.catalog import audit, content, versions, yaml_text
from core.catalog.content import Content
from core.catalog.document import FileError, Node
from core.models import FlowTemplate

FOLDER = "flow_templates"


@dataclass(frozen=True)
class Loaded:
    """``outcome``: created (a new template), changed (a new version), unchanged."""

    template: FlowTemplate
    outcome: str


def shipped_files() -> Iterator[Path]:
    """Template files of the installed integrations."""
    for config in apps.get_app_configs():
        if isinstance(config, IntegrationConfig):
            yield from sorted(Path(config.path, FOLDER).glob("*.yaml"))


def read_files(files: list[Path]) -> list[Content]:
    """Checked contents; ConfigurationError for a key that two files define and for unknown companions."""
    found: dict[str, tuple[Content, str]] = {}
    for file in files:
        name = f"{file.parent.parent.name}/{FOLDER}/{file.name}"
        read = content.with_default_rows(
            content.read(Node(yaml_text.parse(file.read_text(encoding="utf-8"), name), name))
        )
        if read.key in found:
            raise FileError(f"{name}: template {read.key!r} is also defined in {found[read.key][1]}")
        found[read.key] = (read, name)
    for read, name in found.values():
        unknown = sorted(set(read.companions) - set(found))
        if unknown:
            raise FileError(f"{name}: companions: no template {', '.join(unknown)}; known: {', '.join(sorted(found))}")
    return [read for read, _ in found.values()]


@transaction.atomic
def load_shipped(files: list[Path] | None = None, user: Any = None) -> list[Loaded]:
    """Load all files (default: the shipped ones): what has no version with this content yet becomes a new one."""
    contents = read_files(list(shipped_files()) if files is None else files)
    owner = versions.provider()
    with audit.acting(user):
        return [_load(owner, read) for read in contents]


def _load(owner: Any, read: Content) -> Loaded:
    known = versions.same(owner, read)
    if known is not None:
        return Loaded(known, "unchanged")
    outcome = "changed" if versions.own(owner, read.key) else "created"
    return Loaded(versions.add(owner, read), outcome)
