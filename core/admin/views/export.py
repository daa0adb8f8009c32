"""CSV of documents with both numbers, for month-end checking."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Delivery

FORMULA = ("=", "+", "-", "@", "\t", "\r")
CHUNK = 500


class _Line:
    """A file object for csv that hands the line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def documents(rows: QuerySet[Delivery]) -> StreamingHttpResponse:
    """The rows as CSV, streamed; with a byte order mark, so that Excel reads it as UTF-8."""
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="documents-{day}.csv"'
    return answer


def _lines(rows: QuerySet[Delivery]) -> Iterator[str]:
    writer = csv.writer(_Line())
    head = [_("tenant"), _("company"), _("flow"), _("document"), _("source key"), _("number over there")]
    yield "\ufeff" + writer.writerow(
        [*head, _("state"), _("decision"), _("created"), _("sent"), _("changed"), _("error")]
    )
    fetched = rows.select_related("flow", "flow__tenant", "flow__company")
    for row in fetched.iterator(chunk_size=CHUNK):
        yield writer.writerow([_safe(value) for value in _values(row)])


def _values(row: Delivery) -> list[Any]:
    flow = row.flow
    numbers = [row.label or row.key, row.key, row.target_key or ""]
    times = [_time(row.created_at), _time(row.sent_at), _time(row.updated_at)]
    words = [row.get_state_display(), row.get_decision_display() if row.decision_state else ""]
    return [flow.tenant.name, flow.company or "", flow.name, *numbers, *words, *times, row.error]


def _time(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _safe(value: Any) -> str:
    """A spreadsheet must not run what a foreign system wrote."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
