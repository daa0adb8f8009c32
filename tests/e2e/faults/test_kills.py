"""kill -9 of a run, triggered by the other system at chosen moments, and at random ones (F1, F2 of the fault plan).

Every document is created exactly once and marked, whatever the moment: read from the histories of ERP and OA.
"""

from __future__ import annotations

import random
import time

import pytest

from tests.e2e.faults import checker, storm
from tests.e2e.faults.place import SETTLE, Place

pytestmark = [pytest.mark.crash, pytest.mark.both]
FLOW = "采购申请"
INDEX_LAG_MS = 300  # of the OA's lists; settle is 0.6 s


def settled(place: Place, number: int, parallel: int = 8) -> str:
    """Drafts, a flow that sends them, an OA whose lists lag behind."""
    place.oa("settings", index_delay_ms=INDEX_LAG_MS)
    where = checker.drafts(place.sandbox, number)
    place.apply(where=where, items="ItemCode eq 'none'", parallel=parallel)
    return where


def assert_exactly_once(place: Place, where: str, name: str, happened: storm.Storm) -> None:
    found = checker.approvals(place.sandbox, where)
    print(happened.line(name, found))
    assert found.clean, found
    assert happened.kills
    assert place.states(FLOW) == {"done": found.documents}


def test_between_created_and_written_down(place: Place, dice: random.Random) -> None:
    """F1."""
    where = settled(place, 30)

    happened = storm.until_done(place, [FLOW], storm.creations(dice), most_kills=8)

    assert_exactly_once(place, where, "F1", happened)


@pytest.mark.parametrize("op", ["mark", "batch"])
def test_between_written_down_and_marked_and_done(place: Place, dice: random.Random, op: str) -> None:
    """F2; with and without $batch."""
    place.sandbox.switch("erp", "batch", 0 if op == "batch" else 404)
    where = settled(place, 40)

    happened = storm.until_done(place, [FLOW], storm.marks(dice, op), most_kills=6)

    assert_exactly_once(place, where, f"F2 {op}", happened)


def test_while_it_asks_what_arrived(place: Place, dice: random.Random) -> None:
    where = settled(place, 24)

    happened = storm.until_done(place, [FLOW], storm.searches(dice), most_kills=6, pause=SETTLE)

    assert_exactly_once(place, where, "find", happened)


@pytest.mark.parametrize(("system", "op"), [("erp", "login"), ("ecology", "login"), ("erp", "query")])
def test_while_it_logs_in_or_reads(place: Place, dice: random.Random, system: str, op: str) -> None:
    """The next run goes on at once: no login that nobody will finish is waited for."""
    where = settled(place, 10)
    rule = {"system": system, "op": op, "when": dice.choice(["before", "after"])}

    happened = storm.until_done(place, [FLOW], lambda: rule, most_kills=1)

    assert_exactly_once(place, where, f"{system} {op}", happened)
    assert happened.seconds < 20


def test_at_random_moments(place: Place, dice: random.Random) -> None:
    where = settled(place, 30)
    happened = storm.Storm()
    for _ in range(6):
        child = place.fork("run_flow", "acme", FLOW, "--json").go()
        time.sleep(dice.uniform(0.05, 0.8))
        child.kill()
        happened.kills += child.wait().killed
        happened.left.append(place.states(FLOW).get("sending", 0))
    storm.peace(place, [FLOW])

    assert_exactly_once(place, where, "random", happened)
