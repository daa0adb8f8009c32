"""Flows: a tenant's configured, switchable copies of a template."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models.connection import Connection
from core.models.template import FlowTemplate
from core.models.tenancy import Company, Tenant, TenantQuerySet


class FlowInstance(models.Model):
    """A flow.

    ``state``: JSON that only the runner writes (cursor, first enabling). ``next_run_at`` null: not scheduled.
    ``fence``/``lease_until``/``lease_holder``: who runs it now ("host:pid:start of process"); compared and
    written with the database's clock only.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="flows", verbose_name=_("tenant"))
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="flows", verbose_name=_("company")
    )
    name = models.CharField(_("name"), max_length=120)
    flow_type = models.CharField(_("flow type"), max_length=80)
    template = models.ForeignKey(
        FlowTemplate, models.PROTECT, null=True, blank=True, related_name="flows", verbose_name=_("template")
    )
    config = models.JSONField(_("global config"), default=dict, blank=True)
    schedule = models.JSONField(_("schedule"), default=dict, blank=True)
    enabled = models.BooleanField(_("enabled"), default=False)
    endpoint_key = models.CharField(
        _("endpoint key"),
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]{16,64}$", _("16 to 64 letters, digits, _ or -."))],
    )
    next_run_at = models.DateTimeField(_("next run"), null=True, blank=True)
    fence = models.BigIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_holder = models.CharField(max_length=120, blank=True, editable=False)
    state = models.JSONField(default=dict, editable=False)
    failures_in_a_row = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    paused = models.CharField(
        _("paused"), max_length=300, blank=True, editable=False, help_text=_("Why the platform holds this flow.")
    )
    paused_by = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, editable=False, related_name="paused_flows"
    )
    first_enabled_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("flow")
        verbose_name_plural = _("flows")
        ordering = ["tenant", "name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="flow_name_once")]
        indexes = [
            models.Index(fields=["next_run_at"], condition=Q(next_run_at__isnull=False), name="flow_due"),
        ]

    def __str__(self) -> str:
        return self.name


class FlowConnection(models.Model):
    """Which connection a flow uses for a slot that its type declares."""

    tenant_path = "flow__tenant"

    flow = models.ForeignKey(FlowInstance, models.CASCADE, related_name="bindings", verbose_name=_("flow"))
    slot = models.CharField(_("slot"), max_length=30)
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="bindings", verbose_name=_("connection"))

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("flow connection")
        verbose_name_plural = _("flow connections")
        constraints = [models.UniqueConstraint(fields=["flow", "slot"], name="slot_once")]

    def __str__(self) -> str:
        return f"{self.slot}: {self.connection}"


class FlowRoute(models.Model):
    """From a callback router: events of this template id / process code go to ``target``."""

    tenant_path = "flow__tenant"

    flow = models.ForeignKey(FlowInstance, models.CASCADE, related_name="routes", verbose_name=_("flow"))
    match = models.CharField(_("template id / process code"), max_length=120)
    target = models.ForeignKey(FlowInstance, models.PROTECT, related_name="routed_from", verbose_name=_("target flow"))

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        constraints = [models.UniqueConstraint(fields=["flow", "match"], name="route_once")]

    def __str__(self) -> str:
        return f"{self.match} -> {self.target}"
