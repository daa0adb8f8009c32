"""What the console shows of the MES's flows: fields to map, checks before enabling, what a run would send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.catalog import first_run
from core.catalog.checking import check
from core.flows import context
from core.flows.execute import dry_run
from core.models import FlowInstance
from tests.e2e.mes_world import World
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    running = SandboxServer(port=9194).start()
    yield running
    running.close()


@pytest.fixture
def world(server: SandboxServer) -> World:
    server.reset()
    return World(server)


def names(world: World, template: str, section: str, kind: str) -> set[str]:
    """Names of the fields that a section may read ("source") or fill ("target")."""
    ctx = context.load(FlowInstance.objects.get(name=template))
    find = getattr(ctx.flow_type, f"{kind}_fields")
    return {field.name for field in find(ctx, ctx.flow_type.section(section))}


@pytest.mark.parametrize(
    ("template", "section", "sources", "targets"),
    [
        ("mes.push_items", "material", {"ItemCode", "U_Z20_SPEC", "ManageBatchNumbers"}, {"materialCode", "taxRate"}),
        ("mes.push_work_orders", "order", {"DueDate", "U_JGCJ", "Remarks"}, {"planStartTime", "remark"}),
        ("mes.push_work_orders", "outputs", {"ItemNo", "PlannedQuantity"}, {"materialCode", "plannedAmount"}),
        ("mes.push_work_orders", "inputs", {"ItemNo", "BaseQuantity", "LineNumber"}, {"subInputAmountNumerator"}),
        ("mes.pull_receipts", "header", {"reportTime", "order.Warehouse"}, {"DocDate", "Comments", "U_InboundType"}),
        ("mes.pull_receipts", "line", {"reportBaseAmount.amount"}, {"Quantity", "WarehouseCode", "TransactionType"}),
        ("mes.pull_receipts", "batch", {"batchNo"}, {"BatchNumber", "AddmisionDate"}),
    ],
)
def test_fields_to_map(world, template, section, sources, targets):
    world.flow(template, enabled=False)

    assert sources <= names(world, template, section, "source")
    assert targets <= names(world, template, section, "target")


@pytest.mark.parametrize("template", ["mes.push_items", "mes.push_work_orders", "mes.pull_receipts"])
def test_nothing_stands_against_a_flow_of_the_shipped_template(world, template):
    flow = world.flow(template, enabled=False)

    assert [str(problem) for problem in check(flow, strict=False) if problem.blocking] == []


@pytest.mark.parametrize(
    ("template", "denied"),
    [
        ("mes.push_items", "material/_list"),
        ("mes.push_work_orders", "work_order/base/_list"),
        ("mes.pull_receipts", "progress_report/_list"),
    ],
)
def test_a_missing_permission_stands_against_it(world, template, denied):
    flow = world.flow(template, enabled=False)
    world.set(denied=denied)

    assert any("URL_NO_PERMISSION" in problem.text for problem in check(flow, strict=False))


def test_missing_fields_of_the_receipt_stand_against_it(world):
    flow = world.flow("mes.pull_receipts", enabled=False, report_id_field="U_NotThere")

    assert any("U_NotThere" in problem.text for problem in check(flow, strict=False))


def test_what_a_run_would_send(world):
    shown = dry_run(context.load(world.flow("mes.push_work_orders", enabled=False)))

    first = next(row for row in shown if row["key"] == "71")
    assert first["payload"]["order"]["planStartTime"] == "2022-11-21 00:00:00"
    assert [row["seq"] for row in first["payload"]["inputs"]] == ["10", "20", "30"]
    assert world.work_orders() == {}


@pytest.mark.parametrize(
    ("template", "count"), [("mes.push_items", 58), ("mes.push_work_orders", 5), ("mes.pull_receipts", 0)]
)
def test_the_first_run_can_be_counted(world, template, count):
    flow = world.flow(template, enabled=False)

    assert first_run.first_run_count(flow).count == count
