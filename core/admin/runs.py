"""Runs: what happened, step by step."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.admin.base import ReadOnlyAdmin
from core.admin.filters import ChoiceFilter, RelatedFilter
from core.models import FlowRun
from core.models.run import RunStatus

STATUS_COLOURS = {
    "queued": "info",
    "running": "info",
    "succeeded": "success",
    "partial": "warning",
    "failed": "danger",
    "skipped": "default",
}


@admin.register(FlowRun)
class FlowRunAdmin(ReadOnlyAdmin):
    paginator = InfinitePaginator
    list_display = ["number", "flow", "state", "trigger", "queued_at", "took", "total", "succeeded", "failed", "held"]
    list_display_links = ["number"]
    list_filter = [("status", ChoiceFilter), ("trigger", ChoiceFilter), ("flow", RelatedFilter)]
    list_select_related = ["flow", "flow__tenant"]
    search_fields = ["deliveries__label"]
    ordering = ["-queued_at"]
    fields = [
        *["flow", "state", "trigger", "user", "scheduled_for", "queued_at", "started_at", "ended_at"],
        *["total", "succeeded", "failed", "skipped", "held", "message"],
    ]
    readonly_fields = ["state"]
    row_template = "console/run.html"

    @admin.display(description=_("run"), ordering="pk")
    def number(self, run: FlowRun) -> str:
        return f"#{run.pk}"

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def state(self, run: FlowRun) -> tuple[str, Any]:
        return run.status, RunStatus(run.status).label

    @admin.display(description=_("seconds"))
    def took(self, run: FlowRun) -> float | None:
        return run.seconds
