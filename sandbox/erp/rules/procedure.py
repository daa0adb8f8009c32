"""The customer's stored procedure (SBO_SP_PostTransactionNotice) that keeps U_SyncStatus, as the seed has it.

On every update of a production order: with U_SyncFlag 'Y' the flag falls back to 'N' and the status stays as it was
sent; otherwise the status becomes 'N' (the order has to be synchronised again).
"""

from __future__ import annotations

from sandbox.erp import settings
from sandbox.erp.writing import BEFORE_CREATE, BEFORE_UPDATE, Change, rule


@rule(BEFORE_UPDATE, *("Document", "StockTransfer", "Item", "BusinessPartner", "ProductionOrder"))
def notice(change: Change) -> None:
    if change.entity_set.name not in [name.strip() for name in settings.PROCEDURE_SETS().split(",")]:
        return
    if "U_SyncStatus" not in change.kind.properties or "U_SyncFlag" not in change.kind.properties:
        return
    if change.new.get("U_SyncFlag") == "Y":
        change.new["U_SyncFlag"] = "N"
    else:
        change.new["U_SyncStatus"] = "N"


@rule(BEFORE_CREATE, *("Document", "StockTransfer", "Item", "BusinessPartner", "ProductionOrder"))
def notice_of_new(change: Change) -> None:
    """The corrected procedure also covers 'A' (add); a switch, because the seed's does not."""
    if settings.PROCEDURE_ON_CREATE():
        notice(change)
