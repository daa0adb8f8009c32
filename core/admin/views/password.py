"""A new password for a connection: the operator's page. It shows no setting and no stored secret."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from core import registry
from core.admin import shown
from core.admin.connection_forms import STORED
from core.admin.connection_test import test_connection
from core.admin.forms import themed
from core.admin.views.page import render, row_or_404
from core.catalog import passwords
from core.errors import ConfigurationError
from core.models import Connection, Role


def secrets_form(connection: Connection, data: Any = None) -> forms.Form:
    """Only the connector's secrets, all empty."""
    kind, stored = registry.connector(connection.connector), connection.secrets or {}
    form = forms.Form(data)
    for name, declared in kind.Settings.base_fields.items():
        if name in kind.secret_names():
            field = form.fields[name] = themed(declared)
            field.required = field.widget.is_required = False
            field.help_text = STORED if stored.get(name) else declared.help_text
    return form


def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Store what is given, test it, and say what the system said."""
    connection = row_or_404(Connection.objects.all(), request, pk, Role.OPERATOR)
    form = secrets_form(connection, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            stored = passwords.change(connection, form.cleaned_data, request.user)
        except ConfigurationError as error:
            _show(form, error)
        else:
            check = test_connection(stored)
            text = _("Stored and tested: %(text)s") if check.ok else _("Stored, but the test failed: %(text)s")
            (messages.success if check.ok else messages.error)(request, text % {"text": check.text})
            return HttpResponseRedirect(shown.address(connection))
    lead = _("Only the secrets are changed; the connection is tested at once, and flows that wait for it go on.")
    title = _("Change password: %(name)s") % {"name": connection.name}
    back, go = shown.address(connection), _("Save and test")
    return render(request, "console/simple_form.html", title, form=form, lead=lead, go=go, back=back)


def _show(form: forms.Form, error: ConfigurationError) -> None:
    """The mistakes at their fields; what is wrong with a setting is named, not its value."""
    for name, text in error.fields.items():
        form.add_error(name if name in form.fields else None, text if name in form.fields else f"{name}: {text}")
    if not error.fields:
        form.add_error(None, error.message)
