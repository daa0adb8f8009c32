"""Buttons of a row's page: each is a POST to an address of its own, checked for role and tenant in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.admin import scope
from core.errors import B1FlowError
from core.models import Role


@dataclass(frozen=True)
class Button:
    """What a button shows and who may press it. ``confirm``: a question asked first; ``page``: name of the
    page that it opens, where the deed is done, instead of doing one itself."""

    name: str
    label: str | Promise
    role: Role
    icon: str = ""
    confirm: str | Promise = ""
    page: str = ""
    danger: bool = False
    main: bool = False
    when: Callable[[Any], bool] | None = None

    def shown(self, user: Any, row: models.Model) -> bool:
        """May this user press it on this row now?"""
        return scope.may(user, row, self.role) and (self.when is None or self.when(row))


def button(label: str | Promise, role: Role, **options: Any) -> Callable:
    """Decorate a model admin's method ``(self, request, row) -> HttpResponse | None`` as a button of the row."""

    def decorate(method: Callable) -> Callable:
        method.button = Button(method.__name__, label, role, **options)  # type: ignore[attr-defined]
        return method

    return decorate


def page(name: str, label: str | Promise, role: Role, **options: Any) -> Button:
    """A button that opens a page of the console about the row; the page checks the role itself."""
    return Button(name, label, role, page=name, **options)


def buttons_of(admin: object) -> Iterator[Button]:
    """The buttons a model admin declares, in the order they are written."""
    seen: dict[str, Button] = {}
    for kind in reversed(type(admin).__mro__):
        for name, method in vars(kind).items():
            if hasattr(method, "button"):
                seen[name] = method.button
    yield from seen.values()


def for_row(admin: Any, request: HttpRequest, row: models.Model) -> list[dict[str, Any]]:
    """For the template: the buttons this user may press, with their addresses."""
    found = [b for b in [*buttons_of(admin), *admin.pages] if b.shown(request.user, row)]
    return [{"button": b, "url": _address(admin, row, b)} for b in found]


def _address(admin: Any, row: models.Model, b: Button) -> str:
    if b.page:
        return reverse(f"admin:{b.page}", args=[row.pk])
    return reverse(f"admin:{admin.opts.app_label}_{admin.opts.model_name}_press", args=[row.pk, b.name])


def press(admin: Any, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
    """Carry out a button. 404 for a row of others, 403 without the role, 405 for a GET."""
    row = admin.row_or_404(request, object_id)
    wanted = next((b for b in buttons_of(admin) if b.name == name), None)
    if wanted is None:
        raise admin.not_found(object_id)
    if not scope.may(request.user, row, wanted.role):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponse(status=405)
    if wanted.when is not None and not wanted.when(row):  # the page was older than the row
        messages.error(request, _("This is not possible now."))
        return HttpResponseRedirect(admin.address_of(row))
    try:
        answer = getattr(admin, name)(request, row)
    except B1FlowError as error:
        messages.error(request, str(error))
        answer = None
    return answer or HttpResponseRedirect(admin.address_of(row))
