"""Backflush (倒扣): the batch-managed components that a production receipt uses up (seed 5.4.6.2.2, protocol C7).

The scanner brings two statements: one that lists the components, one that says which batches to take. Both go through
the SQL guard; what they answer becomes the lines of an ordinary production issue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from integrations.barcode import codes, methods
from integrations.barcode.codes import Refusal
from integrations.barcode.scan.reading import Row, Scan
from integrations.barcode.scan.values import exact, integer, is_blank, quantity
from integrations.barcode.sql import guard, template
from integrations.barcode.sql.policy import Policy
from integrations.erp.di_api import DiApiClient

CONTROLS = ("Inverted", "InvertedSql", "InvertedBathSql", "InvertedBatchSql")
NEED_NAMES = ("qty", "quantity")  # how procedure_arguments call the needed quantity
BATCH_NAMES = ("batchnumber", "batchnum", "distnumber")
QUANTITY_NAMES = ("quantity", "qty", "onhandqty")
BIN_NAMES = ("binabsentry", "binabs", "absentry")
WAREHOUSE_NAMES = ("whscode", "warehouse", "warehousecode")


@dataclass(frozen=True)
class Backflush:
    """``orders``: {production order: received quantity}."""

    components_sql: str
    batches_sql: str
    orders: dict[int, Decimal]
    header: Row
    arguments: tuple[str, ...]

    def content(self) -> Row:
        """What makes two of them the same request."""
        received = {str(order): str(amount) for order, amount in self.orders.items()}
        return {"components": self.components_sql, "batches": self.batches_sql, "received": received, **self.header}


@dataclass(frozen=True)
class Component:
    """One line of a production order: what it needs for what was received."""

    order: int
    line: int
    item: str
    warehouse: str
    need: Decimal
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Held:
    """So much of a batch, in a warehouse and a bin (0: none)."""

    batch: str
    warehouse: str
    place: int
    amount: Decimal


def of(scan: Scan, arguments: list[str]) -> Backflush:
    """What a receipt with Inverted = Y asks for. Raises Refusal (BC.4012)."""
    if scan.method is not methods.RECEIPT:
        words = _("Inverted is for %(method)s only")
        raise Refusal(codes.BAD_BACKFLUSH, words % {"method": methods.RECEIPT.key})
    header = scan.header
    batches_sql = header.get("InvertedBathSql") or header.get("InvertedBatchSql")
    for name, text in (("InvertedSql", header.get("InvertedSql")), ("InvertedBathSql", batches_sql)):
        if is_blank(text) or not isinstance(text, str):
            raise Refusal(codes.BAD_BACKFLUSH, _("MainTable.%(name)s is missing") % {"name": name})
    orders: dict[int, Decimal] = defaultdict(Decimal)
    for number, row in enumerate(scan.rows):
        order = integer(row.get("BaseEntry"), f"data[{number}].BaseEntry")
        orders[order] += quantity(row.get("Quantity"), f"data[{number}].Quantity")
    rest = {name: value for name, value in header.items() if name not in CONTROLS}
    return Backflush(str(header["InvertedSql"]), str(batches_sql), dict(orders), rest, tuple(arguments))


def issue(backflush: Backflush, sql: DiApiClient, policy: Policy) -> Scan | None:
    """The issue of all components as a save request; None: nothing is to be issued.

    Raises Refusal: BC.4031 SQL, BC.4012 what it answers is not usable, BC.4220 not enough in stock.
    """
    stock = _Stock(backflush, sql, policy)
    rows = [row for component in _components(backflush, sql, policy) for row in stock.lines(component)]
    if not rows:
        return None
    return Scan(methods.ISSUE, methods.ISSUE.table, tuple(rows), backflush.header)


def _components(backflush: Backflush, sql: DiApiClient, policy: Policy) -> Iterator[Component]:
    """The scanner's statement, restricted to each order that was received."""
    checked = guard.check(backflush.components_sql, policy)
    for order, received in backflush.orders.items():
        wrapped = f'SELECT * FROM ({checked.text}) X WHERE X."DocEntry" = {order:d}'  # noqa: S608 - checked below
        for row in sql.exec_sql(guard.check(wrapped, policy).text):
            component = _component(row, order, received)
            if component.need > 0:
                yield component


def _component(row: Mapping[str, Any], order: int, received: Decimal) -> Component:
    each = exact(_wanted(row, "BaseQty"), "InvertedSql.BaseQty")
    return Component(
        order,
        integer(_wanted(row, "LineNum"), "InvertedSql.LineNum"),
        str(_wanted(row, "ItemCode")),
        str(_wanted(row, "wareHouse")),
        round(each * received, 6),
        row,
    )


class _Stock:
    """Which batches are taken. Two components may want the same ones: what is taken once is not there any more."""

    def __init__(self, backflush: Backflush, sql: DiApiClient, policy: Policy) -> None:
        self.backflush, self.sql, self.policy = backflush, sql, policy
        self._taken: dict[tuple[str, str, str, int], Decimal] = defaultdict(Decimal)
        self._promised: dict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def lines(self, component: Component) -> list[Row]:
        """The issue lines of a component, one a warehouse. Raises Refusal (BC.4220)."""
        by_warehouse: dict[str, list[Held]] = defaultdict(list)
        left = component.need
        for held in self._held(component):
            key = (component.item, held.warehouse, held.batch, held.place)
            amount = min(left, held.amount - self._taken[key])
            if amount <= 0:
                continue
            self._taken[key] += amount
            left -= amount
            by_warehouse[held.warehouse].append(Held(held.batch, held.warehouse, held.place, amount))
        if left > 0:
            raise _not_enough(component, component.need - left)
        return [_line(component, warehouse, taken) for warehouse, taken in by_warehouse.items()]

    def _held(self, component: Component) -> list[Held]:
        """What the procedure offers. It is asked for what was promised before, too: it stops when it has enough."""
        place = (component.item, component.warehouse)
        self._promised[place] += component.need
        values = [self._argument(name, component) for name in self.backflush.arguments]
        text = guard.check(template.filled(self.backflush.batches_sql, values), self.policy).text
        return [_read(row, component) for row in self.sql.exec_sql(text)]

    def _argument(self, name: str, component: Component) -> str:
        if name.lower() in NEED_NAMES:
            return plain(self._promised[component.item, component.warehouse])
        return str(_wanted(component.row, name))


def _read(row: Mapping[str, Any], component: Component) -> Held:
    place = _first(row, BIN_NAMES)
    return Held(
        str(_first(row, BATCH_NAMES, needed=True)),
        str(_first(row, WAREHOUSE_NAMES) or component.warehouse),
        0 if is_blank(place) else integer(place, "InvertedBathSql.BinAbsEntry"),
        exact(_first(row, QUANTITY_NAMES, needed=True), "InvertedBathSql.Quantity"),
    )


def _line(component: Component, warehouse: str, taken: list[Held]) -> Row:
    """A line as a scanner would send it for InventoryGenExit."""
    rows = [
        {
            "Quantity": plain(held.amount),
            "BatchNumber": held.batch,
            **({"BinAbsEntry": held.place} if held.place else {}),
        }
        for held in taken
    ]
    return {
        "BaseType": methods.PRODUCTION_ORDER,
        "BaseEntry": component.order,
        "BaseLine": component.line,
        "Quantity": plain(sum((held.amount for held in taken), Decimal(0))),
        "WarehouseCode": warehouse,
        "ManBtchNum": "Y",
        "linetable": rows,
    }


def plain(amount: Decimal) -> str:
    """2.5, not 2.500000 and not 25E-1."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _not_enough(component: Component, available: Decimal) -> Refusal:
    words = _("not enough batch stock of %(item)s in %(warehouse)s: %(need)s needed, %(available)s there")
    figures = {"item": component.item, "warehouse": component.warehouse}
    figures |= {"need": plain(component.need), "available": plain(available)}
    return Refusal(codes.NO_STOCK, words % figures)


def _wanted(row: Mapping[str, Any], name: str) -> Any:
    """A column, whatever the case of its name."""
    return _first(row, (name.lower(),), needed=True)


def _first(row: Mapping[str, Any], names: tuple[str, ...], *, needed: bool = False) -> Any:
    folded = {name.lower(): value for name, value in row.items()}
    for name in names:
        if not is_blank(folded.get(name)):
            return folded[name]
    if needed:
        words = _("the SQL does not answer a column %(name)s")
        raise Refusal(codes.BAD_BACKFLUSH, words % {"name": names[0]})
    return None
