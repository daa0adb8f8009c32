"""A new scanner knows nothing: its addresses are set on the page."""

from __future__ import annotations


def seed() -> None:
    """No demo data."""
