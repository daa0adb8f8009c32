"""Which draft a decision of the OA is about: the ledger first, a form control only when it does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.errors import DocumentRejected, NotFound, RetryLater
from core.flows.context import FlowContext, load
from core.flows.decisions import Sent, adopt, sent_by_key, sent_by_label, sent_for
from core.models.delivery import DeliveryState
from integrations.erp import odata
from integrations.erp.approvals import requests

Number = int | str | None
Asked = Number | Callable[[], Number]


@dataclass(frozen=True)
class Subject:
    """The draft. ``sent`` None: this platform did not send it; then ``request`` and ``stage`` are not known (0)."""

    draft: int
    draft_set: str = "Drafts"
    request: int = 0
    stage: int = 0
    sent: Sent | None = None

    @classmethod
    def of(cls, sent: Sent) -> Subject:
        """From the ledger."""
        recall = sent.recall
        draft, request, stage = (int(part) for part in sent.key.split("/")[:3])
        return cls(draft, recall.get("set") or "Drafts", request, stage, sent)

    def push(self, ctx: FlowContext) -> FlowContext | None:
        """The context of the flow that sent it: its mapping and config of today."""
        return load(self.sent.flow, recorder=ctx.recorder) if self.sent else None


def find_subject(
    ctx: FlowContext,
    target_key: str,
    flow_types: Sequence[str],
    *,
    draft: Asked = None,
    request: Asked = None,
) -> Subject:
    """What the approval ``target_key`` decides.

    ``draft`` (DocEntry) or ``request`` (ApprovalRequest Code) is what a form control says, or a function that finds
    it: asked only when the ledger does not know. Raises NotFound (the ledger may be slower than the callback),
    RetryLater while the approval is being written down, DocumentRejected where the number belongs to another
    approval.
    """
    known = sent_for(ctx, target_key, flow_types)
    if known is not None:
        return Subject.of(known)
    entry = _named_entry(ctx, target_key, draft, request)
    found = requests.of_draft(ctx.erp, entry)
    keys = {f"{entry}/{each.code}/{line.stage}" for each in found for line in each.lines} | {e.key for e in found}
    for waiting in sent_by_key(ctx, flow_types, sorted(keys)):
        return _adopted(waiting, target_key)
    _refuse_stranger(ctx, flow_types, entry, found, target_key)
    return Subject(entry, str(ctx.config.get("draft_set") or "Drafts"))


def peek_subject(
    ctx: FlowContext, target_key: str, flow_types: Sequence[str], *, draft: Asked = None, request: Asked = None
) -> Subject:
    """As ``find_subject``, for a preview: nothing is written into the ledger. Raises NotFound."""
    known = sent_for(ctx, target_key, flow_types)
    if known is not None:
        return Subject.of(known)
    entry = _named_entry(ctx, target_key, draft, request)
    return Subject(entry, str(ctx.config.get("draft_set") or "Drafts"))


def _named_entry(ctx: FlowContext, target_key: str, draft: Asked, request: Asked) -> int:
    """The draft that the approval itself names. Raises NotFound where it names none."""
    entry = _entry(ctx, draft, request)
    if entry is None:
        message = _("Approval %(key)s is not known here, and names no draft of the ERP.")
        raise NotFound(message % {"key": target_key})
    return entry


def _entry(ctx: FlowContext, draft: Asked, request: Asked) -> int | None:
    number = draft() if callable(draft) else draft
    if number not in (None, ""):
        text = str(number).strip()
        return int(text) if text.isdigit() else None
    code = request() if callable(request) else request
    return requests.draft_entry(ctx.erp, code) if code not in (None, "") else None


def _adopted(waiting: Sent, target_key: str) -> Subject:
    """The approval exists, so the uncertain row arrived."""
    if waiting.state == DeliveryState.SENDING:
        raise RetryLater(_("The approval is being written down at this moment."), after=5.0)
    return Subject.of(adopt(waiting, target_key))


def _refuse_stranger(
    ctx: FlowContext, flow_types: Sequence[str], entry: int, found: list[requests.Request], target_key: str
) -> None:
    """A number in a form is easily written by hand: it does not count where the ledger knows another approval."""
    codes = {str(each.code) for each in found if each.is_pending}
    for other in sent_by_label(ctx, flow_types, str(entry)):
        if other.target_key and other.key.split("/")[1] in codes:
            message = _("Approval %(key)s names draft %(draft)s, but that draft's approval is %(other)s.")
            raise DocumentRejected(message % {"key": target_key, "draft": entry, "other": other.target_key})


def draft_of_field(ctx: FlowContext, field: str, value: Any, draft_set: str = "") -> int | None:
    """The draft whose user field holds ``value`` (a request id that was written back); None when there is none.

    Raises DocumentRejected (code "several") where two drafts hold it.
    """
    where = odata.eq(field, str(value))
    names = [draft_set or str(ctx.config.get("draft_set") or "Drafts")]
    rows = [row for name in names for row in ctx.erp.query(name, filter=where, select="DocEntry", page_size=2)]
    if len(rows) > 1:
        entries = ", ".join(str(row["DocEntry"]) for row in rows[:5])
        message = _("Several drafts have %(field)s = %(value)s: %(drafts)s")
        raise DocumentRejected(message % {"field": field, "value": value, "drafts": entries}, code="several")
    return int(rows[0]["DocEntry"]) if rows else None
