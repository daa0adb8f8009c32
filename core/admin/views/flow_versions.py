"""A flow and its template: upgrading with what will change, publishing the flow as a template."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import registry
from core.admin import shown
from core.admin.flow_panel import newer_template
from core.admin.forms import clothe
from core.admin.views.flow_switch import FLOWS
from core.admin.views.page import render, row_or_404
from core.catalog import flows as catalog
from core.catalog import templates
from core.catalog.upgrading import MINE, NEW
from core.errors import B1FlowError
from core.models import FlowInstance, Role


def upgrade(request: HttpRequest, pk: int) -> HttpResponse:
    """Three columns (made of, mine, new) with a choice a line."""
    flow = row_or_404(FLOWS, request, pk, Role.CONSULTANT)
    template = newer_template(flow)
    if template is None:
        messages.info(request, gettext("The flow has the newest version of its template."))
        return HttpResponseRedirect(shown.address(flow))
    if request.method == "POST":
        choices = {n.removeprefix("take:"): str(v) for n, v in request.POST.items() if n.startswith("take:")}
        try:
            made = catalog.upgrade(flow, template, choices, request.user)
        except B1FlowError as error:
            messages.error(request, str(error))
        else:
            words = gettext("Upgraded to %(template)s: %(count)d changes.")
            messages.success(request, words % {"template": template, "count": len(made)})
            return HttpResponseRedirect(shown.address(flow))
    lines = [_line(flow, change) for change in catalog.plan_upgrade(flow, template)]
    title = gettext("Upgrade: %(name)s") % {"name": flow.name}
    return render(request, "console/upgrade.html", title, flow=flow, template=template, lines=lines, new=NEW, mine=MINE)


def _line(flow: FlowInstance, change: Any) -> dict[str, Any]:
    """A change in words."""
    label = change_label(flow.flow_type, change.kind, change.name)
    values = {side: in_words(getattr(change, side)) for side in ("base", "mine", "new")}
    return {"id": change.id, "label": label, "taken": change.taken, "conflict": change.conflict, **values}


def change_label(flow_type: str, kind: str, name: str) -> str:
    """What a line of a difference is about."""
    known = registry.flow_types().get(flow_type)
    field = known.Config.base_fields.get(name) if known and kind == "config" else None
    if field is not None:
        return str(field.label or name)
    labels = {"mapping": _("Field mapping"), "schedule": _("Schedule"), "name": _("Name")}
    labels |= {"description": _("Description"), "companions": _("Created together with")}
    return f"{labels[kind]}: {name}" if kind == "mapping" else str(labels.get(kind, name))


def in_words(value: Any) -> str:
    """A value of a difference: a mapping row, a schedule, a list, a text."""
    if value in (None, "", [], {}):
        return shown.EMPTY
    if isinstance(value, dict) and "target" in value:
        how = f" · {value['transform']}" if value.get("transform") else ""
        default = f" · = {value['default']}" if value.get("default") else ""
        return f"{value.get('source') or '–'} → {value['target']}{how}{default}"
    if isinstance(value, dict):
        return ", ".join(f"{name} = {inner}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


class PublishForm(forms.Form):
    """What the template is called, and what of the customer's stays out."""

    key = forms.SlugField(label=_("Key"), max_length=100, help_text=_("The same key makes a new version."))
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    changes = forms.CharField(label=_("What is new"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, flow: FlowInstance, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["key"] = forms.RegexField(
            r"^[a-z0-9][a-z0-9._-]{0,99}$",
            label=_("Key"),
            help_text=_("Small letters, digits, . _ and -. The same key makes a new version."),
            initial=flow.template.slug if flow.template else flow.flow_type,
        )
        self.fields["name"].initial = flow.template.name if flow.template else flow.name
        names = [(name, change_label(flow.flow_type, "config", name)) for name in flow.config]
        self.fields["without"] = forms.MultipleChoiceField(
            label=_("Leave out"),
            choices=names,
            required=False,
            initial=templates.private_names(flow),
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Values that belong to this customer."),
        )


def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """The flow's config, mapping and schedule as a version of a template of the tenant."""
    flow = row_or_404(FLOWS, request, pk, Role.CONSULTANT)
    form = clothe(PublishForm(flow, request.POST or None))
    if request.method == "POST" and form.is_valid():
        try:
            template = templates.publish_from_flow(flow, **form.cleaned_data, user=request.user)
        except B1FlowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("Published: %(template)s") % {"template": template})
            return HttpResponseRedirect(shown.address(template))
    title = gettext("Publish as template: %(name)s") % {"name": flow.name}
    return render(request, "console/simple_form.html", title, form=form, back=shown.address(flow), go=_("Publish"))
