"""Keeps secrets out of step logs: by name of the key, and by value for the secrets of the connection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

SECRET_NAME = re.compile(
    r"passw|secret|token|cookie|session|authorization|credential|appcode|apikey|api_key|spk\b|^md5$|aes_?key|signature|ticket",
    re.IGNORECASE,
)
# The same in JSON that is only at hand as text (a vendor's answer): `"SessionId": "..."`, also when it is cut.
_WORDS = ("passw", "secret", "token", "cookie", "session", "authorization", "credential", "appcode", "apikey",
          "api_key", "spk", "aeskey", "aes_key", "signature", "ticket")  # fmt: skip
_MEMBER = re.compile(
    rf'"([^"\\\n]{{0,40}}(?:{"|".join(_WORDS)})[^"\\\n]{{0,40}})"(\s*:\s*)"(?:[^"\\]|\\.)*', re.IGNORECASE
)
MASK = "***"
# A member of JSON that stands in a text: answers reach the step log unparsed, and may be cut.
MEMBER = re.compile(r'"([^"\\]{1,80})"(\s*:\s*")((?:[^"\\]|\\.)+)')
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
        return scrub(value, known)
    return value


def _is_secret(key: Any, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and isinstance(key, str) and bool(SECRET_NAME.search(key))


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text without the given secrets, and without the values of secret members where it holds JSON."""
    for secret in _known(secrets):
        text = text.replace(secret, MASK)
    return MEMBER.sub(_member, text) if '":' in text or '" :' in text else text


def _member(found: re.Match[str]) -> str:
    name, colon, value = found.groups()
    return f'"{name}"{colon}{MASK if SECRET_NAME.search(name) else value}'
