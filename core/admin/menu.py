"""The sidebar."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core.admin import scope
from core.models import Role


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of pages; what the user may not see is left out."""
    groups: list[dict[str, Any]] = [
        {"title": None, "items": [_page(_("Dashboard"), "space_dashboard", "admin:index")]},
        {"title": _("Operation"), "separator": True, "items": _operation()},
        {"title": _("Integration"), "separator": True, "items": _integration()},
        {"title": _("Master data"), "separator": True, "items": _master_data()},
        {"title": _("Administration"), "separator": True, "items": _administration(request)},
    ]
    return [group for group in groups if group["items"]]


def _page(title: str, icon: str, name: str, query: str = "") -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse(name) + query}


def _list(title: str, icon: str, model: str, app: str = "core") -> dict[str, Any]:
    return _page(title, icon, f"admin:{app}_{model}_changelist")


def _operation() -> list[dict[str, Any]]:
    return [
        _list(_("Deliveries"), "description", "delivery"),
        _list(_("Runs"), "play_circle", "flowrun"),
        _list(_("Events"), "inbox", "inboundevent"),
        _list(_("Alerts"), "notifications", "alert"),
    ]


def _integration() -> list[dict[str, Any]]:
    return [
        _list(_("Flows"), "conversion_path", "flowinstance"),
        _page(_("Flow templates"), "library_books", "admin:templates"),
        _list(_("Connections"), "cable", "connection"),
    ]


def _master_data() -> list[dict[str, Any]]:
    return [
        _list(_("Companies"), "apartment", "company"),
        _list(_("Value maps"), "table_chart", "valuemap"),
        _list(_("People"), "badge", "person"),
        _list(_("Domain files"), "draft", "domainfile"),
    ]


def _administration(request: HttpRequest) -> list[dict[str, Any]]:
    items = [_list(_("Tenants"), "domain", "tenant"), _list(_("Alert channels"), "campaign", "alertchannel")]
    if scope.may_anywhere(request.user, Role.OWNER):
        items += [
            _list(_("Members"), "group", "membership"),
            _list(_("AppCodes"), "key", "appcredential"),
            _list(_("API tokens"), "api", "apitoken"),
        ]
    if scope.may_anywhere(request.user, Role.CONSULTANT):
        items.append(_list(_("Audit log"), "history", "logentry", "auditlog"))
    if request.user.is_superuser:
        items += [
            _list(_("Users"), "person", "user", "auth"),
            _list(_("Template shares"), "share", "templateshare"),
            _list(_("Signs of life"), "monitor_heart", "beat"),
        ]
    return items
