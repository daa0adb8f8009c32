"""Stored versions of templates: who owns them, which is the newest, adding one. A version never changes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from core.catalog import rows as mapping_rows
from core.catalog.content import Content
from core.errors import ConfigurationError
from core.models import FlowTemplate, Tenant

PROVIDER_SLUG, PROVIDER_NAME = "provider", "平台提供方"


@dataclass(frozen=True)
class Reference:
    """``key`` or ``key@version``, as written in files. ``version`` None: the newest."""

    key: str
    version: int | None = None

    @classmethod
    def of(cls, text: str) -> Reference:
        """ConfigurationError where the version is no number."""
        key, at, version = text.partition("@")
        if at and not version.isdecimal():
            raise ConfigurationError(
                _("'%(text)s': after the @ comes a version number, e.g. %(key)s@2") % {"text": text, "key": key}
            )
        return cls(key, int(version) if at else None)

    def __str__(self) -> str:
        return self.key if self.version is None else f"{self.key}@{self.version}"


def provider() -> Tenant:
    """The provider's tenant; made when missing."""
    found = Tenant.objects.filter(is_provider=True).order_by("pk").first()
    if found is not None:
        return found
    tenant, _ = Tenant.objects.get_or_create(slug=PROVIDER_SLUG, defaults={"name": PROVIDER_NAME})
    if not tenant.is_provider:
        tenant.is_provider = True
        tenant.save(update_fields=["is_provider"])
    return tenant


def own(tenant: Tenant, key: str, version: int | None = None) -> FlowTemplate | None:
    """The tenant's own template: this version, or its newest."""
    found = FlowTemplate.objects.filter(tenant=tenant, slug=key)
    if version is not None:
        found = found.filter(version=version)
    return found.order_by("-version").first()


def same(tenant: Tenant, content: Content) -> FlowTemplate | None:
    """The tenant's newest version with exactly this content."""
    found = FlowTemplate.objects.filter(tenant=tenant, slug=content.key, checksum=content.checksum)
    return found.order_by("-version").first()


def newest_of_all(tenant: Tenant) -> list[FlowTemplate]:
    """The newest version of each of the tenant's own templates, by name."""
    found: dict[str, FlowTemplate] = {}
    for template in FlowTemplate.objects.filter(tenant=tenant).order_by("version"):
        found[template.slug] = template
    return sorted(found.values(), key=lambda template: template.name)


def add(tenant: Tenant, content: Content, *, copied_from: FlowTemplate | None = None, number: int = 1) -> FlowTemplate:
    """Store ``content`` as the tenant's next version; ``number``: the version it should get when it is still free."""
    newest = own(tenant, content.key)
    with transaction.atomic():
        template = FlowTemplate.objects.create(
            tenant=tenant,
            slug=content.key,
            version=max(number, newest.version + 1 if newest else 1),
            name=content.name,
            flow_type=content.flow_type,
            description=content.description,
            changes=content.changes,
            config=content.config,
            schedule=content.schedule,
            companions=list(content.companions),
            checksum=content.checksum,
            copied_from=copied_from,
        )
        mapping_rows.write(template, content.rows)
    return template
