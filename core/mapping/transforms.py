"""Transforms (转换): what a mapping row does to a value, by name, with an argument after a colon.

A transform is a function (value, argument, scope) -> value; None means "nothing", as if the source had none.
ValueError (or DocumentRejected) refuses the document; the engine names the row. An integration adds its own:

    @register_transform("tens", _("Times ten"))
    def tens(value, argument, scope):
        return decimals.plain(decimals.parse(value) * 10)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise

from core.errors import ConfigurationError
from core.mapping import sources


class Scope:
    """What a transform sees beside the value: the document (a line with its ``header``), zone, value maps."""

    __slots__ = ("document", "value_maps", "zone")

    def __init__(self, document: Any, value_maps: dict[str, dict[str, Any]], zone: ZoneInfo) -> None:
        self.document = document
        self.value_maps = value_maps
        self.zone = zone

    def read(self, source: str) -> Any:
        """Another source of the same document; None where it is absent."""
        return sources.reader(source)(self.document)


Function = Callable[[Any, str, Scope], Any]
Check = Callable[[str, Scope], None]


@dataclass(frozen=True)
class Transform:
    """A registered transform.

    label, help, example   words for the console; ``argument``: what stands after the colon ("" = nothing may)
    optional               the argument may be left out
    check                  looks at the argument when the mapping is read: ValueError says what is wrong
    takes_null             called for an absent source too
    default_as_is          the row's default is the result; else it goes through the transform like a source value
    value_map              the argument names a value map; the row's own may stand in for it
    """

    name: str
    label: str | Promise
    function: Function
    help: str | Promise = ""
    argument: str | Promise = ""
    optional: bool = False
    example: str = ""
    check: Check | None = None
    takes_null: bool = False
    default_as_is: bool = False
    value_map: bool = False


_transforms: dict[str, Transform] = {}


def register_transform(name: str, label: str | Promise, **options: Any) -> Callable[[Function], Function]:
    """Decorator for a transform; ``options`` as Transform lists them. A name used twice raises and names both."""

    def decorate(function: Function) -> Function:
        known = _transforms.get(name)
        if known and _path(known.function) != _path(function):
            first, second = _path(known.function), _path(function)
            raise ConfigurationError(f"transform {name!r} is registered twice: by {first} and by {second}")
        _transforms[name] = Transform(name, label, function, **options)
        return function

    return decorate


def _path(function: Function) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def transform(name: str) -> Transform:
    """The transform; ConfigurationError names the known ones."""
    if name not in _transforms:
        raise ConfigurationError(f"unknown transform {name!r}; known: {', '.join(sorted(_transforms))}")
    return _transforms[name]


def choices() -> list[Transform]:
    """All transforms, in the order a person looks for them: as registered."""
    return list(_transforms.values())


def split(text: str) -> tuple[str, str]:
    """ "date:yyyy-MM-dd" -> ("date", "yyyy-MM-dd"); the argument is kept to the blank. "" -> ("", "")."""
    parts = re.split("[:：]", text, maxsplit=1)
    return parts[0].strip().lower(), parts[1] if len(parts) > 1 else ""
