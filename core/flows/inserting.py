"""INSERT of many rows without building model instances and compiling SQL for each group: half the price.

The columns are the models'; a new column needs a line here only when the runner writes it (others take the default
that ``Model`` gives, which ``tests/core/flows/test_inserting.py`` compares).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from core.connectors.steps import Step
from core.flows.rows import clean
from core.models import Delivery, InboundEvent, RunStep

STEP_COLUMNS = ("run_id", "delivery_id", "slot", "name", "ok", "ms", "input", "output", "at")
DELIVERY_COLUMNS = tuple(str(f.column) for f in Delivery._meta.concrete_fields if not f.primary_key)
EVENT_COLUMNS = tuple(str(f.column) for f in InboundEvent._meta.concrete_fields if not f.primary_key)
_FIELDS = (*Delivery._meta.concrete_fields, *InboundEvent._meta.concrete_fields)
_JSON = {f.column for f in _FIELDS if f.get_internal_type() == "JSONField"}
_TIMES = {f.column for f in _FIELDS if f.get_internal_type() == "DateTimeField"}
_BORN = {"created_at", "updated_at", "received_at"}  # what the models set by themselves
_ATTRIBUTES = {str(f.column): f.attname for f in _FIELDS}
PART = 200


def insert_steps(run_id: int, steps: Sequence[Step]) -> None:
    """Steps of a run, redacted and cut already."""
    for start in range(0, len(steps), PART):
        values: list[Any] = []
        for step in steps[start : start + PART]:
            values += (
                run_id, step.delivery, step.slot, clean(step.name, 200), step.ok, step.ms, _text(step.input),
                _text(step.output), _time(step.at),
            )  # fmt: skip
        _insert(RunStep._meta.db_table, STEP_COLUMNS, values)


def insert_deliveries(rows: Sequence[Delivery], now: datetime) -> None:
    """Unsaved rows of one flow; sets their primary keys. IntegrityError where one of the keys exists."""
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        values = [_value(row, column, now) for row in part for column in DELIVERY_COLUMNS]
        returned = _insert(Delivery._meta.db_table, DELIVERY_COLUMNS, values, returning="id, key")
        numbers = {key: pk for pk, key in returned}
        for row in part:
            row.pk = numbers[row.key]
            row._state.adding = False


def insert_event(event: InboundEvent, now: datetime) -> None:
    """An unsaved event, whose key is not set. IntegrityError where the flow has its ``event_id`` already."""
    _insert(InboundEvent._meta.db_table, EVENT_COLUMNS, [_value(event, column, now) for column in EVENT_COLUMNS])


def _insert(table: str, columns: Sequence[str], values: list[Any], returning: str = "") -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{name}"' for name in columns)
    group = f"({', '.join(['%s'] * len(columns))})"
    groups = ", ".join([group] * (len(values) // len(columns)))
    sql = f'INSERT INTO "{table}" ({names}) VALUES {groups}'  # noqa: S608 - names are our own models'
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {returning}" if returning else sql, values)
        return cursor.fetchall() if returning else []


def _value(row: Delivery | InboundEvent, column: str, now: datetime) -> Any:
    if column in _BORN:
        return _time(now)
    value = row.__dict__[_ATTRIBUTES[column]]
    if value is None:
        return None
    if column in _JSON:
        return _storable(json.dumps(value, ensure_ascii=False, default=str))
    if column in _TIMES:
        return _time(value)
    return value


def _storable(text: str) -> str:
    """JSON without NUL and halves of surrogate pairs: PostgreSQL takes neither."""
    return text.encode("utf-8", "replace").decode().replace("\\u0000", "")


def _text(value: str) -> str:
    return value.replace("\x00", "") if "\x00" in value else value


@lru_cache(maxsize=64)
def _time(value: datetime) -> Any:
    """As the database takes it; the same few moments come again and again in a group."""
    return connection.ops.adapt_datetimefield_value(value)
