"""Logins that end in the middle of a run, refusals for a while, pages that shift (F10 of the fault plan)."""

from __future__ import annotations

import psutil
import pytest

from tests.e2e.faults import checker, storm
from tests.e2e.faults.place import Child, Place, wait_until
from tests.e2e.faults.scale import scaled

PURCHASES, ITEMS = "采购申请", "物料"


def expire_all(place: Place) -> None:
    """As after a restart of both systems."""
    place.sandbox.press("erp", "expire_sessions")
    place.sandbox.press("ecology", "expire_tokens")


def stop_at(place: Place, child: Child, **rule: object) -> None:
    """The process stands still at that moment."""
    place.sandbox.fault(action="stop", pid=child.pid, **rule)


@pytest.mark.parametrize(
    "rule",
    [
        {"system": "erp", "op": "query", "nth": 3, "when": "answered"},
        {"system": "ecology", "op": "create", "nth": 9, "when": "before"},
        {"system": "erp", "op": "batch", "nth": 1, "when": "before"},
    ],
    ids=["between two pages", "while it creates", "while it marks"],
)
def test_sessions_and_tokens_end_in_the_middle_of_a_run(place: Place, rule: dict[str, object]) -> None:
    """It goes on, with one login each: one of the OA, one for each of the ERP's sessions that is used."""
    where = checker.drafts(place.sandbox, 50)
    place.apply(where=where, items="ItemCode eq 'none'", sessions=2)
    child = place.fork("run_flow", "acme", PURCHASES, "--json")
    stop_at(place, child, **rule)

    child.go()
    with child.stopped():
        before = checker.logins(place.sandbox)
        expire_all(place)
    ended = child.wait()

    after = checker.logins(place.sandbox)
    assert (ended.code, ended.run["succeeded"]) == (0, 50)
    assert after["ecology"] - before["ecology"] <= 1
    assert 1 <= after["erp"] - before["erp"] <= 2
    found = checker.approvals(place.sandbox, where)
    assert found.clean, found


def test_many_runs_side_by_side_share_one_login_an_expiry(place: Place) -> None:
    """F10: flows of one connection, in processes of their own; every login ends twice while they run."""
    number = scaled(4, 20)
    names = [f"并行 {index}" for index in range(number)]
    flows = "\n".join(
        parallel_flow(name, f"startswith(ItemCode,'SIDE{index:02}-')") for index, name in enumerate(names)
    )
    for index in range(number):
        place.sandbox.erp_bulk("Items", 45, ItemCode=f"SIDE{index:02}-{{n}}")
    place.apply(where="DocEntry eq 0", items="ItemCode eq 'none'", sessions=1)
    place.apply(f"tenants:\n  - slug: acme\n    flows:\n{flows}")
    place.sandbox.switch("*", "latency_ms", 20)

    children = [place.fork("run_flow", "acme", name, "--json") for name in names]
    for child in children:
        stop_at(place, child, system="erp", op="query", nth=2 * number, when="answered")
        child.go()
    wait_until(lambda: stand_still(children), 30)
    expire_all(place)
    for child in children:
        psutil.Process(child.pid).resume()
    wait_until(lambda: len(place.sandbox.effects(op="create")) > number * 25, 60)
    expire_all(place)
    ended = [child.wait(120) for child in children]
    logins = checker.logins(place.sandbox)
    through = sum(not each.code for each in ended)
    print(f"F10: {number} runs, {logins} logins, 2 expiries; {through} went through at once")
    assert max(logins.values()) <= 3, logins
    storm.peace(place, names)  # a call that met both expiries is left to the next run

    found = checker.items(place.sandbox, "startswith(ItemCode,'SIDE')")
    assert found.clean, found
    assert found.documents == 45 * number


def parallel_flow(name: str, where: str) -> str:
    """YAML of one more flow of items."""
    config = f'{{method: material, operator: "15273", filter: "{where}"}}'
    return (
        f"      - {{name: {name}, template: ecology.push_master_data, company: SBODEMOCN, enabled: true,\n"
        f"         connections: {{erp: ERP, oa: OA}}, config: {config}}}"
    )


def stand_still(children: list[Child]) -> bool:
    """Has every process been stopped?"""
    return all(psutil.Process(child.pid).status() == psutil.STATUS_STOPPED for child in children)


@pytest.mark.parametrize(("system", "op"), [("erp", "query"), ("ecology", "create"), ("erp", "batch")])
def test_a_burst_of_too_many_requests(place: Place, system: str, op: str) -> None:
    """429 for a while: nothing is lost, nothing is sent twice."""
    where = checker.drafts(place.sandbox, 12)
    place.apply(where=where, items="ItemCode eq 'none'")
    place.sandbox.fault(system=system, op=op, action="status", status=429, nth=2, times=5)

    place.run(PURCHASES)
    storm.peace(place, [PURCHASES])

    found = checker.approvals(place.sandbox, where)
    assert found.clean, found
    assert place.states(PURCHASES) == {"done": 12}


def test_pages_shift_while_they_are_read(place: Place) -> None:
    """Documents appear before and behind the reader, others leave the list because we mark them."""
    where = "startswith(ItemCode,'S-')"
    place.sandbox.erp_bulk("Items", 50, ItemCode="S-{n}")
    place.apply(items=where)
    child = place.fork("run_flow", "acme", ITEMS, "--json")
    stop_at(place, child, system="erp", op="query", nth=2, when="answered")

    child.go()
    with child.stopped():
        for code in ("S-000001", "S-999999"):
            place.sandbox.erp_put("Items", {**place.sandbox.erp_objects("Items", where)[0], "ItemCode": code})
    assert child.wait().code == 0
    storm.peace(place, [ITEMS])

    found = checker.items(place.sandbox, where)
    assert found.clean, found
    assert found.documents == 52
