"""The front page: what runs, what fails, what waits for a person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.admin import figures, scope
from core.admin.views.page import render
from core.health import facts
from core.models import Role


def show(request: HttpRequest) -> HttpResponse:
    """Scoped to the chosen tenant; with several tenants and none chosen, one line a tenant beside it."""
    several = scope.chosen_tenant(request) is None
    return render(
        request,
        "console/dashboard.html",
        _("Dashboard"),
        flow_counts=figures.flow_counts(request),
        document_counts=figures.document_counts(request),
        problems=figures.problem_documents(request),
        failing=figures.failing_flows(request),
        next_runs=figures.next_runs(request),
        alerts=figures.open_alerts(request),
        chart=figures.kept(request, "hours", figures.last_hours) if several else figures.last_hours(request),
        tenants=figures.kept(request, "tenants", figures.by_tenant) if several else [],
        several=several,
        health=health(request.user),
        may_create=scope.may_anywhere(request.user, Role.CONSULTANT),
    )


def health(user: Any) -> list[dict[str, Any]]:
    """Signs of life of the background processes, in words; the provider sees each, others whether all is well."""
    found = [*facts.canaries(), facts.oldest_run(), facts.oldest_event()]
    if not user.is_superuser:
        well = all(fact.ok is not False for fact in found)
        return [{"name": _("Background work"), "value": _("works") if well else _("is delayed"), "ok": well}]
    lines = [{"name": _fact_label(fact.name), "value": f"{fact.value:g} s", "ok": fact.ok} for fact in found]
    if not facts.canaries():
        lines.insert(0, {"name": _("Worker"), "value": _("no sign of life yet"), "ok": False})
    depth = facts.queue_depths()
    lines += [
        {"name": _("Queue %(name)s") % {"name": name}, "value": str(count), "ok": None} for name, count in depth.items()
    ]
    return lines


def _fact_label(name: str) -> str:
    labels = {
        "oldest_waiting_run_seconds": _("Oldest waiting run"),
        "oldest_due_event_seconds": _("Oldest waiting event"),
    }
    return labels.get(name, _("Last sign of life: %(name)s") % {"name": name})
