"""HANA's SQL turned into SQLite's: names fold to upper case unless quoted, unknown tables and columns are refused.

What HANA would not accept is refused here too, with its kind of message: a client that forgets the quotes around
"ItemCode" has to notice.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import exp, parser, tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from sandbox.diapi.catalog import View
from sandbox.erp import settings

# Functions that SQLite gets from functions.py under their own names: the parser is to leave them alone.
_OWN = """TO_VARCHAR TO_NVARCHAR TO_CHAR TO_DATE TO_TIMESTAMP TO_DECIMAL TO_INTEGER TO_INT TO_BIGINT TO_DOUBLE ADD_DAYS
ADD_MONTHS DAYS_BETWEEN YEAR MONTH DAYOFMONTH NOW LPAD RPAD LEFT RIGHT LOCATE CONCAT IFNULL"""
OWN = frozenset(_OWN.split())


class Hana(Dialect):
    """Just enough of HANA to read its SELECT."""

    class Tokenizer(tokens.Tokenizer):
        KEYWORDS = {**tokens.Tokenizer.KEYWORDS, "TOP": tokens.TokenType.TOP}

    class Parser(parser.Parser):
        FUNCTIONS = {name: build for name, build in parser.Parser.FUNCTIONS.items() if name not in OWN}
        FUNCTION_PARSERS = {name: parse for name, parse in parser.Parser.FUNCTION_PARSERS.items() if name not in OWN}


class SqlRefused(Exception):
    """The database says no; the message is what it says."""


@dataclass(frozen=True)
class Query:
    """``sql`` for SQLite, the ``tables`` it reads, ``numeric``: its output columns that hold numbers."""

    sql: str
    tables: frozenset[str]
    numeric: frozenset[str]


def translate(text: str, company: str, views: dict[str, View]) -> Query:
    """Raises SqlRefused."""
    tree = _parse(text)
    _fold(tree)
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    tables = _tables(tree, company, views, named)
    _check_columns(tree, tables, views)
    _name_outputs(tree)
    tree = tree.transform(_clock)
    numeric = {column for table in tables for column in views[table].numeric} if tables else set()
    return Query(tree.sql("sqlite"), frozenset(tables), frozenset(numeric))


def _parse(text: str) -> exp.Expr:
    try:
        statements = [found for found in sqlglot.parse(text, read=Hana) if found is not None]
    except SqlglotError as error:
        raise SqlRefused(f"sql syntax error: {str(error).splitlines()[0]}") from None
    if len(statements) != 1:
        raise SqlRefused('sql syntax error: incorrect syntax near ";"')
    if isinstance(statements[0], exp.Query):
        return statements[0]
    if isinstance(statements[0], (exp.DDL, exp.DML, exp.Command, exp.Drop, exp.Alter)):
        raise SqlRefused("insufficient privilege: Not authorized")
    raise SqlRefused(f'sql syntax error: incorrect syntax near "{text.split()[0]}"')


def _fold(tree: exp.Expr) -> None:
    """Unquoted names become upper case; all are quoted from here on."""
    for name in tree.find_all(exp.Identifier):
        if not name.args.get("quoted"):
            name.set("this", name.this.upper())
            name.set("quoted", True)


def _tables(tree: exp.Expr, company: str, views: dict[str, View], named: set[str]) -> set[str]:
    found = set()
    for table in tree.find_all(exp.Table):
        schema = table.args.get("db")
        if schema is not None and schema.name != company:
            raise SqlRefused(f"insufficient privilege: Not authorized to schema {schema.name}")
        if schema is None and table.name in named | {"DUMMY"}:
            continue
        if table.name not in views:
            raise SqlRefused(f"invalid table name: Could not find table/view {table.name} in schema {company}")
        table.set("db", None)
        found.add(table.name)
    return found


def _check_columns(tree: exp.Expr, tables: set[str], views: dict[str, View]) -> None:
    """Each column has to be one of the tables' or an alias: SQLite would take an unknown "X" for a text."""
    known = {column for table in tables for column in views[table].columns} | {"DUMMY"}
    known |= {alias.alias for alias in tree.find_all(exp.Alias)}
    known |= {name.name for alias in tree.find_all(exp.TableAlias) for name in alias.args.get("columns") or []}
    for column in tree.find_all(exp.Column):
        if not isinstance(column.this, exp.Star) and column.name not in known:
            raise SqlRefused(f"invalid column name: {column.name}")


def _clock(node: exp.Expr) -> exp.Expr:
    """The ERP's date and time, not SQLite's (which are UTC)."""
    forms: dict[type, str] = {
        exp.CurrentDate: "%Y-%m-%d",
        exp.CurrentTimestamp: "%Y-%m-%d %H:%M:%S",
        exp.CurrentTime: "%H:%M:%S",
    }
    form = forms.get(type(node))
    return exp.Literal.string(settings.now().strftime(form)) if form else node


def _name_outputs(tree: exp.Expr) -> None:
    """An expression without a name is named by its text, in upper case and without quotes."""
    for select in tree.find_all(exp.Select):
        named = []
        for shown in select.expressions:
            bare = isinstance(shown, (exp.Star, exp.Alias, exp.Column))
            text = shown.sql("sqlite").replace('"', "").upper()
            named.append(shown if bare else exp.alias_(shown, text, quoted=True))
        select.set("expressions", named)
