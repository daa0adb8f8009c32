"""What each kind of method adds to the common rules (protocol C6, table of methods)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.barcode.methods import PRODUCTION_ORDER, TRANSFER_REQUEST, Method
from integrations.barcode.scan.fields import Options, pick
from integrations.barcode.scan.reading import Row
from integrations.barcode.scan.values import Convert, as_sent, bad, text

NO_BASE = (-1, 0)
# Transfers name their base document's type (InvBaseDocTypeEnum).
TRANSFER_BASES = {
    TRANSFER_REQUEST: "InventoryTransferRequest",
    20: "PurchaseDeliveryNotes",
    59: "InventoryGeneralEntry",
    67: "WarehouseTransfers",
}
_TABLE_ROW: dict[str, Convert] = {"Code": text, "Name": text}


def missing(path: str, name: str) -> Refusal:
    """BC.4009."""
    return Refusal(codes.MISSING, _("%(path)s.%(name)s is missing") % {"path": path, "name": name})


def trade(method: Method, line: Row, path: str) -> str:
    """A partner document's line: from its base line, or an item of its own."""
    if _has_base(line):
        line.setdefault("BaseType", method.base)
        _needs(line, path, "BaseLine")
    else:
        _needs(line, path, "ItemCode")
    return ""


def component(method: Method, line: Row, path: str) -> str:
    """Issue and return of a production order's component. The item comes from the order's line."""
    _production_order(line, path)
    item = line.pop("ItemCode", "")
    if "BaseLine" in line:
        return ""
    if not item:
        raise missing(path, "BaseLine")
    return str(item)


def product(method: Method, line: Row, path: str) -> str:
    """Receipt of a production order's product: neither item nor line number, the ERP refuses them."""
    _production_order(line, path)
    line.pop("ItemCode", None)
    line.pop("BaseLine", None)
    return ""


def stock(method: Method, line: Row, path: str) -> str:
    """Goods receipt and issue without a base."""
    _needs(line, path, "ItemCode")
    for name in ("BaseType", "BaseEntry", "BaseLine"):
        line.pop(name, None)
    return ""


def transfer(method: Method, line: Row, path: str) -> str:
    """A transfer's line, of its own or from a transfer request."""
    if not _has_base(line):
        _needs(line, path, "ItemCode")
        return ""
    kind = line.get("BaseType", method.base)
    if kind not in TRANSFER_BASES:
        raise bad(f"{path}.BaseType", kind, _("a base document of this method"))
    line["BaseType"] = TRANSFER_BASES[kind]
    _needs(line, path, "BaseLine")
    return ""


RULES: dict[str, Callable[[Method, Row, str], str]] = {
    "trade": trade,
    "component": component,
    "product": product,
    "stock": stock,
    "transfer": transfer,
}


def check_warehouses(header: Row, line: Row, path: str) -> None:
    """From and to are needed, and must differ unless the bins do."""
    source = line.get("FromWarehouseCode") or header.get("FromWarehouse")
    target = line.get("WarehouseCode") or header.get("ToWarehouse")
    if not source:
        raise missing(path, "FromWarehouseCode")
    if not target:
        raise missing(path, "WarehouseCode")
    if source != target:
        return
    allocations = line.get("StockTransferLinesBinAllocations") or []
    taken, given = (
        {row["BinAbsEntry"] for row in allocations if row["BinActionType"] == action}
        for action in ("batFromWarehouse", "batToWarehouse")
    )
    if not taken or not given or taken == given:
        raise bad(f"{path}.WarehouseCode", target, _("another warehouse or bin than it comes from"))


def table_row(row: Row, path: str, options: Options) -> dict[str, Any]:
    """One object of a user table."""
    plain = {name: value for name, value in row.items() if not isinstance(value, list) and name != "DocEntry"}
    tables = {
        name: value
        for name, value in row.items()
        if isinstance(value, list) and name != "linetable" and all(isinstance(each, dict) for each in value)
    }
    for name, inner in tables.items():
        for number, each in enumerate(inner):
            for member, value in each.items():
                as_sent(value, f"{path}.{name}[{number}].{member}")
    return {**pick(plain, _TABLE_ROW, path, options), **tables}


def _has_base(line: Row) -> bool:
    """Is it made from another document? -1 and 0 say no."""
    if line.get("BaseType") in NO_BASE or line.get("BaseEntry") in NO_BASE:
        for name in ("BaseType", "BaseEntry", "BaseLine"):
            line.pop(name, None)
    return "BaseEntry" in line


def _production_order(line: Row, path: str) -> None:
    if line.setdefault("BaseType", PRODUCTION_ORDER) != PRODUCTION_ORDER:
        raise bad(f"{path}.BaseType", line["BaseType"], str(PRODUCTION_ORDER))
    _needs(line, path, "BaseEntry")


def _needs(line: Row, path: str, name: str) -> None:
    if name not in line:
        raise missing(path, name)
