"""mes.push_work_orders against the pretended ERP and MES: the decision table of 4.4.4.1, the two flags, mishaps."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.catalog.checking import check
from integrations.mes.flows.push_work_orders import PushWorkOrders
from tests.e2e.mes_world import World
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)
R, C, L = "boposReleased", "boposCancelled", "boposClosed"
UNMARKED = {"71", "72", "73", "75", "79"}  # of the demo company: released or cancelled, and not marked


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    running = SandboxServer(port=9192).start()
    yield running
    running.close()


@pytest.fixture
def world(server: SandboxServer) -> World:
    """The MES has the materials that the demo company's production orders name."""
    server.reset()
    world = World(server)
    for code in ("101010001", "101010002", "101010003", "201010001", "201010002", "202001"):
        world.import_material(code)
    for code, unit in (("201010003", "个"), ("201010004", "卷"), ("120001", "kg"), ("11007510-01", "件")):
        world.import_material(code, unitName=unit)
    world.sandbox.forget_effects()
    return world


def put(world: World, entry: int, **fields: object) -> None:
    """Change an order as stored: no rules, no stored procedure."""
    world.sandbox.erp_put("ProductionOrders", {"AbsoluteEntry": entry, **fields})


def only(world: World, *entries: int) -> None:
    """All others are marked already."""
    for order in world.sandbox.erp_objects("ProductionOrders"):
        if order["AbsoluteEntry"] not in entries:
            put(world, order["AbsoluteEntry"], U_SyncStatus="Y")


def mark(world: World, entry: int) -> tuple[str, str]:
    order = world.order(entry)
    return order["U_SyncStatus"], order["U_SyncFlag"]


def made(world: World) -> list[tuple[str, str]]:
    """(what, code) of everything the MES did."""
    return [
        (e["op"], e["source"]) for e in world.sandbox.effects("blacklake") if e["op"] in ("create", "update", "close")
    ]


def test_released_orders_are_created_and_marked_with_both_fields(world):
    flow = world.flow("mes.push_work_orders")

    first, second = world.run(flow), world.run(flow)

    assert (first.status, first.succeeded) == ("succeeded", 5)  # 75 is cancelled and not there: marked
    assert set(world.work_orders()) == {"71", "72", "73", "79"}
    assert world.counts(flow) == {"done": 5}
    assert {mark(world, int(entry)) for entry in UNMARKED} == {("Y", "N")}  # the procedure took the flag back
    assert (second.total, len(made(world))) == (0, 4)


def test_a_work_order_has_what_the_page_says(world):
    world.run(world.flow("mes.push_work_orders"))

    number = world.work_orders()["71"]["workOrderId"]
    detail = world.mes("med/open/v1/work_order/base/_detail", workOrderId=number)
    outputs = world.mes("med/open/v1/work_order/output/_detail", workOrderId=number)["outputMaterials"]
    inputs = world.mes("med/open/v1/work_order/input_material/_detail", workOrderId=number)["inputMaterials"]

    assert number > 2**53
    assert (detail["code"], detail["workOrderType"]["message"], detail["status"]["message"]) == ("71", "普通", "新建")
    assert (detail["plannedStartTime"], detail["plannedFinishTime"]) == (1668960000000, 1669737600000)  # 11-21, 11-30
    assert [(o["materialCode"], o["main"], o["plannedAmount"]["amount"]) for o in outputs] == [("101010001", 1, 100)]
    rows = [(i["seq"], i["materialCode"], i["subInputAmountNumerator"], i["subInputAmountDenominator"]) for i in inputs]
    assert rows == [("10", "201010001", "2", "1"), ("20", "201010002", "1", "1"), ("30", "201010003", "8", "1")]


def seven_orders(world: World) -> None:
    """One order a row of the decision table, as it stands before the run."""
    only(world, 71, 72, 73, 75, 76, 77, 79)
    world.sandbox.erp_put("ProductionOrders", {"AbsoluteEntry": 76, "U_SyncStatus": "N"})
    flow = world.flow("mes.push_work_orders", name="before")
    put(world, 76, ProductionOrderStatus=R)
    put(world, 77, ProductionOrderStatus=R)
    for entry in (71, 75):
        put(world, entry, U_SyncStatus="Y")  # these two stay unknown to the MES
    world.run(flow)
    for entry in (71, 72, 73, 75, 76, 77, 79):
        put(world, entry, U_SyncStatus=None)
    put(world, 76, ProductionOrderStatus=C)
    put(world, 77, ProductionOrderStatus=L)
    world.act("close", order="73")
    put(world, 72, PlannedQuantity=66.0)
    flow.enabled = False
    flow.save()
    world.sandbox.forget_effects()


def test_seven_production_orders_end_as_the_decision_table_says(world):
    """71 absent, released; 75 absent, cancelled; 73 closed in the MES; 76 cancelled; 77 closed; 72 and 79 edited."""
    seven_orders(world)
    everything = "ProductionOrderStatus eq 'R' or ProductionOrderStatus eq 'C' or ProductionOrderStatus eq 'L'"
    flow = world.flow("mes.push_work_orders", filter=everything)

    result = world.run(flow)

    orders = world.work_orders()
    states = {code: row["workOrderStatus"]["code"] for code, row in orders.items()}
    assert (result.status, result.succeeded) == ("succeeded", 7)
    assert states == {"71": 1, "72": 1, "73": 5, "76": 5, "77": 5, "79": 1}
    assert sorted(made(world)) == [
        ("close", "76"), ("close", "77"), ("create", "71"), ("update", "72"), ("update", "79"),
    ]  # fmt: skip
    assert orders["72"]["plannedAmount"]["amount"] == 66
    assert {mark(world, entry) for entry in (71, 72, 73, 75, 76, 77, 79)} == {("Y", "N")}
    assert world.run(flow).total == 0


def test_closing_tells_why(world):
    seven_orders(world)
    flow = world.flow("mes.push_work_orders", close_reason="ERP取消订单", close_type=2)

    world.run(flow)

    number = world.work_orders()["76"]["workOrderId"]
    detail = world.mes("med/open/v1/work_order/base/_detail", workOrderId=number)
    assert detail["workOrderCloseType"]["code"] == 2


@pytest.mark.parametrize(
    ("switches", "fault"),
    [
        ({"denied": "_code_to_id"}, None),
        ({"denied": "work_order/base/_list"}, None),
        ({"html_page": True}, None),
        ({"need_check": "work_order/base/_list"}, None),
        ({}, {"op": "find", "when": "before", "action": "status", "status": 500, "times": 0}),
        ({}, {"op": "find", "when": "before", "action": "drop", "times": 0}),
        ({}, {"op": "find", "when": "before", "action": "status", "status": 200, "body": '{"x": 1}', "times": 0}),
        ({}, {"op": "find", "action": "status", "status": 200, "times": 0,
              "body": '{"code": 500, "subCode": "X/BUSY", "message": "系统繁忙", "data": null}'}),
    ],
    ids=["lookup denied", "list denied", "html", "list wants confirmation", "500", "dropped", "no envelope", "busy"],
)  # fmt: skip
def test_an_error_of_the_lookup_is_never_taken_for_absent(world, switches, fault):
    only(world, 71)
    flow = world.flow("mes.push_work_orders")
    world.set(**switches)
    if fault:
        world.sandbox.fault(system="blacklake", **fault)

    result = world.run(flow)

    assert (result.status, result.succeeded) == ("failed", 0)
    assert made(world) == []
    assert mark(world, 71)[0] == "N"
    world.sandbox.clear_faults()
    world.set(denied="", need_check="", html_page=False)
    assert world.run(flow).succeeded == 1
    assert made(world) == [("create", "71")]


def test_an_unknown_code_may_be_told_by_an_empty_id(world):
    only(world, 71)
    world.set(code_to_id_empty=True)
    flow = world.flow("mes.push_work_orders")

    assert world.run(flow).succeeded == 1
    assert made(world) == [("create", "71")]


def test_a_similar_code_is_another_order(world):
    """The list's filter is inexact: 171 contains 71."""
    only(world, 71)
    world.act("create_order", order="171", material="101010001")
    world.run(world.flow("mes.push_work_orders"))

    assert set(world.work_orders()) == {"171", "71"}


def test_a_lost_answer_to_create_makes_no_second_order_and_ends_marked(world):
    only(world, 71)
    world.sandbox.fault(system="blacklake", op="create", when="after", action="drop")
    flow = world.flow("mes.push_work_orders")

    first = world.run(flow)
    assert (first.failed, mark(world, 71)[0]) == (1, "N")
    second = world.run(flow)

    assert (second.status, mark(world, 71)) == ("succeeded", ("Y", "N"))
    assert [op for op, _ in made(world)].count("create") == 1
    assert len(world.work_orders()) == 1


def test_a_close_that_fails_is_a_failure_and_is_tried_again(world):
    """HTTP 200 and code 200, but failAmount 1."""
    seven_orders(world)
    only(world, 76)
    number = world.work_orders()["76"]["workOrderId"]
    body = {
        "code": 200, "subCode": None, "message": "成功", "needCheck": None,
        "data": {"successAmount": 0, "failAmount": 1, "failResults": [
            {"workOrderId": number, "workOrderCode": "76", "failedReason": "工单有未完成的任务"}]},
    }  # fmt: skip
    world.sandbox.fault(
        system="blacklake", op="close", when="before", action="status", status=200, body=json.dumps(body)
    )
    flow = world.flow("mes.push_work_orders")

    first = world.run(flow)
    assert (first.status, first.succeeded) == ("failed", 0)
    assert "工单有未完成的任务" in world.row(flow, "76").error
    assert mark(world, 76)[0] != "Y"
    second = world.run(flow)

    assert (second.status, mark(world, 76)[0]) == ("succeeded", "Y")
    assert world.work_orders()["76"]["workOrderStatus"]["code"] == 5


def test_a_missing_material_is_tried_again_until_it_is_there(world):
    only(world, 79)
    world.sandbox.erp_put("Items", {"ItemCode": "NEWPART", "ItemName": "new", "InventoryUOM": "个"})
    order = world.order(79)
    order["ProductionOrderLines"][0]["ItemNo"] = "NEWPART"
    world.sandbox.erp_put("ProductionOrders", order)
    flow = world.flow("mes.push_work_orders")

    first = world.run(flow)
    assert "物料【NEWPART】不存在" in world.row(flow, "79").error
    assert (first.failed, mark(world, 79)[0]) == (1, "N")
    world.import_material("NEWPART")

    assert world.run(flow).succeeded == 1
    assert mark(world, 79)[0] == "Y"


def test_an_edit_in_the_erp_goes_out_as_a_change(world):
    only(world, 71)
    flow = world.flow("mes.push_work_orders")
    world.run(flow)

    world.sandbox.erp_act("PATCH", "ProductionOrders(71)", {"PlannedQuantity": 120, "Remarks": "加急"})
    assert mark(world, 71)[0] == "N"  # the stored procedure saw an edit
    result = world.run(flow)

    row = world.work_orders()["71"]
    detail = world.mes("med/open/v1/work_order/base/_detail", workOrderId=row["workOrderId"])
    assert (result.succeeded, row["plannedAmount"]["amount"], detail["remark"]) == (1, 120, "加急")
    assert mark(world, 71) == ("Y", "N")
    assert made(world) == [("create", "71"), ("update", "71")]


def test_an_edit_that_changes_nothing_for_the_mes_is_only_marked_again(world):
    only(world, 71)
    flow = world.flow("mes.push_work_orders")
    world.run(flow)

    world.sandbox.erp_act("PATCH", "ProductionOrders(71)", {"Priority": 7})
    world.run(flow)

    assert (made(world), mark(world, 71)) == ([("create", "71")], ("Y", "N"))


def test_changes_may_be_imported_instead_of_edited(world):
    only(world, 71)
    flow = world.flow("mes.push_work_orders", update_by="import")
    world.run(flow)
    world.sandbox.erp_act("PATCH", "ProductionOrders(71)", {"PlannedQuantity": 130, "DueDate": "2022-12-24"})

    world.run(flow)

    assert world.calls("work_order_update") == 0
    assert world.work_orders()["71"]["plannedAmount"]["amount"] == 130


def test_released_then_cancelled_is_closed(world):
    only(world, 71)
    flow = world.flow("mes.push_work_orders")
    world.run(flow)

    world.sandbox.erp_act("PATCH", "ProductionOrders(71)", {"ProductionOrderStatus": C})
    world.run(flow)

    assert world.work_orders()["71"]["workOrderStatus"]["code"] == 5
    assert mark(world, 71) == ("Y", "N")


def test_an_edit_between_our_reading_and_our_mark_is_not_lost(world, monkeypatch):
    """Without the second look our mark would hide it for ever."""
    only(world, 71)
    flow = world.flow("mes.push_work_orders")
    deliver = PushWorkOrders.deliver

    def deliver_while_a_person_edits(self, ctx, outgoing):
        receipt = deliver(self, ctx, outgoing)
        if not getattr(self, "edited", False):
            type(self).edited = True
            world.sandbox.erp_act("PATCH", "ProductionOrders(71)", {"PlannedQuantity": 150})
        return receipt

    monkeypatch.setattr(PushWorkOrders, "edited", False, raising=False)
    monkeypatch.setattr(PushWorkOrders, "deliver", deliver_while_a_person_edits)

    world.run(flow)
    assert (mark(world, 71), world.work_orders()["71"]["plannedAmount"]["amount"]) == (("N", "N"), 100)
    world.run(flow)

    assert (mark(world, 71), world.work_orders()["71"]["plannedAmount"]["amount"]) == (("Y", "N"), 150)


def test_a_mark_that_fails_is_repeated_and_sends_nothing_twice(world):
    only(world, 71)
    world.sandbox.fault(system="erp", op="mark", when="before", action="status", status=503, times=0)
    world.sandbox.fault(system="erp", op="batch", when="before", action="status", status=503, times=0)
    flow = world.flow("mes.push_work_orders")
    first = world.run(flow)
    assert (first.succeeded, mark(world, 71)[0]) == (1, "N")
    world.sandbox.clear_faults()

    world.run(flow)

    assert (mark(world, 71), made(world)) == (("Y", "N"), [("create", "71")])


def test_the_wrong_stored_procedure_is_told(world):
    """One that takes our own mark for an edit: the order would be sent round and round."""
    only(world, 71)
    flow = world.flow("mes.push_work_orders", flag_field="U_JGCJ")  # the procedure does not look there

    result = world.run(flow)

    row = world.row(flow, "71")
    assert (result.status, row.state, row.mark_attempts) == ("partial", "delivered", 1)
    assert row.error
    world.run(flow)
    assert made(world) == [("create", "71")]


def test_dates_that_are_missing_or_reversed(world):
    only(world, 71, 72)
    put(world, 71, StartDate=None, PostingDate=None, DueDate="2022-11-30")
    put(world, 72, StartDate="2022-12-24", DueDate="2022-11-30")
    world.run(world.flow("mes.push_work_orders"))

    found = {}
    for code, row in world.work_orders().items():
        detail = world.mes("med/open/v1/work_order/base/_detail", workOrderId=row["workOrderId"])
        found[code] = detail["plannedFinishTime"] - detail["plannedStartTime"]
    assert found == {"71": 0, "72": 0}


def test_what_the_mes_cannot_make_is_refused_here(world):
    only(world, 71, 72)
    put(world, 71, ProductionOrderType="bopotDisassembly")
    put(world, 72, PlannedQuantity=0.0)
    flow = world.flow("mes.push_work_orders")

    result = world.run(flow)

    assert (result.failed, made(world)) == (2, [])
    assert world.states(flow) == {"71": "refused", "72": "refused"}
    assert "plannedAmount" in world.row(flow, "72").error


def test_by_products_and_other_lines(world):
    """A negative component is a second output; resources and texts are no materials."""
    order = world.order(71)
    first, second, third = order["ProductionOrderLines"]
    lines = [
        {**first},
        {**second, "BaseQuantity": -0.5, "PlannedQuantity": -50.0},
        {**third, "ItemType": "pit_Resource"},
    ]
    only(world, 71)
    put(world, 71, ProductionOrderLines=lines)
    world.run(world.flow("mes.push_work_orders"))

    number = world.work_orders()["71"]["workOrderId"]
    outputs = world.mes("med/open/v1/work_order/output/_detail", workOrderId=number)["outputMaterials"]
    inputs = world.mes("med/open/v1/work_order/input_material/_detail", workOrderId=number)["inputMaterials"]
    assert [(o["materialCode"], o["main"], o["plannedAmount"]["amount"]) for o in outputs] == [
        ("101010001", 1, 100), ("201010002", 0, 50),
    ]  # fmt: skip
    assert [i["materialCode"] for i in inputs] == ["201010001"]


def test_a_cancelled_order_is_closed_even_where_the_mapping_would_refuse_it(world):
    seven_orders(world)
    only(world, 76)
    put(world, 76, ItemNo=None)
    flow = world.flow("mes.push_work_orders")

    assert world.run(flow).succeeded == 1
    assert made(world) == [("close", "76")]


def test_many_orders_are_read_page_by_page_while_they_are_marked(world):
    world.sandbox.erp_bulk("ProductionOrders", 45)
    flow = world.flow("mes.push_work_orders", page_size=10)

    result = world.run(flow)

    assert (result.status, result.succeeded) == ("succeeded", 50)
    assert world.sandbox.erp_objects("ProductionOrders", "U_SyncStatus ne 'Y' and ProductionOrderStatus eq 'R'") == []
    assert world.run(flow).total == 0


def test_another_number_may_be_the_code(world):
    only(world, 71)
    world.run(world.flow("mes.push_work_orders", number_field="DocumentNumber"))

    assert set(world.work_orders()) == {str(world.order(71)["DocumentNumber"])}


def test_missing_user_fields_are_told_before_the_first_run(world):
    flow = world.flow("mes.push_work_orders", enabled=False, synced_field="U_NoSuchField")

    assert any("U_NoSuchField" in problem.text for problem in check(flow, strict=False))


def test_a_broken_login_stops_everything_at_once(world):
    world.set(app_secret="another")
    flow = world.flow("mes.push_work_orders")

    result = world.run(flow)

    assert (result.status, result.succeeded) == ("failed", 0)
    assert "appKey" in result.message
    assert len(world.states(flow)) == 0
