"""The row cap: the database is asked for one row more than may be answered, so that we know whether there are more.

The statement is not wrapped in another SELECT: that would lose its order and refuse two columns of one name. It gets
a LIMIT, or the number in the one it has is made smaller.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from integrations.barcode.sql.guard import Checked


def capped(checked: Checked, rows: int) -> str:
    """The text that asks for at most ``rows`` + 1. A call is left as it is: its rows are counted when they come."""
    if checked.is_call or not isinstance(checked.tree, exp.Query):
        return checked.text
    own = checked.tree.args.get("limit")
    if own is None:
        return f"{checked.text} LIMIT {rows + 1}"
    number = _number(checked.tokens)
    if number is None or int(number.text) <= rows:
        return checked.text
    return f"{checked.text[: number.start]}{rows + 1}{checked.text[number.end + 1 :]}"


def _number(tokens: tuple[Token, ...]) -> Token | None:
    """The number of the outermost LIMIT or TOP; None where something else than a number stands there."""
    limits = [after for word, after in _outermost(tokens) if word.token_type in (TokenType.LIMIT, TokenType.TOP)]
    last = limits[-1] if limits else None
    return last if last is not None and last.token_type == TokenType.NUMBER and last.text.isdigit() else None


def _outermost(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, Token]]:
    """(token, the next one) outside of all brackets."""
    depth = 0
    for token, after in pairwise(tokens):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 0:
            yield token, after
