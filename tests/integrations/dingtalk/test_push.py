"""Drafts that wait for approval become approval instances, against the sandbox over real HTTP."""

from __future__ import annotations

from core.models import FlowInstance
from tests.integrations.dingtalk.house import PUSH, House


def test_drafts_go_out_once_in_their_submitters_names(house: House) -> None:
    house.approvals()

    first, second = house.run(), house.run()

    assert (first.status, first.succeeded) == ("succeeded", 3), first.message
    assert second.total == 0
    assert len(house.made()) == 3
    effects = house.sandbox.effects(system="dingtalk", op="create")
    assert sorted(effect["source"] for effect in effects) == ["17", "18", "19"]
