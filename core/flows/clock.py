"""The database's clock, read once and carried on with this process's monotonic one."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

_SQL = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
}


def database_now() -> datetime:
    """The database's present time (aware, UTC)."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL.get(connection.vendor, "SELECT CURRENT_TIMESTAMP"))
        value = cursor.fetchone()[0]
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if timezone.is_aware(value) else value.replace(tzinfo=timezone.get_fixed_timezone(0))


class Clock:
    """``now()`` without a query a call. Leases use Now() in SQL; due times may use this."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or database_now()
        self._monotonic = time.monotonic()

    def now(self, seconds: float = 0.0) -> datetime:
        """Present database time, ``seconds`` later."""
        return self._start + timedelta(seconds=time.monotonic() - self._monotonic + seconds)
