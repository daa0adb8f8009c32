"""The eleven methods of the barcode system (seed 5.5.1): only A, adding, is supported."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from integrations.barcode import codes
from integrations.barcode.codes import Refusal

PRODUCTION_ORDER = 202
TRANSFER_REQUEST = 1250000001
# Base documents by object number, as far as our methods are made from them.
BASE_SETS = {
    13: "Invoices", 15: "DeliveryNotes", 16: "Returns", 17: "Orders", 18: "PurchaseInvoices",
    20: "PurchaseDeliveryNotes", 22: "PurchaseOrders", 23: "Quotations", 540000006: "PurchaseQuotations",
    234000031: "ReturnRequest", 234000032: "GoodsReturnRequest",
}  # fmt: skip


@dataclass(frozen=True)
class Method:
    """``kind`` picks the rules: trade (partner documents), component, product, stock, transfer, table.

    ``base``: the usual base document's object number, taken where BaseType is not said.
    """

    key: str
    name: str
    entity_set: str
    table: str
    kind: str
    base: int = 0

    @property
    def lines(self) -> str:
        """Name of the lines' collection."""
        return "StockTransferLines" if self.kind == "transfer" else "DocumentLines"

    def as_row(self) -> dict[str, object]:
        """As barcode.methods lists it (protocol C8)."""
        shown = {"method": self.key, "name": self.name, "object": self.entity_set, "table": self.table}
        return {**shown, "A": True, "U": False, "Q": False}


ALL = (
    Method("UserDataTable", "自定义表", "{OBJ}", "", "table"),
    Method("PurchaseDelivery", "采购收货", "PurchaseDeliveryNotes", "OPDN", "trade", 22),
    Method("PurchaseReturn", "采购退货", "PurchaseReturns", "ORPD", "trade", 20),
    Method("InventoryGenExit", "生产发料", "InventoryGenExits", "OIGE", "component", PRODUCTION_ORDER),
    Method("InventoryGenReturn", "生产退料", "InventoryGenEntries", "OIGN", "component", PRODUCTION_ORDER),
    Method("InventoryGenEntry", "生产收货", "InventoryGenEntries", "OIGN", "product", PRODUCTION_ORDER),
    Method("DeliveryNotes", "销售交货", "DeliveryNotes", "ODLN", "trade", 17),
    Method("Returns", "销售退货", "Returns", "ORDN", "trade", 15),
    Method("StockTransfer", "库存转储", "StockTransfers", "OWTR", "transfer", TRANSFER_REQUEST),
    Method("StockGenExit", "库存发货", "InventoryGenExits", "OIGE", "stock"),
    Method("StockGenEntry", "库存收货", "InventoryGenEntries", "OIGN", "stock"),
)
_BY_NAME = {method.key.lower(): method for method in ALL}
# The ERP's own names, where they mean one method only.
_ALIASES = {
    "purchasedeliverynotes": "purchasedelivery",
    "purchasereturns": "purchasereturn",
    "stocktransfers": "stocktransfer",
}
ISSUE, RECEIPT = _BY_NAME["inventorygenexit"], _BY_NAME["inventorygenentry"]


def find(name: object) -> Method:
    """By its name, in capitals or not. Raises Refusal (BC.4002) naming the known ones."""
    text = str(name or "").strip().lower()
    method = _BY_NAME.get(_ALIASES.get(text, text))
    if method is None:
        known = ", ".join(method.key for method in ALL)
        words = _("method %(name)s is not supported; known: %(known)s")
        raise Refusal(codes.BAD_METHOD, words % {"name": name or "-", "known": known})
    return method
