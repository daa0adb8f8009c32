"""Writes the folder of a new integration, and tests that fail until it is written."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from core.errors import ConfigurationError

SKELETON = Path(__file__).parent / "skeleton"
NAME = re.compile(r"^[a-z][a-z0-9_]{1,30}$")


def write_integration(name: str, label: str, root: Path) -> list[Path]:
    """Write ``integrations/<name>`` and ``tests/integrations/<name>`` below ``root``; the files, in order.

    ConfigurationError for a name that is no module name, or whose folder is there already.
    """
    if not NAME.match(name) or keyword.iskeyword(name):
        raise ConfigurationError(f"{name!r} is no name for an integration: lower-case letters, digits and _, e.g. acme")
    places = {"integration": root / "integrations" / name, "tests": root / "tests" / "integrations" / name}
    for folder in places.values():
        if folder.exists():
            raise ConfigurationError(f"{folder} is there already")
    words = {"name": name, "Name": "".join(part.capitalize() for part in name.split("_")), "label": label or name}
    return [path for part, folder in places.items() for path in _written(SKELETON / part, folder, words)]


def _written(skeleton: Path, folder: Path, words: dict[str, str]) -> list[Path]:
    made = []
    for source in sorted(skeleton.rglob("*.txt")):
        target = folder / source.relative_to(skeleton).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(source.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
        made.append(target)
    return made
