"""Audit log: which models are watched."""

from __future__ import annotations


def register() -> None:
    """Watch the configuration models."""
