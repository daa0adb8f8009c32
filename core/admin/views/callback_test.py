"""Does the other side reach us? The address to enter over there, and what arrives: accepted and rejected calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_part
from django.utils.translation import gettext as _

from core.admin.flow_panel import endpoint_of
from core.admin.views.flow_switch import FLOWS
from core.admin.views.page import render, row_or_404
from core.models import FlowInstance, Role

SHOWN = 15


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; ``part`` in the query: only what has arrived, for the page to renew itself."""
    flow = row_or_404(FLOWS, request, pk, Role.CONSULTANT)
    if "part" in request.GET:
        return render_part(request, "console/arrived.html", {"calls": calls(flow)})
    title = _("Callback test: %(name)s") % {"name": flow.name}
    endpoint = endpoint_of(flow)
    return render(request, "console/callback_test.html", title, flow=flow, endpoint=endpoint, calls=calls(flow))


def calls(flow: FlowInstance) -> list[dict[str, Any]]:
    """The latest calls, newest first: {at, ok, text, event}."""
    accepted = [
        {"at": event.received_at, "ok": True, "text": event.kind or event.event_id, "event": event}
        for event in flow.events.order_by("-received_at")[:SHOWN]
    ]
    rejected = [
        {
            "at": datetime.fromisoformat(entry["at"]),
            "ok": False,
            "text": f"{entry['method']} · {entry['stage']}: {entry['text']} ({entry['from']})",
        }
        for entry in cache.get(f"rejections:{flow.pk}") or []
    ]
    return sorted([*accepted, *rejected], key=lambda call: str(call["at"]), reverse=True)[:SHOWN]
