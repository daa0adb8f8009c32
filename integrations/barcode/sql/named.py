"""Statements that an administrator saved, with ``:name`` where a value goes.

A caller names one and gives the values; or sends the statement whole, as scanners with built-in SQL do: then it must
be a saved one, word for word, with a literal where the saved one has a ``:name``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.barcode.sql.dialect import Hana
from integrations.barcode.sql.guard import refused

MOST_VALUES = 1000
_LITERALS = (TokenType.STRING, TokenType.NUMBER)
_EXACT = (TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.IDENTIFIER)


def tokens_of(text: str) -> list[Token]:
    """Without a semicolon at the end. Raises Refusal where quotes are not closed."""
    try:
        found = Hana().tokenize(text)
    except SqlglotError:
        raise refused(_("a quote or comment is not closed")) from None
    return found[:-1] if found and found[-1].token_type == TokenType.SEMICOLON else found


def places(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, name) of every ``:name``."""
    tokens = tokens_of(text)
    for colon, name in pairwise(tokens):
        if colon.token_type == TokenType.COLON and name.start == colon.end + 1 and name.text.isidentifier():
            yield colon.start, name.end + 1, name.text


def bound(text: str, values: Mapping[str, Any]) -> str:
    """The statement with its values as literals. Raises Refusal (BC.4005) for missing, unknown and odd values."""
    wanted = list(places(text))
    names = {name for _start, _end, name in wanted}
    if missing := sorted(names - set(values)):
        raise Refusal(codes.BAD_VALUE, _("params: missing: %(names)s") % {"names": ", ".join(missing)})
    if unknown := sorted(set(values) - names):
        raise Refusal(codes.BAD_VALUE, _("params: unknown: %(names)s") % {"names": ", ".join(map(str, unknown))})
    for start, end, name in reversed(wanted):
        text = text[:start] + literal(values[name], name) + text[end:]
    return text


def literal(value: Any, name: str) -> str:
    """A value as SQL: texts quoted, numbers written out, a list with commas (for IN), null as NULL."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return str(value) if isinstance(value, int) else format(value, "f").rstrip("0").rstrip(".")
    if isinstance(value, list) and 0 < len(value) <= MOST_VALUES and not any(isinstance(v, list) for v in value):
        return ", ".join(literal(each, name) for each in value)
    raise Refusal(codes.BAD_VALUE, _("params.%(name)s must be a text, a number or a list of them") % {"name": name})


def quoted(text: str) -> str:
    """A text as a SQL literal. The guard looks at the whole statement afterwards all the same."""
    return "'" + text.replace("'", "''") + "'"


def is_saved(text: str, saved: str) -> bool:
    """Is this the saved statement, with literals in the places of its values?"""
    given, pattern = tokens_of(text), tokens_of(saved)
    at = 0
    position = 0
    while at < len(pattern):
        if pattern[at].token_type == TokenType.COLON and at + 1 < len(pattern):
            position += _sign(given, position)
            if position >= len(given) or given[position].token_type not in _LITERALS:
                return False
            at, position = at + 2, position + 1
            continue
        if position >= len(given) or not _same(given[position], pattern[at]):
            return False
        at, position = at + 1, position + 1
    return position == len(given)


def _sign(tokens: list[Token], position: int) -> int:
    """A number may have a minus."""
    if position + 1 >= len(tokens) or tokens[position].token_type != TokenType.DASH:
        return 0
    return int(tokens[position + 1].token_type == TokenType.NUMBER)


def _same(one: Token, other: Token) -> bool:
    if one.token_type != other.token_type:
        return False
    return one.text == other.text if one.token_type in _EXACT else one.text.upper() == other.text.upper()
