"""The preview of callback and API flows: on what came, else on what the flow type provides; nothing is sent."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from core.flows.samples import REQUEST
from core.models import FieldMapping, FlowInstance, FlowRun, Role, RunStep


@pytest.fixture
def api(a) -> FlowInstance:
    flow = FlowInstance.objects.create(tenant=a.tenant, name="API", flow_type="pretend.api")
    FieldMapping.objects.create(flow=flow, section="fields", source="number", target="DocNum", transform="number")
    return flow


def came(flow: FlowInstance, text: str) -> RunStep:
    run = FlowRun.objects.create(flow=flow, queued_at=timezone.now(), trigger="request")
    return RunStep.objects.create(run=run, name=REQUEST, input=text, at=timezone.now())


def at(name: str, flow: FlowInstance) -> str:
    return reverse(f"admin:{name}", args=[flow.pk])


def asked(client, flow, **data) -> str:
    return client.post(at("flow_preview", flow), data).content.decode()


def test_without_a_request_the_flow_types_own_sample_is_shown(api, as_role):
    client = as_role(Role.OPERATOR)
    assert "data-part" in client.get(at("flow_preview", api)).content.decode()
    page = asked(client, api)
    assert "POST Orders" in page
    assert "&quot;DocNum&quot;: 1" in page
    assert "Once." in page


def test_a_request_that_came_is_shown_first_and_another_can_be_chosen(api, as_role):
    step = came(api, '{"number": 7}')
    client = as_role(Role.OPERATOR)
    assert "&quot;DocNum&quot;: 7" in asked(client, api)
    assert "&quot;DocNum&quot;: 7" in asked(client, api, sample=f"request:{step.pk}")
    assert "&quot;DocNum&quot;: 1" in asked(client, api, sample="example")


def test_what_a_row_refuses_stands_at_the_row_and_nothing_is_shown_as_written(api, as_role):
    came(api, '{"number": "seven"}')
    page = asked(as_role(Role.OPERATOR), api)
    assert "POST Orders" not in page
    assert page.count("seven") >= 3  # at the top, in the row, in the request


def test_a_sample_that_cannot_be_read_does_not_hide_the_others(api, as_role):
    came(api, '{"number": "?"}')
    page = asked(as_role(Role.OPERATOR), api)
    assert "no number" in page
    assert 'value="example"' in page


def test_the_editor_tries_its_own_rows(api, as_role):
    rows = {"row-0-section": "fields", "row-0-source": "number", "row-0-target": "Other"}
    page = as_role(Role.CONSULTANT).post(at("mapping_preview", api), rows).content.decode()
    assert "&quot;Other&quot;: &quot;1&quot;" in page
    assert api.mappings.get().target == "DocNum"


def test_a_wrong_row_is_named(api, as_role):
    rows = {"row-0-section": "fields", "row-0-source": "number[", "row-0-target": "Other"}
    page = as_role(Role.CONSULTANT).post(at("mapping_preview", api), rows).content.decode()
    assert "number[" in page
    assert "console-bad" in page
    assert "POST Orders" not in page


def test_a_flow_without_a_preview_says_why(a, as_role):
    router = FlowInstance.objects.create(tenant=a.tenant, name="Router", flow_type="pretend.events")
    page = asked(as_role(Role.OPERATOR), router)
    assert "no preview" in page
    assert "routes" in page


def test_viewers_and_others_do_not_see_requests(api, b, as_role, enter):
    assert as_role(Role.VIEWER).get(at("flow_preview", api)).status_code == 403
    assert enter(b.people[Role.OWNER]).post(at("flow_preview", api)).status_code == 404
