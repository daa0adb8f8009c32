"""The entity sets: which type, database tables, verbs and actions each has (SAP Service Layer API Reference)."""

from __future__ import annotations

from dataclasses import dataclass

CLOSE, CANCEL = "Close", "Cancel"
_DOCUMENT_ACTIONS = (CLOSE, CANCEL, "Reopen", "CreateCancellationDocument")


@dataclass(frozen=True)
class EntitySet:
    """``code`` is the object type number; ``table`` and ``line_table`` the database's names."""

    name: str
    type: str
    table: str
    line_table: str = ""
    code: int = 0
    lines: str = ""
    etag: bool = False
    create: bool = True
    update: bool = True
    delete: bool = True
    actions: tuple[str, ...] = ()

    @property
    def is_document(self) -> bool:
        return self.type in ("Document", "StockTransfer")


def _document(name: str, code: int, table: str, line_table: str, **more: object) -> EntitySet:
    fixed = {"lines": "DocumentLines", "etag": True, "delete": False, "actions": _DOCUMENT_ACTIONS}
    return EntitySet(name, "Document", table, line_table, code, **{**fixed, **more})  # type: ignore[arg-type]


def _transfer(name: str, code: int, table: str, line_table: str, *actions: str) -> EntitySet:
    kept = (CLOSE, CANCEL, *actions)
    return EntitySet(name, "StockTransfer", table, line_table, code, "StockTransferLines", delete=False, actions=kept)


_ALL = (
    EntitySet("Items", "Item", "OITM", code=4, etag=True, actions=(CANCEL,)),
    EntitySet("BusinessPartners", "BusinessPartner", "OCRD", code=2, etag=True),
    _document("Drafts", 112, "ODRF", "DRF1", delete=True),
    _document("Quotations", 23, "OQUT", "QUT1"),
    _document("Orders", 17, "ORDR", "RDR1"),
    _document("DeliveryNotes", 15, "ODLN", "DLN1"),
    _document("Returns", 16, "ORDN", "RDN1"),
    _document("Invoices", 13, "OINV", "INV1"),
    _document("PurchaseRequests", 1470000113, "OPRQ", "PRQ1"),
    _document("PurchaseQuotations", 540000006, "OPQT", "PQT1"),
    _document("PurchaseOrders", 22, "OPOR", "POR1"),
    _document("PurchaseDeliveryNotes", 20, "OPDN", "PDN1"),
    _document("PurchaseReturns", 21, "ORPD", "RPD1"),
    _document("PurchaseInvoices", 18, "OPCH", "PCH1"),
    _document("InventoryGenEntries", 59, "OIGN", "IGN1"),
    _document("InventoryGenExits", 60, "OIGE", "IGE1"),
    _transfer("StockTransfers", 67, "OWTR", "WTR1"),
    _transfer("InventoryTransferRequests", 1250000001, "OWTQ", "WTQ1"),
    _transfer("StockTransferDrafts", 1179, "ODRF", "DRF1", "SaveDraftToDocument"),
    EntitySet(
        "ProductionOrders",
        "ProductionOrder",
        "OWOR",
        "WOR1",
        202,
        "ProductionOrderLines",
        delete=False,
        actions=(CANCEL,),
    ),
    EntitySet("SpecialPrices", "SpecialPrice", "OSPP", "SPP1", 7, "SpecialPriceDataAreas"),
    EntitySet("ApprovalRequests", "ApprovalRequest", "OWDD", "WDD1", create=False, delete=False),
    EntitySet("ApprovalStages", "ApprovalStage", "OWST", "WST1"),
    EntitySet("ApprovalTemplates", "ApprovalTemplate", "OWTM"),
    EntitySet("Users", "User", "OUSR", code=12, actions=(CLOSE,)),
    EntitySet("ItemGroups", "ItemGroups", "OITB"),
    EntitySet("Warehouses", "Warehouse", "OWHS"),
    EntitySet("BinLocations", "BinLocation", "OBIN"),
    EntitySet("BatchNumberDetails", "BatchNumberDetail", "OBTN", create=False, delete=False),
    EntitySet("Attachments2", "Attachments2", "OATC"),
    EntitySet("UserFieldsMD", "UserFieldMD", "CUFD"),
    EntitySet("UserTablesMD", "UserTablesMD", "OUTB"),
    EntitySet("UserObjectsMD", "UserObjectsMD", "OUDO"),
)
SETS = {entity_set.name: entity_set for entity_set in _ALL}
BY_CODE = {entity_set.code: entity_set for entity_set in _ALL if entity_set.code}

# Line keys by line type: what PATCH merges collections by.
LINE_KEYS = {
    "DocumentLine": "LineNum",
    "StockTransferLine": "LineNum",
    "ProductionOrderLine": "LineNumber",
    "SpecialPriceDataArea": "RowNumber",
    "SpecialPriceQuantityArea": "RowNumber",
    "BPAddress": "RowNum",
    "ContactEmployee": "InternalCode",
    "ItemPrice": "PriceList",
    "ItemWarehouseInfo": "WarehouseCode",
    "BatchNumber": "BatchNumber",
    "ApprovalStageApprover": "UserID",
    "ApprovalTemplateStage": "SortID",
    "ApprovalTemplateDocument": "DocumentType",
    "ApprovalTemplateUser": "UserID",
    "ValidValueMD": "Value",
}
UDO_LINE_KEY = "LineId"  # in practice; the manual writes LineNum


def _marketing(position: int) -> set[str]:
    found = {(s.table, s.line_table)[position] for s in _ALL if s.is_document}
    return found - {""}


# A user field on one marketing document's table exists on all of them (SAP: user-defined fields on documents).
HEADER_TABLES = _marketing(0)
LINE_TABLES = _marketing(1)
TABLE_TYPES = {
    **dict.fromkeys(HEADER_TABLES, ("Document", "StockTransfer")),
    **dict.fromkeys(LINE_TABLES, ("DocumentLine", "StockTransferLine")),
    **{s.table: (s.type,) for s in _ALL if not s.is_document},
    "WOR1": ("ProductionOrderLine",),
    "SPP1": ("SpecialPriceDataArea",),
    "SPP2": ("SpecialPriceQuantityArea",),
    "OITW": ("ItemWarehouseInfo",),
    "CRD1": ("BPAddress",),
    "OCPR": ("ContactEmployee",),
}
