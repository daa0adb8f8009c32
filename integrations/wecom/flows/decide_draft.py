"""Decisions of WeCom on the ERP's drafts (seed 6.4.5.1.3 创建企业微信标准单据审批回调)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from core.alerts import end_alert
from core.connectors.base import FieldInfo
from core.flows import samples
from core.flows.base import Event, EventFlow, Rehearsal, Sample, Section
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.erp import preparation
from integrations.erp.approvals import DECISION_SECTIONS, apply_decision, find_subject, peek_subject, rehearse
from integrations.wecom import reading
from integrations.wecom.flows import deciding
from integrations.wecom.flows.config import DecideDraftForm
from integrations.wecom.flows.push_draft import outdated

PUSH_FLOWS = ["wecom.push_draft"]


@register_flow
class DecideDraft(EventFlow):
    """Approved, refused, withdrawn or deleted in WeCom: the draft's approval request is decided the same way."""

    key, label = "wecom.decide_draft", gettext_lazy("WeCom decisions on ERP drafts")
    description = gettext_lazy("The approval is read again; the ERP's request is decided by that stage's approver.")
    connections = {"erp": "erp.service_layer", "oa": "wecom.oa"}
    sections = DECISION_SECTIONS
    Config = DecideDraftForm

    def handle(self, ctx: FlowContext, event: Event) -> str:
        info, verdict = deciding.ended(ctx, event)
        if verdict is None:
            return deciding.still_open()
        number = reading.named_value(info, ctx.config["key_control"])
        subject = find_subject(ctx, event.target_key, PUSH_FLOWS, draft=number)
        if subject.sent is not None:
            deciding.check_template(subject.sent, str(info.get("template_id") or ""))
        text = apply_decision(ctx, verdict, subject).text
        end_alert(ctx.flow.tenant_id, outdated(event.target_key))
        return text

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """Approvals that were sent, before a callback came."""
        return samples.sent(ctx, PUSH_FLOWS)

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        info, verdict, notes = deciding.for_preview(ctx, sample)
        number = reading.named_value(info, ctx.config["key_control"])
        return rehearse(ctx, verdict, lambda: peek_subject(ctx, verdict.instance_id, PUSH_FLOWS, draft=number), notes)

    def check(self, ctx: FlowContext) -> list[str]:
        return preparation.problems(ctx.erp, deciding.written_back(ctx, ctx.config["draft_set"]))

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return deciding.source_fields()

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return ctx.connector("erp").discover("fields", object=ctx.config["draft_set"])
