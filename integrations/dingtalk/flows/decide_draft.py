"""Decisions of DingTalk approvals to the ERP's drafts (seed 3.4.4.2)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import ConfigurationError
from core.flows.base import Event, EventFlow
from core.flows.context import FlowContext, load
from core.models import FlowInstance
from core.registry import register_flow
from integrations.dingtalk.flows import asking
from integrations.dingtalk.flows.config import DecideDraftForm
from integrations.dingtalk.flows.verdicts import DELETED, verdict_of
from integrations.dingtalk.instance import APPROVED, WITHDRAWN, Instance
from integrations.erp.approvals import DECISION_SECTIONS, Subject, Verdict, apply_decision, find_subject

PUSHES = ("dingtalk.push_approval",)


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
        result = apply_decision(in_company_of(ctx, subject), verdict, subject)
        return result.text


def in_company_of(ctx: FlowContext, subject: Subject) -> FlowContext:
    """The context of the deciding flow of the draft's company: one template may serve several companies.

    Raises ConfigurationError where that company has none, or several: the ERP of another one must not be asked.
    """
    sent = subject.sent
    if sent is None or sent.flow.company_id == ctx.flow.company_id:
        return ctx
    others = FlowInstance.objects.filter(
        tenant_id=ctx.flow.tenant_id, flow_type=ctx.flow.flow_type, company=sent.flow.company, enabled=True
    )
    found = list(others.select_related("tenant")[:2])
    if len(found) == 1:
        return load(found[0], run=ctx.run, recorder=ctx.recorder)
    message = _("Draft %(draft)s belongs to company %(company)s, for which no flow (or more than one) decides.")
    raise ConfigurationError(message % {"draft": subject.draft, "company": sent.flow.company})
