"""Items, partners, users, special prices."""

from __future__ import annotations

from typing import Any

from sandbox.erp import errors
from sandbox.erp.writing import BEFORE_CREATE, BEFORE_UPDATE, Change, rule

_ITEM = {
    "PurchaseItem": "tYES", "SalesItem": "tYES", "InventoryItem": "tYES", "ItemType": "itItems", "ItemsGroupCode": 100,
    "ManageBatchNumbers": "tNO", "ManageSerialNumbers": "tNO", "Valid": "tYES", "Frozen": "tNO", "Series": 3,
    "TreeType": "iNotATree", "PlanningSystem": "bop_None", "ProcurementMethod": "bom_Buy", "IssueMethod": "im_Manual",
    "CustomsGroupCode": -1,
}  # fmt: skip


def _fill(body: dict, defaults: dict[str, Any]) -> None:
    for name, value in defaults.items():
        if body.get(name) is None:
            body[name] = value


@rule(BEFORE_CREATE, "Items")
def new_item(change: Change) -> None:
    _fill(change.new, {**_ITEM, "QuantityOnStock": 0.0, "DefaultWarehouse": "01"})
    known = {group["Number"] for group in change.company.bodies("ItemGroups")}
    if known and change.new["ItemsGroupCode"] not in known:
        raise errors.ServiceError(-2028, "No matching records found (ODBC -2028)", 400)


@rule(BEFORE_CREATE, "BusinessPartners")
def new_partner(change: Change) -> None:
    fixed = {"CardType": "cCustomer", "Currency": "##", "Valid": "tYES", "Frozen": "tNO", "GroupCode": 100, "Series": 1}
    _fill(change.new, fixed)
    for row in change.new.get("BPAddresses") or []:
        row["BPCode"] = change.key


@rule(BEFORE_CREATE, "Users")
@rule(BEFORE_UPDATE, "Users")
def keep_password(change: Change) -> None:
    """Passwords are kept apart: no answer ever shows one."""
    if change.new.get("UserPassword"):
        change.new["_password"] = change.new["UserPassword"]
    change.new.pop("UserPassword", None)
    _fill(change.new, {"Superuser": "tNO", "Locked": "tNO", "LanguageCode": "ln_Chinese"})


@rule(BEFORE_CREATE, "SpecialPrices")
def new_special_price(change: Change) -> None:
    new, company = change.new, change.company
    known = company.peek("BusinessPartners", new["CardCode"]) or new["CardCode"].startswith("*")
    if not known or not company.peek("Items", new["ItemCode"]):
        raise errors.ServiceError(-2028, "No matching records found (ODBC -2028)", 400)
    fixed = {"Currency": "RMB", "DiscountPercent": 0.0, "PriceListNum": 0, "AutoUpdate": "tNO", "Valid": "tYES"}
    _fill(new, {**fixed, "SourcePrice": "sc_PrimaryCurrency"})
    _periods(change)


@rule(BEFORE_UPDATE, "SpecialPrices")
def update_special_price(change: Change) -> None:
    _periods(change)


def _periods(change: Change) -> None:
    new = change.new
    for row in new.get("SpecialPriceDataAreas") or []:
        _fill(row, {"PriceCurrency": new.get("Currency"), "AutoUpdate": "tNO", "Discount": 0.0, "PriceListNo": 0})
        row |= {"BPCode": new["CardCode"], "ItemNo": new["ItemCode"]}
        if row.get("Dateto") and row.get("DateFrom") and row["Dateto"] < row["DateFrom"]:
            raise errors.refused("The end of a period is before its start [SPP1.ToDate]")
