"""The create-flow wizard's pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import registry
from core.admin import mapping_editor as editor
from core.admin import scope, shown
from core.admin.connection_test import try_connection
from core.admin.templates import flow_type_label
from core.admin.views import mapping
from core.admin.views.page import ask_tenant, render, tenant_for
from core.admin.wizard import making
from core.admin.wizard.draft import Draft
from core.admin.wizard.forms import ConfigForm, SlotsForm, new_connection_form
from core.catalog import rows as mapping_rows
from core.catalog import templates
from core.errors import B1FlowError
from core.models import FlowTemplate, Role

STEPS = ("connections", "config", "mapping", "summary")


def steps() -> list[tuple[str, str]]:
    """(name, label) of all steps."""
    return [
        ("template", _("Template")),
        ("connections", _("Connections")),
        ("config", _("Global config")),
        ("mapping", _("Field mapping")),
        ("summary", _("Summary")),
    ]


def page(request: HttpRequest, draft: Draft, step: str, template: str, **context: Any) -> HttpResponse:
    """A step in the wizard's frame."""
    names = [name for name, _label in steps()]
    done = names[: names.index(step)]
    title = _("Create flow: %(name)s") % {"name": draft.template.name}
    return render(request, template, title, draft=draft, step=step, steps=steps(), done=done, **context)


def go(draft: Draft, step: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"admin:wizard_{step}", args=[draft.token]))


def start(request: HttpRequest) -> HttpResponse:
    """Choose a template (``template``: its id, chosen already)."""
    tenant = tenant_for(request, Role.CONSULTANT)
    given = request.GET.get("template", "")
    if given.isdigit():
        rows = scope.visible(FlowTemplate.objects.select_related("tenant"), request.user, Role.CONSULTANT)
        template = rows.filter(pk=given).first()
        if template is None:
            raise Http404("no such template")
        return go(Draft.start(request, template), "connections")
    if tenant is None:
        return ask_tenant(request, Role.CONSULTANT, _("Create flow"))
    mine = [(template, flow_type_label(template.flow_type)) for template in templates.newest_of_all(tenant)]
    offers = [offer for offer in templates.shared_with(tenant) if offer.state == "new"]
    title = _("Create flow")
    return render(request, "console/wizard_start.html", title, mine=mine, offers=offers, steps=steps(), step="template")


def connections(request: HttpRequest, token: str) -> HttpResponse:
    """One connection a slot."""
    draft = Draft.load(request, token)
    form = SlotsForm(draft, request.POST or None)
    if not form.fields:
        return go(draft, "config")
    if request.method == "POST" and form.is_valid():
        chosen = {slot: connection for slot, connection in form.cleaned_data.items() if connection}
        draft.answers.connections = {slot: connection.pk for slot, connection in chosen.items()}
        companies = {connection.company_id for connection in chosen.values() if connection.company_id}
        draft.answers.company = companies.pop() if len(companies) == 1 else None
        draft.keep()
        return go(draft, "config")
    return page(request, draft, "connections", "console/wizard_connections.html", form=form)


def new_connection(request: HttpRequest, token: str, slot: str) -> HttpResponse:
    """Make a connection for a slot: 测试并保存 keeps it only when it works, 保存 in any case."""
    draft = Draft.load(request, token)
    if slot not in draft.slots():
        raise Http404("no such slot")
    connector = draft.slots()[slot][0]
    label = registry.connector(connector).label or connector
    form = new_connection_form(draft, connector)(request.POST or None, initial={"name": str(label)})
    form.instance.tenant = draft.tenant
    check = None
    if request.method == "POST" and form.is_valid():
        connection = form.save(commit=False)
        connection.tenant = draft.tenant
        check = try_connection(connection) if "_test" in request.POST else None
        if check is None or check.ok:
            connection.save()
            if check:
                messages.success(request, check.text)
            draft.answers.connections[slot] = connection.pk
            draft.keep()
            return go(draft, "connections")
    context = {"form": form, "slot": slot, "label": label, "check": check}
    return page(request, draft, "connections", "console/wizard_connection.html", **context)


def config(request: HttpRequest, token: str) -> HttpResponse:
    """Name, global config and schedule; the same for each companion."""
    draft = Draft.load(request, token)
    forms = _config_forms(draft, request)
    valid = [form.is_valid() for _template, form in forms]  # every form shows its mistakes at once
    if request.method == "POST" and all(valid):
        (_main, first), *others = forms
        given = first.answers()
        draft.answers.name, draft.answers.config = given["name"], given["config"]
        draft.answers.schedule = given["schedule"]
        draft.answers.companions = {template.slug: form.answers() for template, form in others}
        draft.keep()
        return go(draft, "mapping" if draft.kind.sections else "summary")
    return page(request, draft, "config", "console/wizard_config.html", forms=forms)


def _config_forms(draft: Draft, request: HttpRequest) -> list[tuple[FlowTemplate, ConfigForm]]:
    answers, chosen = draft.answers, draft.connections()
    asked = {"name": answers.name, "config": answers.config, "schedule": answers.schedule}
    found = [(draft.template, ConfigForm(draft.kind, asked, request.POST or None, connections=chosen))]
    for template, kind in draft.kinds[1:]:
        asked = answers.companions.get(template.slug) or {"name": template.name, "config": template.config}
        options = {"prefix": template.slug, "routed": draft.routes, "main": False, "connections": chosen}
        found.append((template, ConfigForm(kind, asked, request.POST or None, **options)))
    return found


def map_fields(request: HttpRequest, token: str) -> HttpResponse:
    """The mapping of the main flow."""
    draft = Draft.load(request, token)
    rows = making.rows_of(draft)
    problem = ""
    if request.method == "POST":
        rows = editor.rows_from(request.POST)
        try:
            draft.answers.mappings = [mapping_rows.as_dict(row) for row in mapping_rows.rows_of(rows, draft.kind)]
        except B1FlowError as error:
            problem = str(error)
        else:
            draft.keep()
            return go(draft, "summary")
    context = mapping.editor_context(making.subject_of(draft), rows, "admin:wizard_mapping", token)
    return page(request, draft, "mapping", "console/wizard_mapping.html", may_change=True, problem=problem, **context)


def mapping_fields(request: HttpRequest, token: str) -> HttpResponse:
    return mapping.fields_of(making.subject_of(Draft.load(request, token)))


@require_POST
def mapping_suggest(request: HttpRequest, token: str) -> HttpResponse:
    return mapping.suggestions_for(making.subject_of(Draft.load(request, token)), request)


@require_POST
def mapping_preview(request: HttpRequest, token: str) -> HttpResponse:
    return mapping.preview_of(making.subject_of(Draft.load(request, token)), request)


@require_POST
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """With the rows as they were answered: for the summary."""
    subject = making.subject_of(Draft.load(request, token))
    return mapping.preview_of(subject, request, subject.rows)


def summary(request: HttpRequest, token: str) -> HttpResponse:
    """All answers once more; then the flows are made, switched off."""
    draft = Draft.load(request, token)
    problem = ""
    if request.method == "POST":
        try:
            made = making.create(draft)
        except B1FlowError as error:
            problem = str(error)
        else:
            draft.forget()
            names = ", ".join(flow.name for flow in made)
            messages.success(request, _("Created, switched off: %(names)s") % {"names": names})
            return HttpResponseRedirect(shown.address(made[0]))
    rows = making.rows_of(draft)
    subject = making.subject_of(draft)
    context = {
        "problem": problem,
        "connections": [(slot, row) for slot, row in draft.connections().items()],
        "config": shown.settings_list(draft.kind.Config.base_fields, draft.answers.config),
        "rows": len(rows),
        "unmapped": editor.unmapped(subject, rows),
        "companions": [(t, draft.answers.companions.get(t.slug, {})) for t in draft.companions],
    }
    return page(request, draft, "summary", "console/wizard_summary.html", **context)
