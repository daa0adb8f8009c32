"""Switches and buttons of every pretended system: how it behaves, changed while it runs, by URL or on a page.

A system declares at import time: ``BATCH = switches.declare("erp", "batch", True, "批处理 $batch")`` and reads
``BATCH()``; ``@switches.button("erp", "restart", "重启 Service Layer")`` on a function without arguments.

``GET /_control/switches`` lists; ``POST /_control/switches {"system", "name", "value"}`` sets one (no value: the
default); ``POST /_control/press {"system", "name"}`` presses a button. ``/_control/reset`` sets all defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Switch:
    """One setting; calling it gives the value in force."""

    system: str
    name: str
    default: Any
    label: str
    choices: tuple[Any, ...] = ()
    value: Any = None

    def __call__(self) -> Any:
        return self.default if self.value is None else self.value

    def set(self, value: Any) -> None:
        """Set from JSON or form text; raises ValueError for something that the switch cannot be."""
        value = self.default if value is None else _like(self.default, value)
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.name}: one of {', '.join(map(str, self.choices))}")
        self.value = value


@dataclass(frozen=True)
class Button:
    system: str
    name: str
    label: str
    press: Callable[[], Any]


SWITCHES: dict[tuple[str, str], Switch] = {}
BUTTONS: dict[tuple[str, str], Button] = {}


def declare(system: str, name: str, default: Any, label: str, choices: tuple[Any, ...] = ()) -> Switch:
    return SWITCHES.setdefault((system, name), Switch(system, name, default, label, choices))


def button(system: str, name: str, label: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def register(function: Callable[[], Any]) -> Callable[[], Any]:
        BUTTONS[system, name] = Button(system, name, label, function)
        return function

    return register


def reset() -> None:
    """Every switch back to its default."""
    for switch in SWITCHES.values():
        switch.value = None


def listing() -> list[dict[str, Any]]:
    return [
        {"system": s.system, "name": s.name, "value": s(), "default": s.default, "label": s.label, "choices": s.choices}
        for s in SWITCHES.values()
    ]


def _like(example: Any, value: Any) -> Any:
    if isinstance(example, bool):
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "on", "yes")
    return type(example)(value)


LATENCY_MS = declare("*", "latency_ms", 0.0, "每个应答的延迟（毫秒），所有系统")
