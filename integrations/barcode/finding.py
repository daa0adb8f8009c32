"""Finding a document again whose answer was lost: by the reference field, or a user table's row by its code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from core.errors import NotFound
from core.flows.base import Receipt
from core.models import Delivery
from integrations.barcode import user_tables
from integrations.erp import odata
from integrations.erp.client import ServiceLayerClient


def reference(flow_id: int | None, key: str) -> str:
    """What is written into the reference field: short, and the same for every attempt of one document."""
    return "B1F" + hashlib.sha256(f"{flow_id}|{key}".encode()).hexdigest()[:20]


def can_find(recall: Mapping[str, Any]) -> bool:
    """Does the ledger's row say how to look for it?"""
    return bool(recall.get("field") or recall.get("code"))


def find(erp: ServiceLayerClient, recall: Mapping[str, Any], flow_id: int | None, key: str) -> list[Receipt]:
    """Documents of this request that no earlier delivery of the same key owns."""
    found = _by_code(erp, recall) if recall.get("code") else _by_reference(erp, recall)
    known = set(
        Delivery.objects.filter(flow_id=flow_id, key=key, target_key__isnull=False).values_list("target_key", flat=True)
    )
    return [receipt for receipt in found if receipt.target_key not in known]


def _by_reference(erp: ServiceLayerClient, recall: Mapping[str, Any]) -> list[Receipt]:
    where = odata.eq(str(recall["field"]), str(recall["reference"]))
    rows = erp.query(str(recall["set"]), filter=where, select="DocEntry,DocNum", page_size=5)
    return [receipt_of(str(recall["method"]), row) for row in rows]


def _by_code(erp: ServiceLayerClient, recall: Mapping[str, Any]) -> list[Receipt]:
    try:
        row = erp.get(user_tables.entity_set(erp, str(recall["table"])), str(recall["code"]))
    except NotFound:
        return []
    return [receipt_of(str(recall["method"]), row)]


def receipt_of(method: str, created: Mapping[str, Any], **more: Any) -> Receipt:
    """The receipt with what the scanner is told: DocEntry and DocNum, or a user table's Code."""
    told = {name: created[name] for name in ("Code", "DocEntry", "DocNum") if created.get(name) is not None}
    key = told.get("DocEntry", told.get("Code", ""))
    return Receipt(str(key), {"method": method, **told, **more})
