"""The endpoint of callbacks: verify, store once, acknowledge; the work is done later by a worker.

The answer never waits for the ERP, the queue's workers or the handler: it takes the flow's row, its connection and
one INSERT. Authentic but unreadable or unrouted events are stored and acknowledged, so that the vendor does not
send them for ever. Only this class defines ``post`` and ``get``.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.cache import cache
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from core.callbacks import body, lookup
from core.callbacks.views import InboundView
from core.connectors.target import Target
from core.errors import B1FlowError, CallbackRejected
from core.flows import events
from core.models import FlowInstance
from core.models.event import EventState

log = logging.getLogger(__name__)
KEPT_REJECTIONS = 20
KEEP_SECONDS = 7 * 86400


@dataclass(frozen=True)
class Arrived:
    """One event as decoded. ``state``: RECEIVED to be processed, IGNORED or UNREADABLE to be kept only."""

    event_id: str
    kind: str = ""
    route: str = ""
    target_key: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    raw: str = ""
    state: str = EventState.RECEIVED


@dataclass(frozen=True)
class Inbound:
    """A verified request: the decrypted text, and whatever ``acknowledge`` needs."""

    text: str
    extra: dict[str, Any] = field(default_factory=dict)


class CallbackView(InboundView):
    """Base of the vendors' callback endpoints.

    To write: ``verify`` (raise CallbackRejected, naming the stage), ``events``, ``acknowledge``; ``handshake``
    where the vendor checks the address by GET. ``slot``: the connection that holds the callback's secrets.
    """

    slot: ClassVar[str] = "oa"

    # -- to write

    def verify(self, request: Request, raw: bytes, target: Target) -> Inbound:
        """Check signature and decrypt. Raises CallbackRejected with its ``stage``."""
        raise NotImplementedError(f"{type(self).__name__}.verify")

    def events(self, inbound: Inbound) -> Iterable[Arrived]:
        """The events in a verified request. A ValueError or KeyError means unreadable: kept and acknowledged."""
        raise NotImplementedError(f"{type(self).__name__}.events")

    def acknowledge(self, request: Request, target: Target, inbound: Inbound) -> HttpResponse:
        """The answer the vendor waits for."""
        raise NotImplementedError(f"{type(self).__name__}.acknowledge")

    def handshake(self, request: Request, target: Target) -> HttpResponse:
        """The answer to the vendor's check of the address (GET). Raises CallbackRejected."""
        raise CallbackRejected("use POST", stage="method", status=405)

    # -- what everybody shares

    def post(self, request: Request, endpoint_key: str) -> HttpResponse:
        """Verify, store once, acknowledge."""
        return self._guarded(request, endpoint_key, self._receive)

    def get(self, request: Request, endpoint_key: str) -> HttpResponse:
        """The address check."""
        return self._guarded(request, endpoint_key, lambda flow, target: self.handshake(request, target))

    def _guarded(self, request: Request, endpoint_key: str, work: Any) -> HttpResponse:
        flow = lookup.flow_at(endpoint_key, ("event",), self.label)
        if flow is None:
            return HttpResponse("unknown address", status=404, content_type="text/plain")
        try:
            return work(flow, self._target(flow))
        except CallbackRejected as error:
            note_rejection(flow, error, request)
            return HttpResponse(f"{error.stage}: {error.message}", status=error.status, content_type="text/plain")

    def _target(self, flow: FlowInstance) -> Target:
        try:
            target = lookup.target_of(flow, self.slot)
        except B1FlowError as error:
            text = f"the connection's settings are not usable: {error}"
            raise CallbackRejected(text, stage="setup", status=503) from error
        if target is None:
            raise CallbackRejected(f"flow {flow.name} has no connection for {self.slot!r}", stage="setup", status=503)
        return target

    def _receive(self, flow: FlowInstance, target: Target) -> HttpResponse:
        request = self.request
        inbound = self.verify(request, body.read(request._request), target)
        for arrived in self._readable(inbound):
            events.store(
                flow,
                arrived.event_id,
                kind=arrived.kind,
                route=arrived.route,
                target_key=arrived.target_key,
                body=arrived.body,
                raw=arrived.raw,
                state=arrived.state,
            )
        return self.acknowledge(request, target, inbound)

    def _readable(self, inbound: Inbound) -> list[Arrived]:
        try:
            return list(self.events(inbound))
        except (ValueError, KeyError, TypeError, AttributeError, CallbackRejected) as error:
            log.warning("%s: authentic but unreadable event: %s", self.label, error)
            digest = hashlib.sha256(inbound.text.encode("utf-8", "replace")).hexdigest()
            return [Arrived(f"unreadable:{digest[:40]}", raw=inbound.text[:100_000], state=EventState.UNREADABLE)]


def note_rejection(flow: FlowInstance, error: CallbackRejected, request: Request) -> None:
    """Remember the last rejected calls for the "test my callback" page; nothing of their content is kept."""
    log.warning("flow %s: callback rejected at %s: %s", flow.pk, error.stage, error.message)
    key = f"rejections:{flow.pk}"
    entry = {
        "at": timezone.now().isoformat(),
        "stage": error.stage,
        "text": error.message,
        "from": request.META.get("REMOTE_ADDR", ""),
        "method": request.method,
    }
    cache.set(key, [entry, *(cache.get(key) or [])][:KEPT_REJECTIONS], KEEP_SECONDS)


def rejections(flow: FlowInstance) -> list[dict[str, str]]:
    """[{at, stage, text, from, method}] of the last rejected calls, newest first."""
    return cache.get(f"rejections:{flow.pk}") or []
