"""The environment of the tests: a pytest plugin (``-p tests.environment``), set before Django reads it."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests-only-secret-key-with-enough-length")
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "tests-only-field-encryption-key")
os.environ.setdefault("CACHE_URL", "locmemcache://")
# In memory where there is room: the tests commit some ten thousand times, each with an fsync.
FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="b1flow-tests-", dir=FOLDER))
# Short enough for tests; the relations between them are the same as in production.
os.environ.setdefault("CALL_DEADLINE_SECONDS", "10")
os.environ.setdefault("LEASE_SECONDS", "25")
os.environ.setdefault("HEARTBEAT_SECONDS", "3")
os.environ.setdefault("LOG_LEVEL", "WARNING")
