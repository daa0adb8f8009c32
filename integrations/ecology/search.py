"""Looking for a request whose creation was not answered: exactly its title, its workflow, made since (protocol A7).

The lists find titles that contain the words, so 采购申请 1 brings 采购申请 16 too.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from integrations.ecology.cube import ZONE

# A new request is "handled" for its creator, "to do" while it stays at the first node, "processed" when archived.
LISTS = ("getHandledWorkflowRequestList", "getToDoWorkflowRequestList", "getProcessedWorkflowRequestList")
PAGE_SIZE = 100
MOST_PAGES = 20
Row = dict[str, Any]


def conditions(workflow_id: str, title: str, since: datetime) -> dict[str, str]:
    """``createdateselect`` 6 makes from and to count. A day more on both ends: clocks and zones."""
    day = since.astimezone(ZONE).date() - timedelta(days=1)
    return {
        "requestname": title,
        "workflowIds": str(workflow_id),
        "createdateselect": "6",
        "createdatefrom": day.isoformat(),
        "createdateto": (datetime.now(ZONE).date() + timedelta(days=1)).isoformat(),
    }


def all_pages(read: Callable[[int], list[Row]]) -> Iterator[Row]:
    """Every row of a list; ``read(number)`` reads one page."""
    for number in range(1, MOST_PAGES + 1):
        rows = read(number)
        yield from rows
        if len(rows) < PAGE_SIZE:
            return


def exact(rows: list[Row], workflow_id: str, title: str, since: datetime) -> list[Row]:
    """Rows that are it, each once, newest first."""
    found = {
        str(row.get("requestId")): row
        for row in rows
        if str(row.get("requestId") or "").isdecimal()
        and html.unescape(str(row.get("requestName") or "")).strip() == title.strip()
        and _workflow(row) in ("", str(workflow_id))
        and _made(row) >= since
    }
    return sorted(found.values(), key=lambda row: int(str(row["requestId"])), reverse=True)


def _workflow(row: Row) -> str:
    info = row.get("workflowBaseInfo")
    return str(info.get("workflowId") or "") if isinstance(info, dict) else str(row.get("workflowId") or "")


def _made(row: Row) -> datetime:
    """createTime is the OA's wall clock; one that cannot be read counts as new: then a person sees two candidates."""
    text = str(row.get("createTime") or "").strip()
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"):
        try:
            made = datetime.strptime(text, pattern).replace(tzinfo=ZONE)
        except ValueError:
            continue
        return made + timedelta(minutes=1) if pattern.endswith("%M") else made
    return datetime.max.replace(tzinfo=ZONE)
