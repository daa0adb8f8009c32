"""Business rules of the sets; importing this registers them."""

from sandbox.erp.rules import (
    approvals,
    definitions,
    documents,
    master_data,
    procedure,
    production,
    transfers,
    user_objects,
)

__all__ = [
    "approvals",
    "definitions",
    "documents",
    "master_data",
    "procedure",
    "production",
    "transfers",
    "user_objects",
]
