"""Decisions of e-cology on drafts of the ERP (seed 2.4.6.3.2 OA审批结果接收). One address for all document types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, DocumentRejected, NotFound
from core.flows import samples
from core.flows.base import Rehearsal, RequestFlow, Sample, Section, UserField
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.ecology import decision, inbound, replies
from integrations.ecology.decision import Decided
from integrations.ecology.flows import example
from integrations.ecology.flows.config import ReceiveDecisionForm
from integrations.ecology.inbound import BadBody
from integrations.ecology.replies import Reply
from integrations.erp import preparation
from integrations.erp.approvals import (
    DECISION_SECTIONS,
    Result,
    Subject,
    apply_decision,
    draft_of_field,
    find_subject,
    peek_subject,
    rehearse,
)
from integrations.erp.entities import table_of

PUSH_FLOWS = ["ecology.push_approval"]
# Of a decision that was not applied.
CODES = {
    "edited": 40905,
    "not_pending": 40402,
    "opposite": 40904,
    "stage": 40906,
    "withdrawn_late": 40904,
}
SOURCES = (
    ("decision", gettext_lazy("Decision: approved or refused")),
    ("approver", gettext_lazy("Approver")),
    ("time", gettext_lazy("Time of the decision")),
    ("remark", gettext_lazy("Remark, with approver and time")),
    ("oa_remark", gettext_lazy("Remark as it was written")),
    ("instance_id", gettext_lazy("Request id")),
)


@register_flow
class ReceiveDecision(RequestFlow):
    """The draft is found by the request id, its pending approval is decided, the OA is told what became of it."""

    key, label = "ecology.receive_decision", gettext_lazy("e-cology decisions to the ERP")
    description = gettext_lazy("Approved or refused in the OA: the ERP's approval request is decided the same way.")
    connections = {"erp": "erp.service_layer"}
    sections = DECISION_SECTIONS
    Config = ReceiveDecisionForm

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return [FieldInfo(name, str(label)) for name, label in SOURCES]

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return ctx.connector("erp").discover("fields", object=ctx.config["draft_set"])

    def check(self, ctx: FlowContext) -> list[str]:
        """The user fields that the decision is written back to."""
        table = table_of(ctx.config["draft_set"])
        targets = {step.row.target for part in ctx.mapper.parts.values() for step in part.steps}
        return preparation.problems(ctx.erp, [UserField(table, name) for name in sorted(targets)])

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """The approval of each request that was sent; without one, of request 1."""
        known = samples.sent(ctx, PUSH_FLOWS)
        made = [
            Sample(each.key, _("Example: %(request)s approved") % {"request": each.label},
                   example.decision(ctx, each.event.target_key if each.event else ""))
            for each in known
        ]  # fmt: skip
        return made or [Sample("example", _("Example"), example.decision(ctx, "1"))]

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        try:
            decided = decision.read(sample.body, ctx.config["approve_values"], ctx.config["refuse_values"])
        except BadBody as error:
            raise DocumentRejected(str(error), code=error.code) from error
        return rehearse(ctx, decided.verdict(), lambda: _subject(ctx, decided, peek_subject), notes=[])

    def refusal(self, answer: Any) -> str:
        return replies.reason(answer)

    def handle(self, ctx: FlowContext, payload: Any) -> Reply:
        return replies.traced(self._handled(ctx, payload), ctx.run)

    def _handled(self, ctx: FlowContext, payload: Any) -> Reply:
        number = ""
        try:
            number = inbound.request_id(payload)
            decided = decision.read(payload, ctx.config["approve_values"], ctx.config["refuse_values"])
            subject = _subject(ctx, decided)
            return _reply(apply_decision(ctx, decided.verdict(), subject), subject, number)
        except BadBody as error:
            return replies.refused(error.code, str(error), number)
        except B1FlowError as error:
            return replies.failed(error, number)


def _subject(ctx: FlowContext, decided: Decided, find: Callable[..., Subject] = find_subject) -> Subject:
    """The draft, by the ledger, else by the field that holds the request id. Raises NotFound, BadBody."""
    field = ctx.config["request_id_field"]
    try:
        subject = find(
            ctx, decided.request_id, PUSH_FLOWS, draft=lambda: draft_of_field(ctx, field, decided.request_id)
        )
    except DocumentRejected as error:
        raise BadBody(40903, error.message) from error
    except NotFound as error:
        text = _("no draft of the ERP belongs to request %(number)s") % {"number": decided.request_id}
        raise NotFound(text) from error
    _check_object(ctx, decided, subject)
    return subject


def _check_object(ctx: FlowContext, decided: Decided, subject: Subject) -> None:
    """objType is optional; a wrong one means that the OA's action is attached to the wrong workflow."""
    if not decided.object_type:
        return
    known = str((subject.sent.recall.get("approval") or {}).get("ObjectType") or "") if subject.sent else ""
    if not known:
        draft = ctx.erp.get(subject.draft_set, subject.draft, select="DocEntry,DocObjectCode")
        known = str(draft.get("DocObjectCode") or "")
    if known and known != decided.object_type:
        names = {"draft": subject.draft, "known": known, "sent": decided.object_type}
        raise BadBody(40002, _("draft %(draft)s is of type %(known)s, not %(sent)s") % names)


def _reply(result: Result, subject: Subject, number: str) -> Reply:
    about: dict[str, Any] = {"draftEntry": subject.draft, "approvalCode": subject.request or None}
    if result.ok or result.state == "ignored":
        reply = replies.accepted(number, **about)
        return {**reply, "message": result.text or "OK", "duplicate": result.state == "already"}
    return replies.refused(CODES.get(result.reason, 40904), result.text, number, **about)
