"""Values that a value map had no translation for: noted where a lookup misses, written once a run or commit group.

A lookup that hits costs nothing here; one that misses refuses its document, and the refusal leads back to the value.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from core.errors import ConfigurationError
from core.mapping.decimals import shown

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from core.models import Delivery, UnknownValue, ValueMap

MOST_A_RUN = 100  # different values remembered between two writes
MOST_A_FLOW = 500  # rows of one flow: further values are not kept before these are translated or forgotten
LONGEST = 200  # characters; a longer value is a text, which nobody translates by a table
DEPTH = 8  # errors that were raised from one another


class UnknownValueError(ValueError):
    """A lookup missed: ``value`` is not in the value map ``value_map``."""

    def __init__(self, value_map: str, value: str) -> None:
        super().__init__(words(value_map, value))
        self.value_map, self.value = value_map, value


def words(value_map: str, value: str) -> str:
    """What the refused document says, in the present language."""
    return _("value map %(name)s has no row for %(value)s") % {"name": value_map, "value": shown(value)}


class Seen:
    """Misses between two writes: {(value map, value): how often}."""

    def __init__(self) -> None:
        self.misses: Counter[tuple[str, str]] = Counter()

    def note(self, error: BaseException | None) -> None:
        """Remember the miss that this refusal came from, if it came from one."""
        for _step in range(DEPTH):
            if error is None:
                return
            if isinstance(error, UnknownValueError):
                self._add(error.value_map, _storable(error.value.strip()))
                return
            error = error.__cause__

    def _add(self, value_map: str, value: str) -> None:
        miss = (value_map, value)
        if 0 < len(value) <= LONGEST and (miss in self.misses or len(self.misses) < MOST_A_RUN):
            self.misses[miss] += 1

    def write(self, flow_id: int) -> None:
        """One statement, or none when nothing was missed. What is written is only forgotten by ``clear``."""
        if not self.misses:
            return
        # Sorted: two requests of a flow take the rows' locks in one order.
        rows = [(name, value, count) for (name, value), count in sorted(self.misses.items())]
        with connection.cursor() as cursor:
            cursor.execute(
                _statement(len(rows)), [part for row in rows for part in (flow_id, *row, *_room(flow_id, row))]
            )

    def clear(self) -> None:
        """They are in the database now."""
        self.misses.clear()


def _storable(text: str) -> str:
    """Without what no database takes: it would keep the receipts of the same commit out of the ledger."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


# A value that is there already is counted; a new one is taken while the flow has room.
_ROW = f"""SELECT CAST(%s AS bigint), %s, %s, CAST(%s AS integer), CURRENT_TIMESTAMP WHERE
 (SELECT COUNT(*) FROM core_unknownvalue WHERE flow_id = %s) < {MOST_A_FLOW}
 OR EXISTS (SELECT 1 FROM core_unknownvalue WHERE flow_id = %s AND value_map = %s AND value = %s)"""  # noqa: S608


def _statement(rows: int) -> str:
    return (
        "INSERT INTO core_unknownvalue (flow_id, value_map, value, count, last_seen) "
        + " UNION ALL ".join([_ROW] * rows)
        + " ON CONFLICT (flow_id, value_map, value) DO UPDATE SET"
        " count = core_unknownvalue.count + excluded.count, last_seen = excluded.last_seen"
    )


def _room(flow_id: int, row: tuple[str, str, int]) -> tuple[int, int, str, str]:
    return (flow_id, flow_id, row[0], row[1])


def of_map(value_map: ValueMap) -> QuerySet[UnknownValue]:
    """What the tenant's flows met and this map does not know, newest first."""
    from core.models import UnknownValue

    met = UnknownValue.objects.filter(flow__tenant_id=value_map.tenant_id, value_map=value_map.name)
    return met.select_related("flow").order_by("-last_seen", "-pk")


def behind(delivery: Delivery) -> UnknownValue | None:
    """The unknown value for which this document was refused."""
    from core.models import UnknownValue

    if not delivery.error:
        return None
    met = UnknownValue.objects.filter(flow_id=delivery.flow_id)[: MOST_A_FLOW + MOST_A_RUN]
    return next((row for row in met if _named_by(delivery.error, row)), None)


def _named_by(error: str, row: UnknownValue) -> bool:
    """Were these the words? They are in the language of the worker."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            if words(row.value_map, row.value) in error:
                return True
    return False


@transaction.atomic
def translate(value_map: ValueMap, value: str, meaning: str) -> ValueMap:
    """Add a row to the map; refused documents go out with their flow's next run. ConfigurationError: it is there."""
    from core.models import ValueMap

    current = ValueMap.objects.select_for_update().get(pk=value_map.pk)
    value = value.strip()
    if not value:
        raise ConfigurationError(fields={"value": _("Which value?")})
    if not meaning.strip():
        raise ConfigurationError(fields={"meaning": _("Which translation?")})
    if value in current.rows:
        known = {"value": value, "meaning": current.rows[value]}
        raise ConfigurationError(fields={"value": _("%(value)s is translated already: %(meaning)s") % known})
    current.rows = {**current.rows, value: meaning.strip()}
    current.save()
    return current
