"""Inbound events: stored callbacks. The row is the queue, the task only the doorbell."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models.delivery import Delivery
from core.models.flow import FlowInstance
from core.models.run import FlowRun
from core.models.tenancy import TenantQuerySet


class EventState(models.TextChoices):
    RECEIVED = "received", _("Received")
    PROCESSING = "processing", _("Processing")
    PROCESSED = "processed", _("Processed")
    FAILED = "failed", _("Failed, will be tried again")
    DEAD = "dead", _("Given up")
    IGNORED = "ignored", _("Ignored")
    UNREADABLE = "unreadable", _("Unreadable")


class InboundEvent(models.Model):
    """``event_id`` is the vendor's, or made from the parts that tell two events apart: unique per flow.

    ``route`` is the template id / process code; ``body`` the decoded payload, ``raw`` the text where it could
    not be read. ``due_at`` null: nothing to do.
    """

    tenant_path = "flow__tenant"

    flow = models.ForeignKey(FlowInstance, models.CASCADE, related_name="events", verbose_name=_("flow"))
    event_id = models.CharField(_("event"), max_length=160)
    kind = models.CharField(_("kind"), max_length=80, blank=True)
    route = models.CharField(_("route"), max_length=120, blank=True)
    target_key = models.CharField(_("instance"), max_length=160, blank=True)
    body = models.JSONField(_("content"), default=dict)
    raw = models.TextField(_("as received"), blank=True)
    state = models.CharField(_("state"), max_length=12, choices=EventState.choices, default=EventState.RECEIVED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), null=True)
    claimed_until = models.DateTimeField(null=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    delivery = models.ForeignKey(
        Delivery, models.SET_NULL, null=True, related_name="events", verbose_name=_("delivery")
    )
    run = models.ForeignKey(FlowRun, models.SET_NULL, null=True, related_name="events", verbose_name=_("last run"))
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    processed_at = models.DateTimeField(_("processed"), null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["flow", "event_id"], name="event_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="event_due"),
            models.Index(fields=["-received_at"], name="event_newest"),
        ]

    def __str__(self) -> str:
        return self.event_id
