"""The other system did it and its answer is lost, or it cannot be marked as received (F3 of the fault plan)."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from tests.e2e.faults import checker, storm
from tests.e2e.faults.place import SETTLE, Place
from tests.e2e.faults.scale import scaled

PURCHASES, ITEMS = "采购申请", "物料"
WAYS: dict[str, dict[str, Any]] = {
    "cut": {"action": "drop"},
    "502": {"action": "status", "status": 502},
    "timeout": {"action": "delay", "seconds": 4.0},
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("way", WAYS)
def test_a_request_whose_answer_is_lost(place: Place, way: str, when: str) -> None:
    """It is looked for, twice, then found or sent again: never a second one."""
    # A request may take effect two seconds after its caller has given up: nobody may ask before that.
    place.environ |= {"CALL_DEADLINE_SECONDS": "2", "LEASE_SECONDS": "8", "FAULTS_SETTLE_SECONDS": "3"}
    where = checker.drafts(place.sandbox, 4)
    place.apply(where=where, items="ItemCode eq 'none'")
    place.sandbox.fault(system="ecology", op="create", when=when, nth=2, times=2, **WAYS[way])

    first = place.run(PURCHASES)
    storm.peace(place, [PURCHASES])

    assert (first.run["succeeded"], first.run["failed"]) == (2, 2)
    found = checker.approvals(place.sandbox, where)
    assert found.clean, found
    assert place.states(PURCHASES) == {"done": 4}


def test_many_answers_are_lost(place: Place, dice: random.Random) -> None:
    """F3: every third creation, in different ways; all are found again, none is parked."""
    number = scaled(30, 500)
    where = checker.drafts(place.sandbox, number)
    place.oa("settings", index_delay_ms=int(SETTLE * 500))
    place.apply(where=where, items="ItemCode eq 'none'")

    def lose() -> None:
        place.sandbox.clear_faults()
        for nth in range(dice.randint(1, 3), 60, 3):
            way = dice.choice([WAYS["cut"], WAYS["502"]])
            place.sandbox.fault(system="ecology", op="create", when="after", nth=nth, **way)

    started, runs = time.monotonic(), 0
    while place.states(PURCHASES).get("done", 0) < number:
        lose()
        place.run(PURCHASES)
        runs += 1
        time.sleep(SETTLE / 2)
        assert time.monotonic() - started < scaled(90, 900), place.states()

    found = checker.approvals(place.sandbox, where)
    print(f"F3: {number} documents in {runs} runs, {len(found.doubled)} doubled, {len(found.lost)} lost, 0 held")
    assert found.clean, found
    assert place.states(PURCHASES) == {"done": number}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_of_items_whose_answer_is_lost(place: Place, when: str) -> None:
    where = "startswith(ItemCode,'L-')"
    place.sandbox.erp_bulk("Items", 25, ItemCode="L-{n}")
    place.apply(items=where)
    place.sandbox.fault(system="ecology", op="create", when=when, action="drop")

    first = place.run(ITEMS)
    storm.peace(place, [ITEMS])

    assert first.run["failed"]
    found = checker.items(place.sandbox, where)
    assert found.clean, found
    assert found.documents == 25


@pytest.mark.parametrize("offered", [0, 404])
def test_a_mark_that_fails_is_repeated_and_nothing_else(place: Place, offered: int) -> None:
    """The ERP refuses to be marked for two runs: the OA is asked for nothing in the meantime."""
    place.sandbox.switch("erp", "batch", offered)
    where = checker.drafts(place.sandbox, 5)
    place.apply(where=where, items="ItemCode eq 'none'")
    for op in ("mark", "batch"):
        place.sandbox.fault(system="erp", op=op, action="status", status=503, times=0)

    assert place.run(PURCHASES).run["status"] == "partial"
    place.sandbox.fault(system="ecology", op="*", action="status", status=500, times=0)
    assert place.run(PURCHASES).run["status"] == "partial"
    assert place.states(PURCHASES) == {"delivered": 5}
    assert all(row["mark_attempts"] >= 2 for row in place.deliveries(PURCHASES))

    place.sandbox.clear_faults()
    assert place.run(PURCHASES).run["status"] == "succeeded"
    found = checker.approvals(place.sandbox, where)
    assert found.clean, found
    assert place.states(PURCHASES) == {"done": 5}
