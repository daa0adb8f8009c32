"""The create-flow wizard, step by step, as the browser posts it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core import models
from core.connectors.base import Check
from core.models import Role
from tests.core.admin.pretend import PretendConnector

CONFIG = {"name": "New flow", "config_parallel": "8", "config_object_type": "Orders", "config_active": "on",
          "schedule_every": "5", "schedule_unit": "minute"}  # fmt: skip
ROWS = {"row-0-section": "main", "row-0-source": "ItemCode", "row-0-target": "code", "row-0-required": "on"}


@pytest.fixture
def wizard(a, as_role):
    """(client, address of a step)"""
    client = as_role(Role.CONSULTANT)
    answer = client.get(reverse("admin:wizard"), {"template": a[models.FlowTemplate].pk})
    token = answer["Location"].split("/")[-3]
    return client, lambda step, *more: reverse(f"admin:wizard_{step}", args=[token, *more])


def through(a, client, at):
    pk = a[models.Connection].pk
    assert client.post(at("connections"), {"erp": pk, "oa": pk})["Location"] == at("config")
    assert client.post(at("config"), CONFIG)["Location"] == at("mapping")
    assert client.post(at("mapping"), ROWS)["Location"] == at("summary")


def test_from_template_to_flow(a, wizard):
    client, at = wizard
    through(a, client, at)
    assert "New flow" in client.get(at("summary")).content.decode()
    client.post(at("summary"))
    flow = models.FlowInstance.objects.get(name="New flow")
    assert not flow.enabled
    assert flow.company == a[models.Company]
    assert flow.config["object_type"] == "Orders"
    assert flow.schedule == {"every": 5, "unit": "minute"}
    assert {b.slot for b in flow.bindings.all()} == {"erp", "oa"}
    assert [(m.source, m.target, m.required) for m in flow.mappings.all()] == [("ItemCode", "code", True)]
    assert client.get(at("summary")).status_code == 404  # the draft is gone


def test_the_only_fitting_connection_is_chosen_already(a, wizard):
    client, at = wizard
    text = client.get(at("connections")).content.decode()
    assert text.count("selected>Connection AAA") == 2


def test_a_connection_made_on_the_way_is_kept_when_its_test_passes(a, wizard):
    client, at = wizard
    data = {"name": "Made on the way", "base_url": "http://x.example", "new_company": "NEWDB",
            "setting_user_name": "m", "setting_language": "15", "setting_password": "p"}  # fmt: skip
    assert client.post(at("connection", "erp"), {**data, "_test": "1"})["Location"] == at("connections")
    made = models.Connection.objects.get(name="Made on the way")
    assert (made.status, made.company.code, made.tenant) == ("ok", "NEWDB", a.tenant)
    assert "selected>Made on the way" in client.get(at("connections")).content.decode()


def test_a_connection_that_fails_its_test_is_not_stored(a, wizard, monkeypatch):
    client, at = wizard
    monkeypatch.setattr(PretendConnector, "answer", Check(False, "Wrong password"))
    data = {"name": "Broken", "base_url": "http://x.example",
            "setting_user_name": "m", "setting_language": "15", "setting_password": "p"}  # fmt: skip
    page = client.post(at("connection", "erp"), {**data, "_test": "1"})
    assert "Wrong password" in page.content.decode()
    assert not models.Connection.objects.filter(name="Broken").exists()
    client.post(at("connection", "erp"), {**data, "_save": "1"})
    assert models.Connection.objects.get(name="Broken").status == "untested"


def test_wrong_config_stays_on_the_page(a, wizard):
    client, at = wizard
    page = client.post(at("config"), {**CONFIG, "config_parallel": "0", "schedule_every": "x"})
    assert page.status_code == 200
    assert "greater than or equal to 1" in page.content.decode()


def test_wrong_mapping_is_said_in_words(a, wizard):
    client, at = wizard
    pk = a[models.Connection].pk
    client.post(at("connections"), {"erp": pk, "oa": pk})
    client.post(at("config"), CONFIG)
    page = client.post(at("mapping"), {**ROWS, "row-0-transform": "nonsense"})
    assert "nonsense" in page.content.decode()


def test_preview_before_anything_exists(a, wizard):
    client, at = wizard
    through(a, client, at)
    page = client.post(at("mapping_preview"), {**ROWS, "sample": "1"}).content.decode()
    assert "Item A2" in page
    assert "&quot;code&quot;: &quot;A2&quot;" in page
    assert not models.FlowInstance.objects.filter(name="New flow").exists()


def test_fields_and_suggestions_before_anything_exists(a, wizard):
    client, at = wizard
    through(a, client, at)
    found = client.get(at("mapping_fields")).json()
    assert [f["name"] for f in found["sections"]["main"]["sources"]] == ["ItemCode", "U_SYN"]
    proposals = client.post(at("mapping_suggest"), {}).json()["suggestions"]
    assert {(p["source"], p["target"]) for p in proposals} == {("ItemCode", "code"), ("U_SYN", "U_SYN")}
    assert all(0 < p["confidence"] <= 1 for p in proposals)


def test_companions_are_made_and_routed(a, as_role):
    tenant, pk = a.tenant, a[models.Connection].pk
    models.FlowTemplate.objects.create(tenant=tenant, slug="pretend.decide", name="Decide", flow_type="pretend.decide")
    router = models.FlowTemplate.objects.create(
        tenant=tenant, slug="pretend.events", name="Events", flow_type="pretend.events", companions=["pretend.decide"]
    )
    client = as_role(Role.CONSULTANT)
    token = client.get(reverse("admin:wizard"), {"template": router.pk})["Location"].split("/")[-3]
    client.post(reverse("admin:wizard_connections", args=[token]), {"oa": pk, "erp": pk})
    data = {"name": "Events", "pretend.decide-name": "Decisions", "pretend.decide-routes": "T1, T2"}
    answer = client.post(reverse("admin:wizard_config", args=[token]), data)
    assert answer["Location"] == reverse("admin:wizard_summary", args=[token])
    client.post(reverse("admin:wizard_summary", args=[token]))
    made = models.FlowInstance.objects.get(name="Events")
    assert {(r.match, r.target.name) for r in made.routes.all()} == {("T1", "Decisions"), ("T2", "Decisions")}
    assert made.endpoint_key


def test_templates_and_drafts_of_others_are_not_found(a, b, as_role, enter):
    client = as_role(Role.OWNER)
    assert client.get(reverse("admin:wizard"), {"template": b[models.FlowTemplate].pk}).status_code == 404
    mine = client.get(reverse("admin:wizard"), {"template": a[models.FlowTemplate].pk})["Location"]
    assert enter(b.people[Role.OWNER]).get(mine).status_code == 404


def test_connections_of_others_cannot_be_chosen(a, b, wizard):
    client, at = wizard
    page = client.post(at("connections"), {"erp": b[models.Connection].pk, "oa": a[models.Connection].pk})
    assert page.status_code == 200
    assert "BBB" not in page.content.decode()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_consultants_create(role, a, as_role):
    assert as_role(role).get(reverse("admin:wizard")).status_code == 403
