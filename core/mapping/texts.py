"""How a JSON value is written as text."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.mapping import decimals

# The ERP writes a day as midnight; other times are left as they came (SAP Service Layer, v1 and v2).
ERP_DATE = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(\.0+)?Z?")


def text(value: Any) -> str:
    """55.0 -> "55", true -> "true", "2022-08-23T00:00:00Z" -> "2022-08-23", null -> "", a structure -> JSON.

    Raises ValueError for what is no number (NaN) and for structures that JSON cannot hold.
    """
    if isinstance(value, str):
        return _without_midnight(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return decimals.written(value)
    if isinstance(value, datetime):
        return _without_midnight(value.isoformat())
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _without_midnight(value: str) -> str:
    if len(value) >= 19 and value[10] == "T" and ERP_DATE.fullmatch(value):
        return value[:10]
    return value
