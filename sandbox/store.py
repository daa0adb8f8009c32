"""The only door to the sandbox's documents: SQLite keeps them, memory answers for them.

One process serves all systems, so a kind is read from the database once and kept; every write goes to both.
Bodies handed out are copies, except by ``scan``, which is for readers that change nothing.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db import connection
from django.db import transaction as database_transaction

from sandbox.models import Effect, Record

LOCK = threading.RLock()  # one process, many threads: a read-modify-write holds it


class Missing(KeyError):
    """No such record."""


class Entry(NamedTuple):
    key: str
    body: dict
    version: int
    number: int | None


class _Kind:
    """One kind of one system in memory, in key order: integers by value, texts by text."""

    def __init__(self, system: str, kind: str) -> None:
        query = Record.objects.filter(system=system, kind=kind).order_by("number", "key")
        rows = query.values_list("key", "body", "version", "number")
        self.entries = {row[0]: Entry(*row) for row in rows.iterator(chunk_size=2000)}
        self.top = max((entry.number for entry in self.entries.values() if entry.number is not None), default=None)
        self.sorted = True

    def set(self, entry: Entry) -> None:
        if entry.key not in self.entries and self.entries:
            last = next(reversed(self.entries.values()))
            self.sorted = self.sorted and _place(last) < _place(entry)
        self.entries[entry.key] = entry
        if entry.number is not None:
            self.top = entry.number if self.top is None else max(self.top, entry.number)

    def in_order(self) -> list[Entry]:
        if not self.sorted:
            self.entries = {entry.key: entry for entry in sorted(self.entries.values(), key=_place)}
            self.sorted = True
        return list(self.entries.values())


_kinds: dict[tuple[str, str], _Kind] = {}
_journal: list[tuple[_Kind, str, Entry | None]] | None = None  # what to put back when a transaction fails


def _place(entry: Entry) -> tuple[bool, int, str]:
    return entry.number is not None, entry.number or 0, entry.key


def _kind(system: str, kind: str) -> _Kind:
    found = _kinds.get((system, kind))
    if found is None:
        found = _kinds[system, kind] = _Kind(system, kind)
    return found


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(item) if isinstance(item, (dict, list)) else item for name, item in value.items()}
    return [_copy(item) if isinstance(item, (dict, list)) else item for item in value]


def get(system: str, kind: str, key: Any) -> dict:
    """The body; raises Missing."""
    with LOCK:
        entry = _kind(system, kind).entries.get(str(key))
    if entry is None:
        raise Missing(f"{system}.{kind}({key})")
    return _copy(entry.body)


def peek(system: str, kind: str, key: Any) -> Entry | None:
    """The record as kept, for readers that change nothing; None when it does not exist."""
    with LOCK:
        return _kind(system, kind).entries.get(str(key))


def version(system: str, kind: str, key: Any) -> int:
    entry = peek(system, kind, key)
    return entry.version if entry else 0


def find(system: str, kind: str, test: Callable[[dict], bool] | None = None) -> list[dict]:
    """All bodies of a kind in key order, those that pass ``test``."""
    return [_copy(entry.body) for entry in scan(system, kind) if test is None or test(entry.body)]


def rows(system: str, kind: str) -> Iterator[tuple[str, dict, int]]:
    """(key, body, version) of every record of a kind: integers by value, texts by text."""
    for entry in scan(system, kind):
        yield entry.key, _copy(entry.body), entry.version


def scan(system: str, kind: str) -> list[Entry]:
    """Every record of a kind in key order, as kept: change nothing in it."""
    with LOCK:
        return _kind(system, kind).in_order()


@contextlib.contextmanager
def transaction() -> Iterator[None]:
    """All or nothing, in the database and in memory; nobody else writes meanwhile. May be nested."""
    global _journal
    with LOCK:
        outer, _journal = _journal, []
        try:
            with database_transaction.atomic():
                yield
        except BaseException:
            for kind, key, entry in reversed(_journal):
                _put_back(kind, key, entry)
            _journal = outer
            raise
        if outer is not None:
            outer.extend(_journal)
        _journal = outer


def _put_back(kind: _Kind, key: str, entry: Entry | None) -> None:
    if entry is None:
        kind.entries.pop(key, None)
    else:
        kind.set(entry)


def put(system: str, kind: str, key: Any, body: dict, *, silent: bool = False) -> dict:
    """Insert or replace; counts the version, unless ``silent``."""
    put_many(system, kind, {key: body}, silent=silent)
    return body


def put_many(system: str, kind: str, bodies: dict[Any, dict], *, silent: bool = False) -> None:
    """Insert or replace many at once."""
    with LOCK:
        kept = _kind(system, kind)
        fresh = [_next_entry(kept, key, body, silent) for key, body in bodies.items()]
        _write(system, kind, fresh)
        for entry in fresh:
            if _journal is not None:
                _journal.append((kept, entry.key, kept.entries.get(entry.key)))
            kept.set(entry)


def _next_entry(kept: _Kind, key: Any, body: dict, silent: bool) -> Entry:
    old = kept.entries.get(str(key))
    number = old.number if old else (key if isinstance(key, int) else None)
    return Entry(str(key), _copy(body), (old.version + (not silent)) if old else 1, number)


def _write(system: str, kind: str, entries: list[Entry]) -> None:
    # One statement a record: the ORM's read, then write, takes four times as long.
    statement = (
        "INSERT INTO sandbox_record (system, kind, key, number, body, version) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (system, kind, key) DO UPDATE SET body = excluded.body, version = excluded.version"
    )
    values = [(system, kind, e.key, e.number, json.dumps(e.body, ensure_ascii=False), e.version) for e in entries]
    with connection.cursor() as cursor:
        if len(values) == 1:
            cursor.execute(statement, values[0])
        else:
            with database_transaction.atomic():
                cursor.executemany(statement, values)


def delete(system: str, kind: str, key: Any) -> None:
    with LOCK:
        kept = _kind(system, kind)
        Record.objects.filter(system=system, kind=kind, key=str(key)).delete()
        old = kept.entries.pop(str(key), None)
        if old is not None and _journal is not None:
            _journal.append((kept, old.key, old))


def next_number(system: str, kind: str, start: int = 1) -> int:
    """The next free integer key."""
    with LOCK:
        top = _kind(system, kind).top
    return start if top is None else top + 1


def clear(system: str | None = None) -> None:
    with LOCK:
        Record.objects.filter(**({"system": system} if system else {})).delete()
        Effect.objects.filter(**({"system": system} if system else {})).delete()
        for name in [name for name in _kinds if system in (None, name[0])]:
            del _kinds[name]


def effect(system: str, op: str, key: Any = "", source: Any = "", **detail: Any) -> None:
    """Write one line of history: call it when, and only when, the effect took place."""
    Effect.objects.create(system=system, op=op, key=str(key), source=str(source), detail=detail)
