"""Which rows of production reports become goods receipts, and what the mapping sees of them (protocol B7, B8)."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.errors import DocumentRejected, NotFound
from core.flows.base import Document
from core.flows.context import FlowContext
from core.mapping import decimals
from integrations.erp import odata
from integrations.mes import processes
from integrations.mes.flows.config import unit_of

Row = dict[str, Any]
ORDERS, ITEMS = "ProductionOrders", "Items"
NUMBERS = ("AbsoluteEntry", "DocumentNumber")  # whole numbers: other codes are orders that were born in the MES
ITEM_FIELDS = "ItemCode,ItemName,InventoryUOM,ManageBatchNumbers,ManageSerialNumbers"
PROBLEM = "problem"  # key of a body that says why its report cannot be received


class ReportRows:
    """One reading of the list. ``counts``: what became of the rows; ``waiting``: {row id: [reportTime, report's
    number]} of rows whose quality state may still change. Questions about an order or item are asked once."""

    def __init__(self, ctx: FlowContext) -> None:
        self.ctx = ctx
        self.counts: Counter[str] = Counter()
        self.waiting: dict[str, list[int]] = {}
        self._seen: set[str] = set()
        self._plans: dict[int, Row | DocumentRejected] = {}
        self._orders: dict[str, Row | DocumentRejected] = {}
        self._items: dict[str, Row] = {}

    def document(self, row: Row) -> Document | None:
        """The row as a document; None for one that is none. A row with a problem is one that will be refused."""
        key = str(row.get("id") or "")
        if not key or key in self._seen:
            return None
        self._seen.add(key)
        try:
            kind = self._kind(row)
            if kind:
                self.counts[kind] += 1
                return None
            body = self._body(row)
        except DocumentRejected as error:
            body = {**row, PROBLEM: str(error)}
        self.counts[_("to receive")] += 1
        code = row.get("reportRecordCode") or key
        recall = {"record": row.get("reportRecordId"), "time": row.get("reportTime")}
        return Document(key=key, body=body, recall=recall, label=f"{code} ({row.get('workOrderCode')})")

    def saw(self, key: str) -> bool:
        """Was this row among those that were read?"""
        return key in self._seen

    # -- choosing

    def _kind(self, row: Row) -> str:
        """Why it is no receipt; "" for one that is. The cheap questions first."""
        config, code = self.ctx.config, str(row.get("workOrderCode") or "").strip()
        if config["number_field"] in NUMBERS and not re.fullmatch(r"[0-9]{1,18}", code):
            return _("order of the MES")
        if _material(row) not in (None, row.get("mainMaterialCode")):
            return _("by-product")
        if config["last_process_only"] and not processes.is_of_last(row, self._plan(row)):
            return _("earlier process")
        if _code(row.get("qcStatus")) not in config["qc_statuses"]:
            self.waiting[str(row["id"])] = [int(row.get("reportTime") or 0), int(row.get("reportRecordId") or 0)]
            return _("other quality state")
        return ""

    def _plan(self, row: Row) -> Row:
        number = int(row.get("workOrderId") or 0)
        if number not in self._plans:
            try:
                self._plans[number] = self.ctx.mes.process_plan(number)
            except (DocumentRejected, NotFound) as error:
                self._plans[number] = DocumentRejected(error.message, code=error.code)
        return _or_raise(self._plans[number])

    # -- what the mapping sees

    def _body(self, row: Row) -> Row:
        """The row with ``order`` and ``item`` of the ERP, its amount in the ERP's unit."""
        order = self._order(str(row["workOrderCode"]).strip())
        item = self._item(str(order.get("ItemNo")))
        if item.get("ManageSerialNumbers") == "tYES":
            raise DocumentRejected(_("item %(item)s has serial numbers, which a report does not bring") % _named(item))
        return {**row, "reportBaseAmount": self._amount(row, item), "order": order, "item": item}

    def _order(self, code: str) -> Row:
        if code not in self._orders:
            self._orders[code] = self._ask_for_order(code)
        return _or_raise(self._orders[code])

    def _ask_for_order(self, code: str) -> Row | DocumentRejected:
        field = self.ctx.config["number_field"]
        where = odata.eq(field, code, odata.INT if field in NUMBERS else odata.STRING)
        found = list(itertools.islice(self.ctx.erp.query(ORDERS, filter=where, page_size=2), 2))
        if len(found) != 1:
            words = _("the ERP has more than one production order %(code)s (%(field)s)")
            none = _("the ERP has no production order %(code)s (%(field)s)")
            return DocumentRejected((words if found else none) % {"code": code, "field": field})
        return {name: value for name, value in found[0].items() if not isinstance(value, list)}

    def _item(self, code: str) -> Row:
        if code not in self._items:
            try:
                self._items[code] = self.ctx.erp.get(ITEMS, code, select=ITEM_FIELDS)
            except NotFound as error:
                raise DocumentRejected(error.message, code=error.code) from error
        return self._items[code]

    def _amount(self, row: Row, item: Row) -> Row:
        """{amount, unit} in the ERP's unit. Raises DocumentRejected for a unit nobody has explained."""
        given = row.get("reportBaseAmount") or {}
        unit = given.get("unit") or {}
        name, wanted = str(unit.get("name") or "").strip(), str(item.get("InventoryUOM") or "").strip()
        if not name or not wanted or name == wanted:
            return {**given, "unit": unit}
        factor, meant = unit_of(str(self.ctx.config["units"].get(name) or ""))
        if meant != wanted:
            words = _("reported in %(unit)s, but item %(item)s is kept in %(wanted)s: explain the unit in the config")
            raise DocumentRejected(words % {**_named(item), "unit": name, "wanted": wanted})
        return {"amount": _times(given.get("amount"), factor), "unit": {**unit, "name": wanted}}


def _named(item: Row) -> dict[str, Any]:
    return {"item": item.get("ItemCode")}


def _or_raise(found: Row | DocumentRejected) -> Row:
    if isinstance(found, DocumentRejected):
        raise DocumentRejected(found.message, code=found.code)
    return found


def _times(amount: Any, factor: Decimal) -> Any:
    number = positive(amount)
    return decimals.plain(round(number * factor, 6)) if number is not None else amount


def positive(amount: Any) -> Decimal | None:
    """The amount; None for a missing, unreadable, zero or negative one."""
    try:
        number = decimals.parse(amount)
    except ValueError:
        return None
    return number if number is not None and number > 0 else None


def _material(row: Row) -> Any:
    """Code of the row's own material."""
    return ((row.get("materialInfo") or {}).get("baseInfo") or {}).get("code")


def _code(value: Any) -> int:
    """Number of an enum object {code, message}."""
    code = value.get("code") if isinstance(value, dict) else value
    return int(str(code)) if str(code).isdecimal() else 0
