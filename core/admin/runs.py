"""Runs: what happened, step by step."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import finding, run_panel, scope, shown
from core.admin.buttons import button
from core.admin.filters import ChoiceFilter, RelatedFilter
from core.admin.flow_panel import runs
from core.admin.ledger import LedgerAdmin
from core.admin.run_panel import STATUS_COLOURS
from core.flows import queueing, resolve
from core.models import Delivery, FlowRun, Role
from core.models.delivery import DeliveryState
from core.models.run import RunStatus

RETRIABLE = (DeliveryState.FAILED, DeliveryState.REFUSED, DeliveryState.DEAD)


@admin.register(FlowRun)
class FlowRunAdmin(LedgerAdmin):
    list_display = ["number", "flow", "state", "trigger", "queued_at", "took", "total", "succeeded", "failed", "held"]
    list_display_links = ["number"]
    list_filter = [("status", ChoiceFilter), ("trigger", ChoiceFilter), ("flow", RelatedFilter)]
    search_fields = ["deliveries__label"]
    search_help_text = _("A document's number, or # and the run's.")
    ordering = ["-pk"]  # the order they were made in; needs no index of its own
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[FlowRun], search_term: str
    ) -> tuple[QuerySet[FlowRun], bool]:
        """By a document's number, or by the run's own (#123)."""
        text = search_term.strip()
        if not text:
            return queryset, False
        if text.startswith("#") and text[1:].isdigit():
            return queryset.filter(pk=text[1:]), False
        documents = finding.deliveries(scope.visible(Delivery.objects.all(), request.user), text)
        return queryset.filter(pk__in=Delivery.objects.filter(pk__in=documents).values("run")), False

    def row_context(self, request: HttpRequest, row: FlowRun) -> dict[str, Any]:
        return run_panel.context(request, row)

    # -- once more

    @button(_("Retry what failed"), Role.OPERATOR, icon="replay", main=True, when=lambda run: bool(_failed(run)))
    def retry_failed(self, request: HttpRequest, run: FlowRun) -> HttpResponse | None:
        return self._again(request, resolve.retry(_failed(run), request.user))

    @button(_("Run the flow again"), Role.OPERATOR, icon="play_arrow", when=lambda run: runs(run.flow))
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
