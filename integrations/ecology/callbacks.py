"""The address the OA sends to: POST /ecology/<endpoint key>/, for documents and decisions alike."""

from __future__ import annotations

from typing import Any

from core.callbacks.api import ApiFlowView
from integrations.ecology import replies


class EcologyView(ApiFlowView):
    """What cannot be handed to a flow is refused in the same form as a flow refuses."""

    label = "ecology"

    def refused(self, status: int, code: str, message: str, *, retryable: bool = False) -> dict[str, Any]:
        return replies.refused(replies.number(code) or status, message, retryable=retryable)
