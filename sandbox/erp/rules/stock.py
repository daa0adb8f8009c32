"""Stock of items by warehouse, batch and bin: documents change it and may not take what is not there."""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.erp import errors, settings
from sandbox.erp.company import Company
from sandbox.erp.writing import Change

TOLERANCE = 1e-6


def post(change: Change, line: dict, index: int, sign: int) -> None:
    """Book one document line: ``sign`` 1 into its warehouse, -1 out of it."""
    where = f"[{change.entity_set.line_table}.ItemCode][line: {index + 1}]"
    bins = line.get("DocumentLinesBinAllocations") or []
    move(change.company, line, line["WarehouseCode"], sign, bins, where)


def move(company: Company, line: dict, warehouse: str, sign: int, bins: list[dict], where: str) -> None:
    """Book a quantity with its batches and bins; raises ServiceError where it does not add up."""
    item = company.find("Items", line["ItemCode"])
    if item is None or item.get("InventoryItem") == "tNO":
        return
    place = company.peek("Warehouses", warehouse)
    if place is None:
        raise errors.refused(f"Invalid warehouse '{warehouse}' {where}")
    batches = _batches(item, line, where)
    _bins(company, line, place, bins, batches, where)
    change_stock(company, item, warehouse, sign * line["Quantity"], where)
    for batch in batches:
        change_batch(company, item, warehouse, batch, sign * batch["Quantity"], where)
    for row in bins:
        _change_bin(company, line, row, batches, sign, where)


def _batches(item: dict, line: dict, where: str) -> list[dict]:
    """The batch rows that belong to this line; they have to cover its quantity."""
    if item.get("ManageBatchNumbers") != "tYES":
        return []
    number = line.get("LineNum")
    rows = [row for row in line.get("BatchNumbers") or [] if row.get("BaseLineNumber") in (None, number)]
    total = sum(row.get("Quantity") or 0 for row in rows)
    if abs(total - line["Quantity"]) > TOLERANCE or any(not row.get("BatchNumber") for row in rows):
        raise errors.refused(f"Cannot add row without complete selection of batch/serial numbers {where}")
    return rows


def _bins(company: Company, line: dict, place: dict, rows: list[dict], batches: list[dict], where: str) -> None:
    code = place["WarehouseCode"]
    if place.get("EnableBinLocations") != "tYES":
        if rows:
            raise errors.refused(f"Warehouse '{code}' has no bin locations {where}")
        return
    for row in rows:
        found = company.peek("BinLocations", row.get("BinAbsEntry") or 0)
        if found is None or found["Warehouse"] != code:
            raise errors.refused(f"Invalid bin location '{row.get('BinAbsEntry')}' of warehouse '{code}' {where}")
        base = row.get("SerialAndBatchNumbersBaseLine")
        if batches and not (isinstance(base, int) and 0 <= base < len(batches)):
            raise errors.refused(f"Bin allocation without its batch (SerialAndBatchNumbersBaseLine) {where}")
    if abs(sum(row.get("Quantity") or 0 for row in rows) - line["Quantity"]) > TOLERANCE:
        item = line["ItemCode"]
        raise errors.refused(f'Fully allocate item "{item}" to bin locations in warehouse "{code}" {where}')


def change_stock(company: Company, item: dict, warehouse: str, quantity: float, where: str | None) -> None:
    """Add to (or take from) the item's stock; ``where`` None lets it fall below zero."""
    rows = item.setdefault("ItemWarehouseInfoCollection", [])
    row = next((row for row in rows if row["WarehouseCode"] == warehouse), None)
    if row is None:
        row = {"WarehouseCode": warehouse, "InStock": 0.0, "Committed": 0.0, "Ordered": 0.0}
        rows.append(row)
    left = round(row["InStock"] + quantity, 6)
    if left < -TOLERANCE and where is not None:
        raise errors.refused(f"Quantity falls into negative inventory {where}")
    row["InStock"] = left
    item["QuantityOnStock"] = round(sum(row["InStock"] for row in rows), 6)
    company.put("Items", item["ItemCode"], item, silent=True)


def change_batch(company: Company, item: dict, warehouse: str, row: dict, quantity: float, where: str) -> None:
    batch = batch_of(company, item, row, make=quantity > 0)
    number = batch["DocEntry"] if batch else None
    key = f"{number}|{warehouse}"
    held = company.find("BatchQuantities", key) or {"Quantity": 0.0}
    left = round(held["Quantity"] + quantity, 6)
    if batch is None or left < -TOLERANCE:
        name = row["BatchNumber"]
        text = f"Batch '{name}' of item '{item['ItemCode']}' does not have enough quantity in warehouse '{warehouse}'"
        raise errors.refused(f"{text} {where}")
    held |= {"ItemCode": item["ItemCode"], "SysNumber": batch["SystemNumber"], "WhsCode": warehouse}
    company.put("BatchQuantities", key, {**held, "Quantity": left, "MdAbsEntry": number})


def batch_of(company: Company, item: dict, row: dict, make: bool) -> dict | None:
    """The batch master record of an item's batch; made on its first receipt."""
    index = f"{item['ItemCode']}|{row['BatchNumber']}"
    known = company.peek("BatchIndex", index)
    if known:
        return company.find("BatchNumberDetails", known["DocEntry"])
    if not make:
        return None
    entry = store.next_number(company.system, "BatchNumberDetails")
    system_number = (item.get("_batches") or 0) + 1
    item["_batches"] = system_number
    company.put("Items", item["ItemCode"], item, silent=True)
    body = _new_batch(item, row, entry, system_number)
    company.put("BatchNumberDetails", entry, body)
    company.put("BatchIndex", index, {"DocEntry": entry})
    return body


def _new_batch(item: dict, row: dict, entry: int, system_number: int) -> dict[str, Any]:
    return {
        "DocEntry": entry,
        "ItemCode": item["ItemCode"],
        "ItemDescription": item.get("ItemName"),
        "Status": "bdsStatus_Released",
        "Batch": row["BatchNumber"],
        "BatchAttribute1": row.get("ManufacturerSerialNumber"),
        "BatchAttribute2": row.get("InternalSerialNumber"),
        "AdmissionDate": row.get("AddmisionDate") or settings.create_stamp()[0],
        "ManufacturingDate": row.get("ManufacturingDate"),
        "ExpirationDate": row.get("ExpiryDate"),
        "Details": row.get("Notes"),
        "SystemNumber": system_number,
        **{name: value for name, value in row.items() if name.startswith("U_")},
    }


def _change_bin(company: Company, line: dict, row: dict, batches: list[dict], sign: int, where: str) -> None:
    entry = 0
    if batches:
        name = batches[row["SerialAndBatchNumbersBaseLine"]]["BatchNumber"]
        known = company.peek("BatchIndex", f"{line['ItemCode']}|{name}")
        entry = known["DocEntry"] if known else 0
    key = f"{line['ItemCode']}|{row['BinAbsEntry']}|{entry}"
    held = company.find("BinQuantities", key) or {"OnHandQty": 0.0}
    left = round(held["OnHandQty"] + sign * row["Quantity"], 6)
    if left < -TOLERANCE and row.get("AllowNegativeQuantity") != "tYES":
        raise errors.refused(f"Quantity falls into negative in bin location '{row['BinAbsEntry']}' {where}")
    bin_location = company.peek("BinLocations", row["BinAbsEntry"]) or {}
    held |= {"ItemCode": line["ItemCode"], "BinAbs": row["BinAbsEntry"], "WhsCode": bin_location.get("Warehouse")}
    company.put("BinQuantities", key, {**held, "OnHandQty": left, "SnBMDAbs": entry})
