"""Fifty-five documents over three pages; answers that get lost; marks that fail. One process a run, real HTTP."""

from __future__ import annotations

from tests.e2e.faults import checker
from tests.e2e.faults.place import Place

AWKWARD = "ItemCode eq 'Q''10' or ItemCode eq '11028'"


def test_fifty_five_items(place: Place) -> None:
    """Three pages, a flag that is null, a code with a quote; the OA refuses one: 54 marked, nothing sent again."""
    where = f"({AWKWARD} or startswith(ItemCode,'F55-'))"
    place.sandbox.erp_bulk("Items", 53, ItemCode="F55-{n}")
    place.sandbox.erp_put("Items", {"ItemCode": "Q'10", "U_ISSYN": "N"})
    place.sandbox.erp_put("Items", {"ItemCode": "11028", "U_ISSYN": None})
    refused = place.sandbox.erp_objects("Items", "startswith(ItemCode,'F55-')")[30]
    rule = {"method": "material", "column": "wlbm", "value": refused["ItemCode"], "message": "编码已停用"}
    place.oa("settings", cube_refuse=[rule])
    place.apply(items=where)

    first = place.run("物料")

    print(first)
    found = checker.items(place.sandbox, where)
    assert (first.code, first.run["status"]) == (1, "partial")
    assert (first.run["total"], first.run["succeeded"], first.run["failed"]) == (55, 54, 1)
    assert (found.documents, found.created, found.lost) == (55, 54, [refused["ItemCode"]])
    assert not found.doubled
    assert not found.unmarked
    assert place.states("物料") == {"done": 54, "refused": 1}
    (row,) = [row for row in place.deliveries("物料") if row["state"] == "refused"]
    assert "编码已停用" in row["error"]

    place.sandbox.forget_effects()
    second = place.run("物料")

    assert (second.run["succeeded"], second.run["failed"]) == (0, 0)
    assert not place.sandbox.effects(op="create")
    assert not place.sandbox.effects(op="update")
