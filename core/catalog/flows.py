"""Flows: create, change, duplicate, upgrade, delete. The table of contents of the modules that do it."""

from core.catalog.creating import Companion, companion_templates, create_flow, create_with_companions, unused_name
from core.catalog.deleting import (
    delete_connection,
    delete_flow,
    delete_template,
    obstacles_of_flow,
    rename_connection,
    take_over_ledger,
    used_by,
)
from core.catalog.duplicating import duplicate, duplicate_set
from core.catalog.updating import (
    rename,
    switch_connection,
    switch_connections,
    update_company,
    update_config,
    update_endpoint_key,
    update_mappings,
    update_routes,
    update_schedule,
)
from core.catalog.upgrading import Change, outdated, plan_upgrade, upgrade
from core.catalog.wiring import new_endpoint_key

__all__ = [
    "Change",
    "Companion",
    "companion_templates",
    "create_flow",
    "create_with_companions",
    "delete_connection",
    "delete_flow",
    "delete_template",
    "duplicate",
    "duplicate_set",
    "new_endpoint_key",
    "obstacles_of_flow",
    "outdated",
    "plan_upgrade",
    "rename",
    "rename_connection",
    "switch_connection",
    "switch_connections",
    "take_over_ledger",
    "unused_name",
    "update_company",
    "update_config",
    "update_endpoint_key",
    "update_mappings",
    "update_routes",
    "update_schedule",
    "upgrade",
    "used_by",
]
