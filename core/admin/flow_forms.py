"""The flow form, generated from the flow type: global config, one connection a slot, the schedule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultiple

from core import registry
from core.admin.forms import ScopedForm, themed
from core.catalog import schedules, values, wiring
from core.errors import ConfigurationError
from core.flows.base import FlowType
from core.models import Connection, FlowInstance

CONFIG, SLOT, SCHEDULE = "config_", "slot_", "schedule_"
UNITS = [
    ("minute", _("minutes")),
    ("hour", _("hours")),
    ("day", _("days")),
    ("week", _("weeks")),
    ("month", _("months")),
]
DAYS = [
    *[("mon", _("Monday")), ("tue", _("Tuesday")), ("wed", _("Wednesday")), ("thu", _("Thursday"))],
    *[("fri", _("Friday")), ("sat", _("Saturday")), ("sun", _("Sunday"))],
]


def config_fields(kind: type[FlowType]) -> dict[str, forms.Field]:
    """The global config's fields, named for a form that holds other things too."""
    return {CONFIG + name: themed(field) for name, field in kind.Config.base_fields.items()}


def slot_label(slot: str, connector: str) -> str:
    """ "erp: Service Layer"""
    known = registry.connectors().get(connector)
    return f"{known.label if known else connector} ({slot})"


def slot_fields(kind: type[FlowType]) -> dict[str, forms.Field]:
    """One pick a slot; the form narrows each to the tenant's connections of the right connector."""
    return {
        SLOT + slot: themed(
            forms.ModelChoiceField(
                Connection.objects.filter(connector=connector),
                label=slot_label(slot, connector),
                required=False,
                help_text=_("Optional.") if slot in kind.optional_slots else "",
            )
        )
        for slot, connector in kind.connections.items()
    }


def schedule_fields(kind: type[FlowType]) -> dict[str, forms.Field]:
    """Every n units, on chosen weekdays; nothing for flows that are started from outside."""
    if kind.kind != "sync":
        return {}
    days = forms.MultipleChoiceField(
        label=_("Only on"), choices=DAYS, required=False, widget=UnfoldAdminCheckboxSelectMultiple
    )
    return {
        SCHEDULE + "every": themed(forms.IntegerField(label=_("Every"), min_value=1, required=False)),
        SCHEDULE + "unit": themed(forms.ChoiceField(label=_("Unit"), choices=UNITS, required=False)),
        SCHEDULE + "weekdays": days,
    }


class FlowForm(ScopedForm):
    """``kind`` is the flow type, set on the class made for it (``flow_form``)."""

    kind: type[FlowType]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        flow = self.instance
        bound = {binding.slot: binding.connection_id for binding in flow.bindings.all()} if flow.pk else {}
        for name, field in self.fields.items():
            if name.startswith(CONFIG):
                field.initial = (flow.config or {}).get(name.removeprefix(CONFIG), field.initial)
                field.required = field.required and flow.enabled
            elif name.startswith(SLOT):
                field.initial = bound.get(name.removeprefix(SLOT))
            elif name.startswith(SCHEDULE):
                field.initial = (flow.schedule or {}).get(name.removeprefix(SCHEDULE))

    def part(self, prefix: str) -> dict[str, Any]:
        """Cleaned values of one of the generated parts, by plain name."""
        return {n.removeprefix(prefix): v for n, v in self.cleaned_data.items() if n.startswith(prefix)}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(name.startswith(CONFIG) for name in self.errors):
            self._clean_config()
        if self.kind.kind == "sync":
            self._clean_schedule()
        return cleaned

    def _clean_config(self) -> None:
        given = values.storable(self.kind, self.part(CONFIG))
        try:
            values.check(self.kind, given, complete=self.instance.enabled)
            values.check_named_connections(self.instance.tenant, self.kind, given)
        except ConfigurationError as error:
            self.refuse(error, CONFIG)
            return
        self.instance.config = given

    def _clean_schedule(self) -> None:
        given = {name: value for name, value in self.part(SCHEDULE).items() if value}
        kept = {name: value for name, value in (self.instance.schedule or {}).items() if name == "start"}
        try:
            schedule = {**kept, **given} if given.get("every") else {}
            self.instance.schedule = schedules.check_schedule(self.kind, schedule)
        except ConfigurationError as error:
            self.add_error(SCHEDULE + "every", str(error))

    def refuse(self, error: ConfigurationError, prefix: str) -> None:
        """Show a service's error at its fields."""
        for name, text in (error.fields or {"": error.message}).items():
            self.add_error(prefix + name if prefix + name in self.fields else None, text)

    def _choices(self, name: str, queryset: Any) -> Any:
        rows = super()._choices(name, queryset)
        if name.startswith(SLOT) and self.instance.company_id:
            return rows.filter(company__in=[self.instance.company_id]) | rows.filter(company=None)
        return rows

    def bind(self, flow: FlowInstance) -> None:
        """Bind the chosen connections."""
        wiring.bind(flow, self.part(SLOT))


def flow_form(key: str) -> type[FlowForm]:
    """The form class for one flow type; ConfigurationError for an unknown key."""
    kind = registry.flow_type(key)
    fields = {**config_fields(kind), **slot_fields(kind), **schedule_fields(kind)}
    return type("FlowForm", (FlowForm,), {**fields, "kind": kind, "Meta": _Meta})


class _Meta:
    model = FlowInstance
    fields = ["name", "company"]


def names(key: str, prefix: str) -> list[str]:
    """Generated field names of one part of a flow type's form."""
    makers = {CONFIG: config_fields, SLOT: slot_fields, SCHEDULE: schedule_fields}
    return list(makers[prefix](registry.flow_type(key)))
