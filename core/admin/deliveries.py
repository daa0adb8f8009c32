"""Documents: the delivery ledger."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.admin import shown
from core.admin.base import ReadOnlyAdmin
from core.admin.filters import ChoiceFilter, RelatedFilter
from core.models import Delivery
from core.models.delivery import DecisionState, DeliveryState

STATE_COLOURS = {
    "sending": "info",
    "delivered": "info",
    "done": "success",
    "failed": "warning",
    "refused": "danger",
    "uncertain": "warning",
    "held": "danger",
    "dead": "danger",
}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    paginator = InfinitePaginator
    list_display = ["document", "flow", "condition", "target_key", "problem", "updated_at"]
    list_filter = [("state", ChoiceFilter), ("decision_state", ChoiceFilter), ("flow", RelatedFilter)]
    list_select_related = ["flow", "flow__tenant"]
    search_fields = ["label", "key", "target_key"]
    search_help_text = _("A number from either system.")
    ordering = ["-updated_at"]
    fields = [
        *["flow", "document", "key", "condition", "target_key", "decision_line", "decision_text"],
        *["attempt", "failures", "error", "created_at", "sent_at", "updated_at", "due_at", "payload_shown"],
    ]
    readonly_fields = ["document", "condition", "decision_line", "payload_shown"]
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

    @admin.display(description=_("decision"))
    def decision_line(self, delivery: Delivery) -> str:
        if not delivery.decision_state:
            return shown.EMPTY
        return f"{delivery.get_decision_display()} · {DecisionState(delivery.decision_state).label}"

    @admin.display(description=_("as sent"))
    def payload_shown(self, delivery: Delivery) -> Any:
        return shown.pretty(delivery.payload)
