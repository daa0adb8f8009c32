"""Documents: the delivery ledger."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import delivery_panel, finding
from core.admin.delivery_panel import STATE_COLOURS
from core.admin.filters import ChoiceFilter, RelatedFilter
from core.admin.ledger import LedgerAdmin
from core.admin.runs import RETRIABLE
from core.admin.views.export import documents
from core.flows import resolve
from core.models import Delivery, Role
from core.models.delivery import DeliveryState

TIMES = ("created_at", "sent_at", "updated_at", "due_at")
AT_ONCE = 5_000  # documents of one bulk retry


@admin.register(Delivery)
class DeliveryAdmin(LedgerAdmin):
    list_display = ["document", "flow", "condition", "target_key", "problem", "updated_at"]
    list_filter = [("state", ChoiceFilter), ("decision_state", ChoiceFilter), ("flow", RelatedFilter)]
    search_fields = ["label", "key", "target_key"]
    search_help_text = _("A number from either system.")
    fieldsets = [
        (
            _("Details"),
            {
                "classes": ["collapse"],
                "fields": ["flow", "key", "state", "target_key", "attempt", "failures", *TIMES],
            },
        )
    ]
    row_template = "console/delivery.html"

    @admin.display(description=_("document"), ordering="label")
    def document(self, delivery: Delivery) -> str:
        return delivery.label or delivery.key

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def condition(self, delivery: Delivery) -> tuple[str, Any]:
        return delivery.state, DeliveryState(delivery.state).label

    @admin.display(description=_("error"))
    def problem(self, delivery: Delivery) -> str:
        return delivery.error[:120]

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """Newest change first where an index gives that order (of a state, of a flow), else newest first."""
        indexed = {"state__exact", "flow__id__exact"} & set(request.GET)
        return ["-updated_at"] if indexed else ["-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=finding.deliveries(self.get_queryset(request), search_term)), False

    def row_context(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        return delivery_panel.context(request, row)

    # -- many at once

    def retry_all(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Failed, refused and given-up documents go out again; those held for a person are left to that person."""
        rows = self.acting_on(request, queryset, Role.OPERATOR).filter(state__in=RETRIABLE)
        runs = resolve.retry(rows.select_related("flow")[:AT_ONCE], request.user, gettext("retried together"))
        names = ", ".join(f"#{run.pk}" for run in runs)
        messages.success(request, gettext("Queued runs: %(runs)s") % {"runs": names or "–"})

    retry_all.short_description = _("Send again")  # type: ignore[attr-defined]

    def as_csv(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponseBase:
        """A table with the numbers of both systems."""
        return documents(queryset)

    as_csv.short_description = _("Download as CSV")  # type: ignore[attr-defined]
    actions = ["retry_all", "as_csv"]
