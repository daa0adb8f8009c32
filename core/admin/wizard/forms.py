"""The wizard's forms: connections per slot, a new connection, config and schedule of every flow that will be made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.admin.connection_forms import PREFIX, ConnectionForm, connection_form
from core.admin.discovery import with_pickers
from core.admin.flow_forms import CONFIG, SCHEDULE, config_fields, schedule_fields, slot_label
from core.admin.forms import clothe
from core.admin.wizard.draft import Draft
from core.catalog import values
from core.errors import ConfigurationError
from core.flows import schedule
from core.flows.base import FlowType
from core.flows.config import ListField
from core.models import Company, Connection, Role


class SlotsForm(forms.Form):
    """One connection a slot; the only fitting one is chosen already."""

    def __init__(self, draft: Draft, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for slot, (connector, optional) in draft.slots().items():
            fitting = Connection.objects.filter(tenant=draft.tenant, connector=connector).order_by("name")
            found = list(fitting[:2])
            self.fields[slot] = forms.ModelChoiceField(
                fitting,
                label=slot_label(slot, connector),
                required=not optional,
                initial=draft.answers.connections.get(slot) or (found[0].pk if len(found) == 1 else None),
            )
        clothe(self)


class NewConnectionForm(ConnectionForm):
    """A connection made on the way; the company may be new too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.kind.has_company:
            del self.fields["company"], self.fields["new_company"]
        clothe(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        code = (cleaned.get("new_company") or "").strip()
        if code and not cleaned.get("company"):
            cleaned["company"], _made = Company.objects.get_or_create(tenant_id=self.tenant_id or 0, code=code)
        return cleaned


def new_connection_form(draft: Draft, connector: str) -> type[NewConnectionForm]:
    """The form class for one connector in the draft's tenant."""
    base = connection_form(connector)
    generated = {n: f for n, f in base.base_fields.items() if n.startswith(PREFIX)}
    more = {"new_company": forms.CharField(label=_("New company (its database)"), max_length=64, required=False)}
    meta = type("Meta", (), {"model": Connection, "fields": ["name", "company", "base_url"]})
    return type(
        "NewConnectionForm",
        (NewConnectionForm,),
        {**more, **generated, "kind": base.kind, "Meta": meta, "tenant_id": draft.tenant.pk}
        | {"user": draft.request.user, "role": Role.CONSULTANT},
    )


class ConfigForm(forms.Form):
    """Name, global config and schedule of one flow to be made; ``routes`` for a companion of a router."""

    def __init__(self, kind: type[FlowType], asked: dict[str, Any], *args: Any, **options: Any) -> None:
        self.kind, routed, main = kind, options.pop("routed", False), options.pop("main", True)
        connections = options.pop("connections", {})
        super().__init__(*args, **options)
        self.fields["name"] = forms.CharField(label=_("Name of the flow"), max_length=120, initial=asked.get("name"))
        if routed:
            words = _("Events of these template ids or process codes go to this flow.")
            routes = ListField(
                label=_("Template ids / process codes"), help_text=words, initial=asked.get("routes", ())
            )
            self.fields["routes"] = routes
        config = asked.get("config", {})
        for name, field in config_fields(kind).items():
            field.initial = config.get(name.removeprefix(CONFIG), field.initial)
            self.fields[name] = field
        if main:
            given = {n: list(map(str, v)) if n == "weekdays" else v for n, v in (asked.get("schedule") or {}).items()}
            for name, field in schedule_fields(kind).items():
                field.initial = given.get(name.removeprefix(SCHEDULE))
                self.fields[name] = field
        with_pickers(self, kind, connections)
        clothe(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for prefix, check in ((CONFIG, self._check_config), (SCHEDULE, self._check_schedule)):
            try:
                check()
            except ConfigurationError as error:
                for name, text in (error.fields or {"": error.message}).items():
                    self.add_error(prefix + name if prefix + name in self.fields else None, text)
        return cleaned

    def part(self, prefix: str) -> dict[str, Any]:
        """Cleaned values of one generated part, by plain name."""
        return {n.removeprefix(prefix): v for n, v in self.cleaned_data.items() if n.startswith(prefix)}

    def _check_config(self) -> None:
        if not any(name.startswith(CONFIG) for name in self.errors):
            values.check(self.kind, values.storable(self.kind, self.part(CONFIG)), complete=True)

    def _check_schedule(self) -> None:
        schedule.validate(self.schedule())

    def schedule(self) -> dict[str, Any]:
        """{} without a number: by hand only."""
        given = {name: value for name, value in self.part(SCHEDULE).items() if value}
        return given if given.get("every") else {}

    def answers(self) -> dict[str, Any]:
        """As the draft keeps it."""
        found = {"name": self.cleaned_data["name"], "config": values.storable(self.kind, self.part(CONFIG))}
        return found | {"routes": self.cleaned_data.get("routes", []), "schedule": self.schedule()}
