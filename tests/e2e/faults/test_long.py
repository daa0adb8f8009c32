"""The long runs of F1 and F2: hundreds of kills at moments that the other systems choose, three flows in turn.

In CI a few kills; the full number with B1FLOW_FULL_FAULTS=1. Each round begins with fresh demo data: the pretended OA
searches all its requests for every question.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.e2e.faults import checker, storm
from tests.e2e.faults.place import Place
from tests.e2e.faults.scale import scaled

pytestmark = [pytest.mark.crash, pytest.mark.postgres]
FLOWS, DRAFTS = 3, scaled(12, 40)


def round_of(
    place: Place, number: int, plan: Callable[[], storm.Rule], most_kills: int
) -> tuple[storm.Storm, checker.Findings]:
    """Fresh flows and drafts, killed until all have arrived, or ``most_kills`` times."""
    place.oa("settings", index_delay_ms=300)
    wanted = {f"R{number}-{index}": checker.drafts(place.sandbox, DRAFTS) for index in range(FLOWS)}
    flows = "\n".join(flow_of(name, where) for name, where in wanted.items())
    place.apply(f"tenants:\n  - slug: acme\n    flows:\n{flows}")
    happened = storm.until_done(place, list(wanted), plan, most_kills=most_kills, seconds=900)
    return happened, checker.approvals(place.sandbox, "DocEntry ge 25")


def flow_of(name: str, where: str) -> str:
    """YAML of one more flow of drafts."""
    config = f'{{workflow_id: "781", detail_table: formtable_main_1356_dt1, filter: "{where}"}}'
    return (
        f"      - {{name: {name}, template: ecology.push_approval, company: SBODEMOCN, enabled: true,\n"
        f"         connections: {{erp: ERP, oa: OA}}, config: {config}}}"
    )


def creating(place: Place, dice: random.Random, number: int) -> Callable[[], storm.Rule]:
    """F1."""
    return storm.creations(dice)


def marking(place: Place, dice: random.Random, number: int) -> Callable[[], storm.Rule]:
    """F2; every other round with $batch."""
    op = "batch" if number % 2 else "mark"
    place.sandbox.switch("erp", "batch", 404 if op == "mark" else 0)
    return storm.marks(dice, op)


@pytest.mark.parametrize("what", [creating, marking], ids=["F1", "F2"])
def test_killed_again_and_again(
    place: Place, dice: random.Random, what: Callable[..., Callable[[], storm.Rule]]
) -> None:
    kills = scaled(4, 300)
    place.apply(where="DocEntry eq 0", items="ItemCode eq 'none'")
    total, rounds = storm.Storm(), 0
    while total.kills < kills:
        rounds += 1
        place.sandbox.reset()
        place.sandbox.forget_effects()
        happened, found = round_of(place, rounds, what(place, dice, rounds), kills - total.kills)
        total.add(happened)
        total.documents += found.documents
        print(happened.line(f"{what.__name__}, round {rounds}", found), flush=True)
        assert found.clean, found

    print(f"{what.__name__}, all rounds: {total.kills} kills, {total.documents} documents, {total.seconds:.0f} s")
    assert place.states() == {"done": total.documents}
