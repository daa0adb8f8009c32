"""Schedules of flows as they are written: ``{every: 1, unit: minute}``, optional ``start`` and ``weekdays``."""

from __future__ import annotations

from typing import Any

from core.catalog.document import Node
from core.errors import ConfigurationError
from core.flows.base import FlowType

KEYS = ("every", "unit", "start", "weekdays")
UNITS = ("minute", "hour", "day", "week", "month")


def read_schedule(node: Node | None, flow_type: type[FlowType]) -> dict[str, Any]:
    """A file's schedule, checked; the flow type's where the file names none."""
    if node is None:
        return flow_type.schedule.as_dict() if flow_type.schedule else {}
    given = {name: child.value for name, child in node.table(*KEYS).items()}
    try:
        return check_schedule(flow_type, given)
    except ConfigurationError as error:
        return node.fail(error.message)


def check_schedule(flow_type: type[FlowType], schedule: dict[str, Any]) -> dict[str, Any]:
    """The schedule; ConfigurationError says what is wrong. Empty: the flow runs by hand only."""
    if not schedule:
        return {}
    if flow_type.kind != "sync":
        raise ConfigurationError(f"{flow_type.key} is started from outside: it has no schedule")
    every, unit = schedule.get("every", 1), schedule.get("unit", "minute")
    if isinstance(every, bool) or not str(every).isdecimal() or int(every) < 1:
        raise ConfigurationError(f"schedule: 'every' must be a whole number from 1, not {every!r}")
    if unit not in UNITS:
        raise ConfigurationError(f"schedule: 'unit' must be one of {', '.join(UNITS)}, not {unit!r}")
    return {**schedule, "every": int(every), "unit": unit}
