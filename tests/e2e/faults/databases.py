"""Databases of the fault tests: made once, migrated, and copied for each test; read by SQL, without the platform."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/test")
_numbers = itertools.count(1)


class Database(Protocol):
    """``name`` goes into DATABASES, ``url`` into DATABASE_URL."""

    name: str
    url: str

    def copy(self) -> Database: ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...

    def drop(self) -> None: ...


class Sqlite:
    """A file. Copied while nobody writes to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder / f"faults-{next(_numbers)}.sqlite3")
        self.url = f"sqlite:///{self.name}"

    def copy(self) -> Sqlite:
        other = Sqlite(self.folder)
        with contextlib.closing(sqlite3.connect(self.name)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.name, other.name)
        return other

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.name, timeout=20)) as connection, connection:
            return connection.execute(sql).fetchall()

    def drop(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(self.name + suffix).unlink(missing_ok=True)


class Postgres:
    """A database of its own, named after this process."""

    def __init__(self, template: str = "template1") -> None:
        self.name = f"b1flow_faults_{os.getpid()}_{next(_numbers)}"
        server = urlsplit(SERVER)
        self._server = SERVER
        self.url = server._replace(path=f"/{self.name}").geturl()
        self._do(f'CREATE DATABASE "{self.name}" TEMPLATE "{template}"')

    def copy(self) -> Postgres:
        return Postgres(self.name)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def drop(self) -> None:
        self._do(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _do(self, sql: str) -> None:
        with psycopg.connect(self._server, autocommit=True, connect_timeout=5) as connection:
            connection.execute(sql)


def postgres_answers() -> bool:
    """Is there a PostgreSQL server?"""
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True
