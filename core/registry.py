"""What is installed: connectors, flow types, housekeeping tasks. Plain dicts, filled by decorators.

A key used twice raises and names both classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from core.connectors.base import Connector
    from core.flows.base import FlowType

C = TypeVar("C", bound="type[Connector]")
F = TypeVar("F", bound="type[FlowType]")
_connectors: dict[str, type[Connector]] = {}
_flow_types: dict[str, type[FlowType]] = {}
_tasks: dict[str, Housekeeping] = {}


@dataclass(frozen=True)
class Housekeeping:
    """A function of an integration (or of core) that runs every ``minutes``: kept as a django-q Schedule row."""

    path: str
    minutes: int


def _name(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def _add(store: dict[str, Any], key: str, value: Any) -> None:
    if key in store and _name(store[key]) != _name(value):
        raise ConfigurationError(f"{key!r} is registered twice: by {_name(store[key])} and by {_name(value)}")
    store[key] = value


def register_connector(connector: C) -> C:
    """Class decorator for a Connector."""
    _add(_connectors, connector.key, connector)
    return connector


def register_flow(flow_type: F) -> F:
    """Class decorator for a flow type."""
    _add(_flow_types, flow_type.key, flow_type)
    return flow_type


def register_task(minutes: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Decorator: call this function every ``minutes`` in a worker."""

    def decorate(function: Callable[[], None]) -> Callable[[], None]:
        path = f"{function.__module__}.{function.__name__}"
        _tasks[path] = Housekeeping(path, minutes)
        return function

    return decorate


def connectors() -> dict[str, type[Connector]]:
    """Connector classes by key."""
    return dict(_connectors)


def connector(key: str) -> type[Connector]:
    """The connector class; ConfigurationError names the known keys."""
    if key not in _connectors:
        raise ConfigurationError(f"unknown connector {key!r}; known: {', '.join(sorted(_connectors))}")
    return _connectors[key]


def flow_types() -> dict[str, type[FlowType]]:
    """Flow type classes by key."""
    return dict(_flow_types)


def flow_type(key: str) -> type[FlowType]:
    """The flow type class; ConfigurationError names the known keys."""
    if key not in _flow_types:
        raise ConfigurationError(f"unknown flow type {key!r}; known: {', '.join(sorted(_flow_types))}")
    return _flow_types[key]


def housekeeping() -> dict[str, Housekeeping]:
    """Periodic functions by dotted path."""
    return dict(_tasks)
