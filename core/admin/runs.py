"""Runs: what happened, step by step."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.admin import run_panel, shown
from core.admin.base import ReadOnlyAdmin
from core.admin.buttons import button
from core.admin.filters import ChoiceFilter, RelatedFilter
from core.admin.flow_panel import is_sync
from core.admin.run_panel import STATUS_COLOURS
from core.flows import queueing, resolve
from core.models import Delivery, FlowRun, Role
from core.models.delivery import DeliveryState
from core.models.run import RunStatus

RETRIABLE = (DeliveryState.FAILED, DeliveryState.REFUSED, DeliveryState.DEAD)


@admin.register(FlowRun)
class FlowRunAdmin(ReadOnlyAdmin):
    paginator = InfinitePaginator
    list_display = ["number", "flow", "state", "trigger", "queued_at", "took", "total", "succeeded", "failed", "held"]
    list_display_links = ["number"]
    list_filter = [("status", ChoiceFilter), ("trigger", ChoiceFilter), ("flow", RelatedFilter)]
    list_select_related = ["flow", "flow__tenant"]
    search_fields = ["deliveries__label"]
    ordering = ["-queued_at"]
    fieldsets = [
        (
            _("Details"),
            {
                "classes": ["collapse"],
                "fields": ["flow", "status", "trigger", "user", "scheduled_for", "queued_at", "started_at", "ended_at"],
            },
        )
    ]
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

    def row_context(self, request: HttpRequest, row: FlowRun) -> dict[str, Any]:
        return run_panel.context(request, row)

    # -- once more

    @button(_("Retry what failed"), Role.OPERATOR, icon="replay", main=True, when=lambda run: bool(_failed(run)))
    def retry_failed(self, request: HttpRequest, run: FlowRun) -> HttpResponse | None:
        return self._again(request, resolve.retry(_failed(run), request.user))

    @button(_("Run the flow again"), Role.OPERATOR, icon="play_arrow", when=lambda run: is_sync(run.flow))
    def run_again(self, request: HttpRequest, run: FlowRun) -> HttpResponse | None:
        return self._again(request, [queueing.run_now(run.flow, request.user)])

    @staticmethod
    def _again(request: HttpRequest, runs: list[FlowRun]) -> HttpResponse | None:
        if not runs:
            messages.info(request, gettext("Nothing to do."))
            return None
        messages.success(request, gettext("Run #%(number)d is queued.") % {"number": runs[0].pk})
        return HttpResponseRedirect(shown.address(runs[0]))


def _failed(run: FlowRun) -> list[Delivery]:
    return list(run.deliveries.filter(state__in=RETRIABLE).select_related("flow"))
