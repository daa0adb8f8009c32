"""An operator changes a password: nothing else of the connection, and no secret is ever shown."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from core import models
from core.connectors.base import Check
from core.models import Role
from tests.core.admin.pretend import PretendConnector
from tests.core.admin.test_scoping import address

NEW = "rotated-secret-7"


def url_of(row):
    return reverse("admin:connection_password", args=[row.pk])


def test_the_page_has_the_secrets_and_no_setting(a, as_role):
    row, client = a[models.Connection], as_role(Role.OPERATOR)
    assert url_of(row) in client.get(address(models.Connection, "change", row.pk)).content.decode()
    page = client.get(url_of(row)).content.decode()
    assert 'name="password"' in page
    for hidden in ("hidden-AAA-secret", "managerAAA", "aaa.example", 'name="user_name"', 'name="base_url"'):
        assert hidden not in page


def test_it_is_stored_tested_and_audited(a, as_role):
    row = a[models.Connection]
    models.FlowInstance.objects.update(paused="password refused", paused_by=row)
    page = as_role(Role.OPERATOR).post(
        url_of(row), {"password": NEW, "user_name": "x", "base_url": "http://evil"}, follow=True
    )
    assert "Hello manager" in page.content.decode()
    assert NEW not in page.content.decode()
    before, row = row, models.Connection.objects.get(pk=row.pk)
    assert row.secrets == {"password": NEW}
    assert (row.settings, row.base_url, row.status) == (before.settings, before.base_url, "ok")
    assert not models.FlowInstance.objects.exclude(paused="").exists()
    entry = LogEntry.objects.filter(content_type__model="connection", action=LogEntry.Action.UPDATE).latest("pk")
    assert entry.actor == a.people[Role.OPERATOR]
    assert entry.changes == {"secrets": ["***", "***"]}


def test_a_wrong_one_says_so_and_wakes_no_flow(a, as_role, monkeypatch):
    monkeypatch.setattr(PretendConnector, "answer", Check(False, "wrong password"))
    row = a[models.Connection]
    models.FlowInstance.objects.update(paused="password refused", paused_by=row)
    page = as_role(Role.OPERATOR).post(url_of(row), {"password": NEW}, follow=True).content.decode()
    assert "the test failed: wrong password" in page
    row.refresh_from_db()
    assert row.status == "broken"
    assert models.FlowInstance.objects.exclude(paused="").exists()


def test_nothing_given_changes_nothing(a, as_role):
    row = a[models.Connection]
    page = as_role(Role.OPERATOR).post(url_of(row), {"password": "  "})
    assert page.status_code == 200
    assert "Give at least one new value" in page.content.decode()
    row.refresh_from_db()
    assert row.secrets == {"password": "hidden-AAA-secret"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_viewers_and_strangers_may_not(a, b, as_role, method):
    row = a[models.Connection]
    viewer = as_role(Role.VIEWER)
    assert getattr(viewer, method)(url_of(row), {"password": NEW}).status_code == 403
    assert url_of(row) not in viewer.get(address(models.Connection, "change", row.pk)).content.decode()
    theirs = b[models.Connection]
    assert getattr(as_role(Role.OWNER), method)(url_of(theirs), {"password": NEW}).status_code == 404
    for kept in (row, theirs):
        kept.refresh_from_db()
        assert NEW not in str(kept.secrets)
