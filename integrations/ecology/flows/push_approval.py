"""ERP drafts that wait for approval become e-cology requests (seed 2.4.6.3.1 ERP审批同步到OA)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, DocumentRejected, NotFound, OutcomeUnknown
from core.flows.base import Outgoing, Recall, Receipt, Section, UserField
from core.flows.context import FlowContext
from core.flows.decisions import Sent
from core.mapping.builtin import template
from core.models import Delivery
from core.models.delivery import DecisionState
from core.registry import register_flow
from integrations.ecology import request_state
from integrations.ecology.flows.config import PushApprovalForm
from integrations.ecology.request_form import Field
from integrations.erp.approvals import PushApproval, Verdict, attachments
from integrations.erp.entities import table_of

MAIN, DETAIL = "mainData", "detailData"
REQUEST_FIELDS = ("Code", "Remarks", "OriginatorID", "CreationDate")
REMEMBERED = timedelta(days=7)
WITHDRAWN_REMARK = "ERP单据已修改，本流程作废"


@register_flow
class PushEcologyApproval(PushApproval):
    """Each submission of a draft one request; its number is written back into the draft."""

    key, label = "ecology.push_approval", gettext_lazy("ERP approvals to e-cology")
    description = gettext_lazy("Drafts with a pending approval become workflow requests of the OA.")
    connections = {"erp": "erp.service_layer", "oa": "ecology.oa"}
    sections = (
        Section(MAIN, gettext_lazy("Main table"), optional=False),
        Section(DETAIL, gettext_lazy("Detail table"), each="config:lines_name"),
    )
    Config = PushApprovalForm
    decided_by = "ecology.receive_decision"
    settle_seconds = 20.0  # the lists are searched

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        number = UserField(table_of(config["draft_set"]), config["request_id_field"], "OA request id", 30)
        return [*super().required_user_fields(config), number]

    def prepare(self, ctx: FlowContext) -> None:
        super().prepare(ctx)
        ctx.extra["superseded"] = superseded(ctx.flow.pk)

    # -- sending

    def remember(self, ctx: FlowContext, body: dict[str, Any]) -> dict[str, Any]:
        title = template(None, ctx.config["request_name"], ctx.mapper.scope(body))
        return {"title": title, "workflow": ctx.config["workflow_id"]}

    def mark(self, ctx: FlowContext, recall: Recall) -> dict[str, Any]:
        return {ctx.config["synced_field"]: "Y", ctx.config["request_id_field"]: recall.target_key}

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        recall, table = outgoing.recall, ctx.config["detail_table"]
        main = {**outgoing.payload[MAIN], **self._files(ctx, outgoing)}
        details = {table: outgoing.payload[DETAIL]} if table else {}
        self._withdraw_older(ctx, recall["draft"])
        return Receipt(ctx.oa.create_request(recall["workflow"], recall["title"], main, details))

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt] | None:
        rows = ctx.oa.find_requests(recall.recall["workflow"], recall.recall["title"], since)
        return [Receipt(str(row["requestId"])) for row in rows] or None

    def _files(self, ctx: FlowContext, outgoing: Outgoing) -> dict[str, Any]:
        field = ctx.config["attachments"]
        if not field:
            return {}
        files = [
            {"filePath": f"base64:{base64.b64encode(file.content).decode()}", "fileName": file.name}
            for file in attachments(ctx.erp, outgoing.body)
        ]
        return {field: files} if files else {}

    # -- what is out of date

    def _withdraw_older(self, ctx: FlowContext, draft: int) -> None:
        """A request whose decision did not count (the draft was edited) is taken back before the new one is made.

        Not at once: then the OA is in the middle of telling us its decision.
        """
        number = ctx.extra["superseded"].pop(str(draft), "")
        if number:
            self._take_back(ctx, number, tolerated=(DocumentRejected, NotFound, OutcomeUnknown))

    def withdraw(self, ctx: FlowContext, sent: Sent, reason: str) -> None:
        self._take_back(ctx, sent.target_key, tolerated=(DocumentRejected, NotFound))

    def _take_back(self, ctx: FlowContext, number: str, *, tolerated: tuple[type[B1FlowError], ...]) -> None:
        """e-cology allows it until somebody has handled the request: else it stays there, and its decision is void."""
        try:
            ctx.oa.withdraw(number, WITHDRAWN_REMARK)
        except tolerated as error:
            ctx.recorder.add(f"request {number} could not be withdrawn", ok=False, output=str(error))

    # -- what became of it

    def verdict(self, ctx: FlowContext, recall: Recall) -> Verdict | None:
        number = recall.target_key
        try:
            node_type = str(ctx.oa.request_status(number).get("currentNodeType", ""))
        except NotFound:
            return Verdict("deleted", number)
        if not request_state.has_ended(node_type):
            return None
        return request_state.verdict(number, node_type, ctx.oa.logs(number))

    # -- before it is switched on

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        request = [FieldInfo(f"ApprovalRequest.{name}") for name in REQUEST_FIELDS]
        return super().source_fields(ctx, section) + (request if section.name == MAIN else [])

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        table = ctx.config["detail_table"] if section.name == DETAIL else ""
        form = ctx.connector("oa").discover("form", workflow_id=ctx.config["workflow_id"])
        return [field for field in form if field.each == table and (table or section.name == MAIN)]

    def check(self, ctx: FlowContext) -> list[str]:
        problems = super().check(ctx)
        try:
            form = ctx.oa.form(ctx.config["workflow_id"])
        except B1FlowError as error:
            return [*problems, error.message]
        return problems + list(form_problems(ctx, form))


def superseded(flow_id: int) -> dict[str, str]:
    """{draft: its newest request whose decision did not count}."""
    rows = Delivery.objects.filter(
        flow_id=flow_id,
        decision_state=DecisionState.SUPERSEDED,
        target_key__isnull=False,
        updated_at__gte=timezone.now() - REMEMBERED,
    )
    return {draft: str(number) for draft, number in rows.order_by("pk").values_list("label", "target_key")}


def form_problems(ctx: FlowContext, form: list[Field]) -> Iterator[str]:
    """Where mapping and OA form do not fit: an unknown field refuses the whole request, a missing one too."""
    table = ctx.config["detail_table"]
    tables = {field.table for field in form if field.table}
    if table and table not in tables:
        yield _("The form has no detail table %(name)s; it has: %(known)s") % {
            "name": table,
            "known": ", ".join(sorted(tables)) or "-",
        }
    if not table and ctx.mapper.parts[DETAIL].steps:
        yield _("Lines are mapped, but detail_table is empty: enter the form's detail table.")
    extra = {ctx.config["attachments"]} - {""}
    yield from _section_problems(ctx, MAIN, [field for field in form if not field.table], extra)
    if table in tables:
        yield from _section_problems(ctx, DETAIL, [field for field in form if field.table == table], set())


def _section_problems(ctx: FlowContext, section: str, fields: list[Field], extra: set[str]) -> Iterator[str]:
    mapped = {step.row.target for step in ctx.mapper.parts[section].steps} | extra
    if section == DETAIL and not mapped:
        return
    known = {field.name for field in fields}
    for name in sorted(mapped - known):
        yield _("%(section)s: the OA form has no field %(name)s") % {"section": section, "name": name}
    for field in fields:
        if field.required and field.name not in mapped:
            place = {"section": section, "name": field.name, "label": field.label}
            yield _("%(section)s: the OA form requires %(name)s (%(label)s): map it") % place
