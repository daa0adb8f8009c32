"""/healthz (this process lives), /readyz (this installation works), /metrics (Prometheus text)."""

from __future__ import annotations

import hmac
import logging

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from core.health import facts

log = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 with facts, or 503 with those that are not well."""
    try:
        found = facts.ready()
    except DatabaseError as error:
        log.error("readyz: %s", error)
        return JsonResponse({"ready": False, "database": "does not answer"}, status=503)
    well = all(fact.ok is not False for fact in found)
    body = {"ready": well, "facts": {fact.name: {"value": fact.value, "ok": fact.ok} for fact in found}}
    return JsonResponse(body, status=200 if well else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Gauges read from the database at this moment. METRICS_TOKEN, when set, must come as a bearer token."""
    token = settings.METRICS_TOKEN
    if token and not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return HttpResponse("unauthorized", status=401, content_type="text/plain")
    registry = CollectorRegistry()
    for fact in (facts.oldest_run(), facts.oldest_event(), facts.oldest_unmarked(), facts.need_person()):
        Gauge(f"b1flow_{fact.name}", fact.name.replace("_", " "), registry=registry).set(fact.value)
    by_state = Gauge("b1flow_flows", "flows by state", ["state"], registry=registry)
    for state, count in facts.flows().value.items():
        by_state.labels(state).set(count)
    depth = Gauge("b1flow_queue_depth", "waiting tasks", ["queue"], registry=registry)
    for queue, count in facts.queue_depths().items():
        depth.labels(queue).set(count)
    beats = Gauge("b1flow_beat_age_seconds", "age of the last sign of life", ["name"], registry=registry)
    for fact in facts.canaries():
        beats.labels(fact.name).set(fact.value)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
