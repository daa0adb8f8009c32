"""Decisions of DingTalk approvals to the ERP's drafts (seed 3.4.4.2)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.flows import samples
from core.flows.base import Event, EventFlow, Rehearsal, Sample, Section, UserField
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.dingtalk.flows import asking
from integrations.dingtalk.flows.config import DecideDraftForm
from integrations.dingtalk.flows.routed_forms import routed_forms
from integrations.dingtalk.flows.verdicts import DELETED, verdict_of
from integrations.dingtalk.instance import APPROVED, WITHDRAWN, Instance
from integrations.erp import preparation
from integrations.erp.approvals import (
    DECISION_SECTIONS,
    Verdict,
    apply_decision,
    find_subject,
    peek_subject,
    rehearse,
)
from integrations.erp.entities import table_of

PUSHES = ("dingtalk.push_approval",)
SOURCES = (
    ("decision", gettext_lazy("Decision: approved or refused")),
    ("approver", gettext_lazy("Last approver (user id)")),
    ("approvers", gettext_lazy("All approvers (user ids)")),
    ("remark", gettext_lazy("Remark of the last approver")),
    ("time", gettext_lazy("Time of the decision")),
    ("instance_id", gettext_lazy("Approval instance")),
    ("url", gettext_lazy("Address of the approval")),
)


@register_flow
class DecideDraft(EventFlow):
    """Agreed, refused, withdrawn or deleted: the pending ApprovalRequest is decided, the draft written."""

    key, label = "dingtalk.decide_draft", gettext_lazy("DingTalk decisions to ERP drafts")
    description = gettext_lazy("Reads the approval again and decides the ERP's pending approval request with it.")
    connections = {"erp": "erp.service_layer", "oa": "dingtalk.oa"}
    Config = DecideDraftForm
    sections = DECISION_SECTIONS
    seed = "3.4.4.2"

    def handle(self, ctx: FlowContext, event: Event) -> str:
        try:
            instance = asking.instance_of(ctx, event)
        except asking.StillRunning as running:
            return f"{running} {_('Left to the check for missing decisions.')}"
        if instance is None:
            return self._decide(ctx, Verdict(DELETED, event.target_key), Instance(event.target_key))
        if instance.revokes:
            return self._revoked(ctx, instance)
        verdict = verdict_of(ctx, instance)
        return self._decide(ctx, verdict, instance) if verdict else ""

    def _revoked(self, ctx: FlowContext, instance: Instance) -> str:
        """The end of an instance that takes back an approved one; only an agreed one does."""
        if instance.outcome != APPROVED or not instance.main_id:
            return _("The revocation of %(id)s was not agreed: nothing changes.") % {"id": instance.main_id}
        return self._decide(ctx, Verdict(WITHDRAWN, instance.main_id), Instance(instance.main_id, form=instance.form))

    def _decide(self, ctx: FlowContext, verdict: Verdict, instance: Instance) -> str:
        control = ctx.config["source_number_control"]
        subject = find_subject(ctx, instance.id, PUSHES, request=instance.form.get(control))
        return apply_decision(ctx, verdict, subject).text

    # -- for the person who sets it up

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """Approvals that were sent, before a callback came."""
        return samples.sent(ctx, PUSHES)

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        """The approval as it is now; one that is open is shown as if it had been agreed."""
        instance, notes = asking.for_preview(ctx, sample)
        if instance.revokes:
            instance, verdict = Instance(instance.main_id, form=instance.form), Verdict(WITHDRAWN, instance.main_id)
        else:
            verdict = verdict_of(ctx, instance) or Verdict(APPROVED, instance.id, form=instance.form, url=instance.url)
        code = instance.form.get(ctx.config["source_number_control"])
        return rehearse(ctx, verdict, lambda: peek_subject(ctx, instance.id, PUSHES, request=code), notes)

    def check(self, ctx: FlowContext) -> list[str]:
        """The user fields that the decision is written back to."""
        table = table_of(ctx.config["draft_set"])
        targets = {step.row.target for part in ctx.mapper.parts.values() for step in part.steps}
        return preparation.problems(ctx.erp, [UserField(table, name) for name in sorted(targets)])

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        labels = dict.fromkeys(c.labels[0] for form in routed_forms(ctx) for c in form.controls if not c.is_note)
        return [FieldInfo(name, str(label)) for name, label in SOURCES] + [FieldInfo(f"form.{name}") for name in labels]

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return ctx.connector("erp").discover("fields", object=ctx.config["draft_set"])
