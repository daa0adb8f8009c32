"""``${NAME}`` in any text of the file becomes the environment variable; ``$${`` stays ``${``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.catalog.document import Node

_VARIABLE = re.compile(r"\$?\$\{([^}]*)\}")


def filled(node: Node, environ: Mapping[str, str]) -> object:
    """The value with all variables filled in; FileError where one is not set."""
    if isinstance(node.value, dict):
        return {name: filled(node.child(name), environ) for name in node.value}
    if isinstance(node.value, list):
        return [filled(element, environ) for element in node.rows()]
    return _filled_text(node, environ) if isinstance(node.value, str) else node.value


def _filled_text(node: Node, environ: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        name = match[1].strip()
        if name not in environ:
            node.fail(f"the environment variable {name} is not set")
        return environ[name]

    return _VARIABLE.sub(value, str(node.value))
