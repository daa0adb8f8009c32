"""The facts: ages in seconds, counts; each by one cheap query."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Min
from django.db.models.functions import Now

from core.flows import queueing
from core.flows.clock import database_now
from core.models import Beat, Delivery, FlowInstance, FlowRun, InboundEvent
from core.models.delivery import DeliveryState
from core.models.run import RunStatus

CANARY_LIMIT = 180.0
WAITING_LIMIT = 300.0


@dataclass(frozen=True)
class Fact:
    """One line of health. ``ok`` None: of interest only."""

    name: str
    value: Any
    ok: bool | None = None


def database() -> Fact:
    """Does the database answer?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return Fact("database", cursor.fetchone()[0], True)


def cached() -> Fact:
    """Does the cache keep what it is given?"""
    value = uuid.uuid4().hex
    cache.set("health", value, 30)
    return Fact("cache", "ok", cache.get("health") == value)


def canaries() -> list[Fact]:
    """Age of each queue's canary: proof that its workers carry out tasks."""
    now = database_now()
    return [
        Fact(beat.name, round((now - beat.at).total_seconds(), 1), (now - beat.at).total_seconds() < CANARY_LIMIT)
        for beat in Beat.objects.order_by("name")
    ]


def oldest_run() -> Fact:
    """Seconds the oldest queued run has waited."""
    oldest = FlowRun.objects.filter(ended_at__isnull=True, status=RunStatus.QUEUED).aggregate(at=Min("queued_at"))["at"]
    return _age("oldest_waiting_run_seconds", oldest)


def oldest_event() -> Fact:
    """Seconds the oldest due event is overdue."""
    oldest = InboundEvent.objects.filter(due_at__lte=Now()).aggregate(at=Min("due_at"))["at"]
    return _age("oldest_due_event_seconds", oldest)


def oldest_unmarked() -> Fact:
    """Seconds since the oldest delivered document whose source is not marked yet fell due."""
    oldest = Delivery.objects.filter(due_at__isnull=False, state=DeliveryState.DELIVERED).aggregate(at=Min("due_at"))
    return Fact("oldest_unmarked_seconds", _age("", oldest["at"]).value)


def _age(name: str, at: Any) -> Fact:
    seconds = 0.0 if at is None else max(0.0, round((database_now() - at).total_seconds(), 1))
    return Fact(name, seconds, seconds < WAITING_LIMIT)


def need_person() -> Fact:
    """Documents that wait for a person."""
    return Fact("documents_needing_a_person", Delivery.objects.filter(state__in=["held", "dead"]).count())


def flows() -> Fact:
    """{enabled, paused, failing} flows."""
    counts = FlowInstance.objects.filter(enabled=True).aggregate(enabled=Count("pk"))
    counts["paused"] = FlowInstance.objects.filter(enabled=True).exclude(paused="").count()
    counts["failing"] = FlowInstance.objects.filter(enabled=True, failures_in_a_row__gt=0).count()
    return Fact("flows", counts)


def ready() -> list[Fact]:
    """What decides whether this installation is ready. Without a worker's first beat the canaries do not count."""
    return [database(), cached(), *canaries(), oldest_run(), oldest_event()]


def queue_depths() -> dict[str, int]:
    """{queue: waiting tasks}."""
    return queueing.depth()


def broker() -> str:
    """Which broker carries the bells."""
    return "redis" if settings.BROKER_URL else "database"
