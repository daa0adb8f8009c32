"""Inbound events: the callbacks that were received."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import shown
from core.admin.buttons import button
from core.admin.filters import ChoiceFilter, RelatedFilter
from core.admin.ledger import LedgerAdmin
from core.audit import note
from core.flows import events
from core.models import InboundEvent, Role
from core.models.event import EventState

STATE_COLOURS = {
    "received": "info",
    "processing": "info",
    "processed": "success",
    "failed": "warning",
    "dead": "danger",
    "ignored": "default",
    "unreadable": "danger",
}


@admin.register(InboundEvent)
class InboundEventAdmin(LedgerAdmin):
    list_display = ["event_id", "flow", "condition", "kind", "target_key", "attempts", "received_at"]
    list_filter = [("state", ChoiceFilter), ("flow", RelatedFilter)]
    search_fields = ["event_id", "target_key", "route"]
    ordering = ["-pk"]
    fields = [
        *["flow", "event_id", "state", "kind", "route", "target_key", "attempts", "error"],
        *["delivery", "run", "received_at", "processed_at", "body_shown", "raw_shown"],
    ]
    readonly_fields = ["body_shown", "raw_shown"]

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def condition(self, event: InboundEvent) -> tuple[str, Any]:
        return event.state, EventState(event.state).label

    @admin.display(description=_("content"))
    def body_shown(self, event: InboundEvent) -> Any:
        return shown.pretty(event.body)

    @admin.display(description=_("as received"))
    def raw_shown(self, event: InboundEvent) -> Any:
        return shown.pretty(event.raw)

    @button(_("Process again"), Role.OPERATOR, icon="replay", main=True, when=lambda event: event.state != "processing")
    def replay(self, request: HttpRequest, event: InboundEvent) -> None:
        events.replay(event)
        note(event, request.user, "replay")
        messages.success(request, gettext("The event is processed again."))

    def replay_all(self, request: HttpRequest, queryset: QuerySet[InboundEvent]) -> None:
        rows = self.acting_on(request, queryset, Role.OPERATOR).exclude(state=EventState.PROCESSING)
        for event in rows:
            events.replay(event)
            note(event, request.user, "replay")
        messages.success(request, gettext("%(count)d events are processed again.") % {"count": len(rows)})

    replay_all.short_description = _("Process again")  # type: ignore[attr-defined]
    actions = ["replay_all"]
