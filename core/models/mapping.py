"""Field mappings and value maps."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models.flow import FlowInstance
from core.models.template import FlowTemplate
from core.models.tenancy import Tenant, TenantQuerySet


class FieldMapping(models.Model):
    """One row: source path -> target field. Belongs to a template or to a flow."""

    tenant_path = "flow__tenant"

    template = models.ForeignKey(
        FlowTemplate, models.CASCADE, null=True, blank=True, related_name="mappings", verbose_name=_("template")
    )
    flow = models.ForeignKey(
        FlowInstance, models.CASCADE, null=True, blank=True, related_name="mappings", verbose_name=_("flow")
    )
    section = models.CharField(_("section"), max_length=40)
    position = models.PositiveIntegerField(_("position"), default=0)
    source = models.CharField(
        _("source"), max_length=300, blank=True, help_text=_("A field or a JMESPath expression; empty: the default.")
    )
    target = models.CharField(_("target"), max_length=120)
    transform = models.CharField(_("transform"), max_length=300, blank=True)
    default = models.CharField(_("default"), max_length=500, blank=True)
    required = models.BooleanField(_("required"), default=False)
    value_map = models.CharField(_("value map"), max_length=80, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("field mapping")
        verbose_name_plural = _("field mappings")
        ordering = ["section", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="mapping_of_template_or_flow",
                condition=Q(template__isnull=True) ^ Q(flow__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.section}: {self.source} -> {self.target}"


class ValueMap(models.Model):
    """A tenant's lookup table: {value over here: value over there}."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="value_maps", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=80)
    rows = models.JSONField(_("rows"), default=dict, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("value map")
        verbose_name_plural = _("value maps")
        ordering = ["tenant", "name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="value_map_once")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """What it knows now is unknown no more."""
        super().save(*args, **options)
        met = UnknownValue.objects.filter(flow__tenant_id=self.tenant_id, value_map=self.name)
        met.filter(pk__in=[row.pk for row in met if row.value in self.rows]).delete()


class UnknownValue(models.Model):
    """A value that a flow looked up in vain (core.mapping.unknown). Bound by name, as mapping rows are.

    ``count``: refusals because of it; a document that waits is not counted again.
    """

    tenant_path = "flow__tenant"

    flow = models.ForeignKey(FlowInstance, models.CASCADE, related_name="unknown_values", verbose_name=_("flow"))
    value_map = models.CharField(_("value map"), max_length=80)
    value = models.CharField(_("value"), max_length=200)
    count = models.PositiveIntegerField(_("how often"), default=1)
    last_seen = models.DateTimeField(_("last seen"))

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("unknown value")
        verbose_name_plural = _("unknown values")
        constraints = [models.UniqueConstraint(fields=["flow", "value_map", "value"], name="unknown_value_once")]

    def __str__(self) -> str:
        return f"{self.value_map}: {self.value}"
