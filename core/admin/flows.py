"""Flows: configured copies of templates, switched on and off."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from core import registry
from core.admin import flow_panel, shown
from core.admin.base import ScopedAdmin, ScopedTabularInline
from core.admin.buttons import button, page
from core.admin.filters import RelatedFilter
from core.admin.flow_forms import CONFIG, SCHEDULE, SLOT, flow_form, names
from core.admin.flow_panel import CONDITION_COLOURS, condition_of, is_sync, newer_template, runs, type_of
from core.admin.forms import ScopedForm
from core.admin.templates import flow_type_label
from core.catalog import deleting, enabling, wiring
from core.errors import ConfigurationError
from core.flows import dispatcher, queueing
from core.models import FlowInstance, FlowRoute, Role
from core.models.delivery import DecisionState

CONDITIONS = {"on": _("On"), "off": _("Off"), "failing": _("Failing"), "paused": _("Paused")}


class ConditionFilter(DropdownFilter):
    """On, off, failing, paused."""

    title = _("state")
    parameter_name = "condition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(CONDITIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[FlowInstance]) -> QuerySet[FlowInstance]:
        on, paused = Q(enabled=True), ~Q(paused="")
        wanted = {
            "on": on & Q(failures_in_a_row=0, paused=""),
            "off": ~on,
            "failing": on & Q(failures_in_a_row__gt=0, paused=""),
            "paused": on & paused,
        }.get(self.value() or "")
        return queryset.filter(wanted) if wanted is not None else queryset


def _is_off(flow: FlowInstance) -> bool:
    return not flow.enabled


class RouteForm(ScopedForm):
    """A route, checked as ``apply`` and the wizard check it; what is wrong is said at its field."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        target = cleaned.get("target")
        if target is not None and "match" in cleaned and not self.errors:
            try:
                wiring.check_route(self.instance.flow, cleaned["match"], target)
            except ConfigurationError as error:
                self.add_error("target" if cleaned["match"].strip() else "match", error.message)
        return cleaned


class RouteInline(ScopedTabularInline):
    form = RouteForm
    model = FlowRoute
    fk_name = "flow"
    fields = ["match", "target"]
    autocomplete_fields = ["target"]


@admin.register(FlowInstance)
class FlowAdmin(ScopedAdmin):
    """Flows are made by the wizard; here they are watched, configured and switched."""

    add_role = None
    list_display = ["name", "kind", "company", "condition", "last_success_at", "next_run_at", "last_error"]
    list_filter = [ConditionFilter, ("company", RelatedFilter)]
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

    pages = (
        page("flow_enable", _("Switch on"), Role.CONSULTANT, icon="toggle_on", main=True, when=_is_off),
        page("mapping", _("Field mapping"), Role.VIEWER, icon="swap_horiz", when=lambda flow: _has_sections(flow)),
        page("flow_dry_run", _("Dry run"), Role.OPERATOR, icon="visibility", when=is_sync),
        page("flow_preview", _("Preview"), Role.OPERATOR, icon="visibility", when=lambda flow: not is_sync(flow)),
        page("flow_duplicate", _("Duplicate"), Role.CONSULTANT, icon="content_copy"),
        page(
            "flow_upgrade", _("Upgrade"), Role.CONSULTANT, icon="upgrade", when=lambda flow: bool(newer_template(flow))
        ),
        page("flow_publish", _("Publish as template"), Role.CONSULTANT, icon="publish"),
        page(
            "flow_callback_test",
            _("Callback test"),
            Role.CONSULTANT,
            icon="science",
            when=lambda flow: _takes_events(flow),
        ),
    )

    @button(_("Switch off"), Role.CONSULTANT, icon="toggle_off", when=lambda flow: flow.enabled)
    def disable(self, request: HttpRequest, flow: FlowInstance) -> None:
        routers = enabling.disable(flow, request.user)
        messages.success(request, _("Flow %(name)s is switched off.") % {"name": flow.name})
        if routers:
            messages.warning(request, _("Events still reach it through: %(names)s") % {"names": ", ".join(routers)})

    @button(_("Run now"), Role.OPERATOR, icon="play_arrow", main=True, when=runs)
    def run_now(self, request: HttpRequest, flow: FlowInstance) -> HttpResponse:
        run = queueing.run_now(flow, request.user)
        messages.success(request, _("Run #%(number)d is queued.") % {"number": run.pk})
        return HttpResponseRedirect(shown.address(run))

    @button(_("Ask for decisions"), Role.OPERATOR, icon="sync", when=lambda flow: _awaits_decision(flow))
    def reconcile(self, request: HttpRequest, flow: FlowInstance) -> None:
        waiting = flow.deliveries.filter(decide_at__isnull=False, decision_state=DecisionState.PENDING)
        waiting.update(decide_at=Now())
        dispatcher.ring_reconcile()
        messages.success(request, _("The open approvals of %(name)s are asked for.") % {"name": flow.name})

    def row_context(self, request: HttpRequest, row: FlowInstance) -> dict[str, Any]:
        return flow_panel.context(request, row)

    def company_copy(self, request: HttpRequest, queryset: QuerySet[FlowInstance]) -> HttpResponse:
        """Copy the chosen flows for another company, in one action (seed 5.5.8)."""
        rows = self.acting_on(request, queryset, Role.CONSULTANT)
        chosen = "&".join(f"flow={pk}" for pk in rows.values_list("pk", flat=True))
        return HttpResponseRedirect(f"{reverse('admin:company_copy')}?{chosen}")

    company_copy.short_description = _("Copy for another company")  # type: ignore[attr-defined]
    actions = ["company_copy"]


def _awaits_decision(flow: FlowInstance) -> bool:
    return bool(flow.enabled and getattr(type_of(flow), "awaits_decision", False))


def _has_sections(flow: FlowInstance) -> bool:
    known = type_of(flow)
    return bool(known and known.sections)


def _takes_events(flow: FlowInstance) -> bool:
    known = type_of(flow)
    return bool(known and known.kind == "event" and known.has_endpoint)
