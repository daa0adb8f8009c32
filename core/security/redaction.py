"""Keeps secrets out of step logs: by name of the key, and by value for the secrets of the connection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

SECRET_NAME = re.compile(
    r"passw|secret|token|cookie|session|authorization|credential|appcode|apikey|api_key|spk\b|^md5$|aes_?key|signature|ticket",
    re.IGNORECASE,
)
# A member of JSON that is only at hand as text (a vendor's answer), also when it is cut.
_MEMBER = re.compile(r'"([^"\\\n]{1,80})"(\s*:\s*")((?:[^"\\]|\\.)+)')
# Every name that SECRET_NAME finds holds one of these: without any of them there is nothing to look for.
_HINTS = (
    "passw", "secret", "token", "cookie", "session", "authorization", "credential", "appcode", "apikey", "api_key",
    "spk", "md5", "aeskey", "aes_key", "signature", "ticket",
)  # fmt: skip
MASK = "***"
# Short values would mask ordinary words.
SHORTEST_SECRET = 6


def redact(value: Any, secrets: Iterable[str] = ()) -> Any:
    """A copy of a JSON value with secret members masked; texts lose every known secret."""
    return _walk(value, _known(secrets))


def _known(secrets: Iterable[str]) -> list[str]:
    """The longest first: one may hold another."""
    return sorted((text for text in secrets if len(text) >= SHORTEST_SECRET), key=len, reverse=True)


def _walk(value: Any, known: list[str]) -> Any:
    if isinstance(value, dict):
        return {k: MASK if _is_secret(k, v) else _walk(v, known) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, known) for item in value]
    if isinstance(value, str):
        return _without(mask_members(value) if '"' in value else value, known)
    return value


def _is_secret(key: Any, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and isinstance(key, str) and _names_a_secret(key)


@lru_cache(maxsize=4096)  # the same names come with every document
def _names_a_secret(name: str) -> bool:
    return bool(SECRET_NAME.search(name))


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text without the given secrets."""
    return _without(text, _known(secrets))


def _without(text: str, known: list[str]) -> str:
    for secret in known:
        text = text.replace(secret, MASK)
    return text


def mask_members(text: str) -> str:
    """JSON text without the values of its secret members; it may be cut."""
    folded = text.casefold()
    return _MEMBER.sub(_masked, text) if any(hint in folded for hint in _HINTS) else text


def _masked(member: re.Match[str]) -> str:
    name, colon, value = member.groups()
    return f'"{name}"{colon}{MASK if _names_a_secret(name) else value}'
