"""The part of a run's page that renews itself while it runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.admin import run_panel
from core.admin.views.page import row_or_404
from core.models import FlowRun


def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Counts and progress."""
    run = row_or_404(FlowRun.objects.select_related("flow"), request, pk)
    context = {"row": run, "running": run.status in run_panel.OPEN, "done": run_panel.percent(run)}
    return render(request, "console/run_progress.html", context)
