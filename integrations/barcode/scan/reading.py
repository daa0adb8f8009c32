"""One request of the scanner, taken apart: what is meant, the lines, and one header made of all that were sent.

The seed's own sample has its braces closed too early, so the header (MainTable) is taken from the rows and from the
top alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from integrations.barcode import codes, methods
from integrations.barcode.codes import Refusal
from integrations.barcode.methods import Method
from integrations.barcode.scan.values import is_blank, is_yes

Row = dict[str, Any]


@dataclass(frozen=True)
class Scan:
    """``table``: as sent; for user tables it names the object. ``header``: the merged MainTable."""

    method: Method
    table: str
    rows: tuple[Row, ...]
    header: Row

    @property
    def is_inverted(self) -> bool:
        """Are components to be issued with the receipt (Inverted = Y)?"""
        return is_yes(self.header.get("Inverted"))


def read(body: Any) -> Scan:
    """Raises Refusal: BC.4001 shape, 4002 method, 4003 operation, 4004 table, 4008 headers that differ."""
    if not isinstance(body, dict):
        raise Refusal(codes.BAD_BODY, _("send a JSON object with method and data"))
    method = methods.find(body.get("method"))
    _check_operation(body, method)
    table = _table(body.get("table"), method)
    rows = _rows(body)
    return Scan(method, table, rows, _header(body, rows))


def _check_operation(body: Row, method: Method) -> None:
    given = body.get("operatortype") or body.get("operationtype") or "A"
    if str(given).strip().upper() != "A":
        words = _("%(method)s-%(operation)s is not supported: only A (add)")
        raise Refusal(codes.BAD_OPERATION, words % {"method": method.key, "operation": given})


def _table(given: Any, method: Method) -> str:
    table = "" if is_blank(given) else str(given).strip()
    if method.kind == "table":
        if not table:
            raise Refusal(codes.MISSING, _("table: name the user table or object"))
    elif table and table.upper() != method.table:
        words = _("table %(table)s does not belong to %(method)s (%(own)s)")
        raise Refusal(codes.BAD_TABLE, words % {"table": table, "method": method.key, "own": method.table})
    return table


def _rows(body: Row) -> tuple[Row, ...]:
    rows = body.get("data")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal(codes.BAD_BODY, _("data must be a list of lines"))
    return tuple(rows)


def _header(body: Row, rows: tuple[Row, ...]) -> Row:
    """All headers as one. Two that say different things are two documents: BC.4008."""
    merged: Row = {}
    for place, header in _headers(body, rows):
        for name, value in header.items():
            if is_blank(value):
                merged.setdefault(name, value)
            elif is_blank(merged.get(name)):
                merged[name] = value
            elif str(merged[name]).strip() != str(value).strip():
                words = _("%(place)s.%(name)s differs from the other headers: send two requests")
                raise Refusal(codes.HEADERS_DIFFER, words % {"place": place, "name": name})
    return merged


def _headers(body: Mapping[str, Any], rows: tuple[Row, ...]) -> Iterator[tuple[str, Row]]:
    places = [*((f"data[{number}].MainTable", row) for number, row in enumerate(rows)), ("MainTable", body)]
    for place, owner in places:
        header = owner.get("MainTable")
        if isinstance(header, dict):
            yield place, header
        elif not is_blank(header):
            raise Refusal(codes.BAD_BODY, _("%(place)s must be an object") % {"place": place})
