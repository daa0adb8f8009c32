"""The dashboard's numbers, of the user's tenants or the chosen one; each by one query."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Q, QuerySet, Sum, prefetch_related_objects
from django.db.models.functions import TruncHour
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.admin import scope
from core.models import Alert, Delivery, FlowInstance, FlowRun, Tenant
from core.models.delivery import DecisionState, DeliveryState

HOURS = 24
SHOWN = 8
KEPT_SECONDS = 60
PROBLEMS = (DeliveryState.HELD, DeliveryState.DEAD, DeliveryState.REFUSED, DeliveryState.FAILED)
NEEDS = Q(state__in=[DeliveryState.HELD, DeliveryState.DEAD]) | Q(decision_state=DecisionState.CONFLICT)
# The latter has no index: a conflict is also an open alert, so the tile counts by state only.
FAILING = Q(enabled=True, failures_in_a_row__gt=0, paused="")


def flows(request: HttpRequest) -> QuerySet[FlowInstance]:
    return scope.current(FlowInstance.objects.all(), request)


def flow_counts(request: HttpRequest) -> dict[str, int]:
    """{on, failing, paused, off}"""
    return flows(request).aggregate(
        on=Count("pk", filter=Q(enabled=True, failures_in_a_row=0, paused="")),
        failing=Count("pk", filter=FAILING),
        paused=Count("pk", filter=Q(enabled=True) & ~Q(paused="")),
        off=Count("pk", filter=Q(enabled=False)),
    )


def document_counts(request: HttpRequest) -> dict[str, int]:
    """{state: documents} of the states that are no success."""
    rows = scope.current(Delivery.objects.filter(state__in=PROBLEMS), request)
    counts = dict.fromkeys(PROBLEMS, 0)
    counts.update(rows.order_by().values_list("state").annotate(Count("pk")))
    return {str(state): count for state, count in counts.items()}


def problem_documents(request: HttpRequest) -> list[Delivery]:
    """The latest documents that are no success, those for a person first."""
    rows = scope.current(Delivery.objects.all(), request)
    found: list[Delivery] = []
    for states in ((DeliveryState.HELD, DeliveryState.DEAD), (DeliveryState.REFUSED, DeliveryState.FAILED)):
        # One query a state: the index gives its newest without sorting the others.
        newest = [row for state in states for row in rows.filter(state=state).order_by("-updated_at")[:SHOWN]]
        found += sorted(newest, key=lambda row: row.updated_at, reverse=True)[: SHOWN - len(found)]
    prefetch_related_objects(found, "flow", "flow__tenant")
    return found


def failing_flows(request: HttpRequest) -> list[FlowInstance]:
    """Switched-on flows that fail or wait, worst first."""
    wrong = flows(request).filter(Q(enabled=True), Q(failures_in_a_row__gt=0) | ~Q(paused=""))
    return list(wrong.select_related("tenant").order_by("-failures_in_a_row", "name")[:SHOWN])


def next_runs(request: HttpRequest) -> list[FlowInstance]:
    due = flows(request).filter(enabled=True, next_run_at__isnull=False)
    return list(due.select_related("tenant").order_by("next_run_at")[:SHOWN])


def open_alerts(request: HttpRequest) -> list[Alert]:
    return list(scope.current(Alert.objects.filter(ended_at__isnull=True), request)[:SHOWN])


def kept(request: HttpRequest, name: str, make: Callable[[HttpRequest], Any]) -> Any:
    """A figure that may be a minute old: what many rows are summed up for."""
    key = f"figures:{name}:{request.user.pk}:{scope.chosen_tenant(request)}:{get_language()}"
    found = cache.get(key)
    if found is None:
        found = make(request)
        cache.set(key, found, KEPT_SECONDS)
    return found


def last_hours(request: HttpRequest) -> str:
    """Chart data: documents done and failed in each of the last hours, and runs."""
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    runs = scope.current(FlowRun.objects.filter(queued_at__gte=hours[0]), request).order_by()
    rows = runs.annotate(hour=TruncHour("queued_at")).values("hour")
    found = {row["hour"]: row for row in rows.annotate(runs=Count("pk"), done=Sum("succeeded"), bad=Sum("failed"))}

    def series(name: str) -> list[int]:
        return [found[hour][name] or 0 if hour in found else 0 for hour in hours]

    bars = [(_("Documents done"), "done", "#16a34a"), (_("Documents failed"), "bad", "#dc2626")]
    datasets: list[dict[str, Any]] = [
        {"label": label, "data": series(name), "backgroundColor": colour, "stack": "documents", "displayYAxis": True}
        for label, name, colour in bars
    ]
    line = {"label": _("Runs"), "data": series("runs"), "type": "line", "borderColor": "#2563eb", "pointRadius": 0}
    return json.dumps({"labels": [hour.strftime("%H:%M") for hour in hours], "datasets": [*datasets, line]})


def by_tenant(request: HttpRequest) -> list[dict[str, Any]]:
    """One line a tenant, sorted by pain: what was moved in the last hours, what failed, what waits."""
    tenants = {t.pk: t for t in scope.tenants_of(request.user)}
    if len(tenants) == 1:
        return []
    lines: dict[int, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(LINE, 0))
    since = timezone.now() - timedelta(hours=HOURS)
    runs = scope.visible(FlowRun.objects.filter(queued_at__gte=since), request.user).order_by()
    for pk, done, bad in runs.values_list(TENANT).annotate(Sum("succeeded"), Sum("failed")):
        lines[pk].update(done=done or 0, failed=bad or 0)
    waiting = scope.visible(Delivery.objects.filter(state__in=["held", "dead"]), request.user).order_by()
    for pk, count in waiting.values_list(TENANT).annotate(Count("pk")):
        lines[pk]["waiting"] = count
    failing = scope.visible(FlowInstance.objects.filter(FAILING), request.user).order_by()
    for pk, count in failing.values_list(F("tenant")).annotate(Count("pk")):
        lines[pk]["failing"] = count
    return sorted(_named(tenants, lines), key=lambda line: (-line["waiting"], -line["failing"], -line["failed"]))[:50]


TENANT = F("flow__tenant")
LINE = ("done", "failed", "waiting", "failing")


def _named(tenants: dict[int, Tenant], lines: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"tenant": tenants[pk], **line} for pk, line in lines.items() if pk in tenants]
