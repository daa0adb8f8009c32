"""Single values: a scanner's texts as the ERP's types. What is not clearly one is refused, with its place."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from integrations.barcode import codes
from integrations.barcode.codes import Refusal

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")
_DAY = re.compile(r"([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})")
Convert = Callable[[Any, str], Any]


def is_blank(value: Any) -> bool:
    """Nothing was filled in."""
    return value is None or (isinstance(value, str) and not value.strip())


def bad(path: str, value: Any, wanted: str) -> Refusal:
    """BC.4005, naming the place and what was sent there."""
    words = _("%(path)s: %(value)s is not %(wanted)s")
    return Refusal(codes.BAD_VALUE, words % {"path": path, "value": str(value)[:60] or "-", "wanted": wanted})


def integer(value: Any, path: str) -> int:
    """A whole number, from digits or a JSON number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if isinstance(value, bool | float) else str(value).strip()
    if not _INTEGER.fullmatch(text):
        raise bad(path, value, _("a whole number"))
    return int(text)


def exact(value: Any, path: str) -> Decimal:
    """A decimal number with a dot: no thousands separators, no exponent. The ERP keeps six decimals."""
    if isinstance(value, float):
        value = format(value, ".9f")
    text = "" if isinstance(value, bool) else str(value).strip()
    if not _DECIMAL.fullmatch(text):
        raise bad(path, value, _("a number"))
    return Decimal(text)


def number(value: Any, path: str) -> float:
    """A decimal number as JSON has it."""
    return float(exact(value, path))


def quantity(value: Any, path: str) -> Decimal:
    """More than nothing; else BC.4007."""
    found = exact(value, path)
    if found <= 0:
        raise Refusal(codes.NOT_POSITIVE, _("%(path)s: the quantity must be more than 0") % {"path": path})
    return found


def day(value: Any, path: str) -> str:
    """20230920, 2023-09-20 or 2023/09/20, a day that exists, as 2023-09-20."""
    found = _DAY.fullmatch(str(value).strip())
    try:
        return date(int(found[1]), int(found[3]), int(found[4])).isoformat()  # type: ignore[index]
    except (TypeError, ValueError):
        raise bad(path, value, _("a date like 20230920")) from None


def text(value: Any, path: str) -> str:
    """A text or a number, as text."""
    if isinstance(value, bool):
        raise bad(path, value, _("a text"))
    return str(as_sent(value, path)).strip()


def as_sent(value: Any, path: str) -> Any:
    """A user field passes unchanged; only nested values are refused."""
    odd = isinstance(value, dict | list) or (isinstance(value, float) and not math.isfinite(value))
    if odd or (isinstance(value, str) and "\x00" in value):
        raise bad(path, value, _("a text or a number"))
    return value


def is_yes(value: Any) -> bool:
    """Y, as the scanner's flags say it."""
    return str(value or "").strip().upper() == "Y"
