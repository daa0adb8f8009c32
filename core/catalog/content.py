"""What a flow template says, apart from where it is stored: the same in files, in versions and in copies.

key: ecology.push_approval          # the template; left out: the flow type's key
flow_type: ecology.push_approval    # left out: the key
name: ERP审批流程同步到 Ecology-OA
description: ...
changes: ...                        # what is new in this version
config: {filter: "DocObjectCode eq '1470000113'"}
schedule: {every: 1, unit: minute}  # left out: the flow type's
companions: [wecom.decide_draft]    # templates whose flows are created together with this one's
mappings: [{section: mainData, source: DocEntry, target: djbh, required: true}]
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from core import registry
from core.catalog import rows as mapping_rows
from core.catalog import values
from core.catalog.document import Node, at
from core.catalog.schedules import read_schedule
from core.flows.base import FlowType
from core.mapping.engine import Row
from core.models import FlowTemplate

KEYS = ("key", "flow_type", "name", "description", "changes", "config", "schedule", "companions", "mappings")
KEY_FORM = re.compile(r"^[a-z0-9][a-z0-9._-]{0,99}$")


@dataclass(frozen=True)
class Content:
    """One version of a template as plain data."""

    key: str
    flow_type: str
    name: str
    description: str = ""
    changes: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    schedule: dict[str, Any] = field(default_factory=dict)
    companions: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As a file writes it."""
        given = {name: getattr(self, name) for name in KEYS if name != "mappings"}
        given["companions"] = list(self.companions)
        given["mappings"] = [mapping_rows.as_dict(row) for row in self.rows]
        return {name: value for name, value in given.items() if value not in values.EMPTY or name == "schedule"}

    @property
    def checksum(self) -> str:
        """64 hex characters; equal for equal content, whatever the tenant and version."""
        text = json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def read(node: Node) -> Content:
    """A template file's content, checked; FileError names the place."""
    given = node.table(*KEYS)
    key = _key(node, given)
    type_node = given.get("flow_type", Node(key, f"{node.path}.flow_type"))
    with at(type_node):
        flow_type = registry.flow_type(type_node.text())
    if "name" not in given:
        node.fail("needs 'name'")
    return Content(
        key=key,
        flow_type=flow_type.key,
        name=given["name"].text(empty=False),
        description=_text(given, "description"),
        changes=_text(given, "changes"),
        config=_config(given.get("config"), flow_type),
        schedule=read_schedule(given.get("schedule"), flow_type),
        companions=tuple(given["companions"].texts()) if "companions" in given else (),
        rows=tuple(mapping_rows.in_order(mapping_rows.read_rows(given["mappings"], flow_type)))
        if "mappings" in given
        else (),
    )


def with_default_rows(content: Content) -> Content:
    """Sections that the file does not name start with the rows that the flow type declares for them."""
    flow_type = registry.flow_type(content.flow_type)
    named = {row.section for row in content.rows}
    added = [
        {"section": section.name, **row}
        for section in flow_type.sections
        if section.name not in named
        for row in section.defaults
    ]
    defaults = mapping_rows.rows_of(added, flow_type)
    return replace(content, rows=tuple(mapping_rows.in_order([*content.rows, *defaults])))


def of(template: FlowTemplate) -> Content:
    """The content of a stored version."""
    return Content(
        key=template.slug,
        flow_type=template.flow_type,
        name=template.name,
        description=template.description,
        changes=template.changes,
        config=template.config,
        schedule=template.schedule,
        companions=tuple(template.companions),
        rows=tuple(mapping_rows.stored(template)),
    )


def _key(node: Node, given: dict[str, Node]) -> str:
    place = given.get("key") or given.get("flow_type")
    if place is None:
        node.fail("needs 'key'")
    key = place.text()
    if not KEY_FORM.match(key):
        place.fail("must be lower-case letters, digits, . _ and -, at most 100")
    return key


def _text(given: dict[str, Node], name: str) -> str:
    return given[name].text().strip() if name in given else ""


def _config(node: Node | None, flow_type: type[FlowType]) -> dict[str, Any]:
    if node is None:
        return {}
    config = values.storable(flow_type, {name: child.value for name, child in node.table().items()})
    with at(node):
        values.check(flow_type, config, complete=False)
    return config
