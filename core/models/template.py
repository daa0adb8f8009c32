"""Flow templates: versioned default config and mappings for a flow type; shared and copied."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.tenancy import Tenant, TenantQuerySet


class FlowTemplate(models.Model):
    """One version of a template. (tenant, slug) is the template, ``version`` counts; a version never changes
    once it was published. ``slug`` is the flow type's key for the shipped ones.

    ``companions``: slugs of templates whose flows are created together with this one's (a callback router's
    sub-flows); ``checksum`` of the content tells whether loading made anything new.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="templates", verbose_name=_("tenant"))
    slug = models.CharField(_("key"), max_length=100)
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=120)
    flow_type = models.CharField(_("flow type"), max_length=80)
    description = models.TextField(_("description"), blank=True)
    changes = models.TextField(_("what is new"), blank=True)
    config = models.JSONField(_("global config"), default=dict, blank=True)
    schedule = models.JSONField(_("schedule"), default=dict, blank=True)
    companions = models.JSONField(_("created together with"), default=list, blank=True)
    checksum = models.CharField(max_length=64, blank=True, editable=False)
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="copies", verbose_name=_("copied from")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("flow template")
        verbose_name_plural = _("flow templates")
        ordering = ["tenant", "slug", "-version"]
        constraints = [models.UniqueConstraint(fields=["tenant", "slug", "version"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class TemplateShare(models.Model):
    """All versions of ``owner``'s template ``slug`` are offered to ``tenant``."""

    tenant_path = "owner"

    owner = models.ForeignKey(Tenant, models.CASCADE, related_name="shares_given", verbose_name=_("owner"))
    slug = models.CharField(_("key"), max_length=100)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="shares_received", verbose_name=_("shared with"))
    created_at = models.DateTimeField(_("shared"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("template share")
        verbose_name_plural = _("template shares")
        constraints = [models.UniqueConstraint(fields=["owner", "slug", "tenant"], name="share_once")]

    def __str__(self) -> str:
        return f"{self.slug} -> {self.tenant}"
