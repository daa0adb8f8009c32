"""From a verdict to a document outside of the ERP's own approvals: which one, and writing it once.

What was approved is what is released here too: a document that was changed after it was sent is not marked as
approved, it goes out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.alerts import raise_alert
from core.errors import DocumentRejected, NotFound, RetryLater
from core.flows.base import Plan, Write
from core.flows.context import FlowContext, load
from core.flows.decisions import AlreadyDecided, Deciding, Sent, adopt, deciding, forget_mark, sent_by_label, sent_for
from core.models.delivery import Decision, DecisionState, DeliveryState
from integrations.erp import odata
from integrations.erp.approvals import Verdict
from integrations.erp.approvals.companies import in_company_of
from integrations.erp.approvals.comparing import changes
from integrations.erp.approvals.reconciling import decider
from integrations.wecom.flows.deciding import check_template

PUSH_FLOWS = ["wecom.push_document"]


@dataclass(frozen=True)
class Subject:
    """The document. ``sent`` None: this platform did not send it."""

    entity_set: str
    key: Any
    label: str
    sent: Sent | None = None

    @classmethod
    def of(cls, sent: Sent) -> Subject:
        """From the ledger."""
        return cls(sent.recall["set"], sent.recall["key"], sent.label, sent)


# -- which document


def find_subject(ctx: FlowContext, sp_no: str, number: str, template_id: str) -> Subject:
    """By the ledger; else by the number in the form. Raises NotFound, RetryLater, DocumentRejected."""
    known = sent_for(ctx, sp_no, PUSH_FLOWS)
    if known is not None:
        check_template(known, template_id)
        return Subject.of(known)
    if not number:
        raise NotFound(_("Approval %(number)s is not known here, and names no document.") % {"number": sp_no})
    others = [s for s in sent_by_label(ctx, PUSH_FLOWS, number) if s.recall.get("set") == ctx.config["object_type"]]
    for other in others:
        if not other.target_key:
            return _adopted(other, sp_no)
    for other in others:
        if other.decision_state in (DecisionState.PENDING, DecisionState.DECIDING):
            message = _("Approval %(number)s names document %(document)s, but that document's approval is %(other)s.")
            values = {"number": sp_no, "document": number, "other": other.target_key}
            raise DocumentRejected(message % values)
    return Subject(ctx.config["object_type"], _key(ctx, number), number)


def _adopted(waiting: Sent, sp_no: str) -> Subject:
    """The approval exists, so the row whose answer was lost arrived."""
    if waiting.state == DeliveryState.SENDING:
        raise RetryLater(_("The approval is being written down at this moment."), after=5.0)
    return Subject.of(adopt(waiting, sp_no))


def _key(ctx: FlowContext, number: str) -> Any:
    """The ERP's key of a number."""
    config = ctx.config
    entity_set, key, field = config["object_type"], config["key_field"], config["number_field"]
    kind = odata.INT if number.isascii() and number.isdigit() and field in ("DocNum", "DocEntry") else ""
    rows = list(ctx.erp.query(entity_set, filter=odata.eq(field, number, kind), select=key, page_size=2))
    names = {"set": entity_set, "field": field, "number": number}
    if not rows:
        raise NotFound(_("The ERP has no %(set)s with %(field)s %(number)s.") % names)
    if len(rows) > 1:
        message = _("The ERP has several %(set)s with %(field)s %(number)s: decide by hand.")
        raise DocumentRejected(message % names)
    return rows[0][key]


# -- deciding it


def decide_for(push: FlowContext, verdict: Verdict, subject: Subject) -> str:
    """As if the callback had come: with the settings of the flow that the template's route leads to."""
    return decide(load(decider(push), recorder=push.recorder), verdict, subject)


def decide(ctx: FlowContext, verdict: Verdict, subject: Subject) -> str:
    """Write the outcome; ``ctx`` is the deciding flow's (of whatever company). Returns the words for the event list.

    Raises RetryLater, ConnectionBroken, DocumentRejected: nothing is recorded then.
    """
    sent = subject.sent
    ctx = in_company_of(ctx, sent)
    if verdict.ended_early and sent and sent.decision == Decision.APPROVED:
        return _too_late(ctx, verdict, subject)
    if verdict.ended_early and ctx.config["on_withdrawn"] == "ignore":
        return _("Withdrawn in WeCom; the flow's setting says to ignore that.")
    if sent is None:
        return _write(ctx, verdict, subject)
    try:
        with deciding(sent, verdict.decision) as claim:
            return _claimed(ctx, verdict, subject, claim)
    except AlreadyDecided as before:
        return _again(ctx, verdict, subject, before)


def _claimed(ctx: FlowContext, verdict: Verdict, subject: Subject, claim: Deciding) -> str:
    edited = _edited(ctx, verdict, subject, claim.sent)
    if edited:
        text = _("The document was changed after it was sent: %(changes)s") % {"changes": "; ".join(edited)}
        _unmark(ctx, subject, claim.sent)
        claim.superseded(text)
        return text
    text = _write(ctx, verdict, subject)
    claim.applied(text)
    return text


def _edited(ctx: FlowContext, verdict: Verdict, subject: Subject, sent: Sent) -> list[str]:
    """What was changed since it was sent; [] too where our decision stands in the document already."""
    push = load(sent.flow, recorder=ctx.recorder)
    try:
        found = ctx.erp.get(subject.entity_set, subject.key, select=push.flow_type.select(push))  # type: ignore[attr-defined]
    except NotFound:
        return []
    if verdict.approves and str(found.get(ctx.config["status_field"])) == ctx.config["approved_value"]:
        return []
    return changes(push, sent, found)


def _write(ctx: FlowContext, verdict: Verdict, subject: Subject) -> str:
    """Status field and write-back sections in one PATCH; repeating it does no harm."""
    try:
        ctx.erp.update(subject.entity_set, subject.key, _fields(ctx, verdict))
    except NotFound as error:
        message = _("%(set)s %(label)s is not in the ERP any more.")
        raise DocumentRejected(message % {"set": subject.entity_set, "label": subject.label}) from error
    words = _("Approved.") if verdict.approves else _("Refused.")
    return f"{subject.entity_set} {subject.label}: {words}"


def _fields(ctx: FlowContext, verdict: Verdict) -> dict[str, Any]:
    outcome = "approved" if verdict.approves else "refused"
    source = verdict.source({})
    fields = ctx.map_section(f"draft_{outcome}", source) or ctx.map_section("draft", source)
    return {ctx.config["status_field"]: ctx.config[f"{outcome}_value"], **fields}


def planned(ctx: FlowContext, verdict: Verdict, number: str, notes: list[str]) -> Plan:
    """For the preview: what ``decide`` writes into a document that was not changed since. Raises NotFound."""
    if verdict.ended_early and ctx.config["on_withdrawn"] == "ignore":
        return Plan(notes=[*notes, _("Withdrawn in WeCom; the flow's setting says to ignore that.")])
    known = sent_for(ctx, verdict.instance_id, PUSH_FLOWS)
    if known is None and not number:
        raise NotFound(
            _("Approval %(number)s is not known here, and names no document.") % {"number": verdict.instance_id}
        )
    subject = Subject.of(known) if known else Subject(ctx.config["object_type"], _key(ctx, number), number)
    return Plan([Write(f"PATCH {subject.entity_set}({subject.key})", _fields(ctx, verdict))], notes)


def _unmark(ctx: FlowContext, subject: Subject, sent: Sent) -> None:
    """So that the sending flow takes it again, as a new approval."""
    forget_mark(sent)
    field = str(load(sent.flow, recorder=ctx.recorder).config["synced_field"])
    ctx.erp.update(subject.entity_set, subject.key, {field: "N"})


def _again(ctx: FlowContext, verdict: Verdict, subject: Subject, before: AlreadyDecided) -> str:
    """It has a decision: the same is fine, another one is for a person."""
    if before.decision in ("", verdict.decision) or (before.decision != Decision.APPROVED and not verdict.approves):
        return before.message
    if verdict.ended_early:
        return _too_late(ctx, verdict, subject)
    text = _("%(set)s %(label)s: WeCom now says %(now)s, but %(before)s was applied before.")
    return _tell(ctx, verdict, text % _names(subject, now=verdict.decision, before=before.decision))


def _too_late(ctx: FlowContext, verdict: Verdict, subject: Subject) -> str:
    """Withdrawn or deleted after the approval: a person is told, nothing is changed."""
    text = _("%(set)s %(label)s: approval %(number)s was withdrawn or deleted after it had been approved.")
    return _tell(ctx, verdict, text % _names(subject, number=verdict.instance_id))


def _names(subject: Subject, **more: str) -> dict[str, str]:
    return {"set": subject.entity_set, "label": subject.label, **more}


def _tell(ctx: FlowContext, verdict: Verdict, text: str) -> str:
    raise_alert(ctx.flow.tenant_id, f"approval:{verdict.instance_id}", text)
    return text
