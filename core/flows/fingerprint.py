"""What makes two versions of a document the same: the mapped payload and the fields the flow decides on."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(payload: Any, version: Any = None) -> str:
    """32 hex characters of canonical JSON: key order does not count, 1 and 1.0 are the same."""
    text = json.dumps([_plain(payload), _plain(version)], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
