"""Connections: made for one connector, tested in the vendor's words, used by flows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import registry
from core.admin import scope, shown
from core.admin.base import ScopedAdmin
from core.admin.buttons import button, page
from core.admin.connection_fields import offers
from core.admin.connection_forms import connection_form, setting_names
from core.admin.connection_test import test_connection
from core.admin.filters import ChoiceFilter
from core.catalog import deleting
from core.flows import broken
from core.models import Connection, Role
from core.models.connection import ConnectionStatus

STATUS_COLOURS = {"untested": "info", "ok": "success", "broken": "danger"}
NETWORK = ["verify_tls", "ca_bundle", "proxy", "max_parallel", "rate_limit"]


def has_secrets(connection: Connection) -> bool:
    """Does the connector know of passwords?"""
    known = registry.connectors().get(connection.connector)
    return known is not None and bool(known.secret_names())


@admin.register(Connection)
class ConnectionAdmin(ScopedAdmin):
    list_display = ["name", "kind", "company", "base_url", "state", "tested_at"]
    list_filter = [("status", ChoiceFilter)]
    list_filter_submit = True
    list_select_related = ["tenant", "company"]
    search_fields = ["name", "base_url"]
    ordering = ["name"]
    row_template = "console/connection.html"
    readonly_fields = ["kind", "settings_shown"]

    @admin.display(description=_("connector"), ordering="connector")
    def kind(self, connection: Connection) -> Any:
        known = registry.connectors().get(connection.connector)
        return known.label if known else connection.connector

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def state(self, connection: Connection) -> tuple[str, Any]:
        return connection.status, ConnectionStatus(connection.status).label

    @admin.display(description=_("settings"))
    def settings_shown(self, connection: Connection) -> Any:
        kind = registry.connector(connection.connector)
        hidden = kind.secret_names()
        fields = {name: field for name, field in kind.Settings.base_fields.items() if name not in hidden}
        return shown.settings_list(fields, connection.settings)

    # -- the generated form

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First the connector, then its form."""
        if request.GET.get("connector") in registry.connectors():
            return super().add_view(request, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "title": _("New connection: which system?"),
            "opts": self.opts,
            "connectors": [(key, kind.label or key) for key, kind in sorted(registry.connectors().items())],
        }
        return TemplateResponse(request, "console/choose_connector.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if self.has_change_permission(request, obj):
            kwargs["form"] = connection_form(self._connector(request, obj))
        return super().get_form(request, obj, change, **kwargs)

    @staticmethod
    def _connector(request: HttpRequest, connection: Connection | None) -> str:
        return connection.connector if connection else request.GET.get("connector", "")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": ["tenant", "company", "name", "kind", "base_url", "settings_shown", *NETWORK]})]
        connector = self._connector(request, obj)
        company = ["company"] if registry.connector(connector).has_company else []
        head = ["tenant", "name", *company, *(["kind"] if obj else []), "base_url"]
        return [
            (None, {"fields": head}),
            (_("Credentials"), {"fields": setting_names(connector)}),
            (_("Network"), {"classes": ["collapse"], "fields": NETWORK}),
        ]

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        renamed = obj.name if change and "name" in form.changed_data else ""
        if renamed:  # configs of flows may name it
            obj.name = form.initial["name"]
        super().save_model(request, obj, form, change)
        if renamed:
            deleting.rename_connection(obj, renamed, request.user)
        if form.changed_data and change:
            broken.changed(obj)

    def delete_model(self, request: HttpRequest, obj: Connection) -> None:
        deleting.delete_connection(obj, request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for connection in queryset:
            deleting.delete_connection(connection, request.user)

    # -- testing and trying

    pages = (
        page("connection_password", _("Change password"), Role.OPERATOR, icon="password", when=has_secrets),
        page("connection_actions", _("Try an action"), Role.OPERATOR, icon="science"),
        page("user_fields", _("User fields"), Role.CONSULTANT, icon="playlist_add_check", when=offers),
    )

    def response_add(self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None) -> HttpResponse:
        return self._tested(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Connection) -> HttpResponse:
        return self._tested(request, obj) or super().response_change(request, obj)

    def _tested(self, request: HttpRequest, connection: Connection) -> HttpResponse | None:
        if "_test" not in request.POST:
            return None
        self.test(request, connection)
        return HttpResponseRedirect(self.address_of(connection))

    @button(_("Test"), Role.OPERATOR, icon="network_check", main=True)
    def test(self, request: HttpRequest, connection: Connection) -> None:
        check = test_connection(connection)
        (messages.success if check.ok else messages.error)(request, check.text)

    def row_context(self, request: HttpRequest, row: Connection) -> dict[str, Any]:
        flows = deleting.used_by(row)[:100]
        return {
            "flows": flows,
            "colour": STATUS_COLOURS.get(row.status, "info"),
            "may_change": scope.may(request.user, row, Role.CONSULTANT),
        }
