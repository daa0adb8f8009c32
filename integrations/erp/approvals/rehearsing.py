"""A verdict's preview: what would be written into the ERP, worked out by the code that writes it, but not sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from core.errors import B1FlowError, NotFound
from core.flows.base import Plan, Rehearsal, Write
from core.flows.context import FlowContext
from core.flows.decisions import Sent
from integrations.erp.approvals import requests
from integrations.erp.approvals.companies import in_company_of
from integrations.erp.approvals.deciding import POSTING, TRANSFERS, Case, posting_body
from integrations.erp.approvals.requests import Request
from integrations.erp.approvals.subject import Subject
from integrations.erp.approvals.verdict import APPROVED, Verdict

ENDED = {True: "arsApproved", False: "arsNotApproved"}


def rehearse(ctx: FlowContext, verdict: Verdict, find: Callable[[], Subject], notes: list[str]) -> Rehearsal:
    """``find`` names the draft (see ``peek_subject``); where it does not know, the rows are tried without a draft.

    ``notes``: words about the verdict that come before the case's own.
    """
    try:
        subject = find()
        case = _Rehearsed(_in_company(ctx, subject.sent), verdict, subject)
        source = verdict.source(case.draft or {})
    except B1FlowError as error:
        return Rehearsal(verdict.source({}), _raising(error))
    return Rehearsal(source, lambda: case.plan(notes))


def _in_company(ctx: FlowContext, sent: Sent | None) -> FlowContext:
    """The twin flow of another company, with the rows that are tried here."""
    found = in_company_of(ctx, sent)
    if found is not ctx:
        found.mapper = ctx.mapper
    return found


def _raising(error: B1FlowError) -> Callable[[], Plan]:
    def plan() -> Plan:
        raise error

    return plan


class _Rehearsed(Case):
    """As if the request still waited: each place that writes notes what it would write instead."""

    def __init__(self, ctx: FlowContext, verdict: Verdict, subject: Subject) -> None:
        super().__init__(ctx, verdict, subject, None)
        self.writes: list[Write] = []

    def plan(self, notes: list[str]) -> Plan:
        """Raises the errors of core.errors."""
        if self.verdict.ended_early and self.ctx.config.get("on_withdrawn") == "ignore":
            return Plan(notes=[*notes, _("Withdrawn in the OA; the flow's setting says to ignore that.")])
        found = requests.of_draft(self.erp, self.subject.draft)
        request = next((each for each in found if each.is_pending), found[0] if found else None)
        if request is None:
            raise NotFound(_("Draft %(draft)s has no approval request in the ERP.") % {"draft": self.subject.draft})
        said = [*notes, *self._what_stands_against_it(request)]
        result = self._finish(self._decide(request), "")
        return Plan(self.writes, [*said, result.text])

    def _what_stands_against_it(self, request: Request) -> list[str]:
        """Why a real callback would write something else now."""
        if not request.is_pending:
            words = _("Request %(code)s is decided already: a callback would write nothing now. Shown as if it waited.")
            return [words % {"code": request.code}]
        edited = self._edited()
        if edited:
            words = _("The draft was changed after it was sent (%(changes)s): a callback would not decide it now.")
            return [words % {"changes": "; ".join(edited)}]
        return []

    def _decide(self, request: Request) -> Request:
        fields = requests.decision_fields(self.wanted, self._remark())
        self.writes.append(Write(f"PATCH ApprovalRequests({request.code})", fields))
        return replace(request, status=ENDED[self.wanted == APPROVED])

    def _forget_mark(self, sent: Sent) -> None:
        """The ledger stays as it is."""

    def _update(self, fields: dict[str, Any]) -> None:
        if fields:
            self.writes.append(Write(f"PATCH {self.subject.draft_set}({self.subject.draft})", fields))

    def _post(self, request: Request) -> str:
        draft_set, draft = self.subject.draft_set, self.subject.draft
        if draft_set == TRANSFERS:
            self.writes.append(Write(f"POST {draft_set}({draft})/{POSTING}"))
        else:
            self.writes.append(Write(f"POST DraftsService_{POSTING}", posting_body(draft)))
        return _("Posted.")
