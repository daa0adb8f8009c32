"""What makes two versions of a document the same: the mapped payload and the fields the flow decides on."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode


def fingerprint(payload: Any, version: Any = None) -> str:
    """32 hex characters of canonical JSON: key order does not count, 1 and 1.0 are the same."""
    value = [payload, version]
    try:
        text = _encode(value)
    except TypeError:  # keys of different types cannot be sorted: make them text
        text = _encode(_plain(value))
    if ".0" in text:  # maybe a whole number written as a float: only then is the slow way taken
        text = _encode(_plain(value))
    return digest(text)


def digest(text: str) -> str:
    """32 hex characters of a text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
