"""HANA's SQL for sqlglot, which knows no such dialect: just enough to read queries, and nothing guessed.

Functions stay what they are called (``IFNULL`` is not turned into ``COALESCE``), so that their names can be compared
with a list. Quotes are HANA's: '' inside texts, "" inside names, a backslash means itself.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import parser, tokens
from sqlglot.dialects.dialect import Dialect

# Functions whose arguments have a grammar of their own: CAST(x AS INT), EXTRACT(YEAR FROM d) ...
_OWN_GRAMMAR = ("CAST", "EXTRACT", "TRIM", "SUBSTRING", "STRING_AGG")


class Hana(Dialect):
    """For reading only."""

    class Tokenizer(tokens.Tokenizer):
        KEYWORDS = {
            **{word: kind for word, kind in tokens.Tokenizer.KEYWORDS.items() if word != "CALL"},
            "TOP": tokens.TokenType.TOP,
            "MINUS": tokens.TokenType.EXCEPT,
        }
        COMMANDS: ClassVar[set[tokens.TokenType]] = set()  # else everything after such a word would be one token

    class Parser(parser.Parser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS = {name: parser.Parser.FUNCTION_PARSERS[name] for name in _OWN_GRAMMAR}
