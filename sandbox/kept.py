"""A system's settings that outlive a restart of the sandbox: known names with defaults, one document in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import store


class Kept:
    """``Kept("ecology", {"decision_url": ""})``; a reset of the demo data brings the defaults back."""

    def __init__(self, system: str, defaults: dict[str, Any]) -> None:
        self.system, self.defaults = system, defaults

    def all(self) -> dict[str, Any]:
        """Every setting with its present value."""
        try:
            return {**self.defaults, **store.get(self.system, "settings", "settings")}
        except store.Missing:
            return dict(self.defaults)

    def __getitem__(self, name: str) -> Any:
        return self.all()[name]

    def change(self, new: Mapping[str, Any]) -> dict[str, Any]:
        """Set the named ones; raises ValueError for a name that does not exist."""
        unknown = set(new) - set(self.defaults)
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        with store.LOCK:
            return store.put(self.system, "settings", "settings", {**self.all(), **new})

    def use_up(self, name: str) -> bool:
        """Take one off a counter; True when there was one."""
        if int(self[name]) <= 0:
            return False
        with store.LOCK:
            left = int(self[name])
            if left > 0:
                self.change({name: left - 1})
            return left > 0
