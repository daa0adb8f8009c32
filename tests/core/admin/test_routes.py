"""A route that is edited by hand is checked like one of ``apply``; what is wrong stands at its field."""

from __future__ import annotations

import pytest
from django.core.exceptions import NON_FIELD_ERRORS

from core.models import FlowInstance, FlowRoute, Role
from tests.core.admin.test_scoping import address


@pytest.fixture
def flows(a):
    made = {
        key: FlowInstance.objects.create(tenant=a.tenant, name=key, flow_type=key)
        for key in ("pretend.events", "pretend.decide")
    }
    return {**made, "pretend.push": a[FlowInstance]}


def send(client, router, target, match="T1"):
    data = {
        "name": router.name, "routes-TOTAL_FORMS": "1", "routes-INITIAL_FORMS": "0",
        "routes-0-match": match, "routes-0-target": target.pk,
    }  # fmt: skip
    return client.post(address(FlowInstance, "change", router.pk), data)


def test_a_fitting_route_is_saved(flows, as_role):
    send(as_role(Role.CONSULTANT), flows["pretend.events"], flows["pretend.decide"])
    assert FlowRoute.objects.get().target == flows["pretend.decide"]


def test_a_flow_that_takes_no_events_is_refused_at_the_target(flows, as_role):
    page = send(as_role(Role.CONSULTANT), flows["pretend.events"], flows["pretend.push"])
    (formset,) = page.context["inline_admin_formsets"]
    (errors,) = formset.formset.errors
    assert list(errors) == ["target"]
    assert NON_FIELD_ERRORS not in errors
    assert "routes to: pretend.decide" in str(errors["target"])
    assert not FlowRoute.objects.exists()


def test_a_route_without_a_number_is_refused_at_the_number(flows, as_role):
    page = send(as_role(Role.CONSULTANT), flows["pretend.events"], flows["pretend.decide"], match="  ")
    (formset,) = page.context["inline_admin_formsets"]
    assert "match" in formset.formset.errors[0]
