"""From a verdict of the OA to the ERP: decide the pending request, write back, post; each thing once.

Whatever was done before (by us before a crash, by a person in the ERP) is seen in the request's lines: the same is a
success, other is a conflict for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from core.alerts import raise_alert
from core.errors import DocumentRejected, NotFound, OutcomeUnknown, RetryLater
from core.flows.context import FlowContext
from core.flows.decisions import AlreadyDecided, Sent, deciding, forget_mark
from core.models import Delivery
from core.models.delivery import Decision, DecisionState
from integrations.erp.approvals import comparing, requests
from integrations.erp.approvals.companies import in_company_of
from integrations.erp.approvals.requests import Request
from integrations.erp.approvals.subject import Subject
from integrations.erp.approvals.verdict import APPROVED, DELETED, REFUSED, Result, Verdict
from integrations.erp.client import ServiceLayerClient

Withdraw = Callable[[Sent, str], None]
WITHDRAWN_REMARK, DELETED_REMARK = "发起人撤销", "审批单已删除"
TRANSFERS, POSTING = "StockTransferDrafts", "SaveDraftToDocument"


def apply_decision(ctx: FlowContext, verdict: Verdict, subject: Subject, *, withdraw: Withdraw | None = None) -> Result:
    """Carry out what the OA decided about this draft. ``ctx`` is the deciding flow's (of whatever company).

    ``withdraw(sent, reason)`` takes the OA request back when the draft was edited since. Raises RetryLater,
    ConnectionBroken, ConfigurationError, DocumentRejected: nothing is recorded then, a repeat goes on where it ended.
    """
    sent = subject.sent
    ctx = in_company_of(ctx, sent)
    if verdict.ended_early and _was_approved(sent):
        return _too_late(ctx, verdict, subject)
    if verdict.ended_early and ctx.config.get("on_withdrawn") == "ignore":
        return Result("ignored", _("Withdrawn in the OA; the flow's setting says to ignore that."))
    case = Case(ctx, verdict, subject, withdraw)
    if sent is None:
        return case.carry_out()
    try:
        with deciding(sent, verdict.decision) as claim:
            result = case.carry_out()
            {"superseded": claim.superseded, "conflict": claim.conflict}.get(result.state, claim.applied)(result.text)
            return result
    except AlreadyDecided as before:
        return _again(ctx, verdict, subject, sent, before)


def _was_approved(sent: Sent | None) -> bool:
    return bool(sent and sent.decision == Decision.APPROVED and sent.decision_state == DecisionState.APPLIED)


def _too_late(ctx: FlowContext, verdict: Verdict, subject: Subject) -> Result:
    """Withdrawn or deleted after the approval: a person is told, nothing is changed."""
    text = _("Draft %(draft)s: approval %(instance)s was withdrawn or deleted after it had been approved.") % {
        "draft": subject.draft,
        "instance": verdict.instance_id,
    }
    raise_alert(ctx.flow.tenant_id, f"approval:{verdict.instance_id}", text)
    return Result("conflict", text, "withdrawn_late")


def _again(ctx: FlowContext, verdict: Verdict, subject: Subject, sent: Sent, before: AlreadyDecided) -> Result:
    """The row has a decision already."""
    row = Delivery.objects.values("decision_state").get(pk=sent.id)
    if row["decision_state"] == DecisionState.SUPERSEDED:
        return Result("superseded", before.message, "edited")
    if before.decision == verdict.decision or (before.decision != APPROVED and not verdict.approves):
        return Result("already", before.message)
    if verdict.ended_early:
        return _too_late(ctx, verdict, subject)
    text = _("Draft %(draft)s: the OA now says %(now)s, but %(before)s was applied before.") % {
        "draft": subject.draft,
        "now": verdict.decision,
        "before": before.decision,
    }
    raise_alert(ctx.flow.tenant_id, f"approval:{verdict.instance_id}", text)
    return Result("conflict", text, "opposite")


class Case:
    """One verdict about one draft."""

    def __init__(self, ctx: FlowContext, verdict: Verdict, subject: Subject, withdraw: Withdraw | None) -> None:
        self.ctx, self.verdict, self.subject, self.withdraw = ctx, verdict, subject, withdraw
        self.erp: ServiceLayerClient = ctx.erp
        self.wanted = APPROVED if verdict.approves else REFUSED

    @cached_property
    def push(self) -> FlowContext | None:
        """The context of the flow that sent the draft."""
        return self.subject.push(self.ctx)

    @cached_property
    def draft(self) -> dict[str, Any] | None:
        """The draft as it is, None when it is gone (posted, deleted)."""
        select = self.push.flow_type.select(self.push) if self.push else ""  # type: ignore[attr-defined]
        try:
            return self.erp.get(self.subject.draft_set, self.subject.draft, select=select)
        except NotFound:
            return None

    def carry_out(self) -> Result:
        """See the module."""
        found = requests.of_draft(self.erp, self.subject.draft)
        pending = next((request for request in found if request.is_pending), None)
        if pending is None:
            return self._nothing_waits(found[0] if found else None)
        if pending.code == self.subject.request and pending.stage != self.subject.stage:
            return self._stage_is_over(pending)
        edited = self._edited()
        if edited:
            return self._superseded(edited)
        if self.subject.stage and pending.stage != self.subject.stage:
            text = _("Request %(code)s waits at stage %(now)s; stage %(sent)s was approved in the OA.")
            values = {"code": pending.code, "now": pending.stage, "sent": self.subject.stage}
            return Result("conflict", text % values, "stage")
        return self._finish(self._decide(pending), "")

    # -- the cases

    def _nothing_waits(self, newest: Request | None) -> Result:
        """Decided by hand, or before we crashed, or edited and not submitted again, or gone."""
        if newest is not None and newest.decision:
            return self._compared(newest.decision, newest)
        edited = self._edited()
        if edited:
            return self._superseded(edited)
        if not self.verdict.approves:
            return self._finish(newest, _("Nothing waited in the ERP any more."))
        text = _("Approved in the OA, but draft %(draft)s has no pending approval in the ERP.")
        return Result("conflict", text % {"draft": self.subject.draft}, "not_pending")

    def _stage_is_over(self, pending: Request) -> Result:
        """Our stage was decided (by hand, or by us before a crash); a later one waits."""
        said = pending.stage_decision(self.subject.stage)
        if said:
            return self._compared(said, pending)
        text = _("Request %(code)s waits at stage %(now)s; stage %(sent)s was approved in the OA.")
        values = {"code": pending.code, "now": pending.stage, "sent": self.subject.stage}
        return Result("conflict", text % values, "stage")

    def _compared(self, said: str, request: Request) -> Result:
        """The ERP has a decision already: the same is a success, other is for a person."""
        if said == self.wanted:
            return self._finish(request, _("It was decided so in the ERP already."))
        if self.verdict.ended_early:
            return _too_late(self.ctx, self.verdict, self.subject)
        text = _(
            "The OA says %(oa)s (%(approver)s: %(remark)s), but the ERP says %(erp)s (request %(code)s, %(users)s)."
        )
        users = ", ".join(f"user {line.user}: {line.decision}" for line in request.lines if line.decision)
        values = {"oa": self.wanted, "approver": self.verdict.approver or "-", "remark": self.verdict.remark or "-"}
        values |= {"erp": said, "code": str(request.code), "users": users or "-"}
        return Result("conflict", text % values, "opposite")

    def _edited(self) -> list[str]:
        """What was changed since it was sent."""
        if self.subject.sent is None or self.push is None or self.draft is None:
            return []
        return comparing.changes(self.push, self.subject.sent, self.draft)

    def _superseded(self, edited: list[str]) -> Result:
        """Not applied; the draft goes out again as a new approval."""
        text = _("The draft was changed after it was sent: %(changes)s") % {"changes": "; ".join(edited)}
        if self.withdraw is not None and self.subject.sent is not None:
            self.withdraw(self.subject.sent, text)
        self._update(self._unmarked())
        return Result("superseded", text, "edited")

    # -- acting

    def _decide(self, request: Request) -> Request:
        """Decide as the stage's approver; with several approvers named, each decides until the stage is over."""
        stage = request.stage
        for client in self._approvers(request):
            request = requests.decide(client, request, self.wanted, self._remark())
            if not request.is_pending or request.stage != stage:
                break
        return request

    def _approvers(self, request: Request) -> list[ServiceLayerClient]:
        names = self.ctx.config.get("approver_connections") or {}
        named = list(dict.fromkeys(names[str(user)] for user in request.waiting() if names.get(str(user))))
        return [self.ctx.client_of(name, "erp.service_layer") for name in named] or [self.erp]

    def _remark(self) -> str:
        if self.verdict.remark:
            return self.verdict.remark
        if not self.verdict.ended_early:
            return ""
        return DELETED_REMARK if self.verdict.decision == DELETED else WITHDRAWN_REMARK

    def _finish(self, request: Request | None, note: str) -> Result:
        """Write back into the draft, post it where that is wanted."""
        # A refused draft may be submitted again; an approved one may have to go to the OA again for its next stage.
        next_stage = request is not None and request.is_pending and request.stage != self.subject.stage
        again = self.wanted == REFUSED or next_stage
        self._update(self._written_back() | (self._unmarked() if again else {}))
        notes = [_("Approved.") if self.wanted == APPROVED else _("Refused."), note]
        if request is not None and request.is_pending:
            notes.append(_("Stage %(stage)s of the ERP follows.") % {"stage": request.stage})
        elif request is not None and self.wanted == APPROVED and self.ctx.config.get("post_document"):
            notes.append(self._post(request))
        return Result("applied", " ".join(part for part in notes if part))

    def _written_back(self) -> dict[str, Any]:
        source = self.verdict.source(self.draft or {})
        special = self.ctx.map_section(f"draft_{self.wanted}", source)
        return special or self.ctx.map_section("draft", source)

    def _unmarked(self) -> dict[str, Any]:
        """The mark of the push flow off, unless a newer approval of the draft is under way."""
        field = str(self.push.config.get("synced_field") or "") if self.push else ""
        sent = self.subject.sent
        if not field or sent is None:
            return {}
        self._forget_mark(sent)
        newer = Delivery.objects.filter(flow_id=sent.flow.pk, label=sent.label, pk__gt=sent.id).exists()
        return {} if newer else {field: "N"}

    def _forget_mark(self, sent: Sent) -> None:
        forget_mark(sent)

    def _update(self, fields: dict[str, Any]) -> None:
        if not fields or self.draft is None:
            return
        try:
            self.erp.update(self.subject.draft_set, self.subject.draft, fields)
        except NotFound:
            return  # posted or deleted in this moment

    def _post(self, request: Request) -> str:
        """Make the document of the approved draft; a refusal of the ERP is for a person, the decision stands."""
        if request.is_posted or self.draft is None:
            return ""
        try:
            post(self.erp, self.subject.draft_set, self.subject.draft)
        except NotFound:
            return ""
        except OutcomeUnknown as error:
            raise RetryLater(error.message, code=error.code) from error  # the repeat sees whether it was posted
        except DocumentRejected as error:
            text = _("Draft %(draft)s was approved, but could not be posted: %(error)s")
            text %= {"draft": self.subject.draft, "error": error}
            raise_alert(self.ctx.flow.tenant_id, f"posting:{self.subject.draft}", text)
            return text
        return _("Posted.")


def post(client: ServiceLayerClient, draft_set: str, draft: int) -> None:
    """From an approved draft to its document."""
    if draft_set == TRANSFERS:
        client.action(draft_set, draft, POSTING)
    else:
        client.service(f"DraftsService_{POSTING}", posting_body(draft))


def posting_body(draft: int) -> dict[str, Any]:
    """What DraftsService takes."""
    return {"Document": {"DocEntry": str(draft)}}
