"""YAML as people write configuration: the scalars of YAML 1.2, and no key twice.

PyYAML reads YAML 1.1, where ``02:30`` is 150, ``0123`` is 83, ``on`` is true and a day is a date. Here they stay
the texts that were written. So do whole numbers of 16 or more digits: they are keys and codes, not quantities.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from core.errors import ConfigurationError

_SCALARS = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]{0,14})$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
    ("merge", r"^(?:<<)$", ["<"]),
)


class _Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2 that refuses a key written twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            name = self.construct_object(key, deep=True)
            if isinstance(name, list | dict):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key.start_mark)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name!r} is written twice", key.start_mark)
            seen.add(name)
        return dict(super().construct_mapping(node, deep))


for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def parse(text: str, name: str = "YAML") -> Any:
    """The value of a YAML text; ConfigurationError with line and column where it is none."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigurationError(f"{name}{where}: {getattr(error, 'problem', None) or error}") from error


def dump(value: Any) -> str:
    """Readable YAML: keys in their order, Chinese as it is."""
    return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120))
