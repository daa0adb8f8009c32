"""Puts every system's demo data in place."""

from __future__ import annotations

import importlib

from sandbox import store, systems


def seed() -> None:
    """Forget everything and start from the demo data again."""
    store.clear()
    for name in systems.present():
        importlib.import_module(f"sandbox.{name}.seed").seed()
