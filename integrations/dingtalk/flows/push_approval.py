"""ERP drafts that wait for approval to DingTalk (seed 3.4.4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, ConfigurationError, DocumentRejected, NotFound, RetryLater
from core.flows.base import Outgoing, Recall, Receipt, Section, UserField
from core.flows.context import FlowContext
from core.flows.decisions import Sent
from core.registry import register_flow
from integrations.dingtalk.drive import ApprovalDrive
from integrations.dingtalk.errors import Ended
from integrations.dingtalk.flows import template_form
from integrations.dingtalk.flows.approvers import actioners, nodes
from integrations.dingtalk.flows.config import PushApprovalForm
from integrations.dingtalk.flows.originators import department, originator
from integrations.dingtalk.flows.template_form import TemplateForm
from integrations.dingtalk.flows.verdicts import DELETED, verdict_of
from integrations.dingtalk.form.filling import as_text, filled
from integrations.erp import odata
from integrations.erp.approvals import PushApproval, Verdict, attachments
from integrations.erp.entities import table_of

FORM, NUMBERS = "dingtalk form", "dingtalk source numbers"
CREATED_WITHIN = timedelta(hours=1)  # after our attempt began; narrows the search where it is made late
YOUNG_SECONDS = 15.0  # DingTalk does not withdraw approvals younger than this


@register_flow
class PushDraftApproval(PushApproval):
    """Pending approval requests of one document type: each becomes one approval instance.

    The source-number control carries the ApprovalRequest Code, as in the seed: by it an instance is found again when
    the answer to its creation was lost.
    """

    key, label = "dingtalk.push_approval", _("ERP approvals to DingTalk")
    description = _("Drafts with a pending approval request go to DingTalk as approval instances.")
    connections = {"erp": "erp.service_layer", "oa": "dingtalk.oa"}
    Config = PushApprovalForm
    sections = (Section("form", _("Form")), Section("table", _("Table rows"), each="config:lines_name"))
    settle_seconds = 30.0  # a search in a list that is indexed with some delay
    starts_from = "requests"
    decided_by = "dingtalk.decide_draft"
    routers = ("dingtalk.receive_events",)
    seed = "3.4.4.1"

    # -- the source

    def request_filter(self, ctx: FlowContext) -> str:
        of_type = odata.eq("ObjectType", str(ctx.config["object_type_code"]).strip(), odata.STRING)
        return odata.all_of(of_type, ctx.config["filter"])

    def prepare(self, ctx: FlowContext) -> None:
        super().prepare(ctx)
        ctx.extra[FORM] = TemplateForm(ctx.config["process_code"], ctx.config["source_number_control"])
        ctx.extra[NUMBERS] = {}

    def remember(self, ctx: FlowContext, body: dict[str, Any]) -> dict[str, Any]:
        """What a search looks for, as it is sent."""
        config = ctx.config
        known = {"process_code": config["process_code"], "control": config["source_number_control"]}
        try:
            return {**known, "user": originator(ctx, body["ApprovalRequest"].get("OriginatorID"))}
        except DocumentRejected:
            return known  # said when it is delivered

    def mark(self, ctx: FlowContext, recall: Recall) -> dict[str, Any]:
        field = ctx.config["instance_id_field"]
        return {field: recall.target_key} if field else {}

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        field = str(config.get("instance_id_field") or "")
        table = table_of(str(config.get("draft_set") or "Drafts"))
        return [UserField(table, field, "DingTalk approval instance", 64)] if field else []

    # -- the target

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        config, recall = ctx.config, outgoing.recall
        user = recall.get("user") or originator(ctx, recall.get("originator"))
        values, warning = self._values(ctx, outgoing, user)
        number = ctx.oa.create(
            config["process_code"],
            user,
            department(ctx, user),
            values,
            approvers=nodes(config["approvers"]),
            ccList=config["cc"],
            ccPosition=config["cc_position"] if config["cc"] else "",
            targetSelectActioners=actioners(config["select_actioners"]),
        )
        return Receipt(number, note=warning, recall={"warning": warning} if warning else {})

    def _values(self, ctx: FlowContext, outgoing: Outgoing, user: str) -> tuple[list[dict[str, str]], str]:
        """(formComponentValues, a warning where the form could not be read)."""
        template: TemplateForm = ctx.extra[FORM]
        form = template.get(ctx.oa)
        fields = {**(outgoing.payload.get("form") or {}), **self._files(ctx, outgoing, user)}
        fields[template.source_control] = str(outgoing.recall["request"])
        table, rows = ctx.config["table_control"], outgoing.payload.get("table") or []
        if form is None:
            ctx.recorder.add("form not readable", slot="oa", ok=False, output=template.warning())
            return as_text(fields, table, rows), template.warning()
        return filled(form, fields, table, rows), ""

    def _files(self, ctx: FlowContext, outgoing: Outgoing, user: str) -> dict[str, Any]:
        """The draft's files for the control that ``attachments`` names, uploaded in the originator's name."""
        control = ctx.config["attachments"]
        files = attachments(ctx.erp, outgoing.body) if control else []
        drive = ApprovalDrive(ctx.oa, user)
        return {control: [drive.upload(file.name, file.content) for file in files]} if files else {}

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt]:
        """Instances made since our attempt began whose source-number control carries exactly this request's Code."""
        sent, now = recall.recall, timezone.now()
        until = min(now, (recall.sent_at or since) + CREATED_WITHIN)
        users = [sent["user"]] if sent.get("user") else None
        ids = ctx.oa.instance_ids(sent["process_code"], since, until, users=users)
        wanted = str(sent["request"])
        return [Receipt(number) for number in ids if self._source_number(ctx, number, sent["control"]) == wanted]

    def _source_number(self, ctx: FlowContext, number: str, control: str) -> str:
        """What an instance's form says; it never changes, so each is read once a run."""
        known: dict[str, str] = ctx.extra[NUMBERS]
        if number not in known:
            try:
                known[number] = str(ctx.oa.instance(number).form.get(control) or "").strip()
            except NotFound:
                known[number] = ""
        return known[number]

    # -- the decision

    def route(self, config: dict[str, Any]) -> str:
        return str(config.get("process_code") or "")

    def verdict(self, ctx: FlowContext, recall: Recall) -> Verdict | None:
        try:
            return verdict_of(ctx, ctx.oa.instance(recall.target_key))
        except NotFound:
            # Deleted, or another organisation's app: only where the template is ours it is the former.
            ctx.oa.schema(recall.recall["process_code"])
            return Verdict(DELETED, recall.target_key)

    def withdraw(self, ctx: FlowContext, sent: Sent, reason: str) -> None:
        """As its originator. In its first 15 s an instance cannot be withdrawn: later again."""
        user = str(sent.recall.get("user") or "")
        try:
            ctx.oa.terminate(sent.target_key, reason, user)
        except NotFound:
            return
        except Ended as error:
            if ctx.oa.instance(sent.target_key).is_open:
                raise RetryLater(error.message, code=error.code, after=YOUNG_SECONDS) from error

    # -- for the person who sets it up

    def check(self, ctx: FlowContext) -> list[str]:
        found = super().check(ctx) + template_form.problems(ctx.extra[FORM], ctx.oa)
        return found + self._form_problems(ctx) + self._originator_problems(ctx)

    def _form_problems(self, ctx: FlowContext) -> list[str]:
        """Mapped controls that the form does not have, required ones that are not mapped."""
        try:
            form = ctx.extra[FORM].get(ctx.oa)
        except B1FlowError:
            return []
        return [] if form is None else template_form.mapping_problems(form, ctx.config, _targets(ctx))

    def _originator_problems(self, ctx: FlowContext) -> list[str]:
        fallback = ctx.config["originator_user_id"]
        if not fallback:
            return []
        try:
            department(ctx, fallback)
        except (DocumentRejected, ConfigurationError) as error:
            return [error.message]
        return []

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        found = ctx.connector("oa").discover("form", process_code=ctx.config["process_code"])
        table = ctx.config["table_control"] if section.name == "table" else ""
        return [
            field for field in found if field.each == table and (table or field.name != ctx.config["table_control"])
        ]

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        request = [FieldInfo(f"ApprovalRequest.{name}") for name in ("Code", "Remarks", "OriginatorID", "CreationDate")]
        return super().source_fields(ctx, section) + (request if section.name == "form" else [])


def _targets(ctx: FlowContext) -> dict[str, set[str]]:
    """{section: targets of its rows}."""
    return {name: {step.row.target for step in part.steps} for name, part in ctx.mapper.parts.items()}
