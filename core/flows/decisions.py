"""Approvals: which document a decision is about, and applying it once.

The ledger is asked first. A row's decision is claimed by a conditional UPDATE before anything is written in the
source, and the claim outlives a call, so a killed worker's late effect is met by "decided already".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from core import registry
from core.alerts import raise_alert
from core.connectors.target import Target
from core.errors import B1FlowError, RetryLater
from core.flows.context import FlowContext
from core.flows.rows import clean
from core.models import Delivery, FlowInstance
from core.models.delivery import DecisionState, DeliveryState

State = DeliveryState
MOST_ALIKE = 20  # deliveries of a tenant whose targets have the same number


@dataclass(frozen=True)
class Sent:
    """A delivered (or uncertain) document of a push flow, as a deciding flow sees it."""

    id: int
    flow: FlowInstance
    key: str
    generation: int
    label: str
    state: str
    target_key: str
    fingerprint: str
    payload: Any
    recall: dict[str, Any]
    decision: str
    decision_state: str
    decision_text: str = ""


class AlreadyDecided(B1FlowError):
    """The decision took effect before. ``decision``: which one."""

    def __init__(self, decision: str, text: str) -> None:
        super().__init__(text, code=decision)
        self.decision = decision


def _sent(row: Delivery) -> Sent:
    return Sent(
        row.pk,
        row.flow,
        row.key,
        row.generation,
        row.label,
        row.state,
        row.target_key or "",
        row.fingerprint,
        row.payload,
        row.recall,
        row.decision,
        row.decision_state,
        row.decision_text,
    )


def _rows(ctx: FlowContext, flow_types: Sequence[str]) -> Any:
    tenant = Delivery.objects.filter(flow__tenant_id=ctx.flow.tenant_id, flow__flow_type__in=flow_types)
    return tenant.select_related("flow", "flow__tenant")


def _same_account(ctx: FlowContext, flow: FlowInstance) -> bool:
    """Does the push flow send to where this decision came from? Numbers are one corp's own."""
    if flow.pk == ctx.flow.pk:
        return True
    for binding in flow.bindings.select_related("connection").defer("connection__secrets"):
        ours = ctx.targets.get(binding.slot)
        if ours is None or ours.connector != binding.connection.connector:
            continue
        kind, theirs = registry.connector(ours.connector), binding.connection
        address = (theirs.base_url or kind.default_base_url).rstrip("/")
        target = Target(theirs.pk, theirs.tenant_id, theirs.connector, base_url=address, settings=theirs.settings or {})
        if not kind.has_company and not kind.same_account(ours, target):
            return False
    return True


def _of_account(ctx: FlowContext, rows: Iterable[Delivery]) -> list[Sent]:
    known: dict[int, bool] = {}
    found = []
    for row in rows:
        if row.flow_id not in known:
            known[row.flow_id] = _same_account(ctx, row.flow)
        if known[row.flow_id]:
            found.append(_sent(row))
    return found


def sent_for(ctx: FlowContext, target_key: str, flow_types: Sequence[str]) -> Sent | None:
    """The document whose target this is, in a push flow of these types to the same corp; newest generation.

    Of several the one of the deciding flow's own company: a flow without a connection to the OA cannot tell corps.
    """
    rows = _rows(ctx, flow_types).filter(target_key=target_key).order_by("-pk")[:MOST_ALIKE]
    found = _of_account(ctx, rows)
    own = (sent for sent in found if sent.flow.company_id == ctx.flow.company_id)
    return next(own, found[0] if found else None)


def sent_of(delivery: int) -> Sent:
    """The row itself, where its number is known."""
    return _sent(Delivery.objects.select_related("flow", "flow__tenant").get(pk=delivery))


def sent_by_key(ctx: FlowContext, flow_types: Sequence[str], keys: Sequence[str]) -> list[Sent]:
    """Documents with one of these source keys that have no target yet (sending or uncertain), newest first.

    For a callback that came before our receipt was committed, or whose receipt was lost.
    """
    rows = _rows(ctx, flow_types).filter(key__in=list(keys), state__in=[State.SENDING, State.UNCERTAIN, State.HELD])
    return _of_account(ctx, rows.filter(target_key__isnull=True).order_by("-pk"))


def sent_by_label(ctx: FlowContext, flow_types: Sequence[str], label: str) -> list[Sent]:
    """As ``sent_by_key``, by the number people know, with or without a target, newest first."""
    return _of_account(ctx, _rows(ctx, flow_types).filter(label=label).order_by("-pk")[:10])


def adopt(sent: Sent, target_key: str) -> Sent:
    """A callback proved that this uncertain document arrived as ``target_key``: deliver the row.

    Returns the row as it is then; another process may have been faster with the same fact.
    """
    Delivery.objects.filter(pk=sent.id, state__in=[State.UNCERTAIN, State.HELD], target_key__isnull=True).update(
        state=State.DELIVERED,
        target_key=target_key,
        due_at=Now(),
        error="",
        decision_state=DecisionState.PENDING,
        updated_at=Now(),
    )
    return _sent(Delivery.objects.select_related("flow", "flow__tenant").get(pk=sent.id))


def forget_mark(sent: Sent) -> None:
    """A mark that is still to be made up for is not wanted any more: it would hide the source again."""
    Delivery.objects.filter(pk=sent.id, state=State.DELIVERED).update(
        state=State.DONE, due_at=None, error="", updated_at=Now()
    )


@dataclass
class Deciding:
    """A claimed decision: say how it ended; leaving without a word means it was applied."""

    sent: Sent
    decision: str
    state: str = DecisionState.APPLIED
    text: str = ""

    def applied(self, text: str = "") -> None:
        """It took effect in the source."""
        self.state, self.text = DecisionState.APPLIED, text

    def superseded(self, text: str) -> None:
        """Not applied: the document was changed after it was sent; it may go out again."""
        self.state, self.text = DecisionState.SUPERSEDED, text

    def conflict(self, text: str) -> None:
        """Not applied: a person must look."""
        self.state, self.text = DecisionState.CONFLICT, text


@contextlib.contextmanager
def deciding(sent: Sent, decision: str) -> Iterator[Deciding]:
    """Claim the row's decision. An exception inside gives it back (the event is tried again).

    Raises AlreadyDecided where it was applied before, RetryLater while another worker is at it.
    """
    _claim(sent, decision)
    claim = Deciding(sent, decision)
    try:
        yield claim
    except BaseException:
        Delivery.objects.filter(pk=sent.id, decision_state=DecisionState.DECIDING).update(
            decision_state=DecisionState.PENDING, updated_at=Now()
        )
        raise
    Delivery.objects.filter(pk=sent.id).update(
        decision=decision,
        decision_state=claim.state,
        decision_text=clean(claim.text, 500),
        decide_at=None,
        updated_at=Now(),
    )
    if claim.state == DecisionState.CONFLICT:
        raise_alert(sent.flow.tenant_id, f"decision:{sent.id}", f"{sent.flow.name} {sent.label}: {claim.text}")


def _claim(sent: Sent, decision: str) -> None:
    """``decide_at`` doubles as the end of the claim."""
    held_for = timedelta(seconds=settings.CALL_DEADLINE_SECONDS * 4)
    stale = Q(decision_state=DecisionState.DECIDING) & (Q(decide_at__lt=Now()) | Q(decide_at__isnull=True))
    free = Q(decision_state__in=[DecisionState.NONE, DecisionState.PENDING, DecisionState.CONFLICT]) | stale
    if Delivery.objects.filter(free, pk=sent.id).update(
        decision_state=DecisionState.DECIDING, decide_at=Now() + held_for, updated_at=Now()
    ):
        return
    row = Delivery.objects.values("decision", "decision_state", "decision_text").get(pk=sent.id)
    if row["decision_state"] == DecisionState.DECIDING:
        raise RetryLater("another worker is applying this decision")
    raise AlreadyDecided(row["decision"], row["decision_text"] or str(row["decision"]))
