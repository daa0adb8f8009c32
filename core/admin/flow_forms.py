"""The flow form, generated from the flow type: global config, one connection a slot, the schedule."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core import registry
from core.admin.forms import ScopedForm, themed
from core.catalog import updating, values, wiring
from core.errors import ConfigurationError
from core.flows import schedule
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
    *[("1", _("Monday")), ("2", _("Tuesday")), ("3", _("Wednesday")), ("4", _("Thursday"))],
    *[("5", _("Friday")), ("6", _("Saturday")), ("7", _("Sunday"))],
]


def config_fields(kind: type[FlowType]) -> dict[str, forms.Field]:
    """The global config's fields, named for a form that holds other things too; the flow type's own come first."""
    fields = kind.Config.base_fields
    general = {name for parent in kind.Config.__mro__[1:] for name in getattr(parent, "base_fields", {})}
    names = sorted(fields, key=lambda name: name in general)
    return {CONFIG + name: themed(fields[name]) for name in names}


def slot_label(slot: str, connector: str) -> str:
    """What the slot takes, in words; its name where the connector is not installed."""
    known = registry.connectors().get(connector)
    return str(known.label) if known else f"{connector} ({slot})"


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
    days = forms.MultipleChoiceField(choices=DAYS, widget=UnfoldAdminCheckboxSelectMultipleWidget)
    days.label, days.required = _("Only on"), False
    start = forms.CharField(
        label=_("From"), required=False, help_text=_("08:30, or 2026-01-31T08:30. Empty: midnight.")
    )
    return {
        SCHEDULE + "every": themed(forms.IntegerField(label=_("Every"), min_value=1, required=False)),
        SCHEDULE + "unit": themed(forms.ChoiceField(label=_("Unit"), choices=UNITS, required=False)),
        SCHEDULE + "start": themed(start),
        SCHEDULE + "weekdays": days,
    }


class FlowForm(ScopedForm):
    """``kind`` is the flow type, set on the class made for it (``flow_form``)."""

    kind: type[FlowType]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        flow = self.instance
        stored_schedule = {n: list(map(str, v)) if n == "weekdays" else v for n, v in (flow.schedule or {}).items()}
        bound = {binding.slot: binding.connection_id for binding in flow.bindings.all()} if flow.pk else {}
        for name, field in self.fields.items():
            if name.startswith(CONFIG):
                field.initial = (flow.config or {}).get(name.removeprefix(CONFIG), field.initial)
                field.required = field.required and flow.enabled
            elif name.startswith(SLOT):
                field.initial = bound.get(name.removeprefix(SLOT))
            elif name.startswith(SCHEDULE):
                field.initial = stored_schedule.get(name.removeprefix(SCHEDULE))

    def part(self, prefix: str) -> dict[str, Any]:
        """Cleaned values of one of the generated parts, by plain name."""
        return {n.removeprefix(prefix): v for n, v in self.cleaned_data.items() if n.startswith(prefix)}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(name.startswith(CONFIG) for name in self.errors):
            self._try(CONFIG, self._check_config)
        self._try(SCHEDULE, lambda: schedule.validate(self.schedule()))
        for slot, connection in self.part(SLOT).items():
            if connection is not None:
                self._try(SLOT + slot, partial(wiring.check_connection, self.instance, slot, connection))
        return cleaned

    def _check_config(self) -> None:
        given = values.storable(self.kind, self.part(CONFIG))
        values.check(self.kind, given, complete=self.instance.enabled)
        values.check_named_connections(self.instance.tenant, self.kind, given)

    def _try(self, prefix: str, check: Callable[[], Any]) -> None:
        try:
            check()
        except ConfigurationError as error:
            self.refuse(error, prefix)

    def schedule(self) -> dict[str, Any]:
        """The schedule as asked for; {} without a number: by hand only."""
        given = {name: value for name, value in self.part(SCHEDULE).items() if value}
        return given if given.get("every") else {}

    def refuse(self, error: ConfigurationError, prefix: str) -> None:
        """Show a service's error at its fields."""
        for name, text in (error.fields or {"": error.message}).items():
            self.add_error(prefix + name if prefix + name in self.fields else None, text)

    def _choices(self, name: str, queryset: Any) -> Any:
        rows = super()._choices(name, queryset)
        if name.startswith(SLOT) and self.instance.company_id:
            return rows.filter(company__in=[self.instance.company_id]) | rows.filter(company=None)
        return rows

    def apply(self, flow: FlowInstance, user: Any) -> None:
        """Store the generated parts, each by its service."""
        updating.update_config(flow, self.part(CONFIG), user=user)
        if self.kind.kind == "sync":
            updating.update_schedule(flow, self.schedule(), user)
        updating.switch_connections(flow, self.part(SLOT), user)


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
