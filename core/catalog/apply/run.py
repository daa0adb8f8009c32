"""Applies a whole file: all of it or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core.catalog import versions, yaml_text
from core.catalog.apply import connections, credentials, flows, tables
from core.catalog.apply.environment import filled
from core.catalog.apply.report import Report
from core.catalog.apply.saving import Place, keep, once
from core.catalog.document import Node
from core.models import Tenant

TEXTS = ("name", "time_zone", "public_base_url")
NUMBERS = ("step_days", "event_days", "delivery_days")
PARTS = (
    *("companies", "connections", "value_maps", "people", "domain_files"),
    *("alerts", "flows", "app_credentials"),
)


def apply_text(
    text: str, *, dry_run: bool = False, environ: Mapping[str, str] | None = None, name: str = "file"
) -> Report:
    """Apply a YAML text. ConfigurationError names the place in it and what to change; nothing is changed then.

    ``dry_run``: everything is tried and told, nothing stays.
    """
    document = Node(yaml_text.parse(text, name), "")
    document = Node(filled(document, os.environ if environ is None else environ), "")
    tenants = _document(document, name)
    report = Report()
    with transaction.atomic():
        versions.provider()
        for node, given in zip(tenants, once(tenants, "slug"), strict=True):
            _tenant(report, node, given)
        transaction.set_rollback(dry_run)
    return report


def _document(document: Node, name: str) -> list[Node]:
    if not isinstance(document.value, dict):
        Node(document.value, name).fail("must begin with 'tenants:'")
    return document.table("tenants").get("tenants", Node(None, "tenants")).rows()


def _tenant(report: Report, node: Node, given: dict[str, Node]) -> None:
    node.table("slug", "active", *TEXTS, *NUMBERS, *PARTS)
    slug = given["slug"].text()
    row = Tenant.objects.filter(slug=slug).first() or Tenant(slug=slug, name=slug)
    values: dict[str, Any] = {key: given[key].text().strip() for key in TEXTS if key in given}
    values |= {key: given[key].value for key in NUMBERS if key in given}
    values |= {"is_active": given["active"].flag()} if "active" in given else {}
    place = Place(row, report)
    keep(place, node, "tenant", row, {"slug": slug, "name": row.name, **values})
    _parts(place, given)


def _parts(place: Place, given: dict[str, Node]) -> None:
    for name, part in (
        ("companies", tables.companies),
        ("connections", connections.connections),
        ("value_maps", tables.value_maps),
        ("people", tables.people),
        ("domain_files", tables.domain_files),
        ("alerts", tables.alert_channels),
    ):
        if name in given:
            part(place, given[name])
    applied = flows.flows(place, given["flows"]) if "flows" in given else []
    flows.routes(place, applied)
    if "app_credentials" in given:
        credentials.credentials(place, given["app_credentials"])
    flows.finish(place, applied)
