"""One flow of each further integration, made and run in the browser."""

from __future__ import annotations

import re

import pytest

from core.models import AppCredential, FlowInstance

pytestmark = pytest.mark.django_db(transaction=True)


def mapped(page):
    page.wait_for_function("document.getElementById('mapping-state').textContent === ''")


def test_dingtalk_purchase_requests(world, desk, page, log_in):
    world.connection("erp.service_layer", world.erp())
    world.connection("dingtalk.oa", world.oa("dingtalk"))
    world.shared("dingtalk.push_approval")
    log_in(world.consultant)
    desk.open("/admin/templates/")
    desk.create("采购申请审批同步到钉钉")
    desk.next()
    desk.fill({
        "config_process_code": "PROC-11111111-2222-3333-4444-555555555501",
        "config_originator_user_id": "manager0001",
        "config_originator_from": "U_DingUserId",
    })  # fmt: skip
    desk.shoot("dingtalk-config")
    desk.next()
    mapped(page)
    desk.shoot("dingtalk-mapping")
    desk.next()
    desk.next()
    desk.enable()
    run = desk.run()
    assert (run.status, run.failed) == ("succeeded", 0), run.message
    assert run.succeeded > 0


def test_mes_items_with_automatic_mapping(world, desk, page, log_in):
    world.connection("erp.service_layer", world.erp())
    world.connection("mes.blacklake", world.oa("blacklake"))
    template = world.shared("mes.push_items")
    log_in(world.consultant)
    desk.open("/admin/templates/")
    desk.create(template.name)
    desk.next()
    desk.next()
    mapped(page)
    rows = page.locator(".console-mapping tbody tr")
    before = rows.count()
    page.locator(".console-icon").first.click()
    assert rows.count() == before - 1
    page.locator('button[data-do="suggest"]').click()
    page.wait_for_selector("tr.suggested")
    desk.shoot("mes-automatic-mapping")
    for _number in range(page.locator("tr.suggested").count()):
        page.locator("tr.suggested .console-icon").first.click()
    desk.open(re.sub(r"mapping/$", "config/", page.url))  # as it was
    desk.next()
    mapped(page)
    desk.next()
    desk.next()
    desk.enable()
    run = desk.run()
    assert (run.status, run.failed) == ("succeeded", 0), run.message
    assert run.succeeded > 0


def test_barcode_query_with_its_app_code(world, desk, page, log_in, live_server):
    di_api = {**world.erp(), "name": "DI", "base_url": f"{world.sandbox.url}/diapi"}
    world.connection("erp.di_api", di_api)
    template = world.shared("barcode.query")
    log_in(world.consultant)
    desk.open("/admin/templates/")
    desk.create(template.name)
    desk.next()
    desk.next()
    desk.next()
    flow = FlowInstance.objects.get()
    desk.open("/admin/core/appcredential/add/")
    desk.fill({"name": "barcode"})
    page.locator(".select2-selection").first.click()
    page.locator(".select2-results__option", has_text=flow.name).first.click()
    desk.click('button[name="_save"]')
    code = re.search(r"[A-Za-z0-9_-]{43}", page.locator("#main").inner_text())[0]
    desk.shoot("app-code")
    desk.flow(flow.name)
    desk.enable(choice="")
    desk.shoot("api-flow")
    curl = page.locator("#curl").inner_text()
    assert AppCredential.objects.get().name == "barcode"
    url = f"{live_server.url}/barcode/{flow.endpoint_key}/"
    assert url.split("/", 3)[3] in curl
    answer = page.request.post(url, headers={"X-Apig-AppCode": code}, data={"sql": 'SELECT "ItemCode" FROM "OITM"'})
    assert answer.ok, answer.text()
    assert "11028" in answer.text()
