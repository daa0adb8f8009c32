"""Requests as a scanner sends them, one for each button. They fit the ERP's demo company.

``seed`` is the save request of the seed (5.4.6.2) as it stands there, braces repaired: numbers as texts, the header
(MainTable) inside the row, a batch number with a pipe.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from typing import Any

Body = dict[str, Any]

INVERTED_SQL = (
    '\nSelect T0."DocEntry",T1."LineNum",T1."ItemCode",T2."ItemName",T1."BaseQty",T1."wareHouse" \n'
    'From OWOR T0 Left Join WOR1 T1 On T0."DocEntry"=T1."DocEntry" \n'
    'Left Join OITM T2 On T1."ItemCode"=T2."ItemCode" \nWhere T2."ManBtchNum"=\'Y\' \n'
)
BACKFLUSH = {
    "Inverted": "Y",
    "InvertedSql": INVERTED_SQL,
    "InvertedBathSql": "call TMDK('{0}','{1}','{2}')",
}
BLANKS = {f"U_{name}{number}": "" for name, last in (("BFY", 6), ("FGY", 5)) for number in range(1, last + 1)}
HEADER = {"U_CZR": "CS01", "U_CZSJ": "2023-09-20 21:04:44", "DocDate": "20230920", "DocDueDate": "20230920", **BLANKS}
PRODUCED: Body = {
    "U_SCRKLX": "合格入库",
    "BaseEntry": "478",
    "BaseType": "202",
    "Quantity": "1",
    "ManBtchNum": "Y",
    "WarehouseCode": "W05001",
    "U_FJDSJ": "",
    "U_FJDRQ": "20230920",
    "U_FJDNR": "",
    "U_BGR1": "SF0006",
    "U_SBXH": "1",
    "linetable": [
        {
            "Quantity": "1",
            "BatchNumber": "11007510-01-50|20230920",
            "BinAbsEntry": "14",
            "AddmisionDate": "20230920",
        }
    ],
}
SEED: Body = {
    "method": "InventoryGenEntry",
    "table": "OIGN",
    "data": [{**PRODUCED, "MainTable": {**HEADER, **BACKFLUSH}}],
}


def _now() -> Body:
    """Who scanned, and when: what makes two equal scans two scans."""
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
    day = now.strftime("%Y%m%d")
    return {"U_CZR": "CS01", "U_CZSJ": now.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], "DocDate": day, "DocDueDate": day}


def _save(method: str, table: str, *rows: Body, **header: Any) -> Body:
    return {"method": method, "table": table, "data": list(rows), "MainTable": {**_now(), **header}}


def _line(item: str, quantity: str, warehouse: str, **more: Any) -> Body:
    return {"ItemCode": item, "Quantity": quantity, "WarehouseCode": warehouse, "ManBtchNum": "N", **more}


def _based(kind: str, entry: str, line: str, quantity: str, warehouse: str, **more: Any) -> Body:
    base = {"BaseType": kind, "BaseEntry": entry, "BaseLine": line}
    return {**base, "Quantity": quantity, "WarehouseCode": warehouse, "ManBtchNum": "N", **more}


def _batch(number: str, quantity: str, place: str = "") -> Body:
    row = {"Quantity": quantity, "BatchNumber": number, "AddmisionDate": "20230920"}
    return {"ManBtchNum": "Y", "linetable": [{**row, "BinAbsEntry": place} if place else row]}


def _received() -> Body:
    return copy.deepcopy(PRODUCED)


def _log_row() -> Body:
    stamp = datetime.datetime.now(datetime.UTC).strftime("%H%M%S%f")
    return {"Code": f"S{stamp}", "Name": f"扫码{stamp}", "U_ItemCode": "A00006", "U_Quantity": "1"}


# name -> (what the button says, the request)
SAVES: dict[str, tuple[str, Callable[[], Body | list[Body]]]] = {
    "seed": ("生产收货+倒扣（指南样例原文）", lambda: copy.deepcopy(SEED)),
    "backflush": ("生产收货+倒扣", lambda: _save("InventoryGenEntry", "OIGN", _received(), **BACKFLUSH)),
    "production_receipt": ("生产收货", lambda: _save("InventoryGenEntry", "OIGN", _received())),
    "production_issue": (
        "生产发料",
        lambda: _save("InventoryGenExit", "OIGE", _based("202", "73", "0", "2", "01")),
    ),
    "production_return": (
        "生产退料",
        lambda: _save("InventoryGenReturn", "OIGN", _based("202", "73", "0", "1", "01")),
    ),
    "purchase_receipt": ("采购收货", lambda: _save("PurchaseDelivery", "OPDN", _based("22", "1", "0", "10", "01"))),
    "purchase_receipt_batch": (
        "采购收货（批次、库位）",
        lambda: _save(
            "PurchaseDelivery", "OPDN", _based("22", "3", "1", "5", "W05001", **_batch("DY20230920", "5", "12"))
        ),
    ),
    "purchase_return": ("采购退货", lambda: _save("PurchaseReturn", "ORPD", _based("20", "1", "0", "1", "01"))),
    "delivery": ("销售交货", lambda: _save("DeliveryNotes", "ODLN", _based("17", "2", "0", "5", "02"))),
    "return": ("销售退货", lambda: _save("Returns", "ORDN", _based("15", "1", "0", "1", "02"))),
    "transfer": (
        "库存转储",
        lambda: _save("StockTransfer", "OWTR", _line("11028", "5", "03", FromWarehouseCode="01"), FromWarehouse="01"),
    ),
    "stock_issue": ("库存发货", lambda: _save("StockGenExit", "OIGE", _line("11028", "2", "01"))),
    "stock_receipt": ("库存收货", lambda: _save("StockGenEntry", "OIGN", _line("11028", "3", "01"))),
    "user_table": ("自定义表", lambda: {"method": "UserDataTable", "table": "SCANLOG", "data": [_log_row()]}),
    "several": (
        "两张单据一次提交",
        lambda: [
            _save("StockGenExit", "OIGE", _line("11028", "1", "01")),
            _save("StockGenEntry", "OIGN", _line("14003", "1", "01")),
        ],
    ),
    "update": (
        "修改（不支持）",
        lambda: {**_save("StockGenExit", "OIGE", _line("11028", "1", "01")), "operatortype": "U"},
    ),
    "unknown": ("未知方法", lambda: _save("Inventory", "OIGE", _line("11028", "1", "01"))),
    "wrong_batches": (
        "批次数量不符",
        lambda: _save("InventoryGenEntry", "OIGN", {**_received(), "Quantity": "3"}),
    ),
}
QUERIES = {
    "batches": ("批次", 'select "ItemCode" from OBTN'),
    "stock": ("库存", 'select "ItemCode","WhsCode","OnHand" from OITW where "OnHand" > 0'),
    "orders": ("生产订单", 'select "DocEntry","ItemCode","PlannedQty","Status" from OWOR'),
    "empty": ("空语句", ""),
    "forbidden": ("不允许的语句", "delete from OITM"),
}


def save(name: str) -> Body | list[Body]:
    """The body of a save sample, its scan time now; raises KeyError."""
    return SAVES[name][1]()


def query(name: str) -> Body:
    """The body of a query sample; raises KeyError."""
    return {"sql": QUERIES[name][1]}
