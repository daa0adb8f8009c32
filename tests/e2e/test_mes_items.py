"""mes.push_items against the pretended ERP and MES: created, changed, stopped; nothing missed, nothing twice."""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.catalog.enabling import baseline
from core.models import Delivery
from tests.e2e.mes_world import World
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)
F14_ITEMS = int(os.environ.get("MES_F14_ITEMS", "120"))  # the full test has 10 000


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    running = SandboxServer(port=9191).start()
    yield running
    running.close()


@pytest.fixture
def world(server: SandboxServer) -> World:
    server.reset()
    return World(server)


def edit(world: World, code: str, **fields: object) -> None:
    """A person changes an item in the ERP's client."""
    quoted = code.replace("'", "''")
    world.sandbox.erp_act("PATCH", f"Items('{quoted}')", fields)


def imports(world: World) -> Counter[str]:
    """How often each material was imported."""
    effects = world.sandbox.effects("blacklake")
    codes = set(world.materials())
    return Counter(e["source"] for e in effects if e["op"] in ("create", "update") and e["source"] in codes)


def test_the_first_run_sends_all_items_and_the_next_one_none(world):
    flow = world.flow("mes.push_items")

    first, second = world.run(flow), world.run(flow)

    items = world.sandbox.erp_objects("Items")
    assert (first.status, first.succeeded) == ("succeeded", len(items))
    assert (second.status, second.succeeded) == ("succeeded", 0)
    assert imports(world) == {item["ItemCode"]: 1 for item in items}


def test_a_material_has_what_the_page_says(world):
    flow = world.flow("mes.push_items")
    world.run(flow)

    item = world.sandbox.erp_object("Items", "101010001")
    detail = world.mes("material/open/v1/material/_detail", code="101010001")

    base = detail["baseInfo"]
    assert (base["name"], base["unitName"]) == (item["ItemName"], item["InventoryUOM"])
    assert (base["specification"], base["remark"]) == (item["U_Z20_SPEC"], item["User_Text"])
    assert (base["bizType"]["message"], base["batchManagementEnable"]["code"]) == ("默认", 1)
    assert detail["inventoryInfo"]["defaultWarehouseCode"] == item["DefaultWarehouse"]
    assert detail["purchaseInfo"] == {"purchaseUnitName": "个", "purchaseAmount": "", "purchaseAmountMin": "10"}
    assert world.row(flow, "101010001").target_key == str(base["id"])


def test_awkward_codes_arrive_as_they_are(world):
    world.run(world.flow("mes.push_items"))

    assert {"Q'10", "PVC/管-20", "物料+50%&#1"} <= set(world.materials())


def test_inactive_items_are_stopped_and_started_again(world):
    flow = world.flow("mes.push_items")
    world.run(flow)
    stopped = {code for code, row in world.materials().items() if row["enableFlag"]["code"] == 0}
    assert stopped == {"F00001", "F00002", "F00003"}  # frozen, not valid, both kinds of item

    edit(world, "11028", Frozen="tYES")
    edit(world, "14003", Valid="tNO")
    edit(world, "F00001", Frozen="tNO")
    second = world.run(flow)

    flags = {code: row["enableFlag"]["code"] for code, row in world.materials().items()}
    assert second.succeeded == 3
    assert (flags["11028"], flags["14003"], flags["F00001"], flags["F00002"]) == (0, 0, 1, 0)


def test_a_changed_item_is_changed_over_there_and_others_are_left_alone(world):
    flow = world.flow("mes.push_items")
    world.run(flow)
    world.sandbox.forget_effects()

    edit(world, "11028", ItemName="聚氯乙烯 SG-5")
    edit(world, "14003", MinInventory=5.0)  # a field that is not mapped
    result = world.run(flow)

    assert (result.succeeded, world.materials()["11028"]["name"]) == (1, "聚氯乙烯 SG-5")
    assert imports(world) == {"11028": 1}


def test_an_item_that_was_stopped_by_hand_meanwhile_is_no_error(world):
    flow = world.flow("mes.push_items")
    world.run(flow)
    world.act("switch_material", material="11028")
    edit(world, "11028", Frozen="tYES", ItemName="停用的")

    assert world.run(flow).status == "succeeded"
    assert world.materials()["11028"]["enableFlag"]["code"] == 0


def test_a_unit_that_the_mes_lacks_fails_that_item_in_words(world):
    edit(world, "11028", InventoryUOM="卷轴")
    flow = world.flow("mes.push_items")

    result = world.run(flow)

    row = world.row(flow, "11028")
    assert (result.status, result.failed, result.succeeded) == ("partial", 1, 57)
    assert (row.state, "单位【卷轴】不存在" in row.error) == ("refused", True)
    assert "11028" in result.message
    assert world.run(flow).failed == 0  # not tried again by itself


def test_a_refused_item_goes_out_when_the_mapping_is_mended(world):
    """Its window is over: only the changed settings bring it back."""
    edit(world, "11028", InventoryUOM="卷轴")
    flow = world.flow("mes.push_items", overlap_seconds=0, clock_tolerance_seconds=0)
    world.run(flow)
    edit(world, "14003", ItemName="later")
    world.run(flow)

    flow.mappings.filter(target="unitName").update(transform="constant:个")
    flow.mappings.filter(target="purchaseUnitName").delete()
    result = world.run(flow)

    assert world.states(flow)["11028"] == "done"
    assert result.failed == 0
    assert world.materials()["11028"]["unitName"] == "个"


def test_a_warehouse_or_category_that_the_mes_lacks_fails_in_words(world):
    world.sandbox.erp_put("Items", {"ItemCode": "11028", "DefaultWarehouse": "99"})
    flow = world.flow("mes.push_items")

    world.run(flow)

    assert "仓库【99】不存在" in world.row(flow, "11028").error


def test_a_code_that_the_mes_cannot_have_is_refused_here(world):
    world.sandbox.erp_put("Items", {"ItemCode": "X1 ", "ItemName": "blank", "InventoryUOM": "个"})
    flow = world.flow("mes.push_items")

    world.run(flow)

    assert world.row(flow, "X1 ").state == "refused"
    assert "X1 " in world.row(flow, "X1 ").error


def test_a_lost_answer_is_repeated_and_makes_no_second_material(world):
    world.sandbox.fault(system="blacklake", op="create", when="after", action="drop", nth=5)
    flow = world.flow("mes.push_items")

    first = world.run(flow)
    second = world.run(flow)

    assert (first.succeeded, first.failed, second.status) == (57, 1, "succeeded")
    assert world.counts(flow) == {"done": 58}
    assert len(world.materials()) == 58


def test_a_mes_that_is_away_loses_nothing(world):
    flow = world.flow("mes.push_items")
    world.run(flow)
    edit(world, "11028", ItemName="while it was away")
    world.sandbox.fault(system="blacklake", op="update", when="before", action="status", status=503, times=0)
    failed = world.run(flow)
    world.sandbox.clear_faults()

    assert failed.failed == 1
    assert world.run(flow).succeeded == 1
    assert world.materials()["11028"]["name"] == "while it was away"


def test_a_weak_control_is_no_success(world):
    world.set(need_check="material/_doimport")
    flow = world.flow("mes.push_items")

    result = world.run(flow)

    assert (result.succeeded, world.materials()) == (0, {})
    assert world.counts(flow) == {"refused": 58}
    assert "NEEDS_CONFIRMATION" in world.row(flow, "11028").error


def test_a_missing_permission_stops_the_run_and_no_item_is_blamed(world):
    world.set(denied="material/_doimport")
    flow = world.flow("mes.push_items")

    result = world.run(flow)

    assert (result.status, result.succeeded) == ("failed", 0)
    assert "URL_NO_PERMISSION" in result.message
    assert "refused" not in world.counts(flow)
    world.set(denied="")
    assert world.run(flow).status == "succeeded"
    assert len(world.materials()) == 58


def test_expired_tokens_are_renewed(world):
    flow = world.flow("mes.push_items")
    world.run(flow)
    for told in ("SSO_TOKEN_FAIL", "ACCESS_TOKEN_EXPIRED", "HTTP401"):
        world.set(expired_as=told)
        world.act("expire_tokens")
        edit(world, "11028", ItemName=f"after {told}")
        assert world.run(flow).status == "succeeded"

    assert world.materials()["11028"]["name"] == "after HTTP401"


def test_an_item_without_update_date_counts_by_its_creation(world):
    flow = world.flow("mes.push_items")
    world.run(flow)
    at = world.sandbox.erp_object("Items", "11028")
    world.sandbox.erp_put(
        "Items",
        {
            "ItemCode": "NEW1", "ItemName": "made by an import", "InventoryUOM": "个", "Valid": "tYES",
            "Frozen": "tNO", "UpdateDate": None, "UpdateTime": None, "CreateDate": at["UpdateDate"],
            "CreateTime": at["UpdateTime"],
        },
    )  # fmt: skip

    assert world.run(flow).succeeded == 1
    assert "NEW1" in world.materials()


def test_stamps_of_whole_minutes_lose_nothing(world):
    world.sandbox.switch("erp", "time_seconds", False)
    flow = world.flow("mes.push_items", overlap_seconds=0, clock_tolerance_seconds=0)
    world.run(flow)
    for number in range(3):
        edit(world, "11028", ItemName=f"name {number}")
        edit(world, "14003", ItemName=f"other {number}")
        assert world.run(flow).succeeded == 2

    assert world.materials()["14003"]["name"] == "other 2"


def test_the_first_run_may_be_limited_to_new_items(world):
    world.sandbox.erp_put(
        "Items", {"ItemCode": "11028", "UpdateDate": "2020-01-02", "UpdateTime": "10:00:00", "CreateDate": "2020-01-01"}
    )
    flow = world.flow("mes.push_items", since="2021-01-01")

    world.run(flow)
    assert "11028" not in world.materials()

    flow = world.flow("mes.push_items", since="2020-01-01")  # a day entered later: begins there once more
    assert world.run(flow).succeeded == 1


def test_what_is_there_may_count_as_sent(world):
    flow = world.flow("mes.push_items", enabled=False)
    baseline(flow)
    edit(world, "11028", ItemName="changed since")

    assert world.run(flow).succeeded == 1
    assert set(world.materials()) == {"11028"}


def test_an_edit_across_midnight_is_seen(world):
    """The seed's condition (day and time each greater) would lose it."""
    flow = world.flow("mes.push_items", overlap_seconds=0, clock_tolerance_seconds=0)
    for item in world.sandbox.erp_objects("Items"):
        world.sandbox.erp_put("Items", {**item, "UpdateDate": "2026-03-01", "UpdateTime": "23:59:30"})
    world.run(flow)
    world.sandbox.erp_put(
        "Items", {"ItemCode": "11028", "ItemName": "in the night", "UpdateDate": "2026-03-02", "UpdateTime": "00:00:10"}
    )

    assert world.run(flow).succeeded == 1
    flow.refresh_from_db()
    assert flow.state["cursor"]["at"] == "2026-03-02T00:00:10"


def test_a_stamp_of_the_future_does_not_stop_the_cursor(world):
    world.sandbox.erp_put("Items", {"ItemCode": "11028", "UpdateDate": "2099-01-01", "UpdateTime": "08:00:00"})
    flow = world.flow("mes.push_items")
    world.run(flow)

    edit(world, "14003", ItemName="still seen")

    assert world.run(flow).succeeded == 1


@pytest.mark.parametrize("offset", [-300, 300])
def test_f14_clock_off_late_commits_edits_while_paging(world, offset):
    """F14: the ERP's clock is five minutes off, rows are committed late, items are edited while pages are read.

    0 missed: in the end the MES has the newest name of every item. 0 doubled: no version of an item was imported twice.
    """
    flow = world.flow("mes.push_items", page_size=20)
    world.sandbox.erp_bulk("Items", F14_ITEMS)
    world.run(flow)
    world.sandbox.switch("erp", "clock_offset_seconds", offset)
    world.sandbox.switch("erp", "late_commit_seconds", 90)
    codes = sorted(code for code in world.materials() if code.startswith("BULK"))
    names, versions, enough = dict.fromkeys(codes, ""), dict.fromkeys(codes, 1), threading.Event()

    def keep_editing() -> None:
        for turn in itertools.count():
            if turn >= 2 and enough.is_set():
                return
            for code in [*codes[turn % 2 :: 2], *codes[:10]]:
                names[code] = f"{code} v{versions[code]}"
                versions[code] += 1
                edit(world, code, ItemName=names[code])

    with ThreadPoolExecutor(1) as pool:
        editing = pool.submit(keep_editing)
        outcomes = [world.run(flow).status for _ in range(3)]  # so many runs read while edits go on
        enough.set()
        while not editing.done():
            outcomes.append(world.run(flow).status)
        editing.result()
    assert set(outcomes) == {"succeeded"}
    world.run(flow)

    there = world.materials()
    assert {code: there[code]["name"] for code in codes} == names, "missed"
    sent = imports(world)
    assert {code: sent[code] for code in codes if sent[code] > versions[code]} == {}, "doubled"
    assert set(world.counts(flow)) == {"done"}


def test_hours_of_downtime_lose_nothing(world):
    """Stamps far behind the last run: the cursor, not the clock, says where to begin."""
    flow = world.flow("mes.push_items")
    items = world.sandbox.erp_objects("Items")
    for item in items:
        world.sandbox.erp_put("Items", {**item, "UpdateDate": "2026-03-01", "UpdateTime": "08:00:00"})
    world.run(flow)
    for hour, item in enumerate(items[:20]):
        changed = {"ItemCode": item["ItemCode"], "ItemName": f"at {hour}", "UpdateDate": "2026-03-01"}
        world.sandbox.erp_put("Items", {**changed, "UpdateTime": f"{9 + hour // 2:02}:{hour % 2 * 30:02}:00"})

    assert world.run(flow).succeeded == 20
    assert Delivery.objects.filter(flow=flow).exclude(state="done").count() == 0
