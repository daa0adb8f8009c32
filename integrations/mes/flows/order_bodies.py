"""From a production order of the ERP to what the MES takes (seed 4.3.1.4, 4.3.1.5, 4.4.1; protocol B5).

The mapping sees the order with two collections added: ``inputs``, its components, and ``outputs``: the product (the
order's own fields) and by-products (components with a negative quantity).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core.errors import DocumentRejected
from core.mapping import decimals, texts

Row = dict[str, Any]
LINES = "ProductionOrderLines"
ENDED = {"boposCancelled", "boposClosed"}
DISASSEMBLY = "bopotDisassembly"
ITEM_LINES = {None, "", "pit_Item"}  # not resources, not texts


def is_ended(order: Row) -> bool:
    """Cancelled or closed: the MES has to close it."""
    return order.get("ProductionOrderStatus") in ENDED


def mapped_from(order: Row) -> Row:
    """The order as the mapping sees it."""
    lines = [line for line in order.get(LINES) or [] if line.get("ItemType") in ITEM_LINES]
    head = {name: value for name, value in order.items() if name != LINES}
    by_products = [_turned(line) for line in lines if _quantity(line) < 0]
    return {**order, "inputs": [line for line in lines if _quantity(line) > 0], "outputs": [head, *by_products]}


def _quantity(line: Row) -> float:
    value = line.get("BaseQuantity")
    return float((line.get("PlannedQuantity") if value is None else value) or 0)


def _turned(line: Row) -> Row:
    """A by-product with its quantities above zero."""
    amounts = {name: abs(line[name]) for name in ("BaseQuantity", "PlannedQuantity") if line.get(name)}
    return {**line, **amounts}


def completed(code: str, order: Row, payload: Row) -> Row:
    """The mapped sections of an order (as ``mapped_from`` made it) with what the MES wants besides.

    Raises DocumentRejected for what it cannot take.
    """
    if order.get("ProductionOrderType") == DISASSEMBLY:
        raise DocumentRejected(
            _("a disassembly order is no work order for the MES: leave such orders out by the filter")
        )
    outputs = [_output(code, number, row) for number, row in enumerate(payload["outputs"])]
    if not outputs:
        raise DocumentRejected(_("mapping outputs has no rows: the MES needs the product"))
    inputs = [_input(code, line, row) for line, row in zip(order["inputs"], payload["inputs"], strict=False)]
    return {"order": _head(code, payload["order"]), "outputs": outputs, "inputs": inputs}


def _head(code: str, fields: Row) -> Row:
    """The plan's times: without a start there is none, an end before the start becomes the start."""
    start, finish = (str(fields.get(name) or "") for name in ("planStartTime", "planFinishTime"))
    if not (start or finish):
        raise DocumentRejected(_("the order has neither a start nor a due date"))
    start = start or finish
    return {**fields, "code": code, "planStartTime": start, "planFinishTime": max(start, finish)}


def _output(code: str, number: int, row: Row) -> Row:
    """The first one is the product, whatever the mapping says of the others."""
    _check_amount(row, "plannedAmount")
    flags: Row = {"mainFlagInt": 0, "mainFlag": "0"} if number else {"mainFlagInt": 1, "mainFlag": "1"}
    return {"lineSeq": str(number + 1), **row, "workOrderCode": code, **flags}


def _input(code: str, line: Row, row: Row) -> Row:
    """Numbered as in the ERP: 10, 20 ..."""
    sequence = str((int(line.get("LineNumber") or 0) + 1) * 10)
    return {"seq": sequence, "subInputAmountDenominator": "1", **row, "workOrderCode": code}


def _check_amount(row: Row, name: str) -> None:
    try:
        number = decimals.parse(row.get(name))
    except ValueError as error:
        raise DocumentRejected(f"{name}: {error}") from None
    if number is None or number <= 0:
        raise DocumentRejected(_("%(name)s is %(value)s: it must be above 0") % {"name": name, "value": row.get(name)})


def import_body(payload: Row) -> Row:
    """For creating (or importing again). Lists that the MES owns are sent empty: it wants them there."""
    return {
        "inputMaterialControlOpenCOs": [],
        "processPlanOpenCOs": [],
        **payload["order"],
        "outputMaterialOpenCOs": [_texts(row, "mainFlagInt") for row in payload["outputs"]],
        "inputMaterialOpenCOs": [_texts(row) for row in payload["inputs"]],
    }


def edit_body(payload: Row) -> Row:
    """For editing: other names for the same, and no status, which is the MES's by now."""
    base = {name: value for name, value in payload["order"].items() if name != "status"}
    return {
        "code": base["code"],
        "workOrderBaseCO": base,
        "outputMaterials": [_edited_output(row) for row in payload["outputs"]],
        "inputMaterials": [_texts(row) for row in payload["inputs"]],
    }


def _edited_output(row: Row) -> Row:
    fields = {name: value for name, value in _texts(row).items() if name not in ("mainFlag", "mainFlagInt", "unitName")}
    unit = {"unitCode": row["unitName"]} if row.get("unitName") else {}
    return {**fields, "main": row["mainFlagInt"], **unit}


def _texts(row: Row, *numbers: str) -> Row:
    """Amounts and numbers are texts there, but for the fields named."""
    return {
        name: value if name in numbers or isinstance(value, str | list | dict) else texts.text(value)
        for name, value in row.items()
    }
