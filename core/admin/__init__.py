"""The console: Django's admin, one module a noun; pages that are no list or form of one model are in ``views``."""

from core.admin import (
    accounts,
    alerts,
    auditlog,
    connections,
    credentials,
    deliveries,
    events,
    flows,
    health,
    mappings,
    runs,
    templates,
    tenancy,
)

__all__ = [
    "accounts",
    "alerts",
    "auditlog",
    "connections",
    "credentials",
    "deliveries",
    "events",
    "flows",
    "health",
    "mappings",
    "runs",
    "templates",
    "tenancy",
]
