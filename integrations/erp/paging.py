"""Reads a list to its end, page by page, safely while its rows are being marked.

Marking takes rows out of the filter, so ``$skip`` over them would jump over others: pages go by key instead
(``Key gt last``). Where that is not possible (composite key, another order) the rows read so far are skipped. Of the
server's nextLink only its presence counts: its address lacks a gateway's prefix and is encoded anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from integrations.erp import odata

log = logging.getLogger(__name__)
Row = dict[str, Any]
NEXT_LINKS = ("odata.nextLink", "@odata.nextLink")


@dataclass(frozen=True)
class Query:
    """A list to read. ``page_size`` 0 leaves it to the server; ``kinds``: key properties and their kinds."""

    entity_set: str
    kinds: dict[str, str]
    filter: str = ""
    select: str = ""
    order: str = ""
    page_size: int = 0
    expand: str = ""

    @property
    def by_key(self) -> str:
        """The property to page by; "" where rows must be skipped."""
        if len(self.kinds) != 1:
            return ""
        key = next(iter(self.kinds))
        return key if self.order.strip() in ("", key, f"{key} asc") else ""

    def options(self, condition: str, skip: int) -> dict[str, str]:
        """The query options of one page."""
        order = self.order or ",".join(self.kinds)
        wanted = {
            "$filter": odata.all_of(self.filter, condition),
            "$select": self._selected(),
            "$orderby": order,
            "$expand": self.expand,
            "$skip": str(skip) if skip else "",
        }
        return {name: value for name, value in wanted.items() if value}

    def _selected(self) -> str:
        names = [part.strip() for part in self.select.split(",") if part.strip()]
        if not names or "*" in names or self.expand:
            return ",".join(names)
        return ",".join([key for key in self.kinds if key not in names] + names)


def pages(query: Query, read: Callable[[dict[str, str]], dict[str, Any]]) -> Iterator[list[Row]]:
    """Yields the rows of each page; ``read(options)`` -> the parsed answer."""
    key, condition, skip = query.by_key, "", 0
    before: set[Any] = set()
    while True:
        answer = read(query.options(condition, skip))
        rows = list(answer.get("value") or [])
        if key and rows and key not in rows[0]:
            log.warning("%s does not show %s: rows are skipped by number", query.entity_set, key)
            key = ""
        if not key:
            skip += len(rows)
        fresh = [row for row in rows if not key or row[key] not in before]
        if fresh:
            yield fresh
        if not fresh or not any(answer.get(link) for link in NEXT_LINKS):
            return
        if key:
            before = {row[key] for row in rows}
            condition = odata.compare(key, "gt", rows[-1][key], query.kinds[key])
