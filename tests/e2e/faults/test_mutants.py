"""The fault tests can fail: two planted bugs are caught by them."""

from __future__ import annotations

import random

import pytest

from tests.e2e.faults import checker
from tests.e2e.faults.place import Place

pytestmark = pytest.mark.crash
FLOW = "采购申请"


def doubled(place: Place, where: str, dice: random.Random, kills: int) -> dict[str, int]:
    """What is created twice when runs are killed after their n-th creation."""
    for _ in range(kills):
        place.run_killed(FLOW, system="ecology", op="create", when="after", nth=dice.randint(1, 4))
        for _again in range(4):
            place.run(FLOW)
        if checker.approvals(place.sandbox, where).doubled:
            break
    return checker.approvals(place.sandbox, where).doubled


def test_bytes_that_leave_before_the_claim_is_committed(place: Place, dice: random.Random) -> None:
    place.environ |= {"FAULTS_MUTANT": "late claim"}
    where = checker.drafts(place.sandbox, 12)
    place.apply(where=where, items="ItemCode eq 'none'")

    assert doubled(place, where, dice, 5)


def test_believing_at_once_that_a_document_is_not_there(place: Place, dice: random.Random) -> None:
    """No settle time, and an OA whose lists lag behind."""
    place.environ |= {"FAULTS_SETTLE_SECONDS": "0.001"}
    place.oa("settings", index_delay_ms=20_000)
    where = checker.drafts(place.sandbox, 12)
    place.apply(where=where, items="ItemCode eq 'none'")

    assert doubled(place, where, dice, 5)


def test_without_a_planted_bug_the_same_finds_nothing(place: Place, dice: random.Random) -> None:
    where = checker.drafts(place.sandbox, 12)
    place.apply(where=where, items="ItemCode eq 'none'")

    assert not doubled(place, where, dice, 2)


def test_the_checker_sees_what_is_wrong() -> None:
    documents = {"A": (True, "1"), "B": (True, "9"), "C": (False, ""), "D": (False, "")}
    found = checker.compare(documents, [("A", "1"), ("A", "2"), ("B", "3"), ("C", "4"), ("X", "5")], named=True)

    assert found.doubled == {"A": 2}
    assert (found.lost, found.strangers, found.unmarked, found.wrong) == (["D"], ["X"], ["C"], ["B"])
    assert not found.clean
