"""Statements with places for values, as the scanner brings them: ``call TMDK('{0}','{1}','{2}')``."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from django.utils.translation import gettext as _
from sqlglot.tokens import TokenType

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.barcode.sql.named import tokens_of

_PLACE = re.compile(r"\{([^{}]*)\}")


def filled(text: str, values: Sequence[str]) -> str:
    """The statement with its values, quotes doubled. Raises Refusal (BC.4012) for a place outside of quotes or with
    an unknown number. The guard looks at the result all the same."""
    for token in tokens_of(text):
        in_name = token.token_type == TokenType.IDENTIFIER and _PLACE.search(token.text)
        if in_name or token.token_type in (TokenType.L_BRACE, TokenType.R_BRACE):
            raise Refusal(codes.BAD_BACKFLUSH, _("the places of a template must stand in quotes: '{0}'"))
    return _PLACE.sub(lambda place: _value(place[1], values), text)


def _value(name: str, values: Sequence[str]) -> str:
    if not name or set(name) - set(string.digits) or int(name) >= len(values):
        words = _("the template has a place {%(name)s}, but values 0 to %(last)s only")
        raise Refusal(codes.BAD_BACKFLUSH, words % {"name": name, "last": len(values) - 1})
    return values[int(name)].replace("'", "''")
