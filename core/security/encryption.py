"""Encryption of stored secrets: Fernet with a key ring; the first key encrypts, all decrypt."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core.errors import ConfigurationError


def _fernet(key: str) -> Fernet:
    """A Fernet key as it is; any other text of 16 or more characters by its SHA-256."""
    if len(key) < 16:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS: every key needs at least 16 characters")
    try:
        return Fernet(key)
    except ValueError:
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))


@lru_cache(maxsize=8)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_fernet(key) for key in keys])


def ring() -> MultiFernet:
    """The key ring of the settings."""
    return _ring(tuple(settings.FIELD_ENCRYPTION_KEYS))


def encrypt(value: Any) -> str:
    """JSON value -> text that only a key of the ring opens."""
    return ring().encrypt(json.dumps(value, ensure_ascii=False).encode()).decode("ascii")


def decrypt(text: str) -> Any:
    """The value of ``encrypt``; ConfigurationError where no key of the ring fits."""
    try:
        return json.loads(ring().decrypt(text.encode("ascii")))
    except (InvalidToken, UnicodeEncodeError) as error:
        message = "a stored secret cannot be decrypted: FIELD_ENCRYPTION_KEYS lacks the key it was encrypted with"
        raise ConfigurationError(message) from error


def reencrypt(text: str) -> str:
    """The same value under the first key (for ``rotate_keys``)."""
    return ring().rotate(text.encode("ascii")).decode("ascii")


def is_current(text: str) -> bool:
    """Was it encrypted under the first key?"""
    try:
        _ring(tuple(settings.FIELD_ENCRYPTION_KEYS[:1])).decrypt(text.encode("ascii"))
    except (InvalidToken, UnicodeEncodeError):
        return False
    return True
