"""Approvals of ERP drafts in an OA: what the push flows and the deciding flows of all OA systems share.

How a draft gets there and back (seed 2.4.6.3, 3.4.4, 6.4.5): a draft with a pending ApprovalRequest goes to the OA as
one approval; what the OA decides becomes the ERP decision of the request's present stage, as long as the draft still
is what was sent. Vendors differ in how an approval is made, read and withdrawn: those are the hooks below.

A push flow::

    @register_flow
    class PushDraft(PushApproval):
        key, label = "oa.push_draft", _("ERP approvals to the OA")
        connections = {"erp": "erp.service_layer", "oa": "oa.oa"}
        Config = PushDraftForm                     # class PushDraftForm(PushConfig): filter, synced_field ...
        sections = (Section("form"), Section("table", each="config:lines_name"))
        decided_by = "oa.decide_draft"             # for reconcile: the flow type that decides ...
        routers = ("oa.receive_events",)           # ... found by the routes of these routers for self.route(config),
        # starts_from = "requests"                 #     or, without routers, the flow of the same company
        # reads_details = True                     # list DocEntry only, read each draft that is wanted

        def deliver(self, ctx, outgoing): -> Receipt                     # body["ApprovalRequest"] is the request
        def find_delivered(self, ctx, recall, since): -> Receipt | None  # recall.recall: draft, request, stage, set ...
        # optional hooks, defaults in brackets
        def wants(self, ctx, request: Request) -> bool        # [True] this request, at this stage?
        def remember(self, ctx, body) -> dict                 # [{}] more for Document.recall (a title ...)
        def mark(self, ctx, recall) -> dict                   # [{synced_field: "Y"}] fields of the draft to set
        def route(self, config) -> str                        # [""] template id / process code
        def verdict(self, ctx, recall) -> Verdict | None      # [None] ask the OA; None: still open
        def withdraw(self, ctx, sent: Sent, reason: str)      # [nothing] take the OA request back

    ``oa_user(ctx, connector, erp_user, field, fallback)`` names the person over there: the tenant's people, then the
    ERP user's ``field`` (FaxNumber ...), then ``fallback``. ``attachments(ctx.erp, draft)``: its files.

A deciding flow (event or request)::

    @register_flow
    class DecideDraft(EventFlow):
        key, label = "oa.decide_draft", _("Decisions of the OA to the ERP")
        connections = {"erp": "erp.service_layer", "oa": "oa.oa"}
        Config = DecideDraftForm                   # class DecideDraftForm(DecisionConfig): own fields
        sections = DECISION_SECTIONS

        def handle(self, ctx, event):
            instance = ctx.oa.instance(event.target_key)
            verdict = verdict_of(instance)         # Verdict("approved", instance id, remark=..., form={...})
            if verdict is None:
                raise RetryLater("still running")
            subject = find_subject(ctx, event.target_key, ["oa.push_draft"], draft=instance.form.get("草稿单号"))
            return apply_decision(ctx, verdict, subject).text

    ``find_subject`` asks the ledger; then ``draft=`` (DocEntry) or ``request=`` (ApprovalRequest Code) from a form
    control, which also delivers a row whose receipt was lost; raises NotFound (an event: tried again for 15 min).
    ``draft_of_field(ctx, "U_REQUESTID", "3038137")`` finds a draft by what was written back into it.
    ``apply_decision`` -> Result(state, text, reason): state "applied", "already", "superseded", "conflict" or
    "ignored". It raises only what a repeat may mend. Reasons: see ``Result``.

        def rehearse(self, ctx, sample):           # the preview: the same, but nothing is written
            return rehearse(ctx, verdict, lambda: peek_subject(ctx, key, ["oa.push_draft"], draft=...), notes=[])
"""

from __future__ import annotations

from integrations.erp.approvals.attaching import Attachment, attachments
from integrations.erp.approvals.config import DECISION_SECTIONS, DecisionConfig, PushConfig
from integrations.erp.approvals.deciding import apply_decision
from integrations.erp.approvals.people import oa_user
from integrations.erp.approvals.push import PushApproval
from integrations.erp.approvals.rehearsing import rehearse
from integrations.erp.approvals.requests import Request
from integrations.erp.approvals.subject import Subject, draft_of_field, find_subject, peek_subject
from integrations.erp.approvals.verdict import Result, Verdict, local_time

__all__ = [
    "DECISION_SECTIONS",
    "Attachment",
    "DecisionConfig",
    "PushApproval",
    "PushConfig",
    "Request",
    "Result",
    "Subject",
    "Verdict",
    "apply_decision",
    "attachments",
    "draft_of_field",
    "find_subject",
    "local_time",
    "oa_user",
    "peek_subject",
    "rehearse",
]
