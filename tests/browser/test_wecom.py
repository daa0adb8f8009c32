"""Chapter 6 as a person does it: two flows, the callback address, an approval in WeCom, the decision in the ERP."""

from __future__ import annotations

import pytest

from core.flows import events
from core.models import Delivery, FlowInstance, InboundEvent, Tenant

pytestmark = pytest.mark.django_db(transaction=True)
PURCHASE = "C4RbQ7mPurchaseRequest0001demoTemplateId9v"
APPROVER = 12  # decides stage 1 in the ERP


def wecom(world, path, **body):
    """What the corp's administrator, or an approver on a phone, does."""
    reply = world.sandbox._http.post(f"{world.sandbox.url}/wecom/{path}", json=body, timeout=30)
    assert reply.ok, reply.text
    return reply.json()


def test_an_approval_in_wecom_decides_the_draft(world, desk, page, shoot, log_in, live_server):
    Tenant.objects.filter(pk=world.tenant.pk).update(public_base_url=live_server.url)
    world.connection("erp.service_layer", world.erp())
    world.connection("erp.service_layer", world.erp("approver1"), name="approver1")
    world.connection("wecom.oa", world.oa("wecom"))
    for slug in ("wecom.push_draft", "wecom.decide_draft", "wecom.decide_document", "wecom.receive_events"):
        world.shared(slug)
    log_in(world.consultant)
    push(world, desk, page)
    router = route(world, desk, page)
    address = page.locator("#endpoint").inner_text()
    wecom(world, "settings", url=address, check=True)
    desk.click('a[href$="/callback/"]')
    shoot("callback-test")
    delivery = Delivery.objects.filter(flow__name="采购申请", label="16").get()
    wecom(world, "act", do="approve", wait=True, sp_no=delivery.target_key, speech="同意采购")
    InboundEvent.objects.exclude(due_at=None).update(due_at=delivery.created_at)
    events.process(router.pk)
    desk.open(f"/admin/core/delivery/{delivery.pk}/change/")
    shoot("delivery-decided")
    delivery.refresh_from_db()
    assert (delivery.decision, delivery.decision_state) == ("approved", "applied"), delivery.decision_text
    assert world.sandbox.erp_object("Drafts", 16)["U_ApprovalStatus"] == "Y"


def push(world, desk, page):
    """The flow that sends purchase requests."""
    desk.open("/admin/templates/")
    desk.create("ERP标准单据同步至企业微信")
    page.locator('[name="erp"]').select_option(label="ERP")
    desk.next()
    desk.fill({"name": "采购申请", "config_template_id": PURCHASE})
    desk.next()
    page.wait_for_function("document.getElementById('mapping-state').textContent === ''")
    assert page.locator("#mapping-missing").inner_text() == ""  # titles of controls count as their ids
    desk.shoot("wecom-mapping")
    desk.next()
    desk.next()
    desk.enable()
    run = desk.run()
    assert (run.status, run.failed) == ("succeeded", 0), run.message


def route(world, desk, page):
    """The callback router with the flows it leads to."""
    desk.open("/admin/templates/")
    desk.create("企业微信回调处理总流程")
    page.locator('[name="erp"]').select_option(label="ERP")
    desk.next()
    desk.fill({
        "name": "企业微信回调",
        "wecom.decide_draft-name": "审批结果",
        "wecom.decide_draft-routes": PURCHASE,
        "wecom.decide_draft-config_approver_connections": f"{APPROVER} = approver1",
        "wecom.decide_document-name": "自定义单据结果",
    })  # fmt: skip
    desk.shoot("wecom-router-config")
    desk.next()
    desk.shoot("wecom-router-summary")
    desk.next()
    desk.flow("审批结果")
    desk.enable(choice="")
    desk.flow("企业微信回调")
    desk.shoot("wecom-router")
    desk.enable(choice="")
    return FlowInstance.objects.get(name="企业微信回调")
