"""Who changed what: kept by tenant, without secrets."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import translation

from core import models
from core.admin import audit_words
from core.audit import note, watched
from core.flows import resolve
from core.models import Role
from core.models.delivery import DeliveryState
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


def entry_page(client, entry):
    return client.get(reverse("admin:auditlog_logentry_change", args=[entry.pk])).content.decode()


def test_what_points_to_a_row_is_no_change_of_it(a):
    for entry in LogEntry.objects.all():
        names = set(entry.changes_dict)
        assert not names & {"bindings", "copies", "routed_from", "routes", "flows", "memberships", "unknown_values"}, (
            entry
        )


@pytest.mark.parametrize(
    "language,labels", [("en", ["global config", "enabled", "Yes"]), ("zh-hans", ["全局配置", "已开启", "是"])]
)
def test_fields_have_their_labels(a, enter, language, labels):
    flow = a[models.FlowInstance]
    flow.config, flow.enabled = {"object_type": "Orders"}, True
    flow.save()
    entry = LogEntry.objects.latest("pk")
    # As entries were kept before: with the rows that point to the flow.
    LogEntry.objects.filter(pk=entry.pk).update(
        changes={**entry.changes, "bindings": ["None", "core.FlowConnection.None"]}
    )
    client = enter(a.people[Role.OWNER])
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    client.cookies["django_language"] = language
    page = entry_page(client, entry)
    for label in labels:
        assert label in page
    assert "FlowConnection" not in page
    assert ">bindings<" not in page
    listed = client.get(reverse(LIST)).content.decode()
    assert labels[0] in listed
    assert "object_type, " not in listed


def test_every_watched_field_has_a_chinese_label(a):
    for model in watched():
        kind = ContentType.objects.get_for_model(model)
        entry = LogEntry(content_type=kind, changes={f.name: ["a", "b"] for f in model._meta.concrete_fields})
        with translation.override("zh-hans"):
            plain = [name for name in audit_words.names(entry) if name.isascii()]
        assert not plain, model


def test_deeds_have_words_and_stand_in_the_tenants_log(a, as_role):
    delivery = a[models.Delivery]
    resolve.arrived(delivery, "T9", a.people[Role.OPERATOR], "seen over there")
    entry = LogEntry.objects.latest("pk")
    assert entry.additional_data["tenant"] == a.tenant.pk
    page = entry_page(as_role(Role.OWNER), entry)
    assert "arrived as T9" in page
    with translation.override("en"):
        assert str(DeliveryState.HELD.label) in page
    assert "seen over there" in page
    with translation.override("zh-hans"):
        assert "T9" in audit_words.table(entry)
        assert "arrived" not in audit_words.table(entry)


def test_members_of_a_credential_and_actions_are_named(a, as_role):
    a[models.AppCredential].flows.add(a[models.FlowInstance])
    entry = LogEntry.objects.latest("pk")
    page = entry_page(as_role(Role.OWNER), entry)
    assert "Flow AAA" in page
    note(a[models.Connection], None, "action write", "{}")
    entry = LogEntry.objects.latest("pk")
    with translation.override("en"):
        assert audit_words.names(entry) == ["action Write"]


def test_the_user_page_is_chinese(a, enter):
    page = enter(a.people[Role.OWNER])
    page.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-hans"
    text = page.get(address(get_user_model(), "change", a.people[Role.VIEWER].pk)).content.decode()
    assert "Raw passwords" not in text
    assert "../password/" in text
