"""An operator finds why a document failed and retries it in at most four clicks from the dashboard."""

from __future__ import annotations

import pytest

from core import tasks
from core.catalog import enabling, flows
from core.flows.execute import run_in_this_process
from core.models import Delivery, FlowRun

pytestmark = pytest.mark.django_db(transaction=True)
MOST_CLICKS = 4
REFUSAL = '{"code": "PARAM_ERROR", "data": {}, "errMsg": {"djbh": "单据编号重复"}, "reqFailMsg": {}}'


@pytest.fixture
def refused(world):
    """The OA refused draft 16."""
    bound = {
        "erp": world.connection("erp.service_layer", world.erp()),
        "oa": world.connection("ecology.oa", world.oa("ecology")),
    }
    template = world.shared("ecology.push_approval")
    config = {"workflow_id": "781", "detail_table": "formtable_main_1356_dt1", "filter": "DocEntry eq 16"}
    flow = flows.create_flow(
        world.tenant, template, "采购申请审批", company=world.company, connections=bound, config=config
    )
    enabling.enable(flow)
    world.sandbox.fault(system="ecology", op="create", action="status", status=200, body=REFUSAL)
    run_in_this_process(flow)
    delivery = Delivery.objects.get(flow=flow, label="16")
    assert delivery.state in ("refused", "failed", "held"), delivery.state
    world.sandbox.clear_faults()
    return delivery


def test_why_16_failed_and_again(world, refused, desk, page, shoot, log_in):
    log_in(world.operator)
    desk.open("/admin/")
    shoot("dashboard-problem")
    desk.count()
    desk.click("main a, #main a", has_text="16")
    shoot("delivery-problem")
    desk.told(refused.error[:20])
    assert page.locator(".console-step.bad[open]").count() == 1  # the failed call is open already
    desk.click('form:has(input[value="again"]) button')
    assert desk.clicks <= MOST_CLICKS
    run = FlowRun.objects.get(trigger="retry")
    tasks.run_flow(run.pk)
    page.reload()
    shoot("run-retried")
    refused.refresh_from_db()
    assert refused.state == "done", refused.error
