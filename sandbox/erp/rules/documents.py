"""Marketing and inventory documents (type Document): partner, lines from their base, totals, stock."""

from __future__ import annotations

from typing import Any

from sandbox.erp import errors, settings
from sandbox.erp.rules import bases, production, stock
from sandbox.erp.sets import BY_CODE
from sandbox.erp.writing import BEFORE_CREATE, BEFORE_UPDATE, Change, rule

PARTNER_SETS = {
    "Quotations", "Orders", "DeliveryNotes", "Returns", "Invoices",
    "PurchaseQuotations", "PurchaseOrders", "PurchaseDeliveryNotes", "PurchaseReturns", "PurchaseInvoices",
}  # fmt: skip
STOCK_SIGN = {
    "PurchaseDeliveryNotes": 1, "Returns": 1, "InventoryGenEntries": 1,
    "DeliveryNotes": -1, "PurchaseReturns": -1, "InventoryGenExits": -1,
}  # fmt: skip
MEMOS = {"InventoryGenEntries": "库存收货", "InventoryGenExits": "库存发货"}


@rule(BEFORE_CREATE, "Document")
def complete(change: Change) -> None:
    """Fill what the server fills, refuse what it refuses, move stock."""
    draft = change.entity_set.name == "Drafts"
    if draft and change.new.get("DocObjectCode") not in {str(code) for code in BY_CODE}:
        raise errors.refused("Enter a valid object type [ODRF.ObjType]")
    if change.entity_set.name in PARTNER_SETS:
        _partner(change)
    if change.entity_set.name == "PurchaseRequests" or change.new.get("DocObjectCode") == "1470000113":
        _requester(change)
    lines = change.new.get("DocumentLines") or []
    if not lines and not draft:
        raise errors.refused(f"One or more lines are missing [{change.entity_set.line_table}]")
    for index, line in enumerate(lines):
        _complete_line(change, line, index, draft)
    _complete_header(change, lines)
    for index, line in enumerate(lines):
        if change.entity_set.name in STOCK_SIGN:
            stock.post(change, line, index, STOCK_SIGN[change.entity_set.name])
            production.book(change, line, STOCK_SIGN[change.entity_set.name])
    bases.draw(change)


def _partner(change: Change) -> None:
    code = change.new.get("CardCode")
    partner = change.company.peek("BusinessPartners", code or "")
    if partner is None:
        raise errors.refused(f"Invalid BP code [{change.entity_set.table}.CardCode]")
    if partner.get("Frozen") == "tYES" or partner.get("Valid") == "tNO":
        raise errors.refused(f"Business partner '{code}' is inactive [{change.entity_set.table}.CardCode]")
    change.new.setdefault("CardName", partner.get("CardName"))
    change.new.setdefault("DocCurrency", partner.get("Currency") or "RMB")


def _requester(change: Change) -> None:
    """An unknown requester is answered as a missing record (seen live)."""
    code, kind = change.new.get("Requester"), change.new.setdefault("ReqType", 12)
    users = {user["UserCode"]: user for user in change.company.bodies("Users")}
    if code and kind == 12 and code not in users:
        raise errors.ServiceError(-2028, "No matching records found (ODBC -2028)", 400)
    if code in users:
        change.new.setdefault("RequesterName", users[code]["UserName"])
        change.new.setdefault("RequesterDepartment", users[code].get("Department"))


def _complete_line(change: Change, line: dict, index: int, draft: bool) -> None:
    if not draft:
        bases.copy(change, line, index)
    where = f"[{change.entity_set.line_table}.ItemCode][line: {index + 1}]"
    item = change.company.peek("Items", line.get("ItemCode") or "")
    if change.new.get("DocType") != "dDocument_Service":
        _check_item(line, item, where, draft)
    item = item or {}
    line.setdefault("ItemDescription", item.get("ItemName"))
    line.setdefault("MeasureUnit", item.get("InventoryUOM"))
    if not line.get("WarehouseCode"):
        line["WarehouseCode"] = item.get("DefaultWarehouse") or "01"
    _amounts(line)
    line |= {"DocEntry": change.key, "VisualOrder": index, "LineStatus": "bost_Open"}
    line["RemainingOpenQuantity"] = line.get("Quantity")


def _check_item(line: dict, item: dict | None, where: str, draft: bool) -> None:
    if item is None:
        if draft and not line.get("ItemCode"):
            return
        raise errors.refused(f"Invalid item number '{line.get('ItemCode') or ''}' {where}")
    if not draft and (item.get("Frozen") == "tYES" or item.get("Valid") == "tNO"):
        raise errors.refused(f"Item '{item['ItemCode']}' is inactive {where}")
    line.setdefault("Quantity", 1.0)
    if (line["Quantity"] or 0) <= 0:
        raise errors.refused(f"Enter a quantity greater than 0 {where.replace('ItemCode', 'Quantity')}")


def _amounts(line: dict) -> None:
    price = line.get("UnitPrice") if line.get("UnitPrice") is not None else line.get("Price")
    if price is None:
        return
    discounted = price * (1 - (line.get("DiscountPercent") or 0) / 100)
    line["UnitPrice"], line["Price"] = price, round(discounted, 6)
    line["LineTotal"] = round(discounted * (line.get("Quantity") or 0), 2)
    line.setdefault("Currency", "RMB")


def _complete_header(change: Change, lines: list[dict]) -> None:
    date, time = settings.create_stamp()
    new, entity_set = change.new, change.entity_set
    new.setdefault("DocDate", date)
    defaults: dict[str, Any] = {
        "DocNum": 20230000 + change.key, "DocType": "dDocument_Items", "HandWritten": "tNO", "Printed": "psNo",
        "DocDueDate": new["DocDate"], "TaxDate": new["DocDate"], "DocTime": time, "Series": 14, "DocCurrency": "RMB",
        "DocRate": 1.0, "Confirmed": "tYES", "UserSign": change.user,
    }  # fmt: skip
    for name, value in defaults.items():
        new.setdefault(name, value)
    if entity_set.name in MEMOS:
        made = any(line.get("BaseType") == 202 for line in lines)
        receipt = entity_set.name == "InventoryGenEntries"
        new.setdefault("JournalMemo", ("生产收货" if receipt else "生产发料") if made else MEMOS[entity_set.name])
    if entity_set.name != "Drafts":
        new["DocObjectCode"] = str(entity_set.code)
    new |= {"DocumentStatus": "bost_Open", "Cancelled": "tNO", "CancelStatus": "csNo"}
    new.setdefault("AuthorizationStatus", "dasWithout")
    new["DocTotal"] = float(round(sum(line.get("LineTotal") or 0 for line in lines), 2))
    new["VatSum"] = 0.0


@rule(BEFORE_UPDATE, "Document")
def update(change: Change) -> None:
    """New lines are completed like those of a new document; amounts follow."""
    lines = change.new.get("DocumentLines") or []
    for index, line in enumerate(lines):
        if "LineStatus" not in line:
            _complete_line(change, line, index, change.entity_set.name == "Drafts")
        else:
            _amounts(line)
    change.new["DocTotal"] = float(round(sum(line.get("LineTotal") or 0 for line in lines), 2))
