"""Unknown values on a value map's page: one click adds the translation; a refused document leads there."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from core import models
from core.mapping import unknown
from core.models import Role
from tests.core.admin.test_scoping import address


@pytest.fixture
def met(a, b):
    rows = {}
    for world in (a, b):
        rows[world.mark] = models.UnknownValue.objects.create(
            flow=world[models.FlowInstance], value_map=f"Values {world.mark}", value=f"odd-{world.mark}", count=3,
            last_seen=timezone.now(),
        )  # fmt: skip
    return rows["AAA"]


def page_of(client, world):
    return client.get(address(models.ValueMap, "change", world[models.ValueMap].pk)).content.decode()


def test_the_page_lists_them_with_their_flow(a, b, met, as_role):
    page = page_of(as_role(Role.CONSULTANT), a)
    assert "odd-AAA" in page
    assert "Flow AAA" in page
    assert "odd-BBB" not in page
    assert 'name="meaning"' in page
    assert 'name="meaning"' not in page_of(as_role(Role.OPERATOR), a)


def test_one_click_adds_the_translation(a, met, as_role):
    row = a[models.ValueMap]
    client = as_role(Role.CONSULTANT)
    url = reverse("admin:value_map_translate", args=[row.pk])
    page = client.post(url, {"value": "odd-AAA", "meaning": "D7"}, follow=True).content.decode()
    assert "Added: odd-AAA = D7" in page
    assert 'name="meaning"' not in page
    row.refresh_from_db()
    assert row.rows == {"1": "AAA", "odd-AAA": "D7"}
    again = client.post(url, {"value": "odd-AAA", "meaning": "D8"}, follow=True).content.decode()
    assert "translated already: D7" in again


@pytest.mark.parametrize("role,status", [(Role.VIEWER, 403), (Role.OPERATOR, 403)])
def test_who_may_not_configure_may_not_add(role, status, a, met, as_role):
    url = reverse("admin:value_map_translate", args=[a[models.ValueMap].pk])
    assert as_role(role).post(url, {"value": "x", "meaning": "y"}).status_code == status
    assert as_role(Role.CONSULTANT).get(url).status_code == 405


def test_maps_of_others_are_not_found(a, b, met, as_role):
    url = reverse("admin:value_map_translate", args=[b[models.ValueMap].pk])
    assert as_role(Role.OWNER).post(url, {"value": "x", "meaning": "y"}).status_code == 404
    assert b[models.ValueMap].rows == {"1": "BBB"}


def test_a_refused_document_leads_there(a, met, as_role):
    document = a[models.Delivery]
    with translation.override("en"):
        words = unknown.words("Values AAA", "odd-AAA")
    models.Delivery.objects.update(state="refused", error=f"mapping main, field x: {words}")
    page = as_role(Role.VIEWER).get(address(models.Delivery, "change", document.pk)).content.decode()
    assert f"{address(models.ValueMap, 'change', a[models.ValueMap].pk)}#unknown-{met.pk}" in page
    models.Delivery.objects.update(state="refused", error="the customer is blocked")
    page = as_role(Role.VIEWER).get(address(models.Delivery, "change", document.pk)).content.decode()
    assert "#unknown-" not in page


def test_a_name_with_an_equals_sign_survives_the_form(a, as_role):
    row = a[models.ValueMap]
    unknown.translate(row, "a=b", "D=1")
    data = {"name": row.name, "rows": "1 = AAA\na=b = D=1\nc=d"}
    as_role(Role.CONSULTANT).post(address(models.ValueMap, "change", row.pk), data)
    row.refresh_from_db()
    assert row.rows == {"1": "AAA", "a=b": "D=1", "c": "d"}
