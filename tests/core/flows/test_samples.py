"""What a flow can be tried on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from core.flows import samples
from core.models import Company, Delivery, FlowInstance, FlowRoute, FlowRun, InboundEvent, RunStep, Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


def flow_of(tenant: Tenant, name: str, **more: Any) -> FlowInstance:
    return FlowInstance.objects.create(tenant=tenant, name=name, flow_type="barcode.save", **more)


def ctx_of(flow: FlowInstance) -> Any:
    return SimpleNamespace(flow=flow)


def test_only_callbacks_that_lead_to_the_flow_count_the_newest_of_an_instance(tenant):
    router, flow = flow_of(tenant, "router"), flow_of(tenant, "decide")
    FlowRoute.objects.create(flow=router, match="T1", target=flow)
    for event_id, route, key in (("1", "T1", "A"), ("2", "T2", "B"), ("3", "T1", "A"), ("4", "T1", "C")):
        InboundEvent.objects.create(flow=router, event_id=event_id, route=route, target_key=key)
    found = [sample.event for sample in samples.callbacks(ctx_of(flow))]
    assert [(event.event_id, event.target_key) for event in found] == [("4", "C"), ("3", "A")]


def test_requests_are_read_from_the_runs_unless_they_were_cut(tenant):
    flow, other = flow_of(tenant, "api"), flow_of(tenant, "other")
    for owner, text in ((flow, '{"sql": "select 1"}'), (flow, '{"sql": "sel'), (other, '{"sql": "select 2"}')):
        run = FlowRun.objects.create(flow=owner, queued_at=timezone.now(), trigger="request")
        RunStep.objects.create(run=run, name=samples.REQUEST, input=text, at=timezone.now())
        RunStep.objects.create(run=run, name="SQL guard", input='{"no": "request"}', at=timezone.now())
    assert [sample.body for sample in samples.requests(ctx_of(flow))] == [{"sql": "select 1"}]


def test_a_flow_that_is_not_there_yet_has_none(tenant):
    flow = flow_of(tenant, "draft")
    InboundEvent.objects.create(flow=flow, event_id="1")
    flow.pk = None
    assert samples.callbacks(ctx_of(flow)) == samples.requests(ctx_of(flow)) == []


def test_approvals_that_were_sent_by_flows_of_the_same_company(tenant):
    company = Company.objects.create(tenant=tenant, code="A")
    flow = flow_of(tenant, "decide", company=company)
    for name, owner in (("ours", company), ("theirs", None)):
        push = FlowInstance.objects.create(tenant=tenant, name=name, flow_type="pretend.push", company=owner)
        Delivery.objects.create(flow=push, key=name, label=f"Draft {name}", target_key=f"OA-{name}", state="done")
        Delivery.objects.create(flow=push, key=f"{name}-open", label="not sent", state="refused")
    found = samples.sent(ctx_of(flow), ["pretend.push"])
    assert [(sample.event.target_key, sample.label) for sample in found] == [("OA-ours", "OA-ours · Draft ours")]
