"""Decisions of WeCom on documents that are no drafts (seed 6.4.5.2.3 创建企业微信自定义单据审批回调)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.flows import samples
from core.flows.base import Event, EventFlow, Rehearsal, Sample, Section, UserField
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.erp import preparation
from integrations.erp.approvals import DECISION_SECTIONS
from integrations.erp.entities import table_of
from integrations.wecom import reading
from integrations.wecom.flows import deciding, documents
from integrations.wecom.flows.config import DecideDocumentForm


@register_flow
class DecideDocument(EventFlow):
    """Approved or refused in WeCom: the document's status field says so."""

    key, label = "wecom.decide_document", gettext_lazy("WeCom decisions on ERP documents")
    description = gettext_lazy("The approval is read again; its outcome is written into the document.")
    connections = {"erp": "erp.service_layer", "oa": "wecom.oa"}
    sections = DECISION_SECTIONS
    Config = DecideDocumentForm

    def handle(self, ctx: FlowContext, event: Event) -> str:
        info, verdict = deciding.ended(ctx, event)
        if verdict is None:
            return deciding.still_open()
        number = reading.named_value(info, ctx.config["key_control"])
        template_id = str(info.get("template_id") or "")
        return documents.decide(ctx, verdict, documents.find_subject(ctx, event.target_key, number, template_id))

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """Approvals that were sent, before a callback came."""
        return samples.sent(ctx, documents.PUSH_FLOWS)

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        info, verdict, notes = deciding.for_preview(ctx, sample)
        number = reading.named_value(info, ctx.config["key_control"])
        return Rehearsal(verdict.source({}), lambda: documents.planned(ctx, verdict, number, notes))

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        return [UserField(table_of(config["object_type"]), config["status_field"], "Decision in WeCom", 10)]

    def check(self, ctx: FlowContext) -> list[str]:
        fields = self.required_user_fields(ctx.config) + deciding.written_back(ctx, ctx.config["object_type"])
        return preparation.problems(ctx.erp, fields)

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return deciding.source_fields()
