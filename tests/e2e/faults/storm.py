"""Runs that are killed again and again until every document has arrived, and what came of it.

Several flows take turns, so that the settle time of one is used by the others.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.faults import checker
from tests.e2e.faults.place import SETTLE, Ended, Place

Rule = dict[str, Any]
OPEN = ("sending", "delivered", "failed", "uncertain")


@dataclass
class Storm:
    """What happened. ``left``: rows in ``sending`` after each kill; ``really``: of these, created all the same."""

    kills: int = 0
    runs: int = 0
    documents: int = 0
    left: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Storm) -> None:
        """Count another one in."""
        self.kills += other.kills
        self.runs += other.runs
        self.left += other.left
        self.seconds += other.seconds

    def line(self, name: str, findings: checker.Findings) -> str:
        """One line of figures."""
        left = self.left or [0]
        return (
            f"{name}: {self.kills} kills in {self.runs} runs, {findings.documents} documents, "
            f"{len(findings.doubled)} doubled, {len(findings.lost)} lost, {len(findings.unmarked)} unmarked; "
            f"in flight at a kill: mean {sum(left) / len(left):.1f}, most {max(left)}; {self.seconds:.0f} s"
        )


def until_done(
    place: Place,
    flows: Sequence[str],
    plan: Callable[[], Rule],
    *,
    most_kills: int = 10**6,
    pause: float = 0.0,
    seconds: float = 120,
) -> Storm:
    """Run the flows in turn, each run with one fault of ``plan``, until the ledger has no open row and nothing is new.

    After ``most_kills`` the runs are left in peace. ``pause``: seconds after each kill.
    """
    storm, started = Storm(), time.monotonic()
    waiting = list(flows)
    while waiting:
        assert time.monotonic() - started < seconds, f"not done: {place.states()}"
        for flow in list(waiting):
            storm.runs += 1
            ended = place.run_killed(flow, **plan()) if storm.kills < most_kills else place.run(flow)
            if ended.killed:
                storm.kills += 1
                storm.left.append(place.states(flow).get("sending", 0))
                time.sleep(pause)
            elif quiet(ended) and not set(place.states(flow)) & set(OPEN):
                waiting.remove(flow)
            else:
                time.sleep(SETTLE / (2 * len(waiting)))
    storm.seconds = time.monotonic() - started
    return storm


def quiet(ended: Ended) -> bool:
    """A run that went well and had nothing to do."""
    return ended.run["status"] == "succeeded" and not ended.run["succeeded"]


def peace(place: Place, flows: Sequence[str], seconds: float = 60) -> None:
    """Run until nothing is open, without any fault."""
    until_done(place, flows, dict, most_kills=0, seconds=seconds)


def creations(dice: random.Random) -> Callable[[], Rule]:
    """kill -9 at the n-th create: before the effect (which comes, or never does), after it, after the answer."""

    def rule() -> Rule:
        when = dice.choice(["before", "after", "after", "answered", "never"])
        never = {"vanishes": True, "when": "before"} if when == "never" else {"when": when}
        return {"system": "ecology", "op": "create", "nth": dice.randint(1, 8), **never}

    return rule


def marks(dice: random.Random, op: str) -> Callable[[], Rule]:
    """kill -9 at the n-th mark of the source (``op``: mark, or batch for many in one)."""

    def rule() -> Rule:
        nth = dice.randint(1, 6) if op == "mark" else 1
        return {"system": "erp", "op": op, "when": dice.choice(["before", "after", "answered"]), "nth": nth}

    return rule


def searches(dice: random.Random) -> Callable[[], Rule]:
    """kill -9 in turn while it creates, and at the n-th question after what was uncertain."""
    create, turn = creations(dice), itertools.cycle((True, False))

    def rule() -> Rule:
        if next(turn):
            return create()
        return {"system": "ecology", "op": "find", "when": dice.choice(["before", "after"]), "nth": dice.randint(1, 6)}

    return rule
