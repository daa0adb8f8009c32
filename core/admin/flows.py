"""Flows: configured copies of templates, switched on and off."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import registry
from core.admin import shown
from core.admin.base import ScopedAdmin, ScopedTabularInline
from core.admin.buttons import button
from core.admin.filters import RelatedFilter
from core.admin.flow_forms import CONFIG, SCHEDULE, SLOT, flow_form, names
from core.admin.templates import flow_type_label
from core.catalog import deleting
from core.flows import queueing
from core.models import FlowInstance, FlowRoute, Role

CONDITION_COLOURS = {"on": "success", "off": "default", "failing": "danger", "paused": "warning"}
CONDITIONS = {"on": _("On"), "off": _("Off"), "failing": _("Failing"), "paused": _("Paused")}


def condition_of(flow: FlowInstance) -> str:
    """on, off, failing or paused."""
    if not flow.enabled:
        return "off"
    if flow.paused:
        return "paused"
    return "failing" if flow.failures_in_a_row else "on"


class RouteInline(ScopedTabularInline):
    model = FlowRoute
    fk_name = "flow"
    fields = ["match", "target"]
    autocomplete_fields = ["target"]


@admin.register(FlowInstance)
class FlowAdmin(ScopedAdmin):
    """Flows are made by the wizard; here they are watched, configured and switched."""

    add_role = None
    list_display = ["name", "kind", "company", "condition", "last_success_at", "next_run_at", "last_error"]
    list_filter = [("enabled", admin.BooleanFieldListFilter), ("company", RelatedFilter)]
    list_select_related = ["tenant", "company", "template"]
    search_fields = ["name", "flow_type"]
    ordering = ["name"]
    row_template = "console/flow.html"
    readonly_fields = ["kind", "config_shown"]

    @admin.display(description=_("flow type"), ordering="flow_type")
    def kind(self, flow: FlowInstance) -> Any:
        return flow_type_label(flow.flow_type)

    @display(description=_("state"), label=CONDITION_COLOURS)
    def condition(self, flow: FlowInstance) -> tuple[str, Any]:
        found = condition_of(flow)
        return found, CONDITIONS[found]

    @admin.display(description=_("global config"))
    def config_shown(self, flow: FlowInstance) -> Any:
        known = registry.flow_types().get(flow.flow_type)
        return shown.settings_list(known.Config.base_fields, flow.config) if known else shown.pretty(flow.config)

    # -- the generated form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj and self.has_change_permission(request, obj):
            kwargs["form"] = flow_form(obj.flow_type)
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["name"]})]
        kind = registry.flow_type(obj.flow_type)
        head = ["tenant", "name", "kind", *(["company"] if kind.has_company else []), "template"]
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": [*head, "config_shown"]})]
        parts = [
            (_("Connections"), names(obj.flow_type, SLOT)),
            (_("Global config"), names(obj.flow_type, CONFIG)),
            (_("Schedule"), names(obj.flow_type, SCHEDULE)),
        ]
        return [(None, {"fields": head}), *((title, {"fields": fields}) for title, fields in parts if fields)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        moved = ["company"] if obj and obj.deliveries.exists() else []  # its ledger belongs to one company
        return [*super().get_readonly_fields(request, obj), "template", *moved]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        kind = registry.flow_types().get(obj.flow_type) if obj else None
        return [RouteInline] if kind and hasattr(kind, "routed") else []

    def save_model(self, request: HttpRequest, obj: FlowInstance, form: Any, change: bool) -> None:
        obj.save(update_fields=["name", "company"])  # the engine writes the other columns meanwhile
        form.apply(obj, request.user)

    def delete_model(self, request: HttpRequest, obj: FlowInstance) -> None:
        deleting.delete_flow(obj, request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for flow in queryset:
            deleting.delete_flow(flow, request.user)

    # -- switching

    @button(_("Run now"), Role.OPERATOR, icon="play_arrow", main=True, when=lambda flow: _is_sync(flow))
    def run_now(self, request: HttpRequest, flow: FlowInstance) -> HttpResponse:
        run = queueing.run_now(flow, request.user)
        messages.success(request, _("Run #%(number)d is queued.") % {"number": run.pk})
        return HttpResponseRedirect(shown.address(run))


def _is_sync(flow: FlowInstance) -> bool:
    known = registry.flow_types().get(flow.flow_type)
    return bool(known and known.kind == "sync")
