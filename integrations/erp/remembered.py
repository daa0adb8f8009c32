"""Small things that all processes should know for a while (kept in the Django cache)."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.cache import cache
from django.db import connections

from core.connectors.tokens import close_after_use


class Remembered:
    """One value under ``topic`` for one identity (``parts``). The cache may be the database: a connection opened in
    a thread that nobody cleans up after is closed here."""

    def __init__(self, topic: str, parts: tuple[Any, ...], seconds: float) -> None:
        digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:32]
        self.key = f"erp:{topic}:{digest}"
        self._seconds = max(1, int(seconds))

    def get(self) -> Any:
        """The value, None when there is none."""
        try:
            return cache.get(self.key)
        finally:
            self._clean_up()

    def set(self, value: Any) -> None:
        try:
            cache.set(self.key, value, self._seconds)
        finally:
            self._clean_up()

    def forget(self) -> None:
        try:
            cache.delete(self.key)
        finally:
            self._clean_up()

    @staticmethod
    def _clean_up() -> None:
        if close_after_use.get():
            connections.close_all()
