"""What every test shares."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _clean_process_state():
    """Module-level caches do not leak from one test into the next."""
    from auditlog.context import auditlog_value
    from django.core.cache import cache
    from django.utils import translation

    from core.callbacks import lookup
    from core.connectors import target, transport
    from core.connectors.tokens import TokenCache
    from core.flows import events, queueing

    if "db" not in os.environ["CACHE_URL"].split(":")[0]:
        cache.clear()
    translation.deactivate()  # the one of the last test; a test that reads words says in which language
    auditlog_value.set({})  # the library leaves the last request's person in it
    TokenCache._near.clear()
    TokenCache._dropped.clear()
    events._rung.clear()
    lookup.forget()
    target._KNOWN.clear()
    transport._SHARED.clear()
    queueing._worker_seen = (0.0, False)
