"""Duplicating a flow, and copying a set of flows for another company in one action (seed 5.5.8)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import registry
from core.admin import scope, shown
from core.admin.flow_forms import slot_label
from core.admin.forms import clothe
from core.admin.views.flow_switch import FLOWS
from core.admin.views.page import render, row_or_404
from core.catalog import flows as catalog
from core.errors import B1FlowError
from core.models import Company, Connection, FlowInstance, Role

SLOT, CONNECTION = "slot_", "connection_"


class DuplicateForm(forms.Form):
    """Name, company and connections of the copy."""

    name = forms.CharField(label=_("Name"), max_length=120)

    def __init__(self, flow: FlowInstance, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].initial = catalog.unused_name(flow.tenant, flow.name)
        if flow.company_id:
            companies = Company.objects.filter(tenant=flow.tenant)
            self.fields["company"] = forms.ModelChoiceField(companies, label=_("Company"), initial=flow.company_id)
        kind = registry.flow_type(flow.flow_type)
        for slot, connector in kind.connections.items():
            fitting = Connection.objects.filter(tenant=flow.tenant, connector=connector)
            words = _("As the original; for another company its only connection.")
            label = slot_label(slot, connector)
            field = forms.ModelChoiceField(fitting, label=label, required=False, empty_label=words)
            self.fields[SLOT + slot] = field
        if flow.app_credentials.exists():
            keep = forms.BooleanField(label=_("The same AppCodes may call the copy"), required=False)
            self.fields["keep_credentials"] = keep

    def slots(self) -> dict[str, Connection]:
        """The connections that were chosen."""
        return {n.removeprefix(SLOT): v for n, v in self.cleaned_data.items() if n.startswith(SLOT) and v}


def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """A copy, switched off, with an address and a ledger of its own."""
    flow = row_or_404(FLOWS, request, pk, Role.CONSULTANT)
    form: Any = clothe(DuplicateForm(flow, request.POST or None))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            copy = catalog.duplicate(
                flow,
                given["name"],
                company=given.get("company"),
                connections=form.slots(),
                keep_credentials=given.get("keep_credentials", False),
                user=request.user,
            )
        except B1FlowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("Flow %(name)s was created, switched off.") % {"name": copy.name})
            return HttpResponseRedirect(shown.address(copy))
    title = gettext("Duplicate: %(name)s") % {"name": flow.name}
    return render(request, "console/simple_form.html", title, form=form, back=shown.address(flow), go=_("Duplicate"))


class CompanyForm(forms.Form):
    """The company, and a stand-in for each connection of the old one."""

    def __init__(self, flows: list[FlowInstance], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        tenant = flows[0].tenant
        companies = Company.objects.filter(tenant=tenant)
        self.fields["company"] = forms.ModelChoiceField(companies, label=_("Company"))
        self.old = _connections(flows)
        for connection in self.old:
            others = Connection.objects.filter(tenant=tenant, connector=connection.connector)
            label = gettext("Instead of %(name)s") % {"name": connection.name}
            words = _("The only one of the company")
            field = forms.ModelChoiceField(others, label=label, required=False, empty_label=words)
            self.fields[f"{CONNECTION}{connection.pk}"] = field

    def stand_ins(self) -> dict[Connection, Connection]:
        """{connection: the one instead}"""
        given = {old: self.cleaned_data.get(f"{CONNECTION}{old.pk}") for old in self.old}
        return {old: new for old, new in given.items() if new}


def _connections(flows: list[FlowInstance]) -> list[Connection]:
    """Connections of a company that the flows use."""
    used = Connection.objects.filter(bindings__flow__in=flows, company__isnull=False)
    return list(used.distinct().order_by("name"))


def copy_for_company(request: HttpRequest) -> HttpResponse:
    """Copy the chosen flows (``flow`` = ids) of one tenant."""
    pks = [pk for pk in request.GET.getlist("flow") if pk.isdigit()]
    chosen = list(scope.visible(FLOWS, request.user, Role.CONSULTANT).filter(pk__in=pks).order_by("name"))
    if not chosen:
        raise Http404("no flows")
    if len({flow.tenant_id for flow in chosen}) > 1:
        messages.error(request, gettext("Choose flows of one tenant."))
        return HttpResponseRedirect(reverse("admin:core_flowinstance_changelist"))
    form: Any = clothe(CompanyForm(chosen, request.POST or None))
    if request.method == "POST" and form.is_valid():
        try:
            company = form.cleaned_data["company"]
            copies = catalog.duplicate_set(chosen, company, form.stand_ins(), user=request.user)
        except B1FlowError as error:
            form.add_error(None, str(error))
        else:
            words = {"count": len(copies), "company": company}
            messages.success(request, gettext("%(count)d flows were created for %(company)s, switched off.") % words)
            return HttpResponseRedirect(reverse("admin:core_flowinstance_changelist"))
    title = gettext("Copy for another company")
    back = reverse("admin:core_flowinstance_changelist")
    return render(request, "console/simple_form.html", title, form=form, back=back, go=_("Copy"), rows=chosen)
