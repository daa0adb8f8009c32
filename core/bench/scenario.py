"""What a benchmark is made of."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Scenario:
    """``run(bench) -> list of lines to print``; ``name`` as on the command line."""

    name: str
    title: str
    run: Callable[[Any], list[str]]


@dataclass
class Contest:
    """Contenders that do the same work, in shuffled rounds; each returns documents per second."""

    contenders: dict[str, Callable[[], float]]
    baseline: str
    rounds: int = 5
    results: dict[str, list[float]] = field(default_factory=dict)

    def run(self, tell: Callable[[str], None]) -> None:
        """All rounds; a first one is thrown away."""
        for number in range(self.rounds + 1):
            names = list(self.contenders)
            random.shuffle(names)
            for name in names:
                rate = self.contenders[name]()
                if number:
                    self.results.setdefault(name, []).append(rate)
            if number:
                tell(f"  round {number}: " + ", ".join(f"{n} {self.results[n][-1]:.0f}/s" for n in self.contenders))

    def lines(self) -> list[str]:
        """One line a contender: median, range, median of the ratios within each round."""
        base = self.results[self.baseline]
        out = []
        for name, rates in self.results.items():
            ratio = statistics.median(rate / other for rate, other in zip(rates, base, strict=True))
            span = f"{min(rates):.0f}-{max(rates):.0f}"
            out.append(f"{name:32} {statistics.median(rates):8.0f}/s  ({span:>11})  x baseline {ratio:.2f}")
        return out


@dataclass
class Count:
    """Statements and commits of the main thread's connection."""

    statements: int = 0
    commits: int = 0
    seconds: float = 0.0


@contextmanager
def counted() -> Iterator[Count]:
    """Count what the block does to the database."""
    count = Count()

    def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        count.statements += 1
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            count.seconds += time.perf_counter() - started

    commit = connection._commit  # type: ignore[attr-defined]

    def counting() -> Any:
        count.commits += 1
        return commit()

    connection._commit = counting  # type: ignore[attr-defined]
    try:
        with connection.execute_wrapper(statement):
            yield count
    finally:
        connection._commit = commit  # type: ignore[attr-defined]


def memory_mib(pid: int) -> tuple[float, float]:
    """(RSS, PSS) of a process in MiB; PSS shares what processes share."""
    rss = pss = 0.0
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        for line in lines:
            if line.startswith("Rss:"):
                rss = int(line.split()[1]) / 1024
            elif line.startswith("Pss:"):
                pss = int(line.split()[1]) / 1024
    return rss, pss
