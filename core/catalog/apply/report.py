"""What an apply changed: one line for each thing that was made or changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"
SHOWN = 80  # characters of a value


@dataclass(frozen=True)
class Line:
    """``what``: "acme: flow 物料"; ``details``: what changed, secrets by name only."""

    outcome: str
    what: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{self.outcome:<9} {self.what}"
        return f"{text} ({'; '.join(self.details)})" if self.details else text


@dataclass
class Report:
    """``codes``: {what: AppCode} made in this run, shown once; ``warnings``: what a person should know."""

    lines: list[Line] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, *, created: bool, details: list[str]) -> bool:
        """One thing that was looked at; True where it is new or changed."""
        outcome = CREATED if created else CHANGED if details else UNCHANGED
        self.lines.append(Line(outcome, what, () if created else tuple(details)))
        return outcome != UNCHANGED

    @property
    def counts(self) -> Counter[str]:
        """{outcome: things}"""
        return Counter(line.outcome for line in self.lines)

    @property
    def changed(self) -> bool:
        """Did anything change?"""
        return any(line.outcome != UNCHANGED for line in self.lines)

    def texts(self) -> Iterator[str]:
        """What ``manage.py apply`` prints, without the codes."""
        yield from (str(line) for line in self.lines if line.outcome != UNCHANGED)
        yield from (f"warning: {text}" for text in self.warnings)
        yield ", ".join(f"{self.counts[outcome]} {outcome}" for outcome in (CREATED, CHANGED, UNCHANGED))


def told(name: str, before: Any, after: Any) -> str:
    """``config.page_size: 20 -> 50``, cut."""
    return f"{name}: {_cut(before)} -> {_cut(after)}"


def _cut(value: Any) -> str:
    text = "-" if value is None or value == "" else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
