"""The ERP's document of a scan: header and lines by the method's rules (protocol C6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from integrations.barcode.methods import BASE_SETS
from integrations.barcode.scan import batches, rules
from integrations.barcode.scan.fields import HEADER, LINE, TRANSFER_HEADER, TRANSFER_LINE, Options, pick
from integrations.barcode.scan.reading import Row, Scan
from integrations.barcode.scan.values import is_blank, quantity


@dataclass(frozen=True)
class Draft:
    """``payload`` as it is sent, but for what only the ERP knows:

    ``partner_of``: (BaseType, BaseEntry) of the document whose CardCode is taken; ``components``: {line: ItemCode}
    whose line number (BaseLine) is looked up in the production order.
    """

    entity_set: str
    payload: Row
    partner_of: tuple[int, int] | None = None
    components: dict[int, str] = field(default_factory=dict)


def build(scan: Scan, options: Options) -> Draft:
    """The document. Raises Refusal with the place of what is wrong."""
    header = _header(scan, options)
    lines, components = [], {}
    for number, row in enumerate(scan.rows):
        line, component = _line(scan, row, number, header, options)
        lines.append(line)
        if component:
            components[number] = component
    partner_of = _partner_of(header, lines) if scan.method.kind == "trade" else None
    return Draft(scan.method.entity_set, {**header, scan.method.lines: lines}, partner_of, components)


def _header(scan: Scan, options: Options) -> Row:
    if scan.method.kind != "transfer":
        return pick(scan.header, HEADER, "MainTable", options)
    due = {"DueDate": scan.header["DocDueDate"]} if "DocDueDate" in scan.header else {}
    fields = {name: value for name, value in scan.header.items() if name != "DocDueDate"}
    return pick({**due, **fields}, TRANSFER_HEADER, "MainTable", options)


def _line(scan: Scan, row: Row, number: int, header: Row, options: Options) -> tuple[Row, str]:
    """The line, and the ItemCode of a component whose line number is not known yet."""
    method, path = scan.method, f"data[{number}]"
    is_transfer = method.kind == "transfer"
    if is_blank(row.get("Quantity")):
        raise rules.missing(path, "Quantity")
    total = quantity(row["Quantity"], f"{path}.Quantity")
    line = pick(row, TRANSFER_LINE if is_transfer else LINE, path, options)
    component = rules.RULES[method.kind](method, line, path)
    below = batches.read(row, total, number, path, options)
    if below.batches:
        line["BatchNumbers"] = below.batches
    if below.serials:
        line["SerialNumbers"] = below.serials
    allocate = batches.transfer_bins if is_transfer else batches.bins
    if found := allocate(below, number, path):
        line[f"{method.lines}BinAllocations"] = found
    if is_transfer:
        rules.check_warehouses(header, line, path)
    return line, component


def _partner_of(header: Row, lines: list[Row]) -> tuple[int, int] | None:
    """The base document that tells the partner; BC.4009 where neither header nor base does."""
    if header.get("CardCode"):
        return None
    first = next((line for line in lines if line.get("BaseType") in BASE_SETS), None)
    if first is None:
        raise rules.missing("MainTable", "CardCode")
    return first["BaseType"], first["BaseEntry"]


def rows_of_table(scan: Scan, options: Options) -> list[dict[str, Any]]:
    """A user table's rows, one object each: Code, Name, user fields; tables inside a row stay as they are."""
    return [rules.table_row(row, f"data[{number}]", options) for number, row in enumerate(scan.rows)]
