"""Demo documents: stock, drafts in approval, orders, production orders, special prices, user objects."""

from __future__ import annotations

import base64
from typing import Any

from sandbox import store
from sandbox.erp import actions, attachments, writing
from sandbox.erp.company import Company
from sandbox.erp.rules import approvals
from sandbox.erp.sets import BY_CODE, SETS

# The smallest picture there is: one pixel.
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
MADE_FROM: dict[
    str, list[tuple[str, float, str]]
] = {  # finished item -> components (item, quantity a piece, how it is issued)
    "101010001": [("201010001", 2, "im_Manual"), ("201010002", 1, "im_Manual"), ("201010003", 8, "im_Backflush")],
    "101010002": [("201010001", 1, "im_Manual"), ("202001", 3, "im_Manual")],
    "101010003": [("201010002", 2, "im_Manual"), ("201010004", 0.5, "im_Backflush")],
    "11007510-01": [("120001", 1.5, "im_Manual"), ("201010004", 0.1, "im_Backflush")],
}
# item, status, planned, U_SyncStatus (None = never set), workshop: rows of the decision table of mes.push_work_orders
PRODUCTION = [
    ("101010001", "boposReleased", 100, "N", "一车间"),
    ("101010001", "boposReleased", 50, None, "一车间"),
    ("101010002", "boposReleased", 200, "N", "二车间"),
    ("101010003", "boposReleased", 30, "Y", "二车间"),
    ("101010002", "boposCancelled", 80, "N", "二车间"),
    ("101010001", "boposCancelled", 60, "Y", "一车间"),
    ("101010002", "boposClosed", 40, "N", "二车间"),
    ("101010001", "boposPlanned", 120, "N", "一车间"),
    ("11007510-01", "boposReleased", 500, "N", "精密车间"),
]


def _create(company: Company, name: str, body: dict[str, Any], user: int = 1) -> dict:
    return writing.create(company, user, company.schema.sets[name], body).new


def _stock(company: Company) -> None:
    """A receipt of everything that is kept, so that issues and deliveries have something to take."""
    lines: list[dict[str, Any]] = []
    for item in company.bodies("Items"):
        if item["Frozen"] == "tYES" or item["Valid"] == "tNO":
            continue
        line = {
            "ItemCode": item["ItemCode"],
            "Quantity": 1000.0,
            "WarehouseCode": item["DefaultWarehouse"],
            "UnitPrice": 10.0,
        }
        if item["ManageBatchNumbers"] == "tYES":
            line["BatchNumbers"] = [
                {"BatchNumber": f"B2022{month:02d}01", "Quantity": 500.0, "AddmisionDate": f"2022-{month:02d}-01"}
                for month in (8, 10)
            ]
        lines.append(line)
    _create(company, "InventoryGenEntries", {"DocDate": "2022-08-01", "Comments": "期初库存", "DocumentLines": lines})
    _create(
        company, "InventoryGenEntries", {"DocDate": "2023-09-01", "Comments": "条码仓期初", "DocumentLines": _binned()}
    )


def _binned() -> list[dict[str, Any]]:
    """Stock of the barcode warehouse, which has bins."""
    batches = [
        ("201010004", "GZ20230901", 11),
        ("201010002", "DY20230901", 12),
        ("11007510-01", "11007510-01-50|20230901", 14),
    ]
    lines: list[dict[str, Any]] = []
    for item, batch, place in batches:
        allocation = {
            "BinAbsEntry": place,
            "Quantity": 300.0,
            "SerialAndBatchNumbersBaseLine": 0,
            "AllowNegativeQuantity": "tNO",
        }
        row = {"BatchNumber": batch, "Quantity": 300.0, "AddmisionDate": "2023-09-01"}
        line = {"ItemCode": item, "Quantity": 300.0, "WarehouseCode": "W05001", "BatchNumbers": [row]}
        lines.append({**line, "DocumentLinesBinAllocations": [allocation]})
    return lines


def _request_lines(first: float, second: float) -> list[dict[str, Any]]:
    return [
        {"ItemCode": "11028", "Quantity": first, "UnitPrice": 300.0, "RequiredDate": "2022-08-23",
         "LineVendor": "V10000", "U_Specifications": "SG-5 型 25kg/袋", "FreeText": "补库", "WarehouseCode": "01"},
        {"ItemCode": "14003", "Quantity": second, "UnitPrice": 33.0, "RequiredDate": "2022-08-23",
         "LineVendor": "V10001", "U_Specifications": "T30S 25kg/袋", "WarehouseCode": "01"},
    ]  # fmt: skip


def submit(company: Company, user: int, code: int, body: dict[str, Any], template: int, remarks: str) -> dict:
    """A document of this object number as a draft in approval; the request."""
    found = company.peek("ApprovalTemplates", template) or {}
    return actions.submit(company, user, BY_CODE[code], body, found, remarks)


def purchase_request(company: Company, user: int, first: float, second: float, **more: Any) -> dict:
    """A 采购申请 of the seed's two items; the body."""
    body = {"Requester": {38: "A001", 39: "A002"}.get(user, "manager"), "ReqType": 12, "DocDate": "2022-08-20"}
    body |= {"DocDueDate": "2022-09-20", "TaxDate": "2022-08-20", "RequriedDate": "2022-08-23", "Comments": "补库"}
    return {**body, "DocumentLines": _request_lines(first, second), **more}


def _drafts(company: Company) -> None:
    """16 and 17 are the seed's (requests 17, 18); 18 needs two stages; 19 has no request; 20 is a transfer."""
    # The numbers before were used up by drafts of long ago.
    store.put(company.system, "Drafts", 15, {"DocEntry": 15})
    store.put(company.system, "ApprovalRequests", 16, {"Code": 16})
    files = {"询价单.txt": "聚氯乙烯 300 元/kg\n".encode(), "图纸.png": _PICTURE}
    entry = attachments.add(company, 38, files).key
    first = purchase_request(company, 38, 55.0, 11.0, AttachmentEntry=entry)
    submit(company, 38, 1470000113, first, 3, "请审批")
    store.delete(company.system, "Drafts", 15)
    store.delete(company.system, "ApprovalRequests", 16)
    submit(company, 39, 1470000113, purchase_request(company, 39, 55.0, 11.0, U_PurReqType="零星请购"), 3, "请审批")
    submit(
        company,
        38,
        1470000113,
        purchase_request(company, 38, 1200.0, 900.0, Comments="大额"),
        4,
        "大额采购，请两级审批",
    )
    body = purchase_request(company, 38, 5.0, 1.0, Comments="未提交审批")
    _create(company, "Drafts", {**body, "DocObjectCode": "1470000113"}, 38)
    line = {"ItemCode": "11028", "Quantity": 20.0, "FromWarehouseCode": "01", "WarehouseCode": "02"}
    transfer = {"FromWarehouse": "01", "ToWarehouse": "02", "Comments": "移库", "StockTransferLines": [line]}
    submit(company, 38, 67, transfer, 5, "移库审批")
    issue = [{"ItemCode": "120001", "Quantity": 3.0, "WarehouseCode": "01"}]
    submit(company, 39, 60, {"Comments": "报废", "DocumentLines": issue}, 5, "报废审批")
    submit(company, 39, 59, {"Comments": "盘盈", "DocumentLines": issue}, 5, "盘盈审批")
    order = {"CardCode": "V10000", "NumAtCard": "PO-2022-01", "DocumentLines": _request_lines(10.0, 10.0)}
    submit(company, 38, 22, order, 6, "采购订单会签")
    approved = submit(company, 38, 1470000113, purchase_request(company, 38, 8.0, 8.0, U_SyncStatus="Y"), 3, "已审批")
    line = approved["ApprovalRequestLines"][0]
    line |= {"Status": "ardApproved", "Remarks": "同意", "UpdateDate": "2022-08-21", "UpdateTime": "09:30:00"}
    approvals.set_state(company, approved, "arsApproved")


def _orders(company: Company) -> None:
    for number, (partner, item, quantity) in enumerate(
        [("C26000", "101010001", 20), ("C100056", "101010002", 35), ("C30001", "PVC/管-20", 12), ("C30002", "Q'10", 6)],
        1,
    ):
        line = {"ItemCode": item, "Quantity": float(quantity), "UnitPrice": 128.5, "WarehouseCode": "02"}
        body = {
            "CardCode": partner,
            "NumAtCard": f"SO-{number:04d}",
            "DocDate": "2022-11-01",
            "DocDueDate": "2022-12-01",
        }
        _create(company, "Orders", {**body, "DocumentLines": [line]})
    for number, item in enumerate(["11028", "120005", "201010002"], 1):
        line = {"ItemCode": item, "Quantity": 500.0, "UnitPrice": 12.0, "WarehouseCode": "01"}
        binned = {"ItemCode": item, "Quantity": 100.0, "UnitPrice": 12.0, "WarehouseCode": "W05001"}
        body = {"CardCode": "V10000", "NumAtCard": f"PO-{number:04d}", "DocDate": "2022-11-01"}
        _create(company, "PurchaseOrders", {**body, "DocumentLines": [line, binned]})
    for user in (38, 39):
        _create(
            company, "PurchaseRequests", purchase_request(company, user, 100.0, 50.0, Comments="已批准的采购申请"), user
        )


def _production(company: Company) -> None:
    """AbsoluteEntry starts at 71, as in the seed."""
    store.put(company.system, "ProductionOrders", 70, {"AbsoluteEntry": 70})
    for item, status, planned, synced, workshop in PRODUCTION:
        lines = [
            {"ItemNo": part, "BaseQuantity": float(each), "ProductionOrderIssueType": how, "Warehouse": "01"}
            for part, each, how in MADE_FROM[item]
        ]
        body = {"ItemNo": item, "PlannedQuantity": float(planned), "ProductionOrderStatus": status, "Warehouse": "02"}
        body |= {"PostingDate": "2022-11-20", "StartDate": "2022-11-21", "DueDate": "2022-11-30", "U_JGCJ": workshop}
        spec = (company.peek("Items", item) or {}).get("U_Z20_SPEC")
        _create(
            company,
            "ProductionOrders",
            {**body, "U_SyncStatus": synced, "U_Z20_SPEC": spec, "ProductionOrderLines": lines},
        )
    store.delete(company.system, "ProductionOrders", 70)
    _barcode_order(company)


def _barcode_order(company: Company) -> None:
    """478, the order of the seed's barcode sample: a batch-managed component in the warehouse with bins."""
    store.put(company.system, "ProductionOrders", 477, {"AbsoluteEntry": 477})
    lines = [
        {"ItemNo": "201010004", "BaseQuantity": 0.1, "Warehouse": "W05001", "ProductionOrderIssueType": "im_Manual"},
        {"ItemNo": "120001", "BaseQuantity": 1.5, "Warehouse": "01", "ProductionOrderIssueType": "im_Backflush"},
    ]
    body = {"ItemNo": "11007510-01", "PlannedQuantity": 500.0, "ProductionOrderStatus": "boposReleased"}
    body |= {"Warehouse": "W05001", "U_SyncStatus": "Y", "ProductionOrderLines": lines}
    _create(company, "ProductionOrders", body)
    store.delete(company.system, "ProductionOrders", 477)


def _prices(company: Company) -> None:
    area = {"DateFrom": "2025-01-17", "Dateto": "2025-02-17", "SpecialPrice": 123.0}
    body = {
        "CardCode": "C100056",
        "ItemCode": "102040001",
        "Price": 123.0,
        "Currency": "RMB",
        "SpecialPriceDataAreas": [area],
    }
    _create(company, "SpecialPrices", body)
    _create(company, "SpecialPrices", {"CardCode": "V10000", "ItemCode": "11028", "Price": 6.8, "Currency": "RMB"})


def _objects(company: Company) -> None:
    for number, (subject, partner, amount) in enumerate(
        [("年度框架采购合同", "V10000", 1200000.0), ("销售合同", "C26000", 88000.0)], 1
    ):
        line = {"U_ItemCode": "11028", "U_ItemName": "聚氯乙烯", "U_Quantity": 100.0 * number, "U_Price": 6.8}
        name = (company.peek("BusinessPartners", partner) or {}).get("CardName")
        body = {
            "U_Subject": subject,
            "U_CardCode": partner,
            "U_CardName": name,
            "U_Amount": amount,
            "U_SignDate": "2022-08-20",
        }
        _create(company, "CONTRACT", {**body, "CONTRACTLINESCollection": [line]}, 38)
    line = {"U_ItemCode": "201010001", "U_ItemName": "外壳组件", "U_Quantity": 5.0}
    body = {"U_ProdOrder": 71, "U_Reason": "来料不良，超领补料", "EXCESSISSUELINESCollection": [line]}
    _create(company, "EXCESSISSUE", body, 39)


def first_company(company: Company) -> None:
    with store.transaction():
        _stock(company)
        _drafts(company)
        _orders(company)
        _production(company)
        _prices(company)
        _objects(company)


def second_company(company: Company) -> None:
    """Less, and with other numbers: what leaks from one company into the other shows."""
    with store.transaction():
        _stock(company)
        submit(company, 38, 1470000113, purchase_request(company, 38, 7.0, 3.0, Comments="第二账套"), 3, "第二账套审批")
        line = {"ItemCode": "11028", "Quantity": 1.0, "UnitPrice": 9.9}
        _create(company, SETS["Orders"].name, {"CardCode": "C26000", "NumAtCard": "S2-0001", "DocumentLines": [line]})
