"""What the ERP's web page shows: which objects, which of their properties, under which Chinese words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.erp import drafts
from sandbox.erp.company import Company
from sandbox.erp.rules import approvals

LIMIT = 200
WORDS = {
    "dasPending": "审批中", "dasApproved": "已批准", "dasRejected": "已拒绝", "dasGenerated": "已生成单据",
    "dasWithout": "无需审批", "sasPending": "审批中", "sasApproved": "已批准", "sasRejected": "已拒绝",
    "sasGenerated": "已生成单据", "sasWithout": "无需审批", "arsPending": "审批中", "arsApproved": "已批准",
    "arsNotApproved": "已拒绝", "arsGenerated": "已生成单据", "arsCancelled": "已取消", "ardPending": "待审",
    "ardApproved": "同意", "ardNotApproved": "拒绝", "boposPlanned": "计划", "boposReleased": "已下达",
    "boposClosed": "已关闭", "boposCancelled": "已取消", "tYES": "是", "tNO": "否", "bost_Open": "未清",
    "bost_Close": "已清", "cCustomer": "客户", "cSupplier": "供应商",
}  # fmt: skip
DOCUMENT_NAMES = {
    "1470000113": "采购申请", "22": "采购订单", "17": "销售订单", "59": "库存收货", "60": "库存发货", "67": "库存转储",
    "20": "采购收货", "15": "销售交货",
}  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """One table of the page: ``columns`` are "Property:标题" words."""

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    newest_first: bool = False


def _listing(name: str, title: str, columns: str, newest_first: bool) -> Listing:
    pairs = (word.split(":") for word in columns.split())
    return Listing(name, title, tuple((prop, label) for prop, label in pairs), newest_first)


_DOCUMENT = "DocEntry:内部号 DocNum:单据号 DocDate:日期 CardCode:往来单位 CardName:名称 NumAtCard:参考号 DocTotal:总计"
_MARKS = "DocumentStatus:状态 U_SyncStatus:U_SyncStatus U_ISSYN:U_ISSYN U_REQUESTID:U_REQUESTID Comments:备注"
_COLUMNS = {  # set -> title, columns, newest first
    "Items": (
        "物料",
        "ItemCode:物料编号 ItemName:名称 InventoryUOM:单位 ItemsGroupCode:物料组 QuantityOnStock:库存 "
        "ManageBatchNumbers:批次管理 Valid:有效 Frozen:冻结 U_ISSYN:U_ISSYN U_SyncStatus:U_SyncStatus "
        "UpdateDate:更新日期 UpdateTime:更新时间",
        False,
    ),
    "BusinessPartners": (
        "业务伙伴",
        "CardCode:代码 CardName:名称 CardType:类型 Valid:有效 Frozen:冻结 U_ISSYN:U_ISSYN UpdateDate:更新日期",
        False,
    ),
    "ProductionOrders": (
        "生产订单",
        "AbsoluteEntry:内部号 DocumentNumber:单据号 ItemNo:产品 ProductDescription:名称 "
        "ProductionOrderStatus:状态 PlannedQuantity:计划 CompletedQuantity:完工 "
        "U_SyncStatus:U_SyncStatus U_SyncFlag:U_SyncFlag U_JGCJ:车间",
        False,
    ),
    "Orders": ("销售订单", f"{_DOCUMENT} {_MARKS}", True),
    "PurchaseOrders": ("采购订单", f"{_DOCUMENT} {_MARKS}", True),
    "PurchaseRequests": (
        "采购申请",
        f"DocEntry:内部号 DocNum:单据号 DocDate:日期 Requester:申请人 RequesterName:姓名 DocTotal:总计 {_MARKS}",
        True,
    ),
    "PurchaseDeliveryNotes": ("采购收货", f"{_DOCUMENT} {_MARKS}", True),
    "DeliveryNotes": ("销售交货", f"{_DOCUMENT} {_MARKS}", True),
    "InventoryGenEntries": (
        "库存收货/生产收货",
        "DocEntry:内部号 DocNum:单据号 DocDate:日期 JournalMemo:类型 U_InboundType:U_InboundType "
        "U_MESReportId:MES报工 U_CZR:操作人 Comments:备注",
        True,
    ),
    "InventoryGenExits": (
        "库存发货/生产发料",
        "DocEntry:内部号 DocNum:单据号 DocDate:日期 JournalMemo:类型 U_CZR:操作人 Comments:备注",
        True,
    ),
    "StockTransfers": (
        "库存转储",
        "DocEntry:内部号 DocNum:单据号 DocDate:日期 FromWarehouse:从 ToWarehouse:到 Comments:备注",
        True,
    ),
    "SpecialPrices": (
        "特价",
        "CardCode:业务伙伴 ItemCode:物料 Price:价格 Currency:货币 ValidFrom:从 ValidTo:到",
        False,
    ),
    "CONTRACT": (
        "合同（自定义单据）",
        "DocEntry:内部号 DocNum:单据号 U_Subject:名称 U_CardName:对方 U_Amount:金额 "
        "U_SyncStatus:U_SyncStatus U_ApprovalStatus:审批状态 U_Approver:审批者",
        False,
    ),
    "EXCESSISSUE": (
        "超领料单（自定义单据）",
        "DocEntry:内部号 DocNum:单据号 U_ProdOrder:生产订单 U_Reason:原因 "
        "U_SyncStatus:U_SyncStatus U_ApprovalStatus:审批状态 U_Approver:审批者",
        False,
    ),
    "BatchNumberDetails": ("批次", "DocEntry:内部号 ItemCode:物料 Batch:批次 AdmissionDate:入库日期", False),
    "Users": (
        "用户",
        "InternalKey:内部号 UserCode:代码 UserName:姓名 FaxNumber:传真（企业微信ID） U_DingUserId:钉钉ID "
        "U_OAUserId:泛微ID Locked:锁定",
        False,
    ),
}
LISTINGS = {name: _listing(name, *about) for name, about in _COLUMNS.items()}


def word(value: Any) -> Any:
    """A value as a person reads it."""
    return "" if value is None else WORDS.get(value, value) if isinstance(value, str) else value


def rows(company: Company, listing: Listing) -> dict[str, Any]:
    bodies = company.bodies(listing.name)
    chosen = bodies[-LIMIT:][::-1] if listing.newest_first else bodies[:LIMIT]
    cells = [[word(body.get(prop)) for prop, _ in listing.columns] for body in chosen]
    return {
        "title": listing.title,
        "heads": [label for _, label in listing.columns],
        "rows": cells,
        "total": len(bodies),
    }


def draft_rows(company: Company) -> list[dict[str, Any]]:
    """Drafts of all kinds, newest first, with their approval requests."""
    found = []
    for kind in (drafts.DRAFTS, drafts.TRANSFERS):
        found += [_draft(company, kind, body) for body in company.bodies(kind)[-LIMIT:]]
    return sorted(found, key=lambda row: -row["entry"])


def _draft(company: Company, kind: str, body: dict) -> dict[str, Any]:
    request = approvals.request_of(company, body["DocEntry"])
    users = {user["InternalKey"]: user["UserName"] for user in company.bodies("Users")}
    waiting = [
        {"key": line["UserID"], "name": users.get(line["UserID"], line["UserID"])}
        for line in (request or {}).get("ApprovalRequestLines", [])
        if line["StageCode"] == (request or {}).get("CurrentStage") and line["Status"] == "ardPending"
    ]
    pending = request is not None and request["Status"] == "arsPending"
    return {
        "entry": body["DocEntry"],
        "set": kind,
        "what": DOCUMENT_NAMES.get(str(body.get("DocObjectCode")), body.get("DocObjectCode")),
        "body": body,
        "status": word(body.get("AuthorizationStatus")),
        "request": request,
        "waiting": waiting if pending else [],
        "lines": body.get("DocumentLines") or body.get("StockTransferLines") or [],
    }


def draft(company: Company, entry: int) -> dict[str, Any] | None:
    """One draft for its own page."""
    for kind in (drafts.DRAFTS, drafts.TRANSFERS):
        body = company.peek(kind, entry)
        if body:
            return _draft(company, kind, body)
    return None
