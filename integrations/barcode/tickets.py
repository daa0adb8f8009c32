"""Which request is the same as an earlier one (flows.md, barcode.save): a trigger held too long scans twice.

The key is what the config names (request_key), else a requestId, else a hash of the whole body.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from integrations.barcode.companies import MEMBER
from integrations.barcode.scan.reading import Row, Scan
from integrations.barcode.scan.values import is_blank

DAY_SECONDS = 24 * 3600.0
WITHOUT_TIME_SECONDS = 600.0  # two equal scans without a time may be two: after ten minutes they are
REQUEST_ID = "requestId"
_MOST = 90  # characters; the ledger's key has 120, and parts of a request add to it


@dataclass(frozen=True)
class Ticket:
    """``is_named``: the caller chose the key, so another content under it is a mistake. ``window``: seconds."""

    key: str
    is_named: bool
    window: float


def ticket_of(body: Row, scan: Scan, company: str, config: dict[str, Any]) -> Ticket:
    """The request's identity within the flow."""
    named = [_found(name, body, scan) for name in config["request_key"]]
    if not any(named) and not is_blank(body.get(REQUEST_ID)):
        named = [str(body[REQUEST_ID]).strip()]
    if any(named):
        return Ticket(_short(company, "|".join(named)), True, DAY_SECONDS)
    has_time = any(_found(name, body, scan) for name in config["time_fields"])
    return Ticket(f"{company}|{_hash(body)}", False, DAY_SECONDS if has_time else WITHOUT_TIME_SECONDS)


def _found(name: str, body: Row, scan: Scan) -> str:
    """A field of the request: at the top, in the header, or in the first line."""
    for place in _places(body, scan):
        value = place.get(name)
        if not is_blank(value) and not isinstance(value, dict | list):
            return str(value).strip()
    return ""


def _places(body: Row, scan: Scan) -> Iterable[Row]:
    return (body, scan.header, scan.rows[0])


def _hash(body: Row) -> str:
    """Of the body as it came, but for the company, which is part of the key anyway."""
    plain = {name: value for name, value in body.items() if name != MEMBER}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _short(company: str, key: str) -> str:
    whole = f"{company}|{key}"
    if len(whole) <= _MOST and whole.isprintable():
        return whole
    return f"{company}|{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
