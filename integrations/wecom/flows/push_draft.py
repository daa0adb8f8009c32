"""ERP drafts that wait for approval become WeCom approvals (seed 6.4.5.1.1 创建采购申请审批同步流)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.alerts import raise_alert
from core.connectors.base import FieldInfo
from core.errors import NotFound
from core.flows.base import Outgoing, Recall, Receipt, Section
from core.flows.context import FlowContext
from core.flows.decisions import Sent
from core.registry import register_flow
from integrations.erp.approvals import PushApproval, Request, Verdict
from integrations.wecom import reading
from integrations.wecom.decision import verdict_of
from integrations.wecom.filling import FORM, TABLE
from integrations.wecom.flows import submitting
from integrations.wecom.flows.config import PushDraftForm

NUMBER = "DocEntry"


@register_flow
class PushDraft(PushApproval):
    """Each submission of a draft one approval, once the request has reached a stage that WeCom decides."""

    key, label = "wecom.push_draft", gettext_lazy("ERP drafts to WeCom approvals")
    description = gettext_lazy("Drafts with a pending approval become approvals in WeCom; the decision comes back.")
    connections = {"erp": "erp.service_layer", "oa": "wecom.oa"}
    sections = (
        Section(FORM, gettext_lazy("Form"), optional=False),
        Section(TABLE, gettext_lazy("Table"), each="config:lines_name"),
    )
    Config = PushDraftForm
    reads_details = True
    decided_by = "wecom.decide_draft"
    routers = ("wecom.receive_events",)
    settle_seconds = 20.0  # a list is searched, its index may be late

    def wants(self, ctx: FlowContext, request: Request) -> bool:
        """Does one of the named users have to decide at the present stage?"""
        ids = ctx.config["stage_approver_ids"]
        return not ids or any(str(user) in ids for user in request.waiting())

    def remember(self, ctx: FlowContext, body: dict[str, Any]) -> dict[str, Any]:
        originator = body["ApprovalRequest"].get("OriginatorID")
        return submitting.remembered(ctx, originator, body, NUMBER)

    def route(self, config: dict[str, Any]) -> str:
        return str(config["template_id"])

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        return submitting.submit(ctx, outgoing)

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt] | None:
        return submitting.find(ctx, recall, since) or None

    def verdict(self, ctx: FlowContext, recall: Recall) -> Verdict | None:
        return verdict_of(ctx.oa.approval(recall.target_key), recall.target_key, ctx.zone)

    def withdraw(self, ctx: FlowContext, sent: Sent, reason: str) -> None:
        """WeCom lets only the applicant withdraw: a person is told of an approval that nobody should decide now."""
        try:
            is_open = reading.status_of(ctx.oa.approval(sent.target_key)) == reading.OPEN
        except NotFound:
            return
        if is_open:
            text = _("WeCom approval %(number)s of draft %(draft)s is out of date: ask the applicant to withdraw it.")
            values = {"number": sent.target_key, "draft": sent.label}
            raise_alert(ctx.flow.tenant_id, outdated(sent.target_key), f"{text % values} {reason}")

    def check(self, ctx: FlowContext) -> list[str]:
        return super().check(ctx) + submitting.problems(ctx, NUMBER)

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return submitting.target_fields(ctx, section)


def outdated(number: str) -> str:
    """The subject of that alert."""
    return f"wecom:{number}:outdated"
