"""A person ends what the platform cannot: it arrived, send it again, forget it. Each with a reason that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditlog.models import LogEntry
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core import registry
from core.errors import ConfigurationError
from core.flows import queueing
from core.flows.base import SyncFlow
from core.flows.rows import clean
from core.models import Delivery, FlowRun
from core.models.delivery import DecisionState, DeliveryState
from core.models.run import Trigger

State = DeliveryState
# A claim in flight is nobody's to change by hand.
HANDS_OFF = (State.SENDING,)


def arrived(delivery: Delivery, target_key: str, user: Any = None, reason: str = "") -> None:
    """It is over there under this number. Raises ConfigurationError for an empty or taken number."""
    if not target_key.strip():
        raise ConfigurationError(_("Give the number it has over there."))
    flow_type = registry.flow_type(delivery.flow.flow_type)
    marks = issubclass(flow_type, SyncFlow) and flow_type.marks
    decided = issubclass(flow_type, SyncFlow) and flow_type.awaits_decision
    values: dict[str, Any] = {
        "state": State.DELIVERED if marks else State.DONE,
        "due_at": Now() if marks else None,
        "target_key": clean(target_key.strip(), 160),
        "error": "",
        "suspect": False,
    }
    if decided and not delivery.decision:
        values |= {"decision_state": DecisionState.PENDING, "decide_at": Now()}
    try:
        with transaction.atomic():
            _change(delivery, user, f"arrived as {target_key}", reason, values)
    except IntegrityError:
        raise ConfigurationError(
            _("%(number)s belongs to another document of this flow already.") % {"number": target_key}
        ) from None


def send_again(delivery: Delivery, user: Any = None, reason: str = "") -> FlowRun | None:
    """It did not arrive, or shall be tried again: read afresh and sent with the present mapping."""
    run = retry([delivery], user, reason)
    return run[0] if run else None


def forget(delivery: Delivery, user: Any = None, reason: str = "") -> None:
    """Leave it as it is for good: the source may show it, it is not sent."""
    _change(delivery, user, "given up", reason, {"state": State.DONE, "due_at": None, "suspect": False})


def retry(deliveries: Iterable[Delivery], user: Any = None, reason: str = "") -> list[FlowRun]:
    """Retry failed, refused, dead or held documents: one run a flow, in the background."""
    by_flow: dict[int, list[Delivery]] = {}
    for delivery in deliveries:
        if delivery.state in (State.FAILED, State.REFUSED, State.DEAD, State.HELD):
            by_flow.setdefault(delivery.flow_id, []).append(delivery)
    runs = []
    for rows in by_flow.values():
        with transaction.atomic():
            for row in rows:
                _change(row, user, "send again", reason, _fresh_start())
            if issubclass(registry.flow_type(rows[0].flow.flow_type), SyncFlow):
                params = {"keys": [row.key for row in rows]}
                runs.append(queueing.run_now(rows[0].flow, user, trigger=Trigger.RETRY, params=params))
    return runs


def _fresh_start() -> dict[str, Any]:
    return {
        "state": State.FAILED, "due_at": Now(), "failures": 0, "crashes": 0, "suspect": False, "absent_at": None,
        "claimed_until": None,
    }  # fmt: skip


def decide_by_hand(delivery: Delivery, user: Any = None, reason: str = "") -> None:
    """A conflict about a decision was looked at: it is over."""
    values = {"decision_state": DecisionState.APPLIED, "decide_at": None}
    _change(delivery, user, "decision settled by hand", reason, values)


def needing_person() -> QuerySet[Delivery]:
    """Documents that wait for a person: held, given up, or with a decision in conflict."""
    held = Delivery.objects.filter(state__in=[State.HELD, State.DEAD])
    return held | Delivery.objects.filter(decision_state=DecisionState.CONFLICT)


def _change(delivery: Delivery, user: Any, what: str, reason: str, values: dict[str, Any]) -> None:
    """Conditional on the state the person saw; audited with the reason."""
    if delivery.state in HANDS_OFF:
        raise ConfigurationError(_("This document is being sent right now: wait until that has ended."))
    changed = Delivery.objects.filter(pk=delivery.pk, state=delivery.state, attempt=delivery.attempt).update(
        updated_at=Now(), **values
    )
    if not changed:
        raise ConfigurationError(_("This document changed meanwhile: look at it again."))
    LogEntry.objects.log_create(
        delivery,
        force_log=True,
        action=LogEntry.Action.UPDATE,
        changes={"state": [delivery.state, what], "reason": ["", reason]},
        actor=user if getattr(user, "pk", None) else None,
        additional_data={"tenant": delivery.flow.tenant_id, "reason": reason, "what": what},
    )
