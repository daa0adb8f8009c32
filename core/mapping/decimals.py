"""Numbers: how they are read from what people and systems write, and how they are written."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

# A comma counts only between groups of three: "1,5" is refused, because 1.5 and 15 are equally likely.
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
LONGEST = 60  # characters
LARGEST = 30  # power of ten: "1e999999999" would fill the memory


def parse(value: Any) -> Decimal | None:
    """A number from JSON or text: "1,200", "１２", "￥3.50", " 7 ". None for a blank text. Raises ValueError."""
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, int | Decimal):
        return _within(Decimal(value), value)
    if isinstance(value, float):
        return _within(_clean(value), value)
    if isinstance(value, str):
        return _from_text(value)
    raise ValueError(_("%(value)s is not a number") % {"value": shown(value)})


def shown(value: Any) -> str:
    """A value in a message: cut, so that no document ends up in it."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _clean(value: float) -> Decimal:
    """Without binary noise: 0.30000000000000004 is 0.3. Whole numbers stay exact, they may be ids."""
    if not math.isfinite(value):
        return Decimal(value)
    return Decimal(int(value)) if value.is_integer() else Decimal(f"{value:.15g}")


def _from_text(value: str) -> Decimal | None:
    text = unicodedata.normalize("NFKC", value).replace("\u2212", "-").strip()
    if not text:
        return None
    text = text.lstrip("¥$€").strip() if len(text) <= LONGEST else ""
    if GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif not PLAIN.fullmatch(text):
        raise ValueError(_("%(value)s is not a number") % {"value": shown(value)})
    try:
        return _within(Decimal(text), value)
    except InvalidOperation:
        raise ValueError(_("%(value)s is not a number") % {"value": shown(value)}) from None


def _within(number: Decimal, value: Any) -> Decimal:
    if not number.is_finite() or (number and abs(number.adjusted()) > LARGEST):
        raise ValueError(_("%(value)s is out of range") % {"value": shown(value)})
    return number


def plain(number: Decimal) -> int | float:
    """A JSON number: an int where nothing stands behind the point (55.0 -> 55), else the nearest float."""
    return int(number) if number == number.to_integral_value() else float(number)


def written(value: float | Decimal) -> str:
    """A number as people write it: 55, 0.5, 0.0000001; no exponent, no zeros at the end. Raises ValueError."""
    if isinstance(value, float) and "e" not in (text := f"{value:.15g}") and math.isfinite(value):
        return "0" if text == "-0" else text
    number = value if isinstance(value, Decimal) else _clean(value)
    if not number.is_finite():
        raise ValueError(_("%(value)s is not a number") % {"value": shown(value)})
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
