"""Runs translated SQL on the sandbox's own SQLite file, read-only."""

from __future__ import annotations

import re
import sqlite3
import threading
from typing import Any

from django.conf import settings as django_settings

from sandbox.diapi import catalog, functions, hana, procedures
from sandbox.erp.company import Company

Row = dict[str, Any]
_CALL = re.compile(r"\s*call\s+([\w\".]+)\s*\((.*)\)\s*;?\s*", re.IGNORECASE | re.DOTALL)
_ARGUMENT = re.compile(r"\s*(?:'((?:[^']|'')*)'|([-+.\w]+))\s*(?:,|$)")


class _Database:
    """One company's connection: its views are made when a statement first needs them."""

    def __init__(self, company: Company) -> None:
        self.company, self.schema = company, company.schema
        self.views = catalog.views(company)
        self.made: set[str] = set()
        name = str(django_settings.DATABASES["default"]["NAME"])
        self.connection = sqlite3.connect(name, check_same_thread=False, timeout=20)
        self.connection.execute("PRAGMA case_sensitive_like = ON")
        self.connection.execute("CREATE TEMP VIEW DUMMY AS SELECT 'X' AS \"DUMMY\"")
        functions.install(self.connection)

    def run(self, text: str) -> list[Row]:
        query = hana.translate(text, self.company.code, self.views)
        for table in query.tables - self.made:
            self.connection.execute(self.views[table].statement(table, self.company.system))
            self.made.add(table)
        try:
            cursor = self.connection.execute(query.sql)
            rows = cursor.fetchall()
        except sqlite3.Error as error:
            raise hana.SqlRefused(f"sql error: {error}") from None
        names = [column[0] for column in cursor.description]
        return [
            {name: _shown(name, value, query.numeric) for name, value in zip(names, row, strict=True)} for row in rows
        ]


_databases: dict[str, _Database] = {}
_lock = threading.Lock()


def execute(company: Company, text: str) -> list[Row]:
    """The rows of a SELECT or of an allowed CALL; raises SqlRefused."""
    called = _CALL.fullmatch(text)
    if called:
        return procedures.call(company, called[1].strip('"').upper(), _arguments(called[2]))
    with _lock:
        database = _databases.get(company.code)
        if database is None or database.schema is not company.schema:
            database = _databases[company.code] = _Database(company)
        return database.run(text)


def tables(company: Company) -> list[str]:
    """The names of all tables."""
    return list(catalog.views(company))


def _arguments(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text.rstrip()):
        argument = _ARGUMENT.match(text, at)
        if not argument:
            raise hana.SqlRefused(f'sql syntax error: incorrect syntax near "{text[at : at + 20]}"')
        quoted, plain = argument.groups()
        found.append(quoted.replace("''", "'") if quoted is not None else plain)
        at = argument.end()
    return found


def _shown(name: str, value: Any, numeric: frozenset[str]) -> Any:
    """NULL in a text column comes back as an empty text, as in the seed's sample."""
    return "" if value is None and name not in numeric else value
