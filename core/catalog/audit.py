"""Who did it: the actor of changes that a service makes outside a request (core.audit watches the models)."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Any

from auditlog.context import auditlog_value, set_actor


def acting(user: Any) -> AbstractContextManager[Any]:
    """Changes inside are the user's. Inside a request the middleware's word counts: contexts do not nest."""
    current = auditlog_value.get(None)
    if user is None or (current and current.get("actor") is not None):
        return contextlib.nullcontext()
    return set_actor(user)
