"""Reading a configuration file: every value knows its place in it, so that an error can name what to change."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from core.errors import ConfigurationError


class FileError(ConfigurationError):
    """A ConfigurationError that names its place in the file already."""


@dataclass(frozen=True)
class Node:
    """A value and its place: ``tenants[0].flows[2].config``."""

    value: Any
    path: str

    def fail(self, message: str) -> NoReturn:
        """Raise for this place."""
        raise FileError(f"{self.path}: {message}")

    def table(self, *known: str) -> dict[str, Node]:
        """A mapping's members; with ``known``, other names are refused. A key without a value is left out."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            self.fail(f"must be a mapping (name: value), not {self._kind()}")
        for name in self.value:
            if known and str(name) not in known:
                self.child(name).fail(f"is not known here; known: {', '.join(known)}")
        return {str(name): self.child(name) for name, value in self.value.items() if value is not None}

    def rows(self) -> list[Node]:
        """A list's elements."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            self.fail(f"must be a list (- ...), not {self._kind()}")
        return [Node(element, f"{self.path}[{position}]") for position, element in enumerate(self.value)]

    def text(self, *, empty: bool = True) -> str:
        """A text; numbers are taken as they are written. ``empty`` False: it must not be empty."""
        if isinstance(self.value, dict | list):
            self.fail(f"must be a text, not {self._kind()}")
        text = plain_text(self.value)
        if not text and not empty:
            self.fail("must not be empty")
        return text

    def flag(self) -> bool:
        """true or false (yes, no, on and off count too)."""
        value = truth(self.value)
        if not isinstance(value, bool):
            self.fail(f"must be true or false, not {self.value!r}")
        return value

    def texts(self) -> list[str]:
        """A list of texts."""
        return [element.text(empty=False) for element in self.rows()]

    def text_table(self) -> dict[str, str]:
        """A mapping of texts."""
        return {name: child.text() for name, child in self.table().items()}

    def child(self, name: Any) -> Node:
        """A member of a mapping."""
        return Node(self.value[name], f"{self.path}.{name}" if self.path else str(name))

    def _kind(self) -> str:
        kinds = {dict: "a mapping", list: "a list", str: "a text", bool: "true/false", type(None): "nothing"}
        return kinds.get(type(self.value), "a number")


_TRUTH = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}


def truth(value: Any) -> Any:
    """A text that means true or false as a bool; anything else as it is."""
    return _TRUTH.get(value.lower(), value) if isinstance(value, str) else value


def plain_text(value: Any) -> str:
    """A scalar as text: null is empty, true is ``true``."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextlib.contextmanager
def at(node: Node) -> Iterator[None]:
    """What a service refuses inside is refused at this place; errors of form fields at the fields' places."""
    try:
        yield
    except FileError:
        raise
    except ConfigurationError as error:
        if not error.fields:
            node.fail(error.message)
        lines = [f"{node.path}.{name}: {text}" for name, text in error.fields.items()]
        raise FileError("\n".join(lines)) from error
