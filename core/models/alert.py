"""Alerts: what a person must know, and where to tell it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.tenancy import Tenant, TenantQuerySet
from core.security.fields import EncryptedJSONField


class AlertChannel(models.Model):
    """Where a tenant is told: ``kind`` is a key of ``core.alerts.senders()``; ``target`` an address (encrypted)."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="alert_channels", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=30)
    target = EncryptedJSONField(
        _("address"), help_text=_("E-mail addresses (comma), or the robot's webhook address. Not shown again.")
    )
    secret = EncryptedJSONField(_("signing secret"), default="", blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet to"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert channel")
        verbose_name_plural = _("alert channels")
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="alert_channel_once")]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """One open or ended matter. ``subject`` tells matters apart (flow:12:failing): one open row each."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="alerts", verbose_name=_("tenant"))
    subject = models.CharField(_("subject"), max_length=120)
    text = models.CharField(_("text"), max_length=500)
    count = models.PositiveIntegerField(_("times"), default=1)
    opened_at = models.DateTimeField(_("since"), auto_now_add=True)
    told_at = models.DateTimeField(_("told"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end_told = models.BooleanField(default=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "subject"], condition=models.Q(ended_at__isnull=True), name="alert_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.text
