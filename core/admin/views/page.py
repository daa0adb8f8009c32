"""What the console's own pages share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from core.admin import scope
from core.errors import B1FlowError
from core.models import Role, Tenant

M = TypeVar("M", bound=models.Model)


def render(request: HttpRequest, template_name: str, title: Any, /, **context: Any) -> TemplateResponse:
    """A page in the console's frame."""
    return TemplateResponse(request, template_name, {**admin.site.each_context(request), "title": title, **context})


def problem(request: HttpRequest, error: B1FlowError) -> TemplateResponse:
    """What cannot be shown, in words: an integration that is not installed, say."""
    return render(request, "console/problem.html", _("This cannot be shown"), problem=str(error))


def in_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page whose configuration errors become a page that says so."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except B1FlowError as error:
            return problem(request, error)

    return shown


def row_or_404(queryset: models.QuerySet[M], request: HttpRequest, pk: Any, role: Role = Role.VIEWER) -> M:
    """A row the user may see (404 otherwise) and on which the user has ``role`` (403 otherwise)."""
    row = scope.visible(queryset, request.user).filter(pk=pk).first()
    if row is None:
        raise Http404(f"no {queryset.model._meta.verbose_name} {pk}")
    if not scope.may(request.user, row, role):
        raise PermissionDenied
    return row


def tenant_for(request: HttpRequest, role: Role) -> Tenant | None:
    """The tenant to work in: the chosen one, or the only one where the user has ``role``; None: which one?

    PermissionDenied where the user has the role nowhere, or not in the chosen tenant.
    """
    chosen = scope.chosen_tenant(request)
    tenants = scope.tenants_of(request.user, role)
    if chosen is not None:
        tenants = tenants.filter(pk=chosen)
    found = list(tenants[:2])
    if not found:
        raise PermissionDenied
    return found[0] if len(found) == 1 else None


def ask_tenant(request: HttpRequest, role: Role, title: Any) -> TemplateResponse:
    """A page that asks which tenant to work in, and comes back here."""
    return render(request, "console/ask_tenant.html", title, tenants=scope.tenants_of(request.user, role))
