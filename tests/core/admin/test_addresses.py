"""Front door, languages, tenants' own domains, files at their root."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from core import models


@pytest.fixture
def own_domain(a):
    models.Tenant.objects.filter(pk=a.tenant.pk).update(public_base_url="https://Flow.Customer.Example/")
    cache.clear()
    return "flow.customer.example"


def test_root_leads_to_the_console(client, db):
    assert client.get("/")["Location"] == "/admin/"


def test_health_pages(client, db):
    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 200
    assert client.get("/readyz").status_code in (200, 503)


def test_language_can_be_chosen(client, db):
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert client.cookies["django_language"].value == "en"


def test_unknown_hosts_are_refused(client, db):
    assert client.get("/admin/login/", headers={"host": "evil.example"}).status_code == 400


def test_a_tenants_domain_is_served(client, own_domain):
    assert client.get("/admin/login/", headers={"host": own_domain}).status_code == 200
    assert client.get("/admin/login/", headers={"host": f"{own_domain}:8443"}).status_code == 200


def test_a_removed_domain_is_refused_again(client, a, own_domain):
    client.get("/admin/login/", headers={"host": own_domain})
    models.Tenant.objects.update(public_base_url="")
    cache.clear()
    assert client.get("/admin/login/", headers={"host": own_domain}).status_code == 400


def test_an_inactive_tenants_domain_is_refused(client, own_domain):
    models.Tenant.objects.update(is_active=False)
    cache.clear()
    assert client.get("/admin/login/", headers={"host": own_domain}).status_code == 400


def test_domain_files(client, a, b, own_domain):
    assert client.get("/WW_verify_AAA.txt").content == b"AAA"
    assert client.get("/WW_verify_AAA.txt", headers={"host": own_domain}).content == b"AAA"
    assert client.get("/WW_verify_BBB.txt", headers={"host": own_domain}).status_code == 404
    assert client.get("/WW_verify_none.txt").status_code == 404
    assert client.post("/WW_verify_AAA.txt").status_code == 405


def test_every_address_of_the_console_needs_a_login(db):
    from django.contrib import admin
    from django.urls import NoReverseMatch, reverse

    stranger = Client()
    for pattern in admin.site.get_urls():
        name = getattr(pattern, "name", None)
        if name in (None, "login", "jsi18n", "logout"):
            continue
        try:
            url = reverse(f"admin:{name}")
        except NoReverseMatch:
            continue
        assert stranger.get(url).status_code == 302, name
