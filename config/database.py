"""Database and cache from the environment, with the settings that matter for correctness and speed.

SQLite: WAL, IMMEDIATE, busy timeout and synchronous=FULL (a claim must survive a power cut). PostgreSQL:
kept connections with a health check: opening one per task is three times slower.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}


def configured(env: environ.Env, var_dir: Path) -> dict[str, Any]:
    """DATABASES["default"] from DATABASE_URL (default: SQLite in the state folder)."""
    database: dict[str, Any] = env.db_url("DATABASE_URL", default=f"sqlite:///{var_dir / 'b1flow.sqlite3'}")
    database["CONN_MAX_AGE"] = 600
    if "sqlite" in database["ENGINE"]:
        database["OPTIONS"] = {**SQLITE_OPTIONS, **database.get("OPTIONS", {})}
        database["TEST"] = {"NAME": env.str("TEST_DATABASE", default=str(var_dir / "test.sqlite3"))}
    else:
        database["CONN_HEALTH_CHECKS"] = True
    return database


def cache(env: environ.Env) -> dict[str, Any]:
    """CACHES["default"]: CACHE_URL, else the database, which all processes share."""
    if env.str("CACHE_URL", default=""):
        return dict(env.cache_url("CACHE_URL"))
    return {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache", "TIMEOUT": 300}
