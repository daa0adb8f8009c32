"""Sharing templates with other tenants (共享), and what a tenant was offered (seed 2.5.3, 5.5.3, 6.5.4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.catalog import audit, versions
from core.errors import ConfigurationError
from core.models import FlowTemplate, TemplateShare, Tenant


@dataclass(frozen=True)
class Offer:
    """A template that was shared with a tenant.

    ``own``: the tenant's newest template of that key; ``state``: new (not copied yet), same (copied), newer (the
    copy is of an earlier version), differs (the tenant has something else under that key).
    """

    template: FlowTemplate
    own: FlowTemplate | None
    state: str


@transaction.atomic
def share(owner: Tenant, key: str, tenant: Tenant, user: Any = None) -> list[TemplateShare]:
    """Offer all versions of ``owner``'s template and of its companions to ``tenant``; the shares that are new."""
    if owner.pk == tenant.pk:
        raise ConfigurationError(_("%(owner)s owns template '%(key)s' already") % {"owner": owner, "key": key})
    made = []
    with audit.acting(user):
        for slug in with_companions(owner, key):
            row, created = TemplateShare.objects.get_or_create(owner=owner, slug=slug, tenant=tenant)
            made += [row] if created else []
    return made


def revoke(owner: Tenant, key: str, tenant: Tenant, user: Any = None) -> bool:
    """Stop offering one template. What the tenant copied stays its own."""
    with audit.acting(user):
        shares = TemplateShare.objects.filter(owner=owner, slug=key, tenant=tenant)
        return bool([row.delete() for row in shares])


def is_shared(template: FlowTemplate, tenant: Tenant) -> bool:
    """Was it offered to the tenant?"""
    return TemplateShare.objects.filter(owner_id=template.tenant_id, slug=template.slug, tenant=tenant).exists()


def shared_with(tenant: Tenant) -> list[Offer]:
    """The newest version of everything shared with the tenant, by name."""
    shares = list(TemplateShare.objects.filter(tenant=tenant).values_list("owner_id", "slug"))
    slugs = [slug for _owner, slug in shares]
    known = FlowTemplate.objects.filter(slug__in=slugs).select_related("copied_from", "tenant")
    newest = {(template.tenant_id, template.slug): template for template in known.order_by("version")}
    found = [(newest.get(share), newest.get((tenant.pk, share[1]))) for share in shares]
    offers = [Offer(template, mine, _state(template, mine)) for template, mine in found if template is not None]
    return sorted(offers, key=lambda offer: offer.template.name)


def with_companions(owner: Tenant, key: str) -> list[str]:
    """The key and those of all templates whose flows are created together with its own."""
    found: list[str] = []
    waiting = [key]
    while waiting:
        slug = waiting.pop(0)
        template = versions.own(owner, slug)
        if template is None:
            raise ConfigurationError(_("%(owner)s has no template '%(slug)s'") % {"owner": owner, "slug": slug})
        found.append(slug)
        waiting += [companion for companion in template.companions if companion not in (*found, *waiting)]
    return found


def _state(template: FlowTemplate, mine: FlowTemplate | None) -> str:
    if mine is None:
        return "new"
    if mine.checksum == template.checksum:
        return "same"
    copied_of = mine.copied_from
    ours = copied_of is not None and (copied_of.tenant_id, copied_of.slug) == (template.tenant_id, template.slug)
    return "newer" if ours else "differs"
