"""Viewers look, operators run and retry, consultants configure, owners manage members and credentials."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from core import models
from core.models import Role
from tests.core.admin.test_scoping import address

CONFIGURED = [models.Connection, models.FlowInstance, models.ValueMap, models.Company, models.Person, models.DomainFile]
OWNERS = [models.Membership, models.AppCredential, models.ApiToken]


@pytest.mark.parametrize("model", CONFIGURED, ids=lambda model: model._meta.model_name)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_may_not_configure_reads_without_a_save_button(model, role, a, as_role):
    page = as_role(role).get(address(model, "change", a[model].pk))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert as_role(role).post(address(model, "change", a[model].pk), {"name": "Stolen"}).status_code == 403
    assert as_role(role).post(address(model, "delete", a[model].pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", CONFIGURED, ids=lambda model: model._meta.model_name)
def test_consultants_configure(model, a, as_role):
    assert 'name="_save"' in as_role(Role.CONSULTANT).get(address(model, "change", a[model].pk)).content.decode()


@pytest.mark.parametrize("model", OWNERS, ids=lambda model: model._meta.model_name)
def test_members_and_credentials_are_the_owners(model, a, as_role):
    assert as_role(Role.CONSULTANT).get(address(model, "changelist")).status_code == 403
    assert as_role(Role.OWNER).get(address(model, "changelist")).status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_secrets_are_on_no_page(role, a, as_role, staff):
    for client in (as_role(role), staff):
        for model in (models.Connection, models.AlertChannel):
            answer = client.get(address(model, "change", a[model].pk))
            if answer.status_code == 200:
                assert "hidden-" not in answer.content.decode()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.CONSULTANT, Role.OWNER])
def test_signs_of_life_and_new_tenants_are_the_providers(role, a, as_role, staff):
    assert as_role(role).get(address(models.Beat, "changelist")).status_code == 403
    assert as_role(role).get(address(models.Tenant, "add")).status_code == 403
    assert staff.get(address(models.Beat, "changelist")).status_code == 200
    assert staff.get(address(models.Tenant, "add")).status_code == 200


def test_an_owner_cannot_make_the_tenant_the_providers(a, as_role):
    data = {"name": "New name", "is_provider": "on", "step_days": 30, "event_days": 90, "delivery_days": 0}
    as_role(Role.OWNER).post(address(models.Tenant, "change", a.tenant.pk), data)
    a.tenant.refresh_from_db()
    assert a.tenant.name == "New name"
    assert not a.tenant.is_provider


@pytest.mark.parametrize("role,queued", [(Role.VIEWER, 0), (Role.OPERATOR, 1)])
def test_run_now_needs_an_operator(role, queued, a, as_role):
    models.FlowInstance.objects.update(enabled=True)
    before = models.FlowRun.objects.count()
    answer = as_role(role).post(address(models.FlowInstance, "press", a[models.FlowInstance].pk, "run_now"))
    assert answer.status_code == (302 if queued else 403)
    assert models.FlowRun.objects.count() == before + queued


def test_a_deed_needs_a_post(a, as_role):
    url = address(models.FlowInstance, "press", a[models.FlowInstance].pk, "run_now")
    assert as_role(Role.OPERATOR).get(url).status_code == 405


def test_owner_adds_a_new_person_whose_password_is_shown_once(a, as_role):
    data = {"tenant": a.tenant.pk, "username": "newcomer", "email": "", "role": "operator"}
    client = as_role(Role.OWNER)
    page = client.post(address(models.Membership, "add"), data, follow=True).content.decode()
    person = get_user_model().objects.get(username="newcomer")
    shown = page.split("(shown once): ")[1].split("<")[0].strip()
    assert person.check_password(shown)
    assert person.memberships.get().role == Role.OPERATOR
    assert shown not in client.get(reverse("admin:index")).content.decode()


def test_owner_cannot_take_a_person_of_another_tenant(a, b, as_role):
    data = {"tenant": a.tenant.pk, "username": b.people[Role.VIEWER].username, "email": "", "role": "viewer"}
    assert as_role(Role.OWNER).post(address(models.Membership, "add"), data).status_code == 200
    assert not models.Membership.objects.filter(tenant=a.tenant, user=b.people[Role.VIEWER]).exists()


def test_owner_changes_only_people_who_are_wholly_theirs(a, b, as_role):
    person = a.people[Role.VIEWER]
    url = address(get_user_model(), "change", person.pk)
    assert 'name="_save"' in as_role(Role.OWNER).get(url).content.decode()
    models.Membership.objects.create(user=person, tenant=b.tenant, role=Role.VIEWER)
    assert 'name="_save"' not in as_role(Role.OWNER).get(url).content.decode()
    assert as_role(Role.OWNER).post(url, {"username": "stolen", "is_superuser": "on"}).status_code == 403


def test_nobody_makes_a_superuser_but_the_provider(a, as_role):
    person = a.people[Role.VIEWER]
    data = {"username": person.username, "is_superuser": "on", "is_staff": "on"}
    as_role(Role.OWNER).post(address(get_user_model(), "change", person.pk), data)
    person.refresh_from_db()
    assert not person.is_superuser


def test_inactive_tenants_are_closed(a, enter):
    models.Tenant.objects.filter(pk=a.tenant.pk).update(is_active=False)
    assert enter(a.people[Role.OWNER]).get(reverse("admin:index")).status_code == 302


def test_a_button_of_an_older_page_does_nothing(a, as_role):
    before = models.FlowRun.objects.count()
    url = address(models.FlowInstance, "press", a[models.FlowInstance].pk, "run_now")
    page = as_role(Role.OPERATOR).post(url, follow=True).content.decode()
    assert "This is not possible now" in page
    assert models.FlowRun.objects.count() == before
