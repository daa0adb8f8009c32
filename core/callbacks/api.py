"""The endpoint of API flows: AppCode, body, then the RequestFlow's own answer."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from rest_framework.request import Request

from core import registry
from core.callbacks import appcode, body, lookup
from core.callbacks.views import InboundView
from core.errors import B1FlowError, CallbackRejected, RetryLater
from core.flows import requests
from core.flows.base import RequestFlow
from core.flows.once import InProgress
from core.models import FlowInstance

log = logging.getLogger(__name__)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ApiFlowView(InboundView):
    """Base of the integrations' API endpoints.

    To write: ``refused(status, code, message, retryable)``: the vendor-shaped body of an error. May be
    overridden: ``payload`` (what the flow is given), ``respond`` (how its answer leaves), ``get_allowed``.
    """

    body_limit: ClassVar[int | None] = None

    # -- to write

    def refused(self, status: int, code: str, message: str, *, retryable: bool = False) -> dict[str, Any]:
        """The body of an error answer."""
        return {"code": code or status, "message": message, "retryable": retryable}

    def payload(self, request: Request, flow: FlowInstance, raw: bytes) -> Any:
        """What the flow is given; default: the JSON body, which must be an object or a list."""
        value = body.parse_json(raw)
        if not isinstance(value, dict | list):
            raise CallbackRejected("send a JSON object", stage="body", status=400)
        return value

    def respond(self, answer: Any) -> HttpResponse:
        """The HTTP answer of a handled request."""
        return JsonResponse(answer, safe=False, json_dumps_params={"ensure_ascii": False})

    def get_allowed(self, flow_type: type[RequestFlow]) -> bool:
        """Is GET answered like POST by this flow type?"""
        return False

    # -- what everybody shares

    def post(self, request: Request, endpoint_key: str) -> HttpResponse:
        """Check, carry out, answer."""
        return self._answer(request, endpoint_key)

    def get(self, request: Request, endpoint_key: str) -> HttpResponse:
        """As POST, for the flow types that allow it."""
        return self._answer(request, endpoint_key)

    def _answer(self, request: Request, endpoint_key: str) -> HttpResponse:
        try:
            flow = self._flow(request, endpoint_key)
            raw = body.read(request._request, self.body_limit)
            given = {} if request.method == "GET" else self.payload(request, flow, raw)
            return self.respond(requests.handle(flow, given))
        except CallbackRejected as error:
            return self._error(error.status, str(error.status), error.message)
        except (RetryLater, InProgress) as error:
            return self._error(200, error.code or "503", error.message, retryable=True)
        except B1FlowError as error:
            return self._error(200, error.code or "500", error.message)
        except Exception:
            log.exception("%s: request failed", self.label)
            return self._error(200, "500", "internal error; the operator finds it in the run list", retryable=True)

    def _flow(self, request: Request, endpoint_key: str) -> FlowInstance:
        flow = lookup.flow_at(endpoint_key, ("request",), self.label)
        if flow is None:
            raise CallbackRejected("unknown address", stage="address", status=404)
        appcode.check(flow, request.headers.get(appcode.HEADER))
        flow_type: Any = registry.flow_type(flow.flow_type)
        if request.method == "GET" and not self.get_allowed(flow_type):
            raise CallbackRejected("use POST", stage="method", status=405)
        if not flow.enabled:
            raise CallbackRejected(f"flow {flow.name} is switched off", stage="flow", status=503)
        return flow

    def _error(self, status: int, code: str, message: str, *, retryable: bool = False) -> HttpResponse:
        answer = self.refused(status, code, message, retryable=retryable)
        return JsonResponse(answer, status=status, json_dumps_params={"ensure_ascii": False})
