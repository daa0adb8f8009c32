"""The header of every page: tenant switch and help."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from core.admin import scope

LISTED = 500  # tenants offered in the switch; who has more finds them in the list of tenants


def context(request: HttpRequest) -> dict[str, Any]:
    """Context of the header."""
    tenants = list(scope.tenants_of(request.user).values_list("pk", "name")[:LISTED])
    return {
        "switch_tenants": tenants,
        "switch_chosen": scope.chosen_tenant(request),
        "help_url": help_address(request),
        "outbound_addresses": settings.OUTBOUND_ADDRESSES,
    }


def help_address(request: HttpRequest) -> str:
    """The help page that matches this page."""
    match = request.resolver_match
    name = (match.url_name or "index") if match else "index"
    return reverse("admin:help", args=[topic_of(name)])


def topic_of(url_name: str) -> str:
    """core_flowinstance_changelist -> flows; the console's own pages are named after their topic."""
    parts = url_name.split("_")
    return TOPICS.get(parts[1] if parts[0] == "core" and len(parts) > 1 else parts[0], "console")


TOPICS = {
    "flowinstance": "flows",
    "wizard": "flows",
    "flow": "flows",
    "mapping": "mapping",
    "valuemap": "mapping",
    "flowtemplate": "templates",
    "template": "templates",
    "connection": "connections",
    "flowrun": "runs",
    "delivery": "runs",
    "inboundevent": "runs",
    "membership": "members",
    "appcredential": "members",
    "apitoken": "members",
    "alertchannel": "alerts",
    "alert": "alerts",
}
