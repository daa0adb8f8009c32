"""Finding documents by a number of either system: exact numbers by the indexes, so that a million rows answer at once;
beginnings of numbers only where no exact one is found.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from core.models import Delivery

MOST = 200


def deliveries(rows: QuerySet[Delivery], text: str) -> set[int]:
    """Ids of the rows whose document number, number over there or source key is ``text`` or begins with it."""
    text = text.strip()
    if not text:
        return set()
    return _exact(rows, text) or _beginning(rows, text)


def _exact(rows: QuerySet[Delivery], text: str) -> set[int]:
    found: set[int] = set()
    for name in ("label", "target_key"):
        # Not scoped yet: the index finds few rows, and a scoped query would not use it.
        found |= set(Delivery.objects.filter(**{name: text}).values_list("pk", flat=True)[:MOST])
    return set(rows.filter(pk__in=found).values_list("pk", flat=True)) if found else set()


def _beginning(rows: QuerySet[Delivery], text: str) -> set[int]:
    begins = Q(label__startswith=text) | Q(target_key__startswith=text) | Q(key__startswith=text)
    return set(rows.filter(begins).order_by("-pk").values_list("pk", flat=True)[:MOST])
