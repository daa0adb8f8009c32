"""The addresses of the barcode system: POST /barcode/<endpoint key>/ for query, save, methods and companies alike."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from core.callbacks.api import ApiFlowView
from core.flows.base import RequestFlow
from core.models import FlowInstance
from integrations.barcode import codes, envelope
from integrations.barcode.codes import Problem
from integrations.barcode.flows import Companies, Methods
from integrations.barcode.tickets import REQUEST_ID

ID_HEADER = "X-Request-Id"
# What cannot be handed to a flow: HTTP status -> our code. Flows answer their own refusals with status 200.
CODES = {400: codes.BAD_BODY, 401: "BC.401", 404: "BC.404", 405: "BC.405", 413: "BC.413", 503: "BC.503"}


class BarcodeView(ApiFlowView):
    """Refuses in the same shape as a flow does."""

    label = "barcode"

    def refused(self, status: int, code: str, message: str, *, retryable: bool = False) -> dict[str, Any]:
        ours = CODES.get(status) or (codes.UNREACHABLE if retryable else codes.SETTINGS)
        answer: dict[str, Any] = envelope.refusal(None, Problem(ours, message, retryable or status == 503))
        return answer

    def payload(self, request: Request, flow: FlowInstance, raw: bytes) -> Any:
        """The body; lists may be asked for without one. The header's request id counts like one in the body."""
        if not raw.strip() and flow.flow_type in _LISTS:
            return {}
        return _identified(super().payload(request, flow, raw), request.headers.get(ID_HEADER, "").strip())

    def get_allowed(self, flow_type: type[RequestFlow]) -> bool:
        return flow_type.key in _LISTS


_LISTS = (Methods.key, Companies.key)


def _identified(body: Any, request_id: str) -> Any:
    """Each of several requests gets its own id."""
    if not request_id:
        return body
    if isinstance(body, dict):
        return {REQUEST_ID: request_id, **body}
    return [
        {REQUEST_ID: f"{request_id}:{number}", **each} if isinstance(each, dict) else each
        for number, each in enumerate(body)
    ]
