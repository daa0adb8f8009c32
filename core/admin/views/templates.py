"""Templates: mine and those shared with me; share, copy with the difference, export and import."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.admin import scope, shown
from core.admin.forms import clothe
from core.admin.templates import flow_type_label
from core.admin.views.flow_versions import change_label, in_words
from core.admin.views.page import ask_tenant, render, row_or_404, tenant_for
from core.catalog import templates
from core.errors import B1FlowError
from core.models import FlowTemplate, Role, TemplateShare, Tenant

TEMPLATES = FlowTemplate.objects.select_related("tenant")


def show(request: HttpRequest) -> HttpResponse:
    """Both lists of one tenant."""
    tenant = tenant_for(request, Role.VIEWER)
    if tenant is None:
        return ask_tenant(request, Role.VIEWER, gettext("Flow templates"))
    mine = [(template, flow_type_label(template.flow_type)) for template in templates.newest_of_all(tenant)]
    offers = [(offer, flow_type_label(offer.template.flow_type)) for offer in templates.shared_with(tenant)]
    return render(
        request,
        "console/templates.html",
        gettext("Flow templates"),
        tenant=tenant,
        mine=mine,
        offers=offers,
        may_change=scope.may(request.user, tenant, Role.CONSULTANT),
    )


def _offered(request: HttpRequest, pk: int) -> tuple[FlowTemplate, Tenant]:
    """A template shared with the tenant one works in; 404 otherwise."""
    tenant = tenant_for(request, Role.CONSULTANT)
    template = TEMPLATES.filter(pk=pk).first()
    if tenant is None or template is None or all(o.template.pk != pk for o in templates.shared_with(tenant)):
        raise Http404("no such template is shared with this tenant")
    return template, tenant


def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy a shared template; where the tenant has another of that key, show the difference and ask."""
    template, tenant = _offered(request, pk)
    existing = templates.own(tenant, template.slug)
    asks = existing is not None and existing.checksum != template.checksum
    if request.method == "POST" or not asks or existing is None:
        return _copied(request, template, tenant, request.POST.get("mode", ""))
    lines = [
        (change_label(template.flow_type, d.kind, d.name), in_words(d.old), in_words(d.new))
        for d in templates.difference(template, existing)
    ]
    title = gettext("Copy: %(name)s") % {"name": template.name}
    return render(request, "console/template_copy.html", title, template=template, existing=existing, lines=lines)


def _copied(request: HttpRequest, template: FlowTemplate, tenant: Tenant, mode: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse(status=405)
    try:
        copied = templates.copy(template, tenant, mode, request.user)
    except B1FlowError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:templates"))
    words = gettext("%(name)s was copied.") if copied.made else gettext("%(name)s stays as it is.")
    messages.success(request, words % {"name": copied.template})
    return HttpResponseRedirect(reverse("admin:templates"))


class ShareForm(forms.Form):
    """The customer's account: its key, as the customer tells it (no list of customers is shown)."""

    slug = forms.CharField(label=_("Tenant's key"), help_text=_("As the customer's owner sees it under “Tenants”."))

    def clean_slug(self) -> Tenant:
        tenant = Tenant.objects.filter(slug=self.cleaned_data["slug"].strip(), is_active=True).first()
        if tenant is None:
            raise forms.ValidationError(_("There is no such tenant."))
        return tenant


def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom the template is shared with; add one, take one back."""
    template = row_or_404(TEMPLATES, request, pk, Role.CONSULTANT)
    adding = request.method == "POST" and "revoke" not in request.POST
    form = clothe(ShareForm(request.POST if adding else None))
    if adding and form.is_valid():
        try:
            templates.share(template.tenant, template.slug, form.cleaned_data["slug"], request.user)
        except B1FlowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("Shared with %(name)s.") % {"name": form.cleaned_data["slug"]})
            return HttpResponseRedirect(request.path)
    elif "revoke" in request.POST:
        _revoke(request, template)
        return HttpResponseRedirect(request.path)
    shares = TemplateShare.objects.filter(owner=template.tenant, slug=template.slug).select_related("tenant")
    title = gettext("Share: %(name)s") % {"name": template.name}
    return render(request, "console/template_share.html", title, template=template, form=form, shares=shares)


def _revoke(request: HttpRequest, template: FlowTemplate) -> None:
    given = request.POST["revoke"]
    taker = Tenant.objects.filter(pk=given if given.isdigit() else 0).first()
    if taker and templates.revoke(template.tenant, template.slug, taker, request.user):
        messages.success(request, gettext("No longer shared with %(name)s.") % {"name": taker})


def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The template as a YAML file."""
    template = row_or_404(TEMPLATES, request, pk)
    answer = HttpResponse(templates.export_yaml(template), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{template.slug}-v{template.version}.yaml"'
    return answer


class ImportForm(forms.Form):
    """A YAML file, as exported."""

    file = forms.FileField(label=_("File (YAML)"))


def upload(request: HttpRequest) -> HttpResponse:
    """Import a template file as the tenant's own."""
    tenant = tenant_for(request, Role.CONSULTANT)
    if tenant is None:
        return ask_tenant(request, Role.CONSULTANT, gettext("Import template"))
    form: Any = clothe(ImportForm(request.POST or None, request.FILES or None))
    if request.method == "POST" and form.is_valid():
        try:
            text = form.cleaned_data["file"].read().decode("utf-8-sig")
            template = templates.import_yaml(tenant, text, request.user)
        except UnicodeDecodeError:
            form.add_error("file", gettext("The file is not UTF-8 text."))
        except B1FlowError as error:
            form.add_error("file", str(error))
        else:
            messages.success(request, gettext("Imported: %(template)s") % {"template": template})
            return HttpResponseRedirect(shown.address(template))
    back = reverse("admin:templates")
    return render(request, "console/simple_form.html", gettext("Import template"), form=form, back=back, go=_("Import"))
