"""Stock transfers, transfer requests and transfer drafts (type StockTransfer)."""

from __future__ import annotations

from sandbox.erp import errors, settings
from sandbox.erp.rules import bases, stock
from sandbox.erp.writing import BEFORE_CREATE, BEFORE_UPDATE, Change, rule


@rule(BEFORE_CREATE, "StockTransfer")
def complete(change: Change) -> None:
    lines = change.new.get("StockTransferLines") or []
    if not lines:
        raise errors.refused(f"One or more lines are missing [{change.entity_set.line_table}]")
    posts = change.entity_set.name == "StockTransfers"
    for index, line in enumerate(lines):
        _complete_line(change, line, index)
        if posts:
            _move(change, line, index)
    _complete_header(change)
    _draw(change, lines)


def _complete_line(change: Change, line: dict, index: int) -> None:
    where = f"[{change.entity_set.line_table}.ItemCode][line: {index + 1}]"
    number = {**line, "BaseType": 1250000001} if line.get("BaseType") == "InventoryTransferRequest" else line
    if number is not line:
        bases.copy(change, number, index)
        line |= {**number, "BaseType": "InventoryTransferRequest"}
    item = change.company.peek("Items", line.get("ItemCode") or "")
    if item is None:
        raise errors.refused(f"Invalid item number '{line.get('ItemCode') or ''}' {where}")
    line["FromWarehouseCode"] = line.get("FromWarehouseCode") or change.new.get("FromWarehouse")
    line["WarehouseCode"] = line.get("WarehouseCode") or change.new.get("ToWarehouse")
    line.setdefault("ItemDescription", item.get("ItemName"))
    line.setdefault("MeasureUnit", item.get("InventoryUOM"))
    if not line.get("Quantity") or line["Quantity"] <= 0:
        raise errors.refused(f"Enter a quantity greater than 0 {where}")
    line |= {"DocEntry": change.key, "LineStatus": "bost_Open", "RemainingOpenQuantity": line["Quantity"]}


def _move(change: Change, line: dict, index: int) -> None:
    where = f"[{change.entity_set.line_table}.FromWhsCod][line: {index + 1}]"
    source, target = line["FromWarehouseCode"], line["WarehouseCode"]
    if not source or not target:
        raise errors.refused(f"Enter the warehouses of the transfer {where}")
    rows = line.get("StockTransferLinesBinAllocations") or []
    taken = [row for row in rows if row.get("BinActionType") == "batFromWarehouse"]
    given = [row for row in rows if row.get("BinActionType") == "batToWarehouse"]
    if source == target and not (taken and given):
        raise errors.refused(f"The warehouses of the transfer are the same {where}")
    stock.move(change.company, line, source, -1, taken, where)
    stock.move(change.company, line, target, 1, given, where)


def _complete_header(change: Change) -> None:
    date, _ = settings.create_stamp()
    new = change.new
    new.setdefault("DocDate", date)
    defaults = {"DueDate": new["DocDate"], "TaxDate": new["DocDate"], "Series": 26, "Printed": "tNO"}
    for name, value in defaults.items():
        new.setdefault(name, value)
    code = "67" if change.entity_set.name == "StockTransferDrafts" else str(change.entity_set.code)
    new |= {"DocNum": 20230000 + change.key, "DocObjectCode": code, "DocumentStatus": "bost_Open"}
    new.setdefault("AuthorizationStatus", "sasWithout")


def _draw(change: Change, lines: list[dict]) -> None:
    """Close the transfer requests that were drawn from (their type is named by name here)."""
    named = [line for line in lines if line.get("BaseType") == "InventoryTransferRequest"]
    for line in named:
        line["BaseType"] = 1250000001
    bases.draw(change)
    for line in named:
        line["BaseType"] = "InventoryTransferRequest"


@rule(BEFORE_UPDATE, "StockTransfer")
def update(change: Change) -> None:
    for index, line in enumerate(change.new.get("StockTransferLines") or []):
        if "LineStatus" not in line:
            _complete_line(change, line, index)
