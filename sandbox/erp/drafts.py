"""Where a set's objects are kept. Only drafts are special: transfers (67) may show up in Drafts too.

ODRF holds drafts of all kinds; the Service Layer has StockTransferDrafts for transfers, and on some installations
``Drafts`` answers for them as well: a switch decides. Both share one run of DocEntry numbers.
"""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.erp import settings
from sandbox.erp.company import Company
from sandbox.erp.sets import EntitySet

DRAFTS, TRANSFERS = "Drafts", "StockTransferDrafts"


def next_entry(company: Company, kind: str) -> int:
    """The next DocEntry of a set."""
    if kind in (DRAFTS, TRANSFERS):
        return max(store.next_number(company.system, DRAFTS), store.next_number(company.system, TRANSFERS))
    return store.next_number(company.system, kind)


def entries(company: Company, entity_set: EntitySet) -> list[store.Entry]:
    """All objects of a set in key order."""
    where = settings.TRANSFER_DRAFTS()
    if entity_set.name == TRANSFERS and where == DRAFTS:
        return []
    found = store.scan(company.system, entity_set.name)
    if entity_set.name != DRAFTS or where == TRANSFERS:
        return found
    transfers = [_as_document(entry) for entry in store.scan(company.system, TRANSFERS)]
    return sorted(found + transfers, key=lambda entry: entry.number or 0)


def entry(company: Company, entity_set: EntitySet, key: Any) -> store.Entry | None:
    kind = kept_in(company, entity_set, key)
    found = store.peek(company.system, kind, key)
    if found and entity_set.name == TRANSFERS and settings.TRANSFER_DRAFTS() == DRAFTS:
        return None
    return _as_document(found) if found and entity_set.name == DRAFTS and kind == TRANSFERS else found


def kept_in(company: Company, entity_set: EntitySet, key: Any) -> str:
    """The kind that holds this object of the set."""
    if entity_set.name == DRAFTS and settings.TRANSFER_DRAFTS() != TRANSFERS:
        return TRANSFERS if store.peek(company.system, TRANSFERS, key) else DRAFTS
    return entity_set.name


def _as_document(found: store.Entry) -> store.Entry:
    """A transfer draft in the shape of a document."""
    body = {n: v for n, v in found.body.items() if n not in ("StockTransferLines", "FromWarehouse", "ToWarehouse")}
    body["DocDueDate"] = body.pop("DueDate", None)
    lines = [{n: v for n, v in line.items() if n != "FromWarehouseCode"} for line in found.body["StockTransferLines"]]
    status = (body.get("AuthorizationStatus") or "").replace("sas", "das") or None
    body |= {"DocumentLines": lines, "AuthorizationStatus": status}
    return found._replace(body=body)


def as_transfer(document: dict, kept: dict) -> dict:
    """A transfer draft that was changed in the shape of a document, back in its own shape."""
    kept_lines = {line.get("LineNum"): line for line in kept.get("StockTransferLines") or []}
    lines = [{**kept_lines.get(line.get("LineNum"), {}), **line} for line in document.get("DocumentLines") or []]
    body = {n: v for n, v in document.items() if n not in ("DocumentLines", "DocDueDate", "DataVersion")}
    status = (document.get("AuthorizationStatus") or "").replace("das", "sas") or None
    changed = {**body, "DueDate": document.get("DocDueDate"), "AuthorizationStatus": status}
    return {**kept, **changed, "StockTransferLines": lines}
