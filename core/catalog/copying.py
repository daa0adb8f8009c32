"""Copying shared templates to a tenant's own (复制到我的流模板; seed 2.5.4, 5.5.4, 6.5.4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.catalog import audit, comparing, content, loading, sharing, versions
from core.catalog.comparing import Difference
from core.catalog.versions import Reference
from core.errors import ConfigurationError
from core.models import FlowTemplate, Tenant

OVERRIDE, KEEP = "override", "keep"


@dataclass(frozen=True)
class Copied:
    """``template``: the tenant's own now; ``made``: was it copied, or was it there already?"""

    template: FlowTemplate
    made: bool


def difference(template: FlowTemplate, existing: FlowTemplate) -> list[Difference]:
    """What would change if ``template`` replaced ``existing``."""
    return comparing.differences(content.of(existing), content.of(template))


@transaction.atomic
def copy(template: FlowTemplate, tenant: Tenant, mode: str = "", user: Any = None) -> Copied:
    """Copy a shared template, and its companions that the tenant lacks, to the tenant's own.

    Where the tenant has another template of this key, ``mode`` says what happens: "override" adds the shared one
    as the newest version (flows made of the earlier ones keep theirs), "keep" leaves everything. Without a mode
    that is a ConfigurationError; ask, showing ``difference``.
    """
    if not sharing.is_shared(template, tenant):
        raise ConfigurationError(
            _("template '%(template)s' is not shared with tenant %(tenant)s")
            % {"template": template.slug, "tenant": tenant.slug}
        )
    with audit.acting(user):
        copied = _copy(template, tenant, mode)
        for key in sharing.with_companions(template.tenant, template.slug)[1:]:
            companion = versions.own(template.tenant, key)
            if companion is not None and sharing.is_shared(companion, tenant):
                _copy(companion, tenant, mode or KEEP)
    return copied


def _copy(template: FlowTemplate, tenant: Tenant, mode: str) -> Copied:
    text = content.of(template)
    existing = versions.own(tenant, template.slug)
    if existing is not None and existing.checksum == text.checksum:
        return Copied(existing, made=False)
    if existing is not None and mode not in (OVERRIDE, KEEP):
        raise ConfigurationError(
            _("tenant %(tenant)s has another template '%(template)s' already: choose override or keep")
            % {"tenant": tenant.slug, "template": template.slug}
        )
    if existing is not None and mode == KEEP:
        return Copied(existing, made=False)
    return Copied(versions.add(tenant, text, copied_from=template, number=template.version), made=True)


def newest(tenant: Tenant, reference: str, *, provide: bool = False) -> FlowTemplate:
    """The tenant's own template for "key" or "key@version".

    ``provide`` (apply): the provider's newest, or its version of that number, counts; it is shared with the tenant
    and copied where the tenant does not have exactly that content. Without it the tenant must have it already.
    """
    wanted = Reference.of(reference)
    if provide and not tenant.is_provider:
        offered = _of_provider(wanted)
        if offered is not None:
            return _provided(offered, tenant)
    found = versions.own(tenant, wanted.key, wanted.version)
    if found is None and provide and tenant.is_provider:
        loading.load_shipped()
        found = versions.own(tenant, wanted.key, wanted.version)
    if found is None:
        raise ConfigurationError(_not_found(tenant, wanted, provide=provide))
    return found


def _of_provider(wanted: Reference) -> FlowTemplate | None:
    """The provider's template; shipped ones are loaded when it does not have it yet."""
    owner = versions.provider()
    if versions.own(owner, wanted.key) is None:
        loading.load_shipped()
    return versions.own(owner, wanted.key, wanted.version)


def _provided(offered: FlowTemplate, tenant: Tenant) -> FlowTemplate:
    sharing.share(offered.tenant, offered.slug, tenant)
    have = versions.same(tenant, content.of(offered))
    return have or copy(offered, tenant, OVERRIDE).template


def _not_found(tenant: Tenant, wanted: Reference, *, provide: bool) -> str:
    owners = [tenant, versions.provider()] if provide else [tenant]
    found = FlowTemplate.objects.filter(tenant__in=owners, slug=wanted.key)
    numbers = set(found.values_list("version", flat=True))
    if numbers:
        listed = ", ".join(str(number) for number in sorted(numbers))
        return _("template '%(wanted)s' has no version %(version)s; it has: %(listed)s") % {
            "wanted": wanted.key,
            "version": wanted.version,
            "listed": listed,
        }
    own = {template.slug for template in versions.newest_of_all(tenant)}
    offered = {offer.template.slug for offer in sharing.shared_with(tenant)}
    if wanted.key in offered:
        return _("template '%(wanted)s' is shared with tenant %(tenant)s but not copied yet: copy it first") % {
            "wanted": wanted.key,
            "tenant": tenant.slug,
        }
    loaded = {template.slug for template in versions.newest_of_all(versions.provider())} if provide else set()
    known = own | offered | loaded
    return _("there is no template %(wanted)s; known: %(names)s") % {
        "wanted": wanted,
        "names": ", ".join(sorted(known)) or _("none (run load_templates)"),
    }
