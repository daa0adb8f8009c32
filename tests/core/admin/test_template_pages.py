"""Templates: mine, shared with me, share, revoke, copy with the difference, export, import."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core import models
from core.catalog import templates
from core.models import Role

LIST = "admin:templates"


@pytest.fixture
def provided(db):
    """A template of the provider."""
    provider = models.Tenant.objects.create(slug="provider", name="Provider", is_provider=True)
    text = "key: pretend.push\nflow_type: pretend.push\nname: Push\nconfig: {object_type: Orders}\n"
    return templates.import_yaml(provider, text)


def copy_of(template):
    return reverse("admin:template_copy", args=[template.pk])


def test_share_needs_the_tenants_key_and_names_no_others(a, b, provided, staff):
    url = reverse("admin:template_share", args=[provided.pk])
    assert "There is no such tenant" in staff.post(url, {"slug": "nobody"}).content.decode()
    staff.post(url, {"slug": a.tenant.slug})
    assert models.TemplateShare.objects.get().tenant == a.tenant
    assert "Tenant BBB" not in staff.get(url).content.decode().split("Shared with")[1]
    staff.post(url, {"revoke": a.tenant.pk})
    assert not models.TemplateShare.objects.exists()


def test_shared_templates_are_listed_and_copied(a, provided, as_role):
    client = as_role(Role.CONSULTANT)
    assert "Nothing is shared" in client.get(reverse(LIST)).content.decode()
    templates.share(provided.tenant, provided.slug, a.tenant)
    assert "Push" in client.get(reverse(LIST)).content.decode()
    client.post(copy_of(provided))
    mine = models.FlowTemplate.objects.get(tenant=a.tenant, slug="pretend.push")
    assert mine.copied_from == provided


def test_where_the_tenant_has_another_one_it_is_asked_with_the_difference(a, provided, as_role):
    templates.share(provided.tenant, provided.slug, a.tenant)
    own = "key: pretend.push\nflow_type: pretend.push\nname: Push\nconfig: {object_type: Items}\n"
    templates.import_yaml(a.tenant, own)
    client = as_role(Role.CONSULTANT)
    page = client.get(copy_of(provided)).content.decode()
    assert "Object type" in page
    assert "<del>Items</del>" in page
    assert "<ins>Orders</ins>" in page
    client.post(copy_of(provided), {"mode": "keep"})
    assert models.FlowTemplate.objects.filter(tenant=a.tenant, slug="pretend.push").count() == 1
    client.post(copy_of(provided), {"mode": "override"})
    assert templates.own(a.tenant, "pretend.push").config == {"object_type": "Orders"}


def test_what_is_not_shared_is_not_found(a, b, provided, as_role):
    templates.share(provided.tenant, provided.slug, b.tenant)
    assert as_role(Role.OWNER).post(copy_of(provided)).status_code == 404
    assert as_role(Role.OWNER).get(reverse("admin:template_export", args=[provided.pk])).status_code == 404
    assert as_role(Role.OWNER).get(reverse("admin:template_share", args=[provided.pk])).status_code == 404


def test_copying_needs_a_post(a, provided, as_role):
    templates.share(provided.tenant, provided.slug, a.tenant)
    assert as_role(Role.CONSULTANT).get(copy_of(provided)).status_code == 405


def test_export_and_import_are_each_others_reverse(a, provided, staff, as_role):
    answer = staff.get(reverse("admin:template_export", args=[provided.pk]))
    assert "pretend.push-v1.yaml" in answer["Content-Disposition"]
    file = SimpleUploadedFile("t.yaml", answer.content)
    as_role(Role.CONSULTANT).post(reverse("admin:template_import"), {"file": file})
    assert templates.own(a.tenant, "pretend.push").checksum == provided.checksum


def test_a_file_that_is_none_is_refused_in_words(a, as_role):
    for content in (b"\xff\xfe", b"- just: a list", b"key: [unclosed"):
        file = SimpleUploadedFile("t.yaml", content)
        page = as_role(Role.CONSULTANT).post(reverse("admin:template_import"), {"file": file})
        assert page.status_code == 200
        assert "errorlist" in page.content.decode()


def test_staff_with_several_tenants_is_asked_which(a, b, staff):
    assert "For which tenant?" in staff.get(reverse(LIST)).content.decode()
    staff.post(reverse("admin:choose_tenant"), {"tenant": a.tenant.pk})
    assert "Template AAA" in staff.get(reverse(LIST)).content.decode()
