"""The PostgreSQL + Redis leg: ``pytest --ds=tests.settings_postgres``."""

import os

os.environ["DATABASE_URL"] = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/test")
os.environ["CACHE_URL"] = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/5")

from config.settings import *  # noqa: F403
