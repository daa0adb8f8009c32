"""Switching on, duplicating, upgrading, publishing, mapping, callback test, copying for another company."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from core import models
from core.admin.flow_panel import endpoint_of
from core.models import Role
from tests.core.admin.test_scoping import address


@pytest.fixture
def flow(a):
    """Ready to be switched on, with an empty ledger."""
    models.Connection.objects.filter(tenant=a.tenant).update(status="ok")
    models.RunStep.objects.all().delete()
    models.Delivery.objects.filter(flow__tenant=a.tenant).delete()
    return a[models.FlowInstance]


def at(name, flow):
    return reverse(f"admin:{name}", args=[flow.pk])


def test_enabling_counts_asks_and_switches_on(flow, as_role):
    models.FieldMapping.objects.filter(flow=flow).update(source="ItemCode")
    client = as_role(Role.CONSULTANT)
    assert "Send none" in client.get(at("flow_enable", flow)).content.decode()
    count = client.get(at("flow_count", flow)).content.decode()
    assert '<b class="console-count">2</b>' in count
    assert "Item A1" in count
    client.post(at("flow_enable", flow), {"mode": "baseline"})
    flow.refresh_from_db()
    assert flow.enabled
    assert flow.deliveries.filter(state="done").count() == 2


def test_since_needs_a_day(flow, as_role):
    page = as_role(Role.CONSULTANT).post(at("flow_enable", flow), {"mode": "since", "since": ""})
    assert "Which day" in page.content.decode()
    as_role(Role.CONSULTANT).post(at("flow_enable", flow), {"mode": "since", "since": "2026-01-31"})
    flow.refresh_from_db()
    assert flow.enabled
    assert flow.config["since"] == "2026-01-31"


def test_what_stands_against_it_is_listed_and_kept_off(flow, as_role):
    flow.bindings.all().delete()
    client = as_role(Role.CONSULTANT)
    assert "no connection is bound" in client.get(at("flow_enable", flow)).content.decode()
    client.post(at("flow_enable", flow), {"mode": "all"})
    flow.refresh_from_db()
    assert not flow.enabled


def test_switching_off(flow, as_role):
    models.FlowInstance.objects.filter(pk=flow.pk).update(enabled=True)
    as_role(Role.CONSULTANT).post(address(models.FlowInstance, "press", flow.pk, "disable"))
    flow.refresh_from_db()
    assert not flow.enabled


def test_duplicate(flow, as_role):
    as_role(Role.CONSULTANT).post(at("flow_duplicate", flow), {"name": "The copy", "company": flow.company_id})
    copy = models.FlowInstance.objects.get(name="The copy")
    assert (copy.config, copy.mappings.count(), copy.bindings.count()) == (flow.config, 1, 2)


def test_copies_for_another_company_in_one_action(a, flow, as_role):
    company = models.Company.objects.create(tenant=a.tenant, code="OTHER")
    other = models.Connection.objects.create(
        tenant=a.tenant, company=company, name="Other ERP", connector="pretend.system"
    )
    client = as_role(Role.CONSULTANT)
    url = f"{reverse('admin:company_copy')}?flow={flow.pk}"
    assert "Instead of Connection AAA" in client.get(url).content.decode()
    client.post(url, {"company": company.pk})
    copy = models.FlowInstance.objects.get(company=company)
    assert {b.connection for b in copy.bindings.all()} == {other}


def test_flows_of_others_are_not_copied(a, b, as_role):
    url = f"{reverse('admin:company_copy')}?flow={b[models.FlowInstance].pk}"
    assert as_role(Role.OWNER).get(url).status_code == 404


def test_upgrade_shows_what_changes_and_follows_choices(a, flow, as_role):
    old = flow.template
    models.FlowTemplate.objects.create(
        tenant=a.tenant, slug=old.slug, version=2, name=old.name, flow_type=old.flow_type,
        config={"object_type": "Orders", "parallel": 4},
    )  # fmt: skip
    client = as_role(Role.CONSULTANT)
    page = client.get(at("flow_upgrade", flow)).content.decode()
    assert "Object type" in page
    client.post(at("flow_upgrade", flow), {"take:config:object_type": "new", "take:config:parallel": "mine"})
    flow.refresh_from_db()
    assert flow.config == {"object_type": "Orders"}
    assert flow.template.version == 2


def test_publish(a, flow, as_role):
    data = {"key": "my.template", "name": "Mine", "without": ["object_type"]}
    as_role(Role.CONSULTANT).post(at("flow_publish", flow), data)
    template = models.FlowTemplate.objects.get(slug="my.template")
    assert template.tenant == a.tenant
    assert "object_type" not in template.config


def test_mapping_is_saved_by_consultants_only(flow, as_role):
    data = {"row-7-section": "main", "row-7-source": "ItemName", "row-7-target": "name",
            "row-7-transform": "truncate", "row-7-argument": "5", "row-3-section": "main",
            "row-3-source": "ItemCode", "row-3-target": "code"}  # fmt: skip
    assert as_role(Role.OPERATOR).post(at("mapping", flow), data).status_code == 403
    as_role(Role.CONSULTANT).post(at("mapping", flow), data)
    rows = [(m.source, m.target, m.transform) for m in flow.mappings.order_by("position")]
    assert rows == [("ItemCode", "code", ""), ("ItemName", "name", "truncate:5")]


def test_preview_shows_mistakes_row_by_row(flow, as_role):
    data = {"row-0-section": "main", "row-0-source": "ItemName", "row-0-target": "n", "row-0-transform": "number"}
    page = as_role(Role.CONSULTANT).post(at("mapping_preview", flow), data).content.decode()
    assert "Bolt" in page
    assert "console-bad" in page


def test_fields_say_which_system_did_not_answer(flow, as_role, monkeypatch):
    from core.errors import ConnectionBroken
    from tests.core.admin.pretend import PretendConnector

    def broken(self, kind, **options):
        raise ConnectionBroken("no route to host")

    monkeypatch.setattr(PretendConnector, "discover", broken)
    assert as_role(Role.CONSULTANT).get(at("mapping_fields", flow)).json()["problems"] == ["no route to host"]


def test_callback_test_shows_accepted_and_rejected_calls(a, flow, as_role):
    entry = {
        "at": timezone.now().isoformat(),
        "stage": "signature",
        "text": "wrong",
        "from": "10.0.0.9",
        "method": "POST",
    }
    cache.set(f"rejections:{flow.pk}", [entry])
    page = as_role(Role.CONSULTANT).get(at("flow_callback_test", flow) + "?part=1").content.decode()
    assert "signature: wrong (10.0.0.9)" in page
    assert "event-AAA" in page


def test_address_and_curl_line(a, as_role):
    flow = models.FlowInstance.objects.create(
        tenant=a.tenant, name="API", flow_type="pretend.api", endpoint_key="0123456789abcdef"
    )
    models.Tenant.objects.update(public_base_url="https://own.example/")
    flow.refresh_from_db()
    assert endpoint_of(flow) == "https://own.example/pretend/0123456789abcdef/"
    page = as_role(Role.VIEWER).get(address(models.FlowInstance, "change", flow.pk)).content.decode()
    assert "X-Apig-AppCode" in page
    assert "curl -X POST" in page


def test_config_fields_can_be_picked_from_what_the_system_offers(a, as_role):
    url = reverse("admin:discover", args=[a[models.Connection].pk])
    found = as_role(Role.CONSULTANT).get(url, {"kind": "objects"}).json()
    assert found["choices"][0] == {"name": "ItemCode", "label": "Item No."}


def test_a_running_flow_is_watched(a, as_role):
    run = models.FlowRun.objects.create(
        flow=a[models.FlowInstance], queued_at=timezone.now(), status="running", total=10, succeeded=4, failed=1
    )
    client = as_role(Role.VIEWER)
    assert "data-poll=" in client.get(address(models.FlowRun, "change", run.pk)).content.decode()
    part = client.get(reverse("admin:run_progress", args=[run.pk])).content.decode()
    assert "data-poll-again" in part
    assert "width: 50%" in part
    models.FlowRun.objects.filter(pk=run.pk).update(status="succeeded")
    assert "data-poll-again" not in client.get(reverse("admin:run_progress", args=[run.pk])).content.decode()


def test_dry_run_shows_what_would_be_sent_and_sends_nothing(flow, as_role):
    models.FieldMapping.objects.filter(flow=flow).update(source="ItemCode")
    client = as_role(Role.OPERATOR)
    assert client.get(at("flow_dry_run", flow)).status_code == 200
    part = client.get(at("flow_dry_run", flow) + "?part=1").content.decode()
    assert "Item A2" in part
    assert "&quot;code&quot;: &quot;A2&quot;" in part
    assert not flow.deliveries.exists()


def test_a_target_written_by_its_title_is_not_suggested_again(flow, as_role):
    rows = {"row-0-section": "main", "row-0-source": "ItemCode", "row-0-target": "Item No."}
    found = as_role(Role.CONSULTANT).post(at("mapping_suggest", flow), rows).json()["suggestions"]
    assert [proposal["target"] for proposal in found] == ["U_SYN"]
