"""Configuration as code: ``manage.py apply FILE.yaml`` (design section 6).

Idempotent, all or nothing. What a file does not name is left alone: tables (settings, secrets, config, value map
rows, routes) merge by key; lists (the flows of an AppCode) are taken as they stand; mapping rows replace those of
every section they name.
"""

from core.catalog.apply.report import Report
from core.catalog.apply.run import apply_text

__all__ = ["Report", "apply_text"]
