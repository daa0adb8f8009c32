"""The only door to the sandbox's documents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Max

from sandbox.models import Effect, Record

LOCK = threading.RLock()  # one process, many threads: a read-modify-write holds it


class Missing(KeyError):
    """No such record."""


def _number(key: Any) -> int | None:
    return key if isinstance(key, int) else None


def get(system: str, kind: str, key: Any) -> dict:
    """The body; raises Missing."""
    record = Record.objects.filter(system=system, kind=kind, key=str(key)).first()
    if record is None:
        raise Missing(f"{system}.{kind}({key})")
    return record.body


def version(system: str, kind: str, key: Any) -> int:
    record = Record.objects.filter(system=system, kind=kind, key=str(key)).first()
    return record.version if record else 0


def find(system: str, kind: str, test: Callable[[dict], bool] | None = None) -> list[dict]:
    """All bodies of a kind in key order, those that pass ``test``."""
    return [body for _, body, _ in rows(system, kind) if test is None or test(body)]


def rows(system: str, kind: str) -> Iterator[tuple[str, dict, int]]:
    """(key, body, version) of every record of a kind: integers by value, texts by text."""
    query = Record.objects.filter(system=system, kind=kind).order_by("number", "key")
    yield from query.values_list("key", "body", "version")


def put(system: str, kind: str, key: Any, body: dict) -> dict:
    """Insert or replace; counts the version."""
    with LOCK, transaction.atomic():
        record = Record.objects.filter(system=system, kind=kind, key=str(key)).first()
        if record is None:
            Record.objects.create(system=system, kind=kind, key=str(key), number=_number(key), body=body)
        else:
            record.body, record.version = body, record.version + 1
            record.save(update_fields=["body", "version"])
    return body


def delete(system: str, kind: str, key: Any) -> None:
    Record.objects.filter(system=system, kind=kind, key=str(key)).delete()


def next_number(system: str, kind: str, start: int = 1) -> int:
    """The next free integer key."""
    top = Record.objects.filter(system=system, kind=kind).aggregate(top=Max("number"))["top"]
    return start if top is None else top + 1


def clear(system: str | None = None) -> None:
    Record.objects.filter(**({"system": system} if system else {})).delete()
    Effect.objects.filter(**({"system": system} if system else {})).delete()


def effect(system: str, op: str, key: Any = "", source: Any = "") -> None:
    """Write one line of history: call it when, and only when, the effect took place."""
    Effect.objects.create(system=system, op=op, key=str(key), source=str(source))
