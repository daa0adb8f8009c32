"""Keeps secrets out of step logs: by name of the key, and by value for the secrets of the connection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

SECRET_NAME = re.compile(
    r"passw|secret|token|cookie|session|authorization|credential|appcode|apikey|api_key|spk\b|^md5$|aes_?key|signature|ticket",
    re.IGNORECASE,
)
MASK = "***"
# Short values would mask ordinary words.
SHORTEST_SECRET = 6


def redact(value: Any, secrets: Iterable[str] = ()) -> Any:
    """A copy of a JSON value with secret members masked; texts lose every known secret."""
    known = [text for text in secrets if len(text) >= SHORTEST_SECRET]
    return _walk(value, known)


def _walk(value: Any, known: list[str]) -> Any:
    if isinstance(value, dict):
        return {k: MASK if _is_secret(k, v) else _walk(v, known) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, known) for item in value]
    if isinstance(value, str):
        return scrub(value, known)
    return value


def _is_secret(key: Any, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and isinstance(key, str) and bool(SECRET_NAME.search(key))


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text without the given secrets."""
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, MASK)
    return text
