"""Stored procedures. ``TMDK(item, warehouse, quantity)`` gives the batches to take, first in, first out."""

from __future__ import annotations

from typing import Any

from sandbox import switches
from sandbox.diapi.hana import SqlRefused
from sandbox.erp.company import Company

# The customer's procedure is not published: clients have to take each of these spellings of batch, quantity and bin.
COLUMNS = switches.declare(
    "diapi",
    "tmdk_columns",
    "BatchNumber,Quantity,BinAbsEntry",
    "TMDK 返回的列名（批次、数量、库位）",
    ("BatchNumber,Quantity,BinAbsEntry", "BATCHNUM,QTY,BINABS", "DistNumber,OnHandQty,AbsEntry"),
)


def call(company: Company, name: str, arguments: list[str]) -> list[dict[str, Any]]:
    """Raises SqlRefused for an unknown procedure or wrong arguments."""
    if name.rpartition(".")[2] != "TMDK":
        raise SqlRefused(f"invalid name of function or procedure: {name}")
    if len(arguments) != 3:
        raise SqlRefused("wrong number or types of parameters in call: TMDK")
    item, warehouse, quantity = arguments
    try:
        wanted = float(quantity)
    except ValueError:
        raise SqlRefused(f"invalid number: {quantity}") from None
    return _first_in_first_out(company, item, warehouse, wanted)


def _first_in_first_out(company: Company, item: str, warehouse: str, wanted: float) -> list[dict[str, Any]]:
    """Rows until the quantity is covered; the last may hold more than is needed, all together less."""
    rows = []
    for batch, bin_entry, held in _available(company, item, warehouse):
        if wanted <= 0:
            break
        names = COLUMNS().split(",")
        shown = {
            "ItemCode": item,
            "WhsCode": warehouse,
            **dict(zip(names, (batch["Batch"], held, bin_entry), strict=True)),
        }
        rows.append({**shown, "InDate": batch["AdmissionDate"]})
        wanted -= held
    return rows


def _available(company: Company, item: str, warehouse: str) -> list[tuple[dict, int | None, float]]:
    """(batch, bin or None, quantity) of what is in the warehouse, oldest admission first."""
    batches = {b["DocEntry"]: b for b in company.bodies("BatchNumberDetails") if b["ItemCode"] == item}
    place = company.peek("Warehouses", warehouse) or {}
    if place.get("EnableBinLocations") == "tYES":
        held = [
            (batches[row["SnBMDAbs"]], row["BinAbs"], row["OnHandQty"])
            for row in company.bodies("BinQuantities")
            if row["SnBMDAbs"] in batches and row["WhsCode"] == warehouse and row["OnHandQty"] > 0
        ]
    else:
        held = [
            (batches[row["MdAbsEntry"]], None, row["Quantity"])
            for row in company.bodies("BatchQuantities")
            if row["MdAbsEntry"] in batches and row["WhsCode"] == warehouse and row["Quantity"] > 0
        ]
    return sorted(held, key=lambda found: (found[0]["AdmissionDate"], found[0]["DocEntry"], found[1] or 0))
