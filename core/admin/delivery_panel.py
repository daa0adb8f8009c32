"""A document: what was sent, what was answered, what became of the approval, and what a person can do."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin import scope, shown
from core.admin.run_panel import step_line
from core.mapping import unknown
from core.models import Delivery, Role, RunStep, ValueMap
from core.models.delivery import DecisionState, DeliveryState

STEPS = 60
STATE_COLOURS = {
    "sending": "info",
    "delivered": "info",
    "done": "success",
    "failed": "warning",
    "refused": "danger",
    "uncertain": "warning",
    "held": "danger",
    "dead": "danger",
}
RETRIABLE = (DeliveryState.FAILED, DeliveryState.REFUSED, DeliveryState.DEAD, DeliveryState.HELD)
OPEN_TO_PERSONS = (*RETRIABLE, DeliveryState.UNCERTAIN)


def context(request: HttpRequest, delivery: Delivery) -> dict[str, Any]:
    """For console/delivery.html."""
    steps = RunStep.objects.filter(delivery=delivery).select_related("run")
    return {
        "colour": STATE_COLOURS.get(delivery.state, "info"),
        "steps": [step_line(step) for step in reversed(steps.order_by("-pk")[:STEPS])],
        "events": list(delivery.events.order_by("-received_at")[:20]),
        "payload": shown.pretty(delivery.payload),
        "answer": shown.pretty(delivery.answer),
        "translation": _translation(delivery),
        "others": list(_generations(delivery)),
        "conflict": delivery.decision_state == DecisionState.CONFLICT,
        "retriable": delivery.state in RETRIABLE,
        "open": delivery.state in OPEN_TO_PERSONS,
        "may_resolve": scope.may(request.user, delivery, Role.OPERATOR),
    }


def _translation(delivery: Delivery) -> dict[str, str] | None:
    """Where the value is translated for which the document was refused: {url, value, name}."""
    met = unknown.behind(delivery) if delivery.state == DeliveryState.REFUSED else None
    found = met and ValueMap.objects.filter(tenant_id=delivery.flow.tenant_id, name=met.value_map).first()
    if not met or not found:
        return None
    return {"url": f"{shown.address(found)}#unknown-{met.pk}", "value": met.value, "name": met.value_map}


def _generations(delivery: Delivery) -> QuerySet[Delivery]:
    """The same document's other sendings."""
    same = Delivery.objects.filter(flow_id=delivery.flow_id, key=delivery.key)
    return same.exclude(pk=delivery.pk).order_by("generation")
