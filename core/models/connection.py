"""Connections: a tenant's address and credentials for one connector."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.tenancy import Company, Tenant, TenantQuerySet
from core.security.fields import EncryptedJSONField


class ConnectionStatus(models.TextChoices):
    UNTESTED = "untested", _("Not tested")
    OK = "ok", _("Working")
    BROKEN = "broken", _("Broken")


class Connection(models.Model):
    """``settings`` are plain, ``secrets`` encrypted and write-only; the connector's form says which names exist."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="connections", verbose_name=_("tenant"))
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="connections", verbose_name=_("company")
    )
    name = models.CharField(_("name"), max_length=80)
    connector = models.CharField(_("connector"), max_length=60)
    base_url = models.CharField(_("address"), max_length=300, blank=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = EncryptedJSONField(_("secrets"), default=dict, blank=True)
    verify_tls = models.BooleanField(
        _("verify certificate"), default=True, help_text=_("Switching this off lets others read along.")
    )
    ca_bundle = models.TextField(
        _("CA certificate"), blank=True, help_text=_("PEM text, for a certificate of one's own.")
    )
    proxy = models.CharField(_("proxy"), max_length=300, blank=True)
    max_parallel = models.PositiveSmallIntegerField(
        _("parallel calls"), default=8, validators=[MinValueValidator(1), MaxValueValidator(64)]
    )
    rate_limit = models.PositiveIntegerField(_("calls per second"), default=0, help_text=_("0: no limit."))
    status = models.CharField(
        _("status"), max_length=10, choices=ConnectionStatus.choices, default=ConnectionStatus.UNTESTED
    )
    status_text = models.CharField(_("last answer"), max_length=500, blank=True)
    tested_at = models.DateTimeField(_("tested"), null=True, blank=True)
    broken_at = models.DateTimeField(_("broken since"), null=True, blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["tenant", "name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="connection_name_once")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """``updated_at`` moves with any change: other processes know by it that what they keep is old."""
        if options.get("update_fields") is not None:
            options["update_fields"] = {*options["update_fields"], "updated_at"}
        super().save(*args, **options)
