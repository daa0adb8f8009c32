"""What the demonstration prints."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One driven flow. ``problem``: empty when all was right."""

    flow: str
    documents: int
    ok: int
    failed: int
    seconds: float
    note: str = ""
    problem: str = ""


def width(text: str) -> int:
    """Columns a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(lines: Sequence[Line]) -> str:
    """The table: flow, documents, ok, failed, seconds, remark."""
    head = ("flow", "documents", "ok", "failed", "seconds", "")
    rows = [
        (x.flow, str(x.documents), str(x.ok), str(x.failed), f"{x.seconds:.1f}", x.problem or x.note) for x in lines
    ]
    widths = [max(width(row[i]) for row in [head, *rows]) for i in range(5)]
    out = [_row(head, widths), "-" * (sum(widths) + 10)]
    return "\n".join(out + [_row(row, widths) for row in rows])


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0] + " " * (widths[0] - width(cells[0]))
    numbers = [cell.rjust(size) for cell, size in zip(cells[1:5], widths[1:], strict=True)]
    return "  ".join([first, *numbers, cells[5]]).rstrip()
