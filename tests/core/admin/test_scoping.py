"""Over every registered model admin: tenant A's people never list, open, change, pick or act on anything of B."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from core import models
from core.admin.buttons import buttons_of
from core.models import Role

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
# Rows of nobody, or made by the library: each has a test of its own.
APART = {
    "core.Beat": "belongs to no tenant: the provider's only (test_roles)",
    "auditlog.LogEntry": "made by changes: test_audit",
    "core.TemplateShare": "has two tenants: test_templates",
}
SCOPED = [model for model in REGISTERED if model._meta.label not in APART]


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_exceptions_are_registered():
    assert set(APART) <= {model._meta.label for model in REGISTERED}


def test_every_model_of_ours_is_in_the_console():
    children = {models.UnknownValue, models.FieldMapping, models.FlowConnection, models.FlowRoute, models.RunStep}
    ours = {getattr(models, name) for name in models.__all__ if isinstance(getattr(models, name), type)}
    ours = {model for model in ours if hasattr(model, "_meta")} - children
    assert ours <= set(REGISTERED)


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.model_name)
def test_lists_show_own_rows_only(model, a, b, as_role):
    page = as_role(Role.OWNER).get(address(model, "changelist")).content.decode()
    assert a.mark in page
    assert b.mark not in page


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.model_name)
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_guessed_addresses_are_not_found(model, page, a, b, as_role):
    client = as_role(Role.OWNER)
    assert client.get(address(model, page, b[model].pk)).status_code in (403, 404)
    assert client.post(address(model, page, b[model].pk), {"post": "yes"}).status_code in (403, 404)
    assert model._base_manager.filter(pk=b[model].pk).exists()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.model_name)
def test_own_rows_open(model, a, as_role):
    page = as_role(Role.OWNER).get(address(model, "change", a[model].pk))
    assert page.status_code == 200
    assert a.mark in page.content.decode()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.model_name)
def test_nothing_on_a_page_names_another_tenant(model, a, b, as_role):
    """Choices of selects, related widgets, inlines, panels."""
    client = as_role(Role.OWNER)
    pages = [address(model, "change", a[model].pk)]
    if admin.site._registry[model].add_role:
        pages.append(address(model, "add") + "?connector=pretend.system")
    for page in pages:
        assert b.mark not in client.get(page).content.decode(), page


def filter_names(model):
    model_admin = admin.site._registry[model]
    names = [item[0] if isinstance(item, tuple) else item for item in model_admin.list_filter]
    return [name for name in names if isinstance(name, str)]


@pytest.mark.parametrize("model", [m for m in SCOPED if filter_names(m)], ids=lambda model: model._meta.model_name)
def test_guessed_filter_values_name_nobody(model, a, b, as_role):
    client = as_role(Role.OWNER)
    for name in filter_names(model):
        field = model._meta.get_field(name)
        if field.is_relation:
            page = client.get(address(model, "changelist"), {f"{name}__id__exact": b[field.related_model].pk})
            assert b.mark not in page.content.decode()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.model_name)
def test_search_and_foreign_lookups_reveal_nothing(model, a, b, as_role):
    client = as_role(Role.OWNER)
    found = client.get(address(model, "changelist"), {"q": b.mark}).content.decode()
    assert not re.search(rf"/change/[^>]*>[^<]*{b.mark}", found)
    guessed = client.get(address(model, "changelist"), {"tenant__slug__startswith": "b"})
    assert guessed.status_code in (302, 400)


def autocompletes():
    for model in REGISTERED:
        model_admin = admin.site._registry[model]
        inlines = [(inline.model, inline.autocomplete_fields) for inline in model_admin.inlines]
        for owner, fields in [(model, model_admin.autocomplete_fields), *inlines]:
            yield from ((owner, field) for field in fields)
        for item in model_admin.list_filter:
            if isinstance(item, tuple) and model._meta.get_field(item[0]).is_relation:
                yield model, item[0]
    yield models.FlowRoute, "target"


@pytest.mark.parametrize("owner,field", sorted(set(autocompletes()), key=str))
def test_pickers_offer_own_rows_only(owner, field, a, b, as_role):
    query = {"app_label": owner._meta.app_label, "model_name": owner._meta.model_name, "field_name": field}
    answer = as_role(Role.OWNER).get(reverse("admin:autocomplete"), query)
    assert answer.status_code == 200
    assert a.mark in answer.content.decode()
    assert b.mark not in answer.content.decode()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.model_name)
def test_list_actions_pass_over_rows_of_others(model, a, b, both):
    """Owner in A and viewer in B: B's rows are listed, and no action touches them."""
    model_admin = admin.site._registry[model]
    for action in ["delete_selected", *model_admin.actions]:
        data = {"action": action, "_selected_action": [b[model].pk], "post": "yes", "reason": "x"}
        both.post(address(model, "changelist"), data)
        before = b[model]
        now = model._base_manager.get(pk=before.pk)
        fields = [f.attname for f in model._meta.concrete_fields if f.name not in ("updated_at", "last_login")]
        assert [getattr(now, f) for f in fields] == [getattr(before, f) for f in fields], action


BUTTONS = [(model, found) for model in SCOPED for found in buttons_of(admin.site._registry[model])]


@pytest.mark.parametrize("model,found", BUTTONS, ids=lambda thing: getattr(thing, "name", None) or thing.__name__)
def test_buttons_of_rows_of_others_are_not_found(model, found, a, b, as_role):
    assert as_role(Role.OWNER).post(address(model, "press", b[model].pk, found.name)).status_code == 404


@pytest.mark.parametrize("model,found", BUTTONS, ids=lambda thing: getattr(thing, "name", None) or thing.__name__)
def test_buttons_need_the_role_on_the_row(model, found, a, b, both):
    if found.role != Role.VIEWER:
        assert both.post(address(model, "press", b[model].pk, found.name)).status_code in (403, 404)


def test_a_row_cannot_point_into_another_tenant(a, b, both):
    """Even for somebody who is at home in both."""
    models.Membership.objects.filter(tenant=b.tenant, role=Role.VIEWER).update(role=Role.OWNER)
    data = {
        "tenant": a.tenant.pk,
        "company": b[models.Company].pk,
        "name": "New",
        "base_url": "http://x.example",
        "setting_user_name": "m",
        "setting_language": "15",
        "setting_password": "p",
        "max_parallel": 8,
        "rate_limit": 0,
    }
    answer = both.post(address(models.Connection, "add") + "?connector=pretend.system", data)
    assert answer.status_code == 200
    assert not models.Connection.objects.filter(name="New").exists()


def test_a_picked_row_of_another_tenant_is_refused(a, b, as_role):
    data = {"name": "AppCode", "tenant": a.tenant.pk, "flows": [b[models.FlowInstance].pk]}
    answer = as_role(Role.OWNER).post(address(models.AppCredential, "add"), data)
    assert answer.status_code == 200
    assert not models.AppCredential.objects.filter(name="AppCode").exists()


def test_choosing_a_tenant_of_others_is_ignored(a, b, as_role):
    client = as_role(Role.OWNER)
    client.post(reverse("admin:choose_tenant"), {"tenant": b.tenant.pk})
    assert b.mark not in client.get(address(models.Company, "changelist")).content.decode()


def test_chosen_tenant_narrows_lists(a, b, both):
    assert b.mark in both.get(address(models.Company, "changelist")).content.decode()
    both.post(reverse("admin:choose_tenant"), {"tenant": a.tenant.pk})
    assert "Company BBB" not in both.get(address(models.Company, "changelist")).content.decode()
    assert both.get(address(models.Company, "change", b[models.Company].pk)).status_code == 200


def test_people_without_a_tenant_stay_outside(db, enter):
    stranger = get_user_model().objects.create(username="stranger", is_staff=True)
    assert enter(stranger).get(reverse("admin:index")).status_code == 302


def test_the_provider_sees_all(a, b, staff):
    page = staff.get(address(models.FlowInstance, "changelist")).content.decode()
    assert a.mark in page
    assert b.mark in page
