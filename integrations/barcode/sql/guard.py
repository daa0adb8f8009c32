"""The SQL guard: one statement that only reads, or one call of an allowed procedure, or a refusal with the reason.

The text that was checked is the text that is sent: sqlglot reads it, and everything it read must be of a kind that
is known to be harmless. What it would skip (comments, hints) is refused, so that the database cannot see more than
sqlglot did.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from django.utils.translation import gettext as _
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.barcode.sql import nodes
from integrations.barcode.sql.dialect import Hana
from integrations.barcode.sql.policy import SECRET_COLUMN, WITHOUT_STAR, Policy, folded
from integrations.barcode.sql.visible import common_tables

MOST_BYTES = 32 * 1024
_WHITE = frozenset(" \t\r\n")
_QUOTED = (TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.IDENTIFIER)
_SIGNS = str.maketrans("", "", "#$")
_STARTS = (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN)


@dataclass(frozen=True)
class Checked:
    """A statement that may be sent. ``text`` has no semicolon; ``tokens`` belong to it."""

    text: str
    tokens: tuple[Token, ...]
    tree: exp.Expr
    is_call: bool = False


def refused(reason: str) -> Refusal:
    """The scanner sees the reason, never the statement."""
    return Refusal(codes.SQL_REFUSED, _("SQL is not allowed: %(reason)s") % {"reason": reason})


@lru_cache(maxsize=256)
def check(text: str, policy: Policy) -> Checked:
    """The statement, ready to be sent. Raises Refusal (BC.4031 with the reason, BC.4013 for none)."""
    tokens = _tokens(text)
    if tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        text, tokens = text[: tokens[-1].start].rstrip(), tokens[:-1]
    if not tokens:
        raise Refusal(codes.NO_SQL, codes.EMPTY_SQL_TEXT)
    if any(token.token_type == TokenType.SEMICOLON for token in tokens):
        raise refused(_("more than one statement"))
    if tokens[0].text.upper() == "CALL":
        return Checked(text, tuple(tokens), _call(text[tokens[0].end + 1 :], policy), is_call=True)
    if tokens[0].token_type not in _STARTS:
        raise refused(_("only SELECT, WITH and CALL of allowed procedures"))
    tree = _parsed(text)
    if not isinstance(tree, exp.Query):
        raise refused(_("only SELECT, WITH and CALL of allowed procedures"))
    _check_tree(tree, policy)
    return Checked(text, tuple(tokens), tree)


# -- the text


def _tokens(text: str) -> list[Token]:
    """Every character must belong to a token or be a plain blank: nothing is skipped unseen."""
    if any(unicodedata.category(sign).startswith("C") and sign not in _WHITE for sign in text):
        raise refused(_("control characters"))
    if len(text.encode()) > MOST_BYTES:
        raise refused(_("longer than %(size)s KB") % {"size": MOST_BYTES // 1024})
    try:
        tokens = Hana().tokenize(text)
    except SqlglotError:
        raise refused(_("a quote or comment is not closed")) from None
    position = 0
    for token in tokens:
        if not _WHITE.issuperset(text[position : token.start]):
            raise refused(_("comments and unusual blanks"))
        if not _is_plain(token):
            raise refused(_("unusual characters outside of quotes"))
        position = token.end + 1
    if not _WHITE.issuperset(text[position:]):
        raise refused(_("comments and unusual blanks"))
    return tokens


def _is_plain(token: Token) -> bool:
    """Names: letters of any script, but no look-alikes of others, digits, HANA's _ # $. The rest is ASCII."""
    if token.token_type in _QUOTED:
        return True
    if token.token_type == TokenType.VAR:
        text = token.text
        starts_well = text[0].isalpha() or text[0] == "_"
        return starts_well and folded(text) == text.upper() and text.replace("_", "a").translate(_SIGNS).isalnum()
    return token.text.isascii()


def _parsed(text: str) -> exp.Expr:
    try:
        trees = sqlglot.parse(text, read=Hana)
    except SqlglotError:
        raise refused(_("the statement is not understood")) from None
    except RecursionError:
        raise refused(_("nested too deeply")) from None
    if len(trees) != 1 or trees[0] is None:
        raise refused(_("more than one statement"))
    return trees[0]


# -- what it is made of


def _check_tree(tree: exp.Expr, policy: Policy) -> None:
    tables: set[str] = set()
    for node in tree.walk():
        if type(node) not in nodes.ALLOWED:
            raise refused(_("%(part)s is not for reading") % {"part": node.key.upper()})
        if isinstance(node, exp.Table):
            tables.add(_check_table(node, policy))
        elif isinstance(node, exp.CTE):
            _check_name(node, policy)
        elif isinstance(node, exp.Column):
            _check_column(node, policy)
        elif isinstance(node, exp.Anonymous):
            _check_function(node, policy)
        else:
            _check_parts(node)
    if tables & WITHOUT_STAR and tree.find(exp.Star):
        names = ", ".join(sorted(tables & WITHOUT_STAR))
        raise refused(_("of %(tables)s only named columns may be read") % {"tables": names})


def _check_table(table: exp.Table, policy: Policy) -> str:
    """Its name in capitals. A name that WITH defined for this place is no table of the database."""
    if not isinstance(table.this, exp.Identifier):
        raise refused(_("functions that give tables"))
    if "catalog" in _filled(table):
        raise refused(_("another database"))
    schema = table.args.get("db")
    if schema is None and table.name.upper() in common_tables(table):
        return ""
    for problem in (policy.schema_problem(table.db) if schema is not None else "", policy.table_problem(table.name)):
        if problem:
            raise refused(problem)
    return folded(table.name)


def _check_name(query: exp.CTE, policy: Policy) -> None:
    """A WITH query may not take a name that is denied: whoever reads on would not know which one is meant."""
    if policy.is_denied(query.alias):
        raise refused(_("table %(name)s may not be read") % {"name": query.alias})


def _check_column(column: exp.Column, policy: Policy) -> None:
    parts = _filled(column)
    if "catalog" in parts:
        raise refused(_("another database"))
    if "db" in parts and (problem := policy.schema_problem(column.db)):
        raise refused(problem)
    quoted = isinstance(column.this, exp.Identifier) and column.this.quoted
    if not quoted and column.name.upper() in nodes.PSEUDO_COLUMNS:
        raise refused(_("%(part)s is not for reading") % {"part": column.name.upper()})
    if SECRET_COLUMN.search(folded(column.name)):
        raise refused(_("column %(name)s may not be read") % {"name": column.name})


def _check_function(function: exp.Anonymous, policy: Policy) -> None:
    if not policy.may_compute(function.name):
        raise refused(_("function %(name)s is not one of the allowed functions") % {"name": function.name})


def _check_parts(node: exp.Expr) -> None:
    """Clauses that sqlglot keeps as texts or flags."""
    if isinstance(node, exp.Select) and (more := _filled(node) - nodes.SELECT_PARTS):
        raise refused(_("%(part)s is not for reading") % {"part": ", ".join(sorted(more)).upper()})
    if isinstance(node, exp.With) and node.args.get("recursive"):
        raise refused(_("%(part)s is not for reading") % {"part": "RECURSIVE"})
    if isinstance(node, exp.In) and node.args.get("field") is not None:
        raise refused(_("IN wants a list or a query in brackets"))


def _filled(node: exp.Expr) -> set[str]:
    return {name for name, value in node.args.items() if value not in (None, False, [])}


# -- calls


def _call(text: str, policy: Policy) -> exp.Expr:
    """``TMDK('a','b',3)``: an allowed procedure with nothing but literals."""
    call = _parsed(text)
    if isinstance(call, exp.Dot) and isinstance(call.this, exp.Identifier):
        if problem := policy.schema_problem(call.this.name):
            raise refused(problem)
        call = call.expression
    if type(call) is not exp.Anonymous:
        raise refused(_("CALL wants a procedure and its values"))
    quoted = isinstance(call.this, exp.Identifier) and call.this.quoted
    if not policy.may_call(call.name, quoted=quoted):
        raise refused(_("procedure %(name)s is not one of the allowed procedures") % {"name": call.name})
    if not all(map(_is_literal, call.expressions)):
        raise refused(_("a procedure takes only texts and numbers"))
    return call


def _is_literal(value: exp.Expr) -> bool:
    inner = value.this if isinstance(value, exp.Neg) else value
    return type(inner) in (exp.Literal, exp.Null, exp.National)
