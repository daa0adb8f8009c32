"""Who changed what: kept by tenant, without secrets."""

from __future__ import annotations

from auditlog.models import LogEntry
from django.urls import reverse

from core import models
from core.audit import note
from core.models import Role
from tests.core.admin.test_connections import data
from tests.core.admin.test_scoping import address

LIST = "admin:auditlog_logentry_changelist"


def test_changes_name_person_and_fields(a, as_role):
    row = a[models.Connection]
    changed = data(a, name=row.name, setting_password="brand-new-secret")
    as_role(Role.CONSULTANT).post(address(models.Connection, "change", row.pk), changed)
    entry = LogEntry.objects.filter(content_type__model="connection", action=LogEntry.Action.UPDATE).latest("pk")
    assert entry.actor == a.people[Role.CONSULTANT]
    assert entry.changes["secrets"] == ["***", "***"]
    assert entry.changes["base_url"] == ["http://aaa.example:1", "http://erp.example"]
    assert entry.additional_data == {"tenant": a.tenant.pk}


def test_no_entry_holds_a_secret(a, b):
    everything = str(list(LogEntry.objects.values_list("changes", "object_repr", "additional_data", "serialized_data")))
    for secret in ("hidden-", "hash-AAA", "pbkdf2"):
        assert secret not in everything


def test_what_the_engine_writes_is_no_entry(a):
    flow = a[models.FlowInstance]
    before = LogEntry.objects.count()
    flow.fence, flow.last_error, flow.failures_in_a_row = 9, "x", 4
    flow.save()
    assert LogEntry.objects.count() == before


def test_lists_are_scoped(a, b, as_role):
    page = as_role(Role.OWNER).get(reverse(LIST)).content.decode()
    assert "Flow AAA" in page
    assert "BBB" not in page
    assert as_role(Role.OPERATOR).get(reverse(LIST)).status_code == 403


def test_entries_of_others_are_not_found(a, b, as_role):
    theirs = LogEntry.objects.filter(additional_data__tenant=b.tenant.pk).first()
    assert as_role(Role.OWNER).get(reverse("admin:auditlog_logentry_change", args=[theirs.pk])).status_code == 404


def test_a_deleted_parent_keeps_its_childrens_entries_scoped(a):
    a[models.Delivery].delete()
    flow = a[models.FlowInstance]
    models.FlowRun.objects.all().delete()
    flow.delete()
    gone = LogEntry.objects.filter(action=LogEntry.Action.DELETE, content_type__model="flowinstance").get()
    assert gone.additional_data == {"tenant": a.tenant.pk}


def test_deeds_are_noted_with_their_reason(a, as_role):
    note(a[models.Delivery], a.people[Role.OPERATOR], "held -> given up", "double in the OA")
    entry = LogEntry.objects.latest("pk")
    assert entry.changes == {"held -> given up": ["", "double in the OA"]}
    page = as_role(Role.OWNER).get(reverse("admin:auditlog_logentry_change", args=[entry.pk])).content.decode()
    assert "double in the OA" in page
