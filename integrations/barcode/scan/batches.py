"""The rows below a line (linetable): batches, serial numbers and bin locations (protocol C6.7 to C6.10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.barcode.scan.fields import BATCH, Options, pick
from integrations.barcode.scan.reading import Row
from integrations.barcode.scan.values import as_sent, integer, is_blank, is_yes, quantity, text

TOLERANCE = Decimal("0.000001")
_SERIAL_NAMES = ("InternalSerialNumber", "SerialNumber", "DistNumber")
_READ = frozenset({"Quantity", "BatchNumber", "BinAbsEntry", "FromBinAbsEntry", "ToBinAbsEntry", "AdmissionDate"})


@dataclass
class Below:
    """What stands below one line; ``place``: the row's number in ``batches`` or ``serials``, -1 for none."""

    batches: list[Row] = field(default_factory=list)
    serials: list[Row] = field(default_factory=list)
    rows: list[tuple[int, Decimal, Row]] = field(default_factory=list)


def read(row: Row, total: Decimal, line: int, path: str, options: Options) -> Below:
    """Raises Refusal: BC.4010 no batches, 4011 quantities that do not add up, 4005, 4007."""
    rows = _rows(row, path)
    with_serials = is_yes(row.get("ManSerNum"))
    with_batches = not with_serials and _wants_batches(row, rows)
    if with_batches and not rows:
        raise Refusal(codes.NO_BATCHES, _("%(path)s.linetable: the batches are missing") % {"path": path})
    below, counted = Below(), Decimal(0)
    for number, each in enumerate(rows):
        place = f"{path}.linetable[{number}]"
        amount = _amount(each, place)
        counted += amount
        at = -1
        if with_batches:
            at = _batch(below, each, amount, line, place, options)
        elif with_serials:
            at = _serial(below, each, amount, line, place)
        below.rows.append((at, amount, each))
    if rows and abs(counted - total) > TOLERANCE:
        words = _("%(path)s: the rows of linetable make %(sum)s, the line has %(quantity)s")
        raise Refusal(codes.BATCHES_DIFFER, words % {"path": path, "sum": counted, "quantity": total})
    below.batches = [{**batch, "Quantity": float(batch["Quantity"])} for batch in below.batches]
    return below


def bins(below: Below, line: int, path: str) -> list[Row]:
    """Allocations of a document's line."""
    found = []
    for number, (at, amount, row) in enumerate(below.rows):
        entry = _bin(row, "BinAbsEntry", f"{path}.linetable[{number}]")
        if entry:
            found.append(_allocation(entry, amount, at, line))
    return found


def transfer_bins(below: Below, line: int, path: str) -> list[Row]:
    """Allocations of a transfer's line: out of FromBinAbsEntry, into ToBinAbsEntry (or BinAbsEntry)."""
    found = []
    for number, (at, amount, row) in enumerate(below.rows):
        place = f"{path}.linetable[{number}]"
        target = _bin(row, "ToBinAbsEntry", place) or _bin(row, "BinAbsEntry", place)
        for entry, action in ((_bin(row, "FromBinAbsEntry", place), "batFromWarehouse"), (target, "batToWarehouse")):
            if entry:
                found.append({"BinActionType": action, **_allocation(entry, amount, at, line)})
    return found


def _allocation(entry: int, amount: Decimal, at: int, line: int) -> Row:
    return {
        "BinAbsEntry": entry,
        "Quantity": float(amount),
        "AllowNegativeQuantity": "tNO",
        "SerialAndBatchNumbersBaseLine": at,
        "BaseLineNumber": line,
    }


def _rows(row: Row, path: str) -> list[Row]:
    rows = row.get("linetable")
    if is_blank(rows):
        return []
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise Refusal(codes.BAD_BODY, _("%(path)s.linetable must be a list of rows") % {"path": path})
    return rows


def _wants_batches(row: Row, rows: list[Row]) -> bool:
    """ManBtchNum says it; where it says nothing, a batch number among the rows does."""
    if not is_blank(row.get("ManBtchNum")):
        return is_yes(row["ManBtchNum"])
    return any(not is_blank(each.get("BatchNumber")) for each in rows)


def _amount(row: Row, place: str) -> Decimal:
    return quantity(row.get("Quantity"), f"{place}.Quantity")


def _batch(below: Below, row: Row, amount: Decimal, line: int, place: str, options: Options) -> int:
    """Rows of one batch are one entry. A batch number is passed as it was scanned (it may contain a pipe)."""
    if is_blank(row.get("BatchNumber")):
        raise Refusal(codes.NO_BATCHES, _("%(path)s.BatchNumber is missing") % {"path": place})
    name = str(as_sent(row["BatchNumber"], f"{place}.BatchNumber"))
    more = pick(_renamed(row), BATCH, place, options)
    for at, known in enumerate(below.batches):
        if known["BatchNumber"] == name:
            below.batches[at] = {**more, **known, "Quantity": known["Quantity"] + amount}
            return at
    below.batches.append({"BatchNumber": name, "Quantity": amount, **more, "BaseLineNumber": line})
    return len(below.batches) - 1


def _renamed(row: Row) -> Row:
    """Without what is read apart; AddmisionDate is the Service Layer's spelling."""
    admitted = {"AddmisionDate": row["AdmissionDate"]} if "AdmissionDate" in row else {}
    return {**admitted, **{name: value for name, value in row.items() if name not in _READ}}


def _serial(below: Below, row: Row, amount: Decimal, line: int, place: str) -> int:
    name = next((row[key] for key in _SERIAL_NAMES if not is_blank(row.get(key))), None)
    if name is None:
        words = _("%(path)s.%(name)s is missing")
        raise Refusal(codes.NO_BATCHES, words % {"path": place, "name": _SERIAL_NAMES[0]})
    if amount != 1:
        words = _("%(path)s: a serial number is one piece, not %(quantity)s")
        raise Refusal(codes.BATCHES_DIFFER, words % {"path": place, "quantity": amount})
    serial = text(name, f"{place}.{_SERIAL_NAMES[0]}")
    below.serials.append({"InternalSerialNumber": serial, "Quantity": 1.0, "BaseLineNumber": line})
    return len(below.serials) - 1


def _bin(row: Row, name: str, place: str) -> int:
    """0: none."""
    return 0 if is_blank(row.get(name)) else max(0, integer(row[name], f"{place}.{name}"))
