"""Which process of a work order is its last one, and whether a report belongs to it (seed 4.4.4.2 step 7; protocol B8).

The seed says: the process with the largest number. Where the plan says which process follows which, that counts;
numbers are compared as numbers ("100" is more than "20").
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from core.errors import DocumentRejected

Row = dict[str, Any]
DIGITS = re.compile(r"(\d+)")


def last_process(plan: Row) -> Row | None:
    """The last process of a process plan; None for a plan without processes."""
    processes = _rows(plan.get("processes"))
    return _by_connections(processes, _rows(plan.get("processConnections"))) or _by_number(processes)


def _rows(value: Any) -> list[Row]:
    return [row for row in value or [] if isinstance(row, dict)]


def _by_connections(processes: list[Row], connections: list[Row]) -> Row | None:
    """The one without a successor; None where none or several are without."""
    if not connections:
        return None
    ids = {str(c["prevProcessId"]) for c in connections if c.get("prevProcessId")}
    numbers = {str(c["prevProcessNum"]) for c in connections if c.get("prevProcessNum")}
    ends = [p for p in processes if not _precedes(p, ids, numbers)]
    return ends[0] if len(ends) == 1 else None


def _precedes(process: Row, ids: set[str], numbers: set[str]) -> bool:
    """Does another process follow? By the ids where connections have them, else by the numbers."""
    return str(process.get("id")) in ids if ids else str(process.get("processNum")) in numbers


def _by_number(processes: list[Row]) -> Row | None:
    numeric = all(str(p.get("processNum") or "").strip().isdecimal() for p in processes)

    def place(process: Row) -> tuple[Any, int]:
        number = str(process.get("processNum") or "").strip()
        return int(number) if numeric else _natural(number), int(process.get("processSeq") or 0)

    return max(processes, key=place, default=None)


def _natural(text: str) -> list[tuple[int, int, str]]:
    """ "OP100" after "OP20": digits compare as numbers."""
    parts = [part for part in DIGITS.split(text) if part]
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


def is_of_last(report: Row, plan: Row) -> bool:
    """Does this report row belong to the last process of its work order's plan?

    A plan without processes is an order of one step. Raises DocumentRejected where that cannot be told.
    """
    processes, last = _rows(plan.get("processes")), last_process(plan)
    if last is None:
        return True
    for process in processes:
        if report.get("processId") and report["processId"] == process.get("id"):
            return process is last
    for reported, planned in (("processId", "processId"), ("processCode", "processCode")):
        same = [p for p in processes if report.get(reported) and report[reported] == p.get(planned)]
        if same:
            return _among(same, last, report)
    raise DocumentRejected(
        _("process %(code)s of the report is not in the process plan of its work order")
        % {"code": report.get("processCode") or "-"}
    )


def _among(same: list[Row], last: Row, report: Row) -> bool:
    """A process that stands twice in the plan does not tell which of the two was reported."""
    if len(same) > 1 and any(process is last for process in same):
        raise DocumentRejected(
            _("process %(code)s stands more than once in the process plan: was it the last one?")
            % {"code": report.get("processCode") or "-"}
        )
    return any(process is last for process in same)
