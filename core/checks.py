"""System checks: settings that lose or double work are refused at the start."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def queue_settings(**kwargs: Any) -> list[CheckMessage]:
    """core.E001: a queue's ``retry`` is so short that prefetched tasks start twice. core.E002: failing tasks repeat."""
    found: list[CheckMessage] = []
    base = settings.Q_CLUSTER
    for name, own in [("default", {}), *base.get("ALT_CLUSTERS", {}).items()]:
        conf = {**base, **own}
        waiting = math.ceil((conf["queue_limit"] + conf["bulk"]) / conf["workers"])
        least = (conf["timeout"] + 3) * (1 + waiting)
        if conf["retry"] <= least:
            message = f"queue {name}: retry must be over {least} s (timeout {conf['timeout']}), it is {conf['retry']}"
            found.append(Error(message, id="core.E001"))
        if not conf.get("ack_failures"):
            found.append(Error(f"queue {name}: ack_failures must be on, or failing tasks repeat", id="core.E002"))
    return found


@register()
def sqlite_settings(**kwargs: Any) -> list[CheckMessage]:
    """core.E003: SQLite without WAL, IMMEDIATE, FULL and a busy timeout loses results or claims."""
    database = settings.DATABASES["default"]
    if "sqlite" not in database["ENGINE"]:
        return []
    options = database.get("OPTIONS", {})
    pragmas = options.get("init_command", "").replace(" ", "").lower()
    good = (
        options.get("transaction_mode") == "IMMEDIATE"
        and options.get("timeout", 0) >= 5
        and "journal_mode=wal" in pragmas
        and "synchronous=full" in pragmas
    )
    hint = "Use config.database.SQLITE_OPTIONS."
    return [] if good else [Error("SQLite needs WAL, synchronous=FULL, IMMEDIATE, timeout", hint=hint, id="core.E003")]


@register(deploy=True)
def explicit_keys(**kwargs: Any) -> list[CheckMessage]:
    """core.W001: keys that live in the state folder are lost with it."""
    import os

    missing = [name for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS") if not os.environ.get(name)]
    return [Warning(f"{name} is not set in the environment", id="core.W001") for name in missing]


@register()
def lease_settings(**kwargs: Any) -> list[CheckMessage]:
    """core.E004: heartbeat <= (lease - call deadline) / 3, or runs stop themselves with nobody else about."""
    longest = (settings.LEASE_SECONDS - settings.CALL_DEADLINE_SECONDS) / 3
    if longest >= settings.HEARTBEAT_SECONDS:
        return []
    return [Error(f"HEARTBEAT_SECONDS must be at most {longest:g}", id="core.E004")]
