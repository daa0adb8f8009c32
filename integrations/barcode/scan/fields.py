"""Which fields of a scan go into the ERP's document, and of which type they are (protocol C6; names: $metadata).

What is not listed and does not begin with U_ is dropped, or refused where the flow is strict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.barcode.scan.values import Convert, as_sent, day, integer, is_blank, number, text

USER = "U_"
HEADER: dict[str, Convert] = {
    "DocDate": day, "DocDueDate": day, "TaxDate": day, "CardCode": text, "NumAtCard": text, "Reference1": text,
    "Reference2": text, "Comments": text, "JournalMemo": text, "Series": integer, "BPL_IDAssignedToInvoice": integer,
    "DocCurrency": text, "SalesPersonCode": integer,
}  # fmt: skip
TRANSFER_HEADER: dict[str, Convert] = {
    "DocDate": day, "DueDate": day, "TaxDate": day, "CardCode": text, "Reference1": text, "Reference2": text,
    "Comments": text, "JournalMemo": text, "Series": integer, "SalesPersonCode": integer, "FromWarehouse": text,
    "ToWarehouse": text, "PriceList": integer,
}  # fmt: skip
LINE: dict[str, Convert] = {
    "ItemCode": text, "ItemDescription": text, "Quantity": number, "WarehouseCode": text, "BaseType": integer,
    "BaseEntry": integer, "BaseLine": integer, "UnitPrice": number, "Price": number, "PriceAfterVAT": number,
    "Currency": text, "VatGroup": text, "TaxCode": text, "AccountCode": text, "ProjectCode": text,
    "CostingCode": text, "CostingCode2": text, "CostingCode3": text, "CostingCode4": text, "CostingCode5": text,
    "UoMEntry": integer, "TransactionType": text, "FreeText": text,
}  # fmt: skip
TRANSFER_LINE: dict[str, Convert] = {
    "ItemCode": text, "Quantity": number, "WarehouseCode": text, "FromWarehouseCode": text, "BaseType": integer,
    "BaseEntry": integer, "BaseLine": integer, "ProjectCode": text, "UoMEntry": integer,
}  # fmt: skip
BATCH: dict[str, Convert] = {
    "AddmisionDate": day, "ExpiryDate": day, "ManufacturingDate": day, "ManufacturerSerialNumber": text,
    "InternalSerialNumber": text, "Location": text, "Notes": text,
}  # fmt: skip
# Read by us, never sent on.
OURS = frozenset({
    "method", "table", "operatortype", "operationtype", "ManBtchNum", "ManSerNum", "linetable", "MainTable",
    "Inverted", "InvertedSql", "InvertedBathSql", "InvertedBatchSql", "ItemName",
})  # fmt: skip


@dataclass(frozen=True)
class Options:
    """``strict``: unknown fields are refused (BC.4006). ``empty``: user fields without a value: drop, null or keep."""

    strict: bool = False
    empty: str = "drop"


def pick(row: Mapping[str, Any], known: Mapping[str, Convert], path: str, options: Options) -> dict[str, Any]:
    """The known fields, converted, and the user fields. Empty ones are left out."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        place = f"{path}.{name}"
        if name.startswith(USER):
            found |= _user_field(name, value, place, options)
        elif name in known:
            if not is_blank(value):
                found[name] = known[name](value, place)
        elif options.strict and name not in OURS:
            raise Refusal(codes.UNKNOWN_FIELD, _("%(path)s is not a known field") % {"path": place})
    return found


def _user_field(name: str, value: Any, place: str, options: Options) -> dict[str, Any]:
    if not is_blank(value) or options.empty == "keep":
        return {name: as_sent(value, place)}
    return {name: None} if options.empty == "null" else {}
