"""Switching a flow on: what stands against it, what the first run would send, and the choice (flows.md)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_part
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.admin import shown
from core.admin.forms import clothe
from core.admin.views.page import render, row_or_404
from core.catalog import enabling
from core.errors import B1FlowError, ConfigurationError
from core.flows import context, execute
from core.models import FlowInstance, Role

FLOWS = FlowInstance.objects.select_related("tenant", "company", "template")


class FirstRunForm(forms.Form):
    """What happens with the documents that qualify already."""

    mode = forms.ChoiceField(
        label=_("Documents that are there already"),
        choices=[
            (enabling.ALL, _("Send all of them")),
            (enabling.SINCE, _("Send only those since a day")),
            (enabling.BASELINE, _("Send none: they count as transferred")),
        ],
        widget=forms.RadioSelect,
        initial=enabling.ALL,
    )
    since = forms.DateField(label=_("Since"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("mode") == enabling.SINCE and not cleaned.get("since") and "since" not in self.errors:
            self.add_error("since", _("Which day should the first run begin with?"))
        return cleaned


def enable(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then switch on."""
    flow = row_or_404(FLOWS, request, pk, Role.CONSULTANT)
    asks = enabling.can_count(flow) and flow.first_enabled_at is None
    form = clothe(FirstRunForm(request.POST or None)) if asks else None
    if request.method == "POST" and (form is None or form.is_valid()):
        answer = _switch_on(request, flow, form.cleaned_data if form else {})
        if answer:
            return answer
    problems = enabling.check(flow)
    return render(
        request,
        "console/flow_enable.html",
        gettext("Switch on: %(name)s") % {"name": flow.name},
        flow=flow,
        form=form,
        asks=asks,
        problems=[(problem, _place(flow, problem.place)) for problem in problems],
        blocked=any(problem.blocking for problem in problems),
    )


def _switch_on(request: HttpRequest, flow: FlowInstance, asked: dict[str, Any]) -> HttpResponse | None:
    try:
        told = enabling.enable(flow, asked.get("mode", enabling.ALL), since=asked.get("since"), user=request.user)
    except B1FlowError as error:
        if not isinstance(error, ConfigurationError):  # what stands against it is listed on the page anyway
            messages.error(request, str(error))
        return None
    messages.success(request, gettext("Flow %(name)s is switched on.") % {"name": flow.name})
    for problem in told:
        messages.warning(request, problem.text)
    return HttpResponseRedirect(shown.address(flow))


def count(request: HttpRequest, pk: int) -> HttpResponse:
    """A part of the page: how many documents the first run would send. Reads the source, sends nothing."""
    flow = row_or_404(FLOWS, request, pk, Role.CONSULTANT)
    try:
        found = enabling.first_run_count(flow, since=request.GET.get("since", ""))
    except B1FlowError as error:
        return render_part(request, "console/first_run.html", {"error": str(error)})
    return render_part(request, "console/first_run.html", {"found": found})


def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What a run would send now: read and mapped, nothing is sent and nothing kept."""
    flow = row_or_404(FLOWS, request, pk, Role.OPERATOR)
    if "part" not in request.GET:
        title = gettext("Dry run: %(name)s") % {"name": flow.name}
        return render(request, "console/dry_run.html", title, flow=flow)
    try:
        documents = execute.dry_run(context.load(flow))
    except B1FlowError as error:
        return render_part(request, "console/dry_run_part.html", {"error": str(error)})
    lines = [{**document, "shown": shown.pretty(document.get("payload"))} for document in documents]
    return render_part(request, "console/dry_run_part.html", {"documents": lines})


def _place(flow: FlowInstance, place: str) -> str:
    """Where a problem is mended."""
    if place == "mapping":
        return reverse("admin:mapping", args=[flow.pk])
    slot = place.removeprefix("slot:")
    binding = flow.bindings.filter(slot=slot).first() if place.startswith("slot:") else None
    return shown.address(binding.connection) if binding else shown.address(flow)
