"""Chapter 2 as a person does it: share, copy, create with new connections, map, switch on, run, look."""

from __future__ import annotations

import pytest

from core.catalog import templates
from core.models import Delivery, FlowInstance

pytestmark = pytest.mark.django_db(transaction=True)
MOST_CLICKS = 12


def test_from_sharing_to_requests_in_the_oa(world, desk, page, shoot, log_in):
    template = world.template("ecology.push_approval")
    log_in(world.staff)
    desk.share(template, world.tenant)
    log_in(world.consultant)
    desk.open("/admin/")
    shoot("dashboard-empty")
    desk.copy(template.name)
    desk.create(template.name)
    shoot("wizard-connections")
    desk.new_connection("erp", world.erp())
    desk.told("SBODEMOCN")
    desk.new_connection("oa", world.oa("ecology"))
    shoot("wizard-connections-chosen")
    desk.next()
    desk.fill({"name": "采购申请审批", "config_workflow_id": "781", "config_detail_table": "formtable_main_1356_dt1"})
    shoot("wizard-config")
    desk.next()
    page.wait_for_function("document.getElementById('mapping-state').textContent === ''")
    page.locator('button[data-do="preview"]').click()
    page.wait_for_selector("#mapping-preview pre")
    shoot("wizard-mapping")
    desk.next()
    shoot("wizard-summary")
    desk.next()
    shoot("flow-created")
    desk.enable(picture="flow-enable")
    shoot("flow-enabled")
    run = desk.run()
    shoot("run")
    assert (run.status, run.failed) == ("succeeded", 0), run.message
    assert run.succeeded > 0
    assert Delivery.objects.filter(state="done").count() == run.succeeded
    desk.open("/admin/core/delivery/")
    shoot("deliveries")
    desk.open("/admin/")
    shoot("dashboard")


def test_twelve_clicks_with_existing_connections(world, desk, page, log_in):
    world.connection("erp.service_layer", world.erp())
    world.connection("ecology.oa", world.oa("ecology"))
    template = world.template("ecology.push_master_data")
    templates.share(template.tenant, template.slug, world.tenant)
    log_in(world.consultant)
    desk.copy(template.name)
    desk.create(template.name)
    desk.next()
    desk.fill({"config_method": "material", "config_operator": "15273", "config_filter": "startswith(ItemCode,'1')"})
    desk.next()
    page.wait_for_function("document.getElementById('mapping-state').textContent === ''")
    desk.next()
    desk.next()
    desk.enable()
    run = desk.run()
    assert run.status == "succeeded", run.message
    assert FlowInstance.objects.get().enabled
    assert desk.clicks <= MOST_CLICKS
