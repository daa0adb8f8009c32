"""Decisions whose callback never came, and open approvals of drafts that were edited meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core.errors import ConfigurationError, NotFound
from core.flows.base import Recall
from core.flows.context import FlowContext, load
from core.flows.decisions import AlreadyDecided, Sent, deciding, forget_mark, sent_of
from core.flows.routing import target_for
from core.models import FlowInstance
from integrations.erp.approvals import comparing, requests
from integrations.erp.approvals.companies import deciders
from integrations.erp.approvals.deciding import apply_decision
from integrations.erp.approvals.subject import Subject
from integrations.erp.approvals.verdict import WITHDRAWN, Verdict

if TYPE_CHECKING:
    from integrations.erp.approvals.push import PushApproval

Withdraw = Callable[[Sent, str], None]


def decide(push: FlowContext, recall: Recall, verdict: Verdict, withdraw: Withdraw) -> None:
    """Apply what the OA answered, with the deciding flow's settings: as if its callback had come."""
    sent = sent_of(recall.delivery)
    deciding_flow = load(decider(push), recorder=push.recorder)
    apply_decision(deciding_flow, verdict, Subject.of(sent), withdraw=withdraw)


def decider(push: FlowContext) -> FlowInstance:
    """The flow that decides what this one sends. Raises ConfigurationError where there is none."""
    flow_type: PushApproval = push.flow_type  # type: ignore[assignment]
    route = flow_type.route(push.config)
    if flow_type.routers and route:
        found = target_for(push.flow.tenant_id, flow_type.routers, route)
        if found is not None and found.enabled and found.flow_type == flow_type.decided_by:
            return found  # of another company: apply_decision looks for its twin
    elif not flow_type.routers:
        candidates = deciders(push.flow.tenant_id, flow_type.decided_by, push.flow.company)
        if len(candidates) == 1:
            return candidates[0]
    message = _("No enabled flow of type %(type)s decides for this one (%(route)s): its decisions cannot be applied.")
    raise ConfigurationError(message % {"type": flow_type.decided_by, "route": route or push.flow.company})


def supersede_if_edited(push: FlowContext, recall: Recall, withdraw: Withdraw) -> bool:
    """An open approval of a draft that is another one by now: take it back; the draft goes out again.

    A draft without a pending request is left to the decision. True when it was taken back.
    """
    sent = sent_of(recall.delivery)
    subject = Subject.of(sent)
    try:
        draft = push.erp.get(subject.draft_set, subject.draft, select=push.flow_type.select(push))  # type: ignore[attr-defined]
    except NotFound:
        return False
    edited = comparing.changes(push, sent, draft)
    if not edited or subject.draft not in requests.pending(push.erp, [subject.draft]):
        return False
    text = _("The draft was changed after it was sent: %(changes)s") % {"changes": "; ".join(edited)}
    try:
        with deciding(sent, WITHDRAWN) as claim:
            withdraw(sent, text)
            forget_mark(sent)
            _unmark(push, subject)
            claim.superseded(text)
    except AlreadyDecided:
        return False
    return True


def _unmark(push: FlowContext, subject: Subject) -> None:
    field: Any = push.config.get("synced_field")
    if field:
        push.erp.update(subject.draft_set, subject.draft, {field: "N"})
