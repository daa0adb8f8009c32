"""Runs and their steps."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models.flow import FlowInstance
from core.models.tenancy import TenantQuerySet


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    PARTIAL = "partial", _("Partly")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")


class Trigger(models.TextChoices):
    SCHEDULE = "schedule", _("Schedule")
    MANUAL = "manual", _("By hand")
    RETRY = "retry", _("Retry")
    EVENT = "event", _("Callback")
    REQUEST = "request", _("API call")
    RECONCILE = "reconcile", _("Reconciling")


class FlowRun(models.Model):
    """One execution. ``scheduled_for`` is copied from the due row, null for all others: unique per flow.

    ``params``: {"keys": [...]} limits a retry to documents; {"dry_run": true} sends nothing.
    """

    tenant_path = "flow__tenant"

    flow = models.ForeignKey(FlowInstance, models.CASCADE, related_name="runs", verbose_name=_("flow"))
    trigger = models.CharField(_("trigger"), max_length=10, choices=Trigger.choices, default=Trigger.SCHEDULE)
    scheduled_for = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    fence = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    params = models.JSONField(default=dict, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    queued_at = models.DateTimeField(_("queued"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    total = models.PositiveIntegerField(_("documents"), default=0)
    succeeded = models.PositiveIntegerField(_("succeeded"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    held = models.PositiveIntegerField(_("held"), default=0)
    message = models.CharField(_("message"), max_length=1000, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [models.UniqueConstraint(fields=["flow", "scheduled_for"], name="run_once_a_tick")]
        indexes = [
            models.Index(fields=["queued_at"], condition=Q(ended_at__isnull=True), name="run_open"),
            models.Index(fields=["flow", "-queued_at"], name="run_of_flow"),
            models.Index(fields=["-queued_at"], name="run_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.flow} #{self.pk}"

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return round((self.ended_at - self.started_at).total_seconds(), 3)


class RunStep(models.Model):
    """One call inside a run, redacted and cut; written in bulk only. ``input``/``output`` are JSON or plain text."""

    tenant_path = "run__flow__tenant"

    run = models.ForeignKey(FlowRun, models.CASCADE, related_name="steps", verbose_name=_("run"))
    delivery = models.ForeignKey(
        "core.Delivery", models.SET_NULL, null=True, related_name="steps", verbose_name=_("delivery"), db_index=False
    )
    slot = models.CharField(_("system"), max_length=30, blank=True)
    name = models.CharField(_("step"), max_length=200)
    ok = models.BooleanField(_("ok"), default=True)
    ms = models.FloatField(_("milliseconds"), default=0)
    input = models.TextField(_("input"), blank=True)
    output = models.TextField(_("output"), blank=True)
    at = models.DateTimeField(_("time"))

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["pk"]
        indexes = [models.Index(fields=["delivery"], condition=Q(delivery__isnull=False), name="step_of_delivery")]

    def __str__(self) -> str:
        return self.name
