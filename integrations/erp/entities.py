"""What is known of the entity sets without asking: keys and database tables (SAP Service Layer API Reference)."""

from __future__ import annotations

from integrations.erp.odata import INT, STRING

_DOCUMENTS = {
    "Drafts": "ODRF",
    "Quotations": "OQUT",
    "Orders": "ORDR",
    "DeliveryNotes": "ODLN",
    "Returns": "ORDN",
    "ReturnRequest": "ORRR",
    "Invoices": "OINV",
    "CreditNotes": "ORIN",
    "DownPayments": "ODPI",
    "PurchaseRequests": "OPRQ",
    "PurchaseQuotations": "OPQT",
    "PurchaseOrders": "OPOR",
    "PurchaseDeliveryNotes": "OPDN",
    "PurchaseReturns": "ORPD",
    "GoodsReturnRequest": "OPRR",
    "PurchaseInvoices": "OPCH",
    "PurchaseCreditNotes": "ORPC",
    "PurchaseDownPayments": "ODPO",
    "InventoryGenEntries": "OIGN",
    "InventoryGenExits": "OIGE",
    "StockTransfers": "OWTR",
    "StockTransferDrafts": "ODRF",
    "InventoryTransferRequests": "OWTQ",
}
_OTHERS: dict[str, tuple[str, dict[str, str]]] = {
    "Items": ("OITM", {"ItemCode": STRING}),
    "BusinessPartners": ("OCRD", {"CardCode": STRING}),
    "ProductionOrders": ("OWOR", {"AbsoluteEntry": INT}),
    "SpecialPrices": ("OSPP", {"CardCode": STRING, "ItemCode": STRING}),
    "ApprovalRequests": ("OWDD", {"Code": INT}),
    "ApprovalStages": ("OWST", {"Code": INT}),
    "ApprovalTemplates": ("OWTM", {"Code": INT}),
    "Users": ("OUSR", {"InternalKey": INT}),
    "Warehouses": ("OWHS", {"WarehouseCode": STRING}),
    "ItemGroups": ("OITB", {"Number": INT}),
    "Attachments2": ("OATC", {"AbsoluteEntry": INT}),
    "UserTablesMD": ("OUTB", {"TableName": STRING}),
    "UserFieldsMD": ("CUFD", {"TableName": STRING, "FieldID": INT}),
    "UserObjectsMD": ("OUDO", {"Code": STRING}),
    "SQLQueries": ("OUQR", {"SqlCode": STRING}),
    "BinLocations": ("OBIN", {"AbsEntry": INT}),
    "BatchNumberDetails": ("OBTN", {"DocEntry": INT}),
}
KEYS: dict[str, dict[str, str]] = {
    **{entity_set: {"DocEntry": INT} for entity_set in _DOCUMENTS},
    **{entity_set: kinds for entity_set, (_, kinds) in _OTHERS.items()},
}
TABLES: dict[str, str] = {**_DOCUMENTS, **{entity_set: table for entity_set, (table, _) in _OTHERS.items()}}
# A user field made on one marketing document's table exists on all of them: headers share, and so do lines.
DOCUMENT_TABLES = frozenset(_DOCUMENTS.values())
LINE_TABLES = frozenset(f"{table[1:]}1" for table in DOCUMENT_TABLES)


def table_of(entity_set: str) -> str:
    """The database table that UserFieldsMD names for a set; a user table or object: ``@`` and its code."""
    if entity_set in TABLES:
        return TABLES[entity_set]
    return "@" + entity_set.removeprefix("U_")


def same_fields(table: str, other: str) -> bool:
    """Do the two tables share their user fields?"""
    one, two = table.lstrip("@").upper(), other.lstrip("@").upper()
    return one == two or any({one, two} <= family for family in (DOCUMENT_TABLES, LINE_TABLES))
