"""Scans for tests. SEED is the guide's own save request (5.4.6.2), braces repaired, line wraps taken out; WORKED is the
document that the protocol notes (C6) make of it."""

from __future__ import annotations

import copy
from typing import Any

from integrations.barcode.scan import document, reading
from integrations.barcode.scan.document import Draft
from integrations.barcode.scan.fields import Options

Body = dict[str, Any]
BACKFLUSH: Body = {
    "Inverted": "Y",
    "InvertedSql": '\nSelect T0."DocEntry",T1."LineNum",T1."ItemCode",T2."ItemName",T1."BaseQty",T1."wareHouse" \n'
    'From OWOR T0 Left Join WOR1 T1 On T0."DocEntry"=T1."DocEntry" \n'
    'Left Join OITM T2 On T1."ItemCode"=T2."ItemCode" \nWhere T2."ManBtchNum"=\'Y\' \n',
    "InvertedBathSql": "call TMDK('{0}','{1}','{2}')",
}
HEADER: Body = {
    "U_CZR": "CS01", "U_CZSJ": "2023-09-20 21:04:44", "DocDate": "20230920", "DocDueDate": "20230920",
    **{f"U_BFY{n}": "" for n in range(1, 7)}, **{f"U_FGY{n}": "" for n in range(1, 6)},
}  # fmt: skip
PRODUCED: Body = {
    "U_SCRKLX": "合格入库", "BaseEntry": "478", "BaseType": "202", "Quantity": "1", "ManBtchNum": "Y",
    "WarehouseCode": "W05001", "U_FJDSJ": "", "U_FJDRQ": "20230920", "U_FJDNR": "", "U_BGR1": "SF0006", "U_SBXH": "1",
    "linetable": [
        {"Quantity": "1", "BatchNumber": "11007510-01-50|20230920", "BinAbsEntry": "14", "AddmisionDate": "20230920"}
    ],
}  # fmt: skip
SEED: Body = {
    "method": "InventoryGenEntry",
    "table": "OIGN",
    "data": [{**PRODUCED, "MainTable": {**HEADER, **BACKFLUSH}}],
}
WORKED: Body = {
    "DocDate": "2023-09-20", "DocDueDate": "2023-09-20", "U_CZR": "CS01", "U_CZSJ": "2023-09-20 21:04:44",
    "DocumentLines": [
        {
            "BaseType": 202, "BaseEntry": 478, "Quantity": 1.0, "WarehouseCode": "W05001", "U_SCRKLX": "合格入库",
            "U_FJDRQ": "20230920", "U_BGR1": "SF0006", "U_SBXH": "1",
            "BatchNumbers": [
                {
                    "BatchNumber": "11007510-01-50|20230920", "Quantity": 1.0, "AddmisionDate": "2023-09-20",
                    "BaseLineNumber": 0,
                }
            ],
            "DocumentLinesBinAllocations": [
                {
                    "BinAbsEntry": 14, "Quantity": 1.0, "AllowNegativeQuantity": "tNO",
                    "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0,
                }
            ],
        }
    ],
}  # fmt: skip


def seed(**changes: Any) -> Body:
    """The guide's request, the first line changed."""
    body = copy.deepcopy(SEED)
    body["data"][0] |= changes
    return body


def save(method: str, *rows: Body, header: Body | None = None, **top: Any) -> Body:
    return {"method": method, "data": [copy.deepcopy(row) for row in rows], "MainTable": header or {}, **top}


def build(body: Any, **options: Any) -> Draft:
    """The document of a request."""
    return document.build(reading.read(body), Options(**options))


def line(body: Any, number: int = 0, **options: Any) -> Body:
    """One line of the document of a request."""
    draft = build(body, **options)
    lines = draft.payload.get("DocumentLines") or draft.payload["StockTransferLines"]
    return lines[number]
