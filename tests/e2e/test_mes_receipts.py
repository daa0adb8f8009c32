"""mes.pull_receipts against the pretended MES and ERP: which reports are received, each once, whatever goes wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from core.flows import resolve
from core.models import FlowInstance, ValueMap
from integrations.mes.client import BlacklakeClient
from integrations.mes.flows.pull_receipts import PullReceipts
from tests.e2e.mes_world import World
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    running = SandboxServer(port=9193).start()
    yield running
    running.close()


@pytest.fixture
def world(server: SandboxServer) -> World:
    """Work orders 71 (batch-managed product, 个), 72, 73 (not batch-managed) and 79 stand in the MES, from the ERP."""
    server.reset()
    world = World(server, page_size=20)
    for code in ("101010001", "101010002", "101010003", "201010001", "201010002", "202001", "201010003"):
        world.import_material(code, batchManagementEnable="是" if code == "101010001" else "否")
    for code, unit in (("201010004", "卷"), ("120001", "kg"), ("11007510-01", "件")):
        world.import_material(code, unitName=unit)
    orders = world.flow("mes.push_work_orders")
    assert world.run(orders).status == "succeeded"
    world.sandbox.forget_effects()
    return world


def report(world: World, order: int | str = 73, amount: Any = 10, process: str = "100", **fields: Any) -> str:
    """A person reports production; the row's id."""
    return str(world.act("report", order=str(order), amount=amount, process=process, **fields)["ids"][0])


def received(world: World) -> dict[str, float]:
    """{report id: quantity} of the receipts in the ERP; each once."""
    receipts = world.receipts()
    found = {r["U_MESReportId"]: r["DocumentLines"][0]["Quantity"] for r in receipts}
    assert len(found) == len(receipts), "doubled"
    return found


def product(world: World, entry: int) -> dict[str, Any]:
    order: dict[str, Any] = world.order(entry)
    return order


def test_a_report_becomes_a_receipt_of_its_order(world):
    key = report(world, 73, 10, remark="白班")
    flow = world.flow("mes.pull_receipts")

    first, second = world.run(flow), world.run(flow)

    (receipt,) = world.receipts()
    (line,) = receipt["DocumentLines"]
    order = product(world, 73)
    assert (first.status, first.succeeded, second.succeeded) == ("succeeded", 1, 0)
    assert (receipt["U_MESReportId"], receipt["U_InboundType"]) == (key, "1")
    assert (line["BaseType"], line["BaseEntry"], line.get("BaseLine")) == (202, 73, None)
    assert (line["ItemCode"], line["Quantity"], line["WarehouseCode"]) == (order["ItemNo"], 10.0, order["Warehouse"])
    assert not line.get("BatchNumbers")
    assert order["CompletedQuantity"] == 10.0
    row = world.row(flow, key)
    assert (row.state, row.target_key) == ("done", str(receipt["DocEntry"]))


def test_batches_only_for_items_managed_by_batches(world):
    with_batch = report(world, 71, 5, batch="B20221121")
    without = report(world, 73, 5, batch="IGNORED")
    lines = report(world, 71, 2.5, batch="B2")
    world.run(world.flow("mes.pull_receipts"))

    batches = {}
    for receipt in world.receipts():
        (line,) = receipt["DocumentLines"]
        batches[receipt["U_MESReportId"]] = [(b["BatchNumber"], b["Quantity"]) for b in line.get("BatchNumbers") or []]
    assert batches == {with_batch: [("B20221121", 5.0)], without: [], lines: [("B2", 2.5)]}


def test_a_batch_that_is_missing_is_told_and_can_be_mended(world):
    key = report(world, 71, 5)
    flow = world.flow("mes.pull_receipts")

    first = world.run(flow)
    assert (first.failed, world.row(flow, key).state, received(world)) == (1, "refused", {})
    assert "BatchNumber" in world.row(flow, key).error
    flow.mappings.filter(section="batch", target="BatchNumber").update(source="batchNo || reportRecordCode")

    assert world.run(flow).succeeded == 1
    assert received(world) == {key: 5.0}


def test_forty_seven_reports_over_three_pages_one_answer_lost(world):
    """Processes numbered 10, 100 and 20: 100 is the last one, although "20" is the largest text."""
    keys: dict[str, list[str]] = {"10": [], "100": [], "20": []}
    start = int(time.time() * 1000)
    for number in range(47):
        process = ("10", "100", "20")[number % 3]
        keys[process].append(report(world, 73, number + 1, process, time=start + number))
    flow = world.flow("mes.pull_receipts")
    world.sandbox.fault(system="erp", op="create", when="after", action="drop", nth=4)

    first = world.run(flow)
    assert world.calls("report_list") == 3
    assert (first.succeeded, first.failed) == (15, 1)
    assert world.counts(flow) == {"done": 15, "uncertain": 1}
    world.settle(flow)
    second, third = world.run(flow), world.run(flow)

    assert (second.status, third.status) == ("succeeded", "succeeded")
    assert set(received(world)) == set(keys["100"])
    assert Counter(e["source"] for e in world.sandbox.effects("erp", "create")) == dict.fromkeys(keys["100"], 1)
    assert world.counts(flow) == {"done": 16}
    assert product(world, 73)["CompletedQuantity"] == sum(n + 1 for n in range(47) if n % 3 == 1)


def test_answers_lost_before_and_after_the_effect(world):
    """Cut before: nothing was made, and it is sent again. Cut after: it is found. A balancer's 502 likewise."""
    keys = [report(world, 73, n + 1) for n in range(12)]
    for nth, when in ((2, "before"), (5, "after"), (8, "before")):
        world.sandbox.fault(system="erp", op="create", when=when, action="drop", nth=nth)
    world.sandbox.fault(system="erp", op="create", when="after", action="status", status=502, nth=10)
    flow = world.flow("mes.pull_receipts")

    world.run(flow)
    for _turn in range(4):
        world.settle(flow)
        world.run(flow)

    assert set(received(world)) == set(keys)
    assert world.counts(flow) == {"done": 12}


def test_without_a_field_for_the_id_a_lost_answer_is_held(world):
    key = report(world)
    world.sandbox.fault(system="erp", op="create", when="after", action="drop")
    flow = world.flow("mes.pull_receipts", report_id_field="")

    world.run(flow)
    world.settle(flow)
    world.run(flow)
    world.run(flow)

    assert world.row(flow, key).state == "held"
    assert len(world.sandbox.effects("erp", "create")) == 1


def test_a_flow_that_lost_its_memory_receives_nothing_twice(world):
    """Another flow, another ledger: the id on the receipt still says that it is there."""
    keys = [report(world, 73, n + 1) for n in range(3)]
    world.run(world.flow("mes.pull_receipts", name="first"))
    again = world.flow("mes.pull_receipts", name="second")

    result = world.run(again)

    assert (result.status, set(received(world))) == ("succeeded", set(keys))
    assert len(world.sandbox.effects("erp", "create")) == 3


@pytest.mark.parametrize("amount", [-2, 0])
def test_negative_and_zero_amounts_are_held(world, amount):
    key = report(world, 73, amount)
    good = report(world, 73, 4)
    flow = world.flow("mes.pull_receipts")

    first = world.run(flow)
    second = world.run(flow)

    assert (world.row(flow, key).state, received(world)) == ("held", {good: 4.0})
    assert str(amount) in world.row(flow, key).error
    assert (first.status, second.succeeded) == ("partial", 0)


def test_a_held_report_may_be_forgotten_or_sent_once_it_is_right(world):
    wrong, correction = report(world, 73, 0), report(world, 73, -3)
    flow = world.flow("mes.pull_receipts")
    world.run(flow)
    resolve.forget(world.row(flow, correction), reason="booked by hand")
    world.act("change_report", id=wrong, amount=6)
    resolve.send_again(world.row(flow, wrong), reason="corrected in the MES")

    world.run(flow)

    assert received(world) == {wrong: 6.0}
    assert world.states(flow) == {wrong: "done", correction: "done"}


def test_quality_states(world):
    good, conceded = report(world, qc=1), report(world, qc=2)
    report(world, qc=3)
    report(world, qc=4)
    flow = world.flow("mes.pull_receipts")

    world.run(flow)

    assert set(received(world)) == {good, conceded}
    assert len(world.states(flow)) == 2


def test_a_report_is_received_when_its_quality_is_decided(world):
    """Hours later, when its window is long over."""
    flow = world.flow("mes.pull_receipts", overlap_seconds=0, clock_tolerance_seconds=0)
    waiting = report(world, qc=3, amount=7)
    world.run(flow)
    later = report(world, amount=1, time=int(time.time() * 1000) + 1000)
    time.sleep(1.1)
    world.run(flow)
    world.run(flow)
    assert set(received(world)) == {later}

    world.act("change_report", id=waiting, qc=1)
    world.run(flow)

    assert received(world) == {later: 1.0, waiting: 7.0}
    assert FlowInstance.objects.get(pk=flow.pk).state["cursor"]["waiting"] == {}


def test_other_quality_states_may_be_received_elsewhere(world):
    key = report(world, qc=4, amount=3)
    flow = world.flow("mes.pull_receipts", qc_statuses=[1, 2, 4])
    flow.mappings.create(
        section="line", source="qcStatus.code", target="TransactionType", value_map="quality", position=9
    )
    rows = {"1": "botrntComplete", "2": "botrntComplete", "4": "botrntReject"}
    ValueMap.objects.create(tenant=flow.tenant, name="quality", rows=rows)

    world.run(flow)

    assert received(world) == {key: 3.0}
    assert (product(world, 73)["RejectedQuantity"], product(world, 73)["CompletedQuantity"]) == (3.0, 0.0)


def test_the_plan_says_what_is_last(world):
    world.act("plan", order="73", connect=True, processes="30 XL 下料; 10 ZP 装配; 20 BZ 包装")
    last = report(world, process="30")
    report(world, process="10")
    report(world, process="20")
    world.run(world.flow("mes.pull_receipts"))

    assert set(received(world)) == {last}


def test_an_order_without_processes_is_one_step(world):
    world.act("plan", order="73", processes=[])
    key = report(world, process="")
    world.run(world.flow("mes.pull_receipts"))

    assert set(received(world)) == {key}


def test_a_process_that_stands_twice_is_a_persons_matter(world):
    world.act("plan", order="73", processes="10 ZJ 质检; 20 ZP 装配; 30 ZJ 质检")
    key = report(world, process="10")
    flow = world.flow("mes.pull_receipts")

    world.run(flow)

    assert (world.row(flow, key).state, received(world)) == ("refused", {})
    assert "ZJ" in world.row(flow, key).error


def test_every_process_may_be_received(world):
    keys = {report(world, process=number, amount=1) for number in ("10", "20", "100")}
    world.run(world.flow("mes.pull_receipts", last_process_only=False))

    assert set(received(world)) == keys


def test_by_products_and_orders_of_the_mes_are_left_alone(world):
    rows = world.act("report", order="73", process="100", lines=[{"amount": 2}, {"amount": 1, "material": "202001"}])[
        "ids"
    ]
    world.act("create_order", order="MES-001", material="101010002")
    report(world, "MES-001")
    flow = world.flow("mes.pull_receipts")

    result = world.run(flow)

    assert (result.status, received(world)) == ("succeeded", {str(rows[0]): 2.0})
    assert len(world.states(flow)) == 1


def test_an_order_that_the_erp_does_not_have(world):
    world.act("create_order", order="9999", material="101010002")
    key = report(world, 9999)
    flow = world.flow("mes.pull_receipts")

    world.run(flow)

    assert world.row(flow, key).state == "refused"
    assert "9999" in world.row(flow, key).error


def test_an_order_that_is_closed_in_the_erp_is_told_in_its_words(world):
    key, good = report(world, 72, batch="B1"), report(world, 73)
    world.sandbox.erp_act("PATCH", "ProductionOrders(72)", {"ProductionOrderStatus": "boposClosed"})
    flow = world.flow("mes.pull_receipts")

    world.run(flow)

    assert set(received(world)) == {good} - {key}
    assert "is not released" in world.row(flow, key).error
    world.run(flow)
    assert world.row(flow, key).state == "refused"


def test_a_foreign_unit_is_refused_until_it_is_explained(world):
    key = report(world, 73, 2, unit="箱")
    flow = world.flow("mes.pull_receipts")
    world.run(flow)
    assert world.row(flow, key).state == "refused"
    assert "箱" in world.row(flow, key).error

    flow = world.flow("mes.pull_receipts", units={"箱": "12 个", "千克": "kg"})
    world.run(flow)

    assert received(world) == {key: 24.0}


def test_an_item_with_serial_numbers_is_refused(world):
    world.sandbox.erp_put("Items", {"ItemCode": product(world, 73)["ItemNo"], "ManageSerialNumbers": "tYES"})
    key = report(world)
    flow = world.flow("mes.pull_receipts")

    world.run(flow)

    assert (world.row(flow, key).state, received(world)) == ("refused", {})
    assert product(world, 73)["ItemNo"] in world.row(flow, key).error


def test_reports_before_the_flow_was_first_switched_on_are_not_received(world):
    old = report(world, time=int(time.time() * 1000) - 3_600_000)
    new = report(world)
    flow = world.flow("mes.pull_receipts")

    world.run(flow)
    assert set(received(world)) == {new}

    flow = world.flow("mes.pull_receipts", since=time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400)))
    world.run(flow)
    assert set(received(world)) == {old, new}


def test_a_report_that_shows_up_late_is_received(world):
    """Committed late: its time is older than what was read last."""
    first = report(world)
    flow = world.flow("mes.pull_receipts")
    world.run(flow)
    late = report(world, amount=3, time=int(time.time() * 1000) - 100_000)

    world.run(flow)

    assert received(world) == {first: 10.0, late: 3.0}


def test_hours_of_downtime_lose_nothing(world):
    flow = world.flow("mes.pull_receipts")
    first = report(world)
    world.run(flow)
    FlowInstance.objects.filter(pk=flow.pk).update(
        state={"cursor": {"at": int(time.time() * 1000) - 10 * 3_600_000, "first": 1}}
    )
    keys = {report(world, 73, 1, time=int(time.time() * 1000) - hour * 3_600_000) for hour in range(1, 10)}

    world.run(flow)

    assert set(received(world)) == keys | {first}


def test_a_list_that_shrinks_while_it_is_read_is_read_again(world, monkeypatch):
    """A report that is taken back moves the others to pages that were read already."""
    start = int(time.time() * 1000)
    keys = [report(world, 73, 1, time=start + n) for n in range(45)]
    flow = world.flow("mes.pull_receipts")
    page_of = BlacklakeClient._page

    def page_with_a_loss(self, name, filters, page):
        rows, total = page_of(self, name, filters, page)
        if name == "report_list" and page == 2 and not getattr(type(self), "shrunk", False):
            type(self).shrunk = True
            return rows[1:], total - 1  # one row slipped to page 1
        return rows, total

    monkeypatch.setattr(BlacklakeClient, "shrunk", False, raising=False)
    monkeypatch.setattr(BlacklakeClient, "_page", page_with_a_loss)

    world.run(flow)

    assert set(received(world)) == set(keys)


def test_a_smaller_page_limit_of_the_mes_is_lived_with(world):
    world.set(page_cap=20)
    world.page_size = 200
    keys = {report(world, 73, 1) for _ in range(25)}

    world.run(world.flow("mes.pull_receipts"))

    assert set(received(world)) == keys


def test_an_adjusted_report_is_shown_not_received_again(world):
    key = report(world, amount=10)
    flow = world.flow("mes.pull_receipts")
    world.run(flow)

    world.act("change_report", id=key, amount=9)
    world.run(flow)

    assert received(world) == {key: 10.0}
    assert world.row(flow, key).changed_after


def test_an_erp_that_is_away_loses_nothing(world):
    key = report(world)
    flow = world.flow("mes.pull_receipts")
    world.sandbox.fault(system="erp", op="query", when="before", action="status", status=503, times=0)
    world.run(flow)
    assert received(world) == {}
    world.sandbox.clear_faults()

    assert world.run(flow).status == "succeeded"
    assert set(received(world)) == {key}


def test_settling_before_asking(world, monkeypatch):
    """An ERP that is still at work when the connection is cut must not be asked too early."""
    assert PullReceipts.settle_seconds >= 5
    assert not PullReceipts.repeatable
