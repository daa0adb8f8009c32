"""The generated connection form: defaults, write-only secrets, test in the vendor's words."""

from __future__ import annotations

from core import models
from core.connectors.base import Check
from core.errors import ConnectionBroken
from core.models import Role
from tests.core.admin.pretend import PretendConnector
from tests.core.admin.test_scoping import address

ADD = "?connector=pretend.system"


def data(world, **more):
    base = {"tenant": world.tenant.pk, "company": world[models.Company].pk, "name": "ERP", "base_url": "http://erp.example",
            "setting_user_name": "manager", "setting_language": "15", "setting_password": "letmein123",
            "verify_tls": "on", "max_parallel": "8", "rate_limit": "0"}  # fmt: skip
    return {**base, **more}


def test_first_the_system_then_its_form(a, as_role):
    client = as_role(Role.CONSULTANT)
    assert "Pretended system" in client.get(address(models.Connection, "add")).content.decode()
    page = client.get(address(models.Connection, "add") + ADD).content.decode()
    assert 'name="setting_user_name"' in page
    assert 'type="password"' in page


def test_a_new_connection(a, as_role):
    as_role(Role.CONSULTANT).post(address(models.Connection, "add") + ADD, data(a))
    made = models.Connection.objects.get(name="ERP")
    assert (made.connector, made.settings, made.secrets) == (
        "pretend.system",
        {"user_name": "manager", "language": 15},
        {"password": "letmein123"},
    )


def test_an_empty_secret_keeps_the_stored_one(a, as_role):
    row = a[models.Connection]
    as_role(Role.CONSULTANT).post(
        address(models.Connection, "change", row.pk), data(a, setting_password="", setting_language="16")
    )
    row.refresh_from_db()
    assert row.secrets == {"password": "hidden-AAA-secret"}
    assert row.settings["language"] == 16


def test_a_new_secret_replaces_it_and_wakes_the_flows_that_waited(a, as_role):
    row = a[models.Connection]
    models.FlowInstance.objects.update(paused="password refused", paused_by=row)
    as_role(Role.CONSULTANT).post(address(models.Connection, "change", row.pk), data(a, setting_password="other-one"))
    row.refresh_from_db()
    assert row.secrets == {"password": "other-one"}
    assert not models.FlowInstance.objects.exclude(paused="").exists()


def test_wrong_settings_are_shown_at_their_fields(a, as_role):
    page = as_role(Role.CONSULTANT).post(
        address(models.Connection, "add") + ADD, data(a, setting_language="many", base_url="erp")
    )
    text = page.content.decode()
    assert "Enter a whole number" in text
    assert "must start with http" in text
    assert not models.Connection.objects.filter(name="ERP").exists()


def test_a_taken_name_is_an_error_of_the_form(a, as_role):
    models.Connection.objects.create(tenant=a.tenant, name="Taken", connector="pretend.system")
    row = a[models.Connection]
    page = as_role(Role.CONSULTANT).post(address(models.Connection, "change", row.pk), data(a, name="Taken"))
    assert page.status_code == 200


def test_save_and_test_says_what_the_system_said(a, as_role):
    client = as_role(Role.CONSULTANT)
    page = client.post(address(models.Connection, "add") + ADD, data(a, _test="1"), follow=True).content.decode()
    assert "Hello manager" in page
    assert models.Connection.objects.get(name="ERP").status == "ok"


def test_a_failed_test_shows_the_vendors_words(a, as_role, monkeypatch):
    monkeypatch.setattr(PretendConnector, "answer", ConnectionBroken("Login failed: wrong password", code="100"))
    row = a[models.Connection]
    page = (
        as_role(Role.OPERATOR).post(address(models.Connection, "press", row.pk, "test"), follow=True).content.decode()
    )
    assert "[100] Login failed: wrong password" in page
    row.refresh_from_db()
    assert row.status == "broken"


def test_a_failed_check_is_no_success(a, as_role, monkeypatch):
    monkeypatch.setattr(PretendConnector, "answer", Check(False, "No company"))
    row = a[models.Connection]
    as_role(Role.OPERATOR).post(address(models.Connection, "press", row.pk, "test"))
    row.refresh_from_db()
    assert (row.status, row.status_text) == ("broken", "No company")


def test_the_page_names_the_flows_that_use_it(a, as_role):
    assert (
        "Flow AAA"
        in as_role(Role.VIEWER).get(address(models.Connection, "change", a[models.Connection].pk)).content.decode()
    )


def test_a_used_connection_is_not_deleted(a, as_role):
    row = a[models.Connection]
    as_role(Role.CONSULTANT).post(address(models.Connection, "delete", row.pk), {"post": "yes"})
    assert models.Connection.objects.filter(pk=row.pk).exists()


def test_a_renamed_connection_is_renamed_in_the_configs_that_name_it(a, as_role, monkeypatch):
    from tests.core.admin.pretend import PushConfig

    def names(config):
        return set(config.get("approvers") or ())

    monkeypatch.setattr(PushConfig, "connection_names", staticmethod(names))
    models.FlowInstance.objects.update(config={"approvers": ["Connection AAA"]})
    row = a[models.Connection]
    as_role(Role.CONSULTANT).post(address(models.Connection, "change", row.pk), data(a, name="Renamed"))
    row.refresh_from_db()
    assert row.name == "Renamed"
    assert row.settings["user_name"] == "manager"
    assert a[models.FlowInstance].__class__.objects.get().config == {"approvers": ["Renamed"]}


def test_the_address_that_the_other_side_must_allow(a, as_role, settings):
    settings.OUTBOUND_ADDRESSES = ["203.0.113.7"]
    page = as_role(Role.VIEWER).get(address(models.Connection, "change", a[models.Connection].pk))
    assert "203.0.113.7" in page.content.decode()
