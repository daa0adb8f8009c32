"""Production orders (202): their own rules, and receipts, issues and returns made from them."""

from __future__ import annotations

from sandbox.erp import errors, settings
from sandbox.erp.rules import stock
from sandbox.erp.writing import BEFORE_CREATE, BEFORE_UPDATE, Change, rule

ORDERS = "ProductionOrders"
_ENDED = ("boposClosed", "boposCancelled")


@rule(BEFORE_CREATE, ORDERS)
def complete(change: Change) -> None:
    new, date = change.new, settings.create_stamp()[0]
    item = change.company.peek("Items", new.get("ItemNo") or "")
    if item is None:
        raise errors.refused(f"Invalid item number '{new.get('ItemNo') or ''}' [OWOR.ItemCode]")
    if not new.get("PlannedQuantity") or new["PlannedQuantity"] <= 0:
        raise errors.refused("Enter a planned quantity greater than 0 [OWOR.PlannedQty]")
    defaults = {
        "DocumentNumber": 10000 + change.key, "Series": 34, "ProductDescription": item["ItemName"],
        "ProductionOrderStatus": "boposPlanned", "ProductionOrderType": "bopotStandard", "PostingDate": date,
        "DueDate": date, "StartDate": new.get("PostingDate") or date, "Warehouse": item.get("DefaultWarehouse") or "01",
        "InventoryUOM": item.get("InventoryUOM"), "ProductionOrderOrigin": "bopooManual", "Priority": 100,
    }  # fmt: skip
    for name, value in defaults.items():
        new.setdefault(name, value)
    new |= {"CompletedQuantity": 0.0, "RejectedQuantity": 0.0, "UserSignature": change.user, "Printed": "tNO"}
    for number, line in enumerate(new.get("ProductionOrderLines") or []):
        _complete_line(change, line, number)


def _complete_line(change: Change, line: dict, number: int) -> None:
    item = change.company.peek("Items", line.get("ItemNo") or "")
    if item is None:
        raise errors.refused(f"Invalid item number '{line.get('ItemNo') or ''}' [WOR1.ItemCode][line: {number + 1}]")
    planned = change.new["PlannedQuantity"]
    line.setdefault("BaseQuantity", round((line.get("PlannedQuantity") or planned) / planned, 6))
    line.setdefault("PlannedQuantity", round(line["BaseQuantity"] * planned, 6))
    line.setdefault("Warehouse", item.get("DefaultWarehouse") or "01")
    line.setdefault("ProductionOrderIssueType", item.get("IssueMethod") or "im_Manual")
    line |= {"DocumentAbsoluteEntry": change.key, "VisualOrder": number, "ItemType": "pit_Item"}
    line.setdefault("IssuedQuantity", 0.0)


@rule(BEFORE_UPDATE, ORDERS)
def update(change: Change) -> None:
    """A closed or cancelled order takes user fields only."""
    old, new = change.old or {}, change.new
    before, after = old.get("ProductionOrderStatus"), new.get("ProductionOrderStatus")
    own = [name for name in change.sent if not name.startswith("U_")]
    if before in _ENDED and own:
        raise errors.refused(f"Production order is {(before or '')[5:].lower()}; it cannot be changed [OWOR.Status]")
    if before == "boposReleased" and after == "boposPlanned":
        raise errors.refused("A released production order cannot be planned again [OWOR.Status]")
    if after == "boposCancelled" and old.get("CompletedQuantity"):
        raise errors.refused("Production order has receipts; it cannot be cancelled [OWOR.Status]")
    if before != after:
        stamp = {"boposReleased": "ReleaseDate", "boposClosed": "ClosingDate"}.get(after or "")
        new |= {stamp: settings.create_stamp()[0]} if stamp else {}
    for number, line in enumerate(new.get("ProductionOrderLines") or []):
        if "ItemType" not in line:
            _complete_line(change, line, number)


def copy(change: Change, line: dict, where: str) -> None:
    """Item and warehouse of a document line from its production order, which has to be released."""
    order = change.company.peek(ORDERS, line["BaseEntry"])
    if order is None:
        raise errors.refused(f"Production order '{line['BaseEntry']}' does not exist {where}")
    if order["ProductionOrderStatus"] != "boposReleased":
        raise errors.refused(f"Production order '{order['DocumentNumber']}' is not released {where}")
    if line.get("ItemCode"):
        raise errors.refused(f"Item number is taken from the base document; do not enter it {where}")
    if line.get("BaseLine") is None:
        _finished_product(change, line, order, where)
        return
    component = next((c for c in order.get("ProductionOrderLines") or [] if c["LineNumber"] == line["BaseLine"]), None)
    if component is None:
        raise errors.refused(f"Line '{line['BaseLine']}' of the production order does not exist {where}")
    returned = line.get("Quantity") or 0
    if change.entity_set.name == "InventoryGenEntries" and returned > component["IssuedQuantity"]:
        raise errors.refused(f"Returned quantity is greater than the issued quantity {where}")
    line["ItemCode"] = component["ItemNo"]
    line["WarehouseCode"] = line.get("WarehouseCode") or component["Warehouse"]


def _finished_product(change: Change, line: dict, order: dict, where: str) -> None:
    if change.entity_set.name == "InventoryGenExits":
        raise errors.refused(f"Enter the line of the production order (BaseLine) {where}")
    line["ItemCode"] = order["ItemNo"]
    line["WarehouseCode"] = line.get("WarehouseCode") or order["Warehouse"]
    line.setdefault("TransactionType", "botrntComplete")


def book(change: Change, line: dict, sign: int) -> None:
    """Write a receipt, issue or return back to the order."""
    if line.get("BaseType") != 202 or line.get("BaseEntry") is None:
        return
    order = change.company.find(ORDERS, line["BaseEntry"])
    if order is None:
        return
    quantity = line["Quantity"]
    if line.get("BaseLine") is None:
        rejected = line.get("TransactionType") == "botrntReject"
        order["RejectedQuantity" if rejected else "CompletedQuantity"] += quantity
        _backflush(change, order, quantity)
    else:
        component = next(c for c in order["ProductionOrderLines"] if c["LineNumber"] == line["BaseLine"])
        component["IssuedQuantity"] = round(component["IssuedQuantity"] - sign * quantity, 6)
    change.company.put(ORDERS, order["AbsoluteEntry"], order)


def _backflush(change: Change, order: dict, quantity: float) -> None:
    """Backflushed components leave stock with the receipt; batch-managed ones cannot (nobody picks their batch)."""
    for component in order.get("ProductionOrderLines") or []:
        item = change.company.find("Items", component["ItemNo"])
        if component.get("ProductionOrderIssueType") != "im_Backflush" or item is None:
            continue
        if item.get("ManageBatchNumbers") == "tYES" or item.get("InventoryItem") == "tNO":
            continue
        used = round(component["BaseQuantity"] * quantity, 6)
        stock.change_stock(change.company, item, component["Warehouse"], -used, None)
        component["IssuedQuantity"] = round(component["IssuedQuantity"] + used, 6)
