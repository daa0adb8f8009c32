"""Documents made from documents: a line takes item, price and warehouse from its base line and closes it."""

from __future__ import annotations

from sandbox.erp import errors
from sandbox.erp.rules import production
from sandbox.erp.sets import BY_CODE, EntitySet
from sandbox.erp.writing import Change

PRODUCTION = 202
# Which base types a set takes (object numbers; the usual ways of purchasing, sales and stock).
ALLOWED = {
    "Orders": {23},
    "DeliveryNotes": {17, 23},
    "Returns": {15},
    "Invoices": {15, 17},
    "PurchaseQuotations": {1470000113},
    "PurchaseOrders": {1470000113, 540000006},
    "PurchaseDeliveryNotes": {22},
    "PurchaseReturns": {20},
    "PurchaseInvoices": {20, 22},
    "InventoryGenEntries": {PRODUCTION},
    "InventoryGenExits": {PRODUCTION},
    "StockTransfers": {1250000001},
}
_COPIED = ("ItemCode", "ItemDescription", "WarehouseCode", "UnitPrice", "Price", "Currency", "MeasureUnit")


def base_of(change: Change, line: dict, where: str) -> int | None:
    """The base type number of a line; None without a base."""
    kind = line.get("BaseType")
    if kind in (None, -1, 0, "Default", "Empty") or line.get("BaseEntry") is None:
        return None
    if kind not in ALLOWED.get(change.entity_set.name, set()):
        raise errors.refused(f"Invalid base document type '{kind}' {where}")
    return int(kind)


def copy(change: Change, line: dict, index: int) -> None:
    """Fill the line from its base."""
    where = f"[{change.entity_set.line_table}.BaseEntry][line: {index + 1}]"
    kind = base_of(change, line, where)
    if kind == PRODUCTION:
        production.copy(change, line, where)
        return
    if kind is None:
        return
    base, base_line = _find(change, BY_CODE[kind], line, where)
    if base.get("DocumentStatus") == "bost_Close" or base_line.get("LineStatus") == "bost_Close":
        raise errors.refused("One of the base documents has already been closed")
    for name in _COPIED:
        if line.get(name) is None and base_line.get(name) is not None:
            line[name] = base_line[name]
    if line.get("Quantity") is None:
        line["Quantity"] = base_line.get("RemainingOpenQuantity") or base_line.get("Quantity")


def _find(change: Change, entity_set: EntitySet, line: dict, where: str) -> tuple[dict, dict]:
    base = change.company.peek(entity_set.name, line["BaseEntry"])
    lines = (base or {}).get(entity_set.lines) or []
    found = [each for each in lines if each.get("LineNum") == line.get("BaseLine")]
    if base is None or not found:
        raise errors.refused(f"Base document or line does not exist {where}")
    return base, found[0]


def draw(change: Change) -> None:
    """Take the drawn quantities off the base lines; a base without open lines closes."""
    for line in change.new.get(change.entity_set.lines) or []:
        kind = line.get("BaseType")
        if not isinstance(kind, int) or kind in (-1, 0, PRODUCTION) or line.get("BaseEntry") is None:
            continue
        entity_set = BY_CODE[kind]
        base = change.company.find(entity_set.name, line["BaseEntry"])
        if base is None:
            continue
        for base_line in base[entity_set.lines]:
            if base_line["LineNum"] == line.get("BaseLine"):
                _draw_line(base_line, line["Quantity"])
        if all(each.get("LineStatus") == "bost_Close" for each in base[entity_set.lines]):
            base["DocumentStatus"] = "bost_Close"
        change.company.put(entity_set.name, line["BaseEntry"], base)


def _draw_line(base_line: dict, quantity: float) -> None:
    left = round((base_line.get("RemainingOpenQuantity") or 0) - quantity, 6)
    base_line["RemainingOpenQuantity"] = max(left, 0.0)
    if left <= 0:
        base_line["LineStatus"] = "bost_Close"
