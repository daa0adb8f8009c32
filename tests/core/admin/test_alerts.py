"""Alert channels: write-only addresses, a test message."""

from __future__ import annotations

from django.core import mail

from core import alerts, models
from core.models import Role
from tests.core.admin.test_scoping import address


def test_an_empty_address_keeps_the_stored_one(a, as_role):
    row = a[models.AlertChannel]
    data = {
        "name": "Night",
        "kind": "email",
        "target": "",
        "secret": "",
        "is_active": "on",
        "quiet_from": "22:00",
        "quiet_to": "",
    }
    as_role(Role.CONSULTANT).post(address(models.AlertChannel, "change", row.pk), data)
    row.refresh_from_db()
    assert (row.name, row.target) == ("Night", "hidden-AAA-target")


def test_a_test_message_is_sent(a, as_role):
    row = a[models.AlertChannel]
    models.AlertChannel.objects.filter(pk=row.pk).update(target="ops@example.com")
    as_role(Role.CONSULTANT).post(address(models.AlertChannel, "press", row.pk, "send_test"))
    assert mail.outbox[0].to == ["ops@example.com"]


def test_an_error_of_a_channel_shows_no_token(a, as_role, monkeypatch):
    def broken(channel, text):
        raise OSError("POST https://oapi.example/robot/send?access_token=very-secret-token failed")

    monkeypatch.setitem(alerts._senders, "email", ("E-mail", broken))
    row = a[models.AlertChannel]
    page = as_role(Role.CONSULTANT).post(address(models.AlertChannel, "press", row.pk, "send_test"), follow=True)
    assert "access_token=***" in page.content.decode()
    assert "very-secret" not in page.content.decode()
    row.refresh_from_db()
    assert "very-secret" not in row.last_error
