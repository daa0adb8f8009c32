"""The delivery ledger: one row for one document in one flow."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models.flow import FlowInstance
from core.models.run import FlowRun
from core.models.tenancy import TenantQuerySet


class DeliveryState(models.TextChoices):
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered, not yet marked")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed, will be tried again")
    REFUSED = "refused", _("Refused")
    UNCERTAIN = "uncertain", _("Uncertain")
    HELD = "held", _("Waits for a person")
    DEAD = "dead", _("Given up")


OPEN_STATES = (
    DeliveryState.SENDING,
    DeliveryState.DELIVERED,
    DeliveryState.FAILED,
    DeliveryState.UNCERTAIN,
)
NEEDS_PERSON = (DeliveryState.HELD, DeliveryState.DEAD)


class Decision(models.TextChoices):
    """What became of an approval over there."""

    NONE = "", _("Open")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DELETED = "deleted", _("Deleted")


class DecisionState(models.TextChoices):
    """Whether the decision took effect here."""

    NONE = "", _("None expected")
    PENDING = "pending", _("Pending")
    DECIDING = "deciding", _("Being applied")
    APPLIED = "applied", _("Applied")
    SUPERSEDED = "superseded", _("Not applied: the document was changed")
    CONFLICT = "conflict", _("Conflict: a person must look")


class Delivery(models.Model):
    """A row of the ledger. Written by conditional ``update()`` only, never by ``save()``.

    key         what the source is, in the words of the flow type; unique with ``generation``
    generation  counts sendings of the same key after a closed decision (refused, withdrawn, deleted)
    fingerprint of the mapped payload and the fields the flow decides on, as sent last
    attempt     +1 with each claim: the fence of the row
    sent_at     when the last claim was committed: nothing was sent before it
    due_at      null: the runner has nothing to do
    decide_at   null: no decision is expected; else when to ask for it next
    suspect     was in flight when a process died or an answer was lost: sent alone the next time
    target_key  number of the created object; ``owns_target``: no other delivery of the flow may have it
    recall      what acknowledge and find_delivered need when the source no longer shows the document
    answer      what a repeated API call is answered
    payload     as sent, where a person may have to compare it later
    """

    tenant_path = "flow__tenant"

    flow = models.ForeignKey(
        FlowInstance, models.PROTECT, related_name="deliveries", verbose_name=_("flow"), db_index=False
    )
    key = models.CharField(_("source key"), max_length=120)
    generation = models.PositiveSmallIntegerField(_("generation"), default=1)
    label = models.CharField(_("document"), max_length=120, blank=True)
    fingerprint = models.CharField(max_length=32, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.SENDING)
    attempt = models.IntegerField(_("attempt"), default=1)
    failures = models.PositiveSmallIntegerField(_("failures"), default=0)
    suspect = models.BooleanField(default=False)
    crashes = models.PositiveSmallIntegerField(_("crashes"), default=0)
    mark_attempts = models.PositiveIntegerField(_("failed marks"), default=0)
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    absent_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    target_key = models.CharField(_("target key"), max_length=160, null=True)
    owns_target = models.BooleanField(default=True)
    recall = models.JSONField(default=dict)
    payload = models.JSONField(null=True)
    answer = models.JSONField(null=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    changed_after = models.BooleanField(_("changed after sending"), default=False)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    decision_state = models.CharField(_("decision state"), max_length=12, choices=DecisionState.choices, blank=True)
    decision_text = models.CharField(_("about the decision"), max_length=500, blank=True)
    decide_at = models.DateTimeField(null=True)
    run = models.ForeignKey(
        FlowRun, models.SET_NULL, null=True, related_name="deliveries", verbose_name=_("last run"), db_index=False
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["flow", "key", "generation"], name="delivery_once"),
            models.UniqueConstraint(
                fields=["flow", "target_key"],
                condition=Q(target_key__isnull=False, owns_target=True),
                name="delivery_target_once",
            ),
            models.CheckConstraint(
                name="delivery_open_has_due",
                condition=Q(state__in=[s.value for s in OPEN_STATES], due_at__isnull=False)
                | (~Q(state__in=[s.value for s in OPEN_STATES]) & Q(due_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="delivery_delivered_has_target",
                condition=~Q(state="delivered") | Q(target_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["flow", "due_at"], condition=Q(due_at__isnull=False), name="delivery_due"),
            models.Index(fields=["flow", "decide_at"], condition=Q(decide_at__isnull=False), name="delivery_decide"),
            models.Index(fields=["target_key"], condition=Q(target_key__isnull=False), name="delivery_target"),
            models.Index(fields=["flow", "-updated_at"], name="delivery_newest"),
            models.Index(fields=["run"], condition=Q(run__isnull=False), name="delivery_of_run"),
            models.Index(fields=["label"], name="delivery_label"),
            models.Index(fields=["state", "-updated_at"], name="delivery_state"),
        ]

    def __str__(self) -> str:
        return self.label or self.key
