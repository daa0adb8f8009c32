"""The DI API has no data of its own: it reads the ERP's."""

from __future__ import annotations


def seed() -> None:
    """Nothing to put in place."""
