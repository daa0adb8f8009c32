"""Approvals of a flow that the OA has not decided yet, for the thread that reads the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.models import Delivery
from core.models.delivery import DecisionState, DeliveryState


@dataclass(frozen=True)
class OpenApproval:
    """A delivered document without a decision."""

    key: str
    fingerprint: str
    recall: dict[str, Any]

    @property
    def stage(self) -> int:
        return int(self.key.split("/")[2])


def open_approvals(flow_id: int) -> dict[int, list[OpenApproval]]:
    """{draft: its open approvals} of a flow."""
    waiting = [DecisionState.PENDING, DecisionState.DECIDING, DecisionState.CONFLICT]
    rows = Delivery.objects.filter(
        flow_id=flow_id, state__in=[DeliveryState.DONE, DeliveryState.DELIVERED], decision_state__in=waiting
    )
    found: dict[int, list[OpenApproval]] = {}
    for key, fingerprint, recall in rows.values_list("key", "fingerprint", "recall").iterator():
        found.setdefault(int(key.split("/")[0]), []).append(OpenApproval(key, fingerprint, recall))
    return found
