"""Messages of the OA that are made up, for a preview before the first one came."""

from __future__ import annotations

from typing import Any

from core.errors import NotFound
from core.flows.context import FlowContext
from core.mapping.sources import SPECIAL
from integrations.ecology.inbound import Fields
from integrations.erp import odata
from integrations.erp.metadata import EntityType, Unreadable

HEADER, LINES = "header", "lines"
USUAL = {HEADER: ("CardCode", "CardName", "Comments"), LINES: ("ItemCode", "Quantity", "WarehouseCode")}
VALUES = {odata.INT: "1", odata.DOUBLE: "12.5", odata.DATE: "2026-01-31", odata.TIME: "08:30"}


def document(ctx: FlowContext) -> dict[str, Any]:
    """A document as the OA sends it: a value of the target's type for every field that a row reads by name."""
    entity_set, collection = ctx.config["object_type"], ctx.config["lines_name"]
    header, line = _types(ctx, entity_set, collection)
    body: dict[str, Any] = {"requestid": "1", "requestname": "B1Flow", "mainData": _values(ctx, HEADER, header)}
    return {**body, "detailData": [_values(ctx, LINES, line)]} if collection else body


def decision(ctx: FlowContext, request_id: str) -> dict[str, Any]:
    """An approval as the OA reports it."""
    words = {"remark": "同意", "approvername": "OA", "approvetime": "2026-01-31 08:30:00"}
    return {"requestid": request_id, "status": next(iter(ctx.config["approve_values"]), ""), **words}


def _types(ctx: FlowContext, entity_set: str, collection: str) -> tuple[EntityType | None, EntityType | None]:
    try:
        metadata = ctx.erp.metadata()
    except (Unreadable, NotFound):
        return None, None
    return metadata.of_set(entity_set), metadata.lines(entity_set, collection) if collection else None


def _values(ctx: FlowContext, section: str, kind: EntityType | None) -> Fields:
    steps = ctx.mapper.parts[section].steps
    if not steps:
        return _usual(section, kind)
    found: Fields = {}
    for step in steps:
        source = step.row.source.strip()
        if source and not SPECIAL.intersection(source) and not source.startswith("header."):
            known = kind.properties.get(step.row.target) if kind else None
            found[source] = VALUES.get(known.kind, source) if known else source
    return found


def _usual(section: str, kind: EntityType | None) -> Fields:
    """Of a section that passes by name: the usual fields, as far as the object has them."""
    properties = kind.properties if kind else {}
    return {name: VALUES.get(properties[name].kind, name) for name in USUAL[section] if name in properties}
