"""Bodies and shapes are entered in rows; previews show what would be written."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from core.models import FlowInstance
from tests.browser.test_accessibility import findings
from tests.integrations.dingtalk.house import DECIDE
from tests.integrations.dingtalk.house import House as DingTalkHouse

pytestmark = pytest.mark.django_db(transaction=True)


class Rows:
    """The rows of one structure on the page. ``path``: CSS from the box to the part whose rows are meant."""

    def __init__(self, box):
        self.box = box

    def add(self, name: str, value: str = "", kind: str = "text"):
        """A row in this part; for a group or lines the part inside it."""
        self.box.locator(":scope > .structure-part > button, :scope > button").first.click()
        row = self.box.locator(":scope > .structure-part > .structure-rows > .structure-row").last
        if not row.count():
            row = self.box.locator(":scope > .structure-rows > .structure-row").last
        if name:
            row.locator(":scope > .structure-name").fill(name)
        if kind != "text":
            row.locator(":scope > .structure-type").select_option(kind)
        if value:
            row.locator(":scope > .structure-value").fill(value)
        return Rows(row.locator(":scope > .structure-part"))


def test_an_order_with_lines_is_made_without_a_word_of_json(world, desk, page, log_in):
    erp = world.connection("erp.service_layer", world.erp())
    log_in(world.consultant)
    desk.open(f"/admin/connections/{erp.pk}/actions/create/")
    desk.fill({"object": "Orders"})
    top = Rows(page.locator("[data-structure]"))
    top.add("CardCode", "C26000")
    top.add("DocDueDate", "2026-12-31")
    lines = top.add("DocumentLines", kind="lines")
    first = Rows(lines.box.locator(".structure-row .structure-part").first)
    first.box.locator(".structure-name").first.fill("ItemCode")
    first.box.locator(".structure-value").first.fill("11028")
    first.add("Quantity", "2", kind="number")
    first.add("WarehouseCode", "01")
    assert page.locator("textarea").count() == 0
    assert findings(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1366, "height": 860})
    page.on("dialog", lambda dialog: dialog.accept())
    desk.click("form.console-panel button.main")
    desk.shoot("action-rows")
    assert '"CardCode": "C26000"' in page.locator("#main").inner_text()
    # What was sent is drawn again, so that it can be changed and sent once more.
    assert page.locator(".structure-name").evaluate_all("all => all.map((e) => e.value).filter(Boolean)") == [
        "CardCode", "DocDueDate", "DocumentLines", "ItemCode", "Quantity", "WarehouseCode",
    ]  # fmt: skip


def test_the_shape_of_answers_and_the_preview_of_an_api_flow(world, desk, page, log_in, language):
    world.connection("erp.di_api", {**world.erp(), "name": "SQL"})
    world.connection("erp.service_layer", world.erp())
    template = world.shared("barcode.save")
    log_in(world.consultant)
    desk.open("/admin/templates/")
    desk.create(template.name)
    desk.next()
    shape = Rows(page.locator("[data-structure]").first)
    shape.add("code", "{code}")
    result = shape.add("result", kind="group")
    result.box.locator(".structure-name").first.fill("rows")
    result.box.locator(".structure-value").first.fill("{data}")
    desk.shoot("barcode-config")
    desk.next()
    page.locator("form[data-part] button").click()
    page.wait_for_selector("form[data-part] select")
    desk.shoot("barcode-summary")
    assert "POST InventoryGenEntries" in page.locator("form[data-part]").inner_text()
    desk.next()
    flow = FlowInstance.objects.get(flow_type="barcode.save")
    assert flow.config["envelope"] == {"code": "{code}", "result": {"rows": "{data}"}}
    desk.click(f'a[href$="/flows/{flow.pk}/preview/"]')
    page.wait_for_selector("form[data-part] select")
    assert "A00001" in page.locator("form[data-part]").inner_text()


def test_a_decision_before_it_is_written(sandbox, live_server, desk, page, log_in):
    house = DingTalkHouse(sandbox, live_server.url)
    house.approvals()
    house.run()
    number = house.instance_of(16)
    house.act("refuse", number, remark="价格太高")
    log_in(get_user_model().objects.create_superuser("provider", "", "x"))
    desk.open(f"/admin/flows/{FlowInstance.objects.get(name=DECIDE).pk}/mapping/")
    page.locator('button[data-do="preview"]').click()
    page.wait_for_selector("#mapping-preview select")
    sample = page.locator("#mapping-preview option", has_text=number)
    page.locator("#mapping-preview select").select_option(sample.get_attribute("value"))
    page.wait_for_function("document.querySelector('#mapping-preview').innerText.includes('ardNotApproved')")
    desk.shoot("preview-decision")
    assert findings(page) == []
    assert "PATCH Drafts(16)" in page.locator("#mapping-preview").inner_text()
    router = FlowInstance.objects.get(flow_type="dingtalk.receive_events")
    desk.open(f"/admin/flows/{router.pk}/preview/")
    page.wait_for_selector("form[data-part] h2")
    desk.shoot("preview-none")
    assert not page.locator("form[data-part] select").count()
