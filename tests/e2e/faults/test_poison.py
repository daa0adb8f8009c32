"""One document among many that raises, ends the process, or never returns (F9 of the fault plan)."""

from __future__ import annotations

import time

import pytest

from tests.e2e.faults import checker
from tests.e2e.faults.place import SETTLE, Place, wait_until
from tests.e2e.faults.scale import FULL, scaled

pytestmark = pytest.mark.crash
FLOW = "采购申请"


def poisoned(place: Place, how: str, number: int) -> str:
    """So many good drafts and one poisoned; the key of its row begins with what is returned."""
    place.environ |= {"FAULTS_POISON": "1", "FAULTS_HANG_SECONDS": "1.5"}
    where = checker.drafts(place.sandbox, number)
    first = int(where.split()[2])
    request = place.sandbox.erp_submit()
    place.sandbox.erp_put("Drafts", {"DocEntry": request["DraftEntry"], "Comments": f"poison:{how}"})
    place.apply(where=f"DocEntry ge {first}", items="ItemCode eq 'none'")
    return f"{request['DraftEntry']}/"


def assert_only_the_poison_is_left(place: Place, key: str, number: int, attempts: int) -> None:
    rows = place.deliveries(FLOW)
    (bad,) = [row for row in rows if row["key"].startswith(key)]
    assert (bad["state"], bad["attempt"] <= attempts) == ("dead", True), bad
    assert bad["error"]
    assert [row["state"] for row in rows if row is not bad] == ["done"] * number
    found = checker.approvals(place.sandbox, f"DocEntry ne {key[:-1]}")
    assert not found.doubled


@pytest.mark.parametrize(("how", "attempts"), [("raise", 3), ("leave", 3), ("hang", 3), ("swallow", 3), ("die", 4)])
def test_a_poisoned_document_is_given_up_and_the_others_go_out(place: Place, how: str, attempts: int) -> None:
    """``die``: the first death has company, so it proves nothing; the next three are the poison's own."""
    number = scaled(10, 99)
    key = poisoned(place, how, number)
    runs = 0
    while {"dead": 1, "done": number} != place.states(FLOW):
        place.run(FLOW)
        time.sleep(SETTLE)
        runs += 1
        assert runs < 30, [row for row in place.deliveries(FLOW) if row["state"] != "done"]

    print(f"F9 {how}: {number} done, given up after {runs} runs")
    assert_only_the_poison_is_left(place, key, number, attempts)


@pytest.mark.skipif(not FULL, reason="two minutes: in a full run (B1FLOW_FULL_FAULTS=1)")
@pytest.mark.parametrize("how", ["freeze", "die"])
def test_a_worker_whose_process_freezes_or_dies_goes_on(place: Place, how: str) -> None:
    """``freeze``: inside C, no thread goes on; the pump ends the process when the task's time is over."""
    number = 20
    key = poisoned(place, how, number)
    place.worker("--queues", "b1flow", FAULTS_TASK_SECONDS="5")
    place.due(FLOW)

    seconds = wait_until(lambda: place.states(FLOW) == {"dead": 1, "done": number}, 300, "not given up")

    print(f"F9 worker {how}: {number} done, given up after {seconds:.0f} s")
    assert_only_the_poison_is_left(place, key, number, 4)


def test_a_process_that_stood_still_sends_nothing_when_its_lease_is_over(place: Place) -> None:
    """It is stopped, another run takes over and does all; then it wakes up."""
    place.environ |= {"CALL_DEADLINE_SECONDS": "1.5", "LEASE_SECONDS": "4.5", "HEARTBEAT_SECONDS": "1"}
    where = checker.drafts(place.sandbox, 30)
    place.apply(where=where, items="ItemCode eq 'none'")
    sleeper = place.fork("run_flow", "acme", FLOW, "--json")
    place.sandbox.fault(system="erp", op="query", nth=2, when="answered", action="stop", pid=sleeper.pid)
    sleeper.go()

    with sleeper.stopped():
        assert place.run(FLOW).run["status"] == "skipped"
        wait_until(lambda: place.run(FLOW).run["succeeded"] == 30, 20, "the lease did not end")
        calls = len(place.sandbox.effects(system="ecology", op="create"))
    ended = sleeper.wait()

    assert ended.run["status"] == "failed"
    assert len(place.sandbox.effects(system="ecology", op="create")) == calls == 30
    assert checker.approvals(place.sandbox, where).clean
