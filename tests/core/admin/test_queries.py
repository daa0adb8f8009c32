"""No page needs more than 30 queries, however many rows there are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core import models
from core.admin.views.urls import PAGES
from core.models import Role
from tests.core.admin.test_pages import ABOUT, page
from tests.core.admin.test_scoping import SCOPED, address

MOST = 30


@pytest.fixture
def much(a):
    """Enough rows of everything that a query a row would show."""
    tenant, flow, now = a.tenant, a[models.FlowInstance], timezone.now()
    for number in range(40):
        other = models.FlowInstance.objects.create(
            tenant=tenant, company=a[models.Company], name=f"More {number}", flow_type="pretend.push",
            template=a[models.FlowTemplate], enabled=True, failures_in_a_row=number % 2,
            next_run_at=now + timedelta(minutes=number),
        )  # fmt: skip
        models.FlowConnection.objects.create(flow=other, slot="erp", connection=a[models.Connection])
        models.FlowTemplate.objects.create(
            tenant=tenant, slug=f"t{number}", name=f"T {number}", flow_type="pretend.push"
        )
        run = models.FlowRun.objects.create(flow=other, queued_at=now, user=a.people[Role.OWNER])
        delivery = models.Delivery.objects.create(flow=flow, run=a[models.FlowRun], key=str(number), state="refused")
        models.RunStep.objects.create(run=a[models.FlowRun], delivery=delivery, name="x", at=now)
        models.InboundEvent.objects.create(flow=flow, event_id=str(number), delivery=delivery, run=run)
        models.Alert.objects.create(tenant=tenant, subject=str(number), text=f"Alert {number}")
        models.Connection.objects.create(tenant=tenant, name=f"C {number}", connector="pretend.system")
        models.UnknownValue.objects.create(
            flow=other, value_map=a[models.ValueMap].name, value=f"odd {number}", last_seen=now
        )
    return a


def queries(client, url):
    client.get(url)  # content types and the like are cached by the first call
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url)
    assert answer.status_code in (200, 302, 405), url
    return len(captured)


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.model_name)
def test_lists_and_forms(model, much, as_role):
    client = as_role(Role.OWNER)
    assert queries(client, address(model, "changelist")) <= MOST
    assert queries(client, address(model, "change", much[model].pk)) <= MOST


def test_front_page(much, as_role, staff):
    assert queries(as_role(Role.OWNER), reverse("admin:index")) <= MOST
    assert queries(staff, reverse("admin:index")) <= MOST


def test_audit_log(much, as_role):
    assert queries(as_role(Role.OWNER), reverse("admin:auditlog_logentry_changelist")) <= MOST


@pytest.mark.parametrize("address_,name", [(p, n) for p, _v, n in PAGES if "<int:pk>" in p], ids=lambda text: text)
def test_own_pages(address_, name, much, as_role):
    if name == "template_copy":
        pytest.skip("of shared templates: test_template_lists")
    assert queries(as_role(Role.OWNER), page(name, address_, much[ABOUT[address_.split("/")[0]]])) <= MOST


def test_template_lists(much, as_role):
    client = as_role(Role.OWNER)
    for number in range(20):
        models.TemplateShare.objects.create(owner=much.tenant, slug=f"t{number}", tenant=much.tenant)
    assert queries(client, reverse("admin:templates")) <= MOST
    assert queries(client, reverse("admin:wizard")) <= MOST


def test_the_site_has_no_other_lists():
    assert {m._meta.label for m in admin.site._registry} - {m._meta.label for m in SCOPED} == {
        "core.Beat", "core.TemplateShare", "auditlog.LogEntry",
    }  # fmt: skip
