"""Trying a connector's actions by hand (执行动作, seed 5.5.6), and the user fields that flows need in the ERP."""

from __future__ import annotations

import json
import time
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core import registry
from core.admin import connection_fields, scope, shown
from core.admin.forms import clothe
from core.admin.views.page import render, row_or_404
from core.audit import note
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.errors import B1FlowError
from core.models import Connection, Role
from core.security.redaction import redact

CONNECTIONS = Connection.objects.select_related("tenant", "company")


def listed(request: HttpRequest, pk: int) -> HttpResponse:
    """The actions of the connection's connector."""
    connection = row_or_404(CONNECTIONS, request, pk, Role.OPERATOR)
    actions = registry.connector(connection.connector).actions().values()
    title = _("Try an action: %(name)s") % {"name": connection.name}
    return render(request, "console/actions.html", title, connection=connection, actions=list(actions))


def attempt(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Typed inputs; then what was asked, answered, and how long it took. What writes needs a consultant."""
    connection = row_or_404(CONNECTIONS, request, pk, Role.OPERATOR)
    action = registry.connector(connection.connector).actions().get(name)
    if action is None:
        raise Http404("no such action")
    if action.writes and not scope.may(request.user, connection, Role.CONSULTANT):
        raise PermissionDenied
    form = clothe(action.form(request.POST or None))
    outcome = None
    if request.method == "POST" and form.is_valid():
        outcome = _tried(connection, action, form.cleaned_data)
        if action.writes:
            given = json.dumps(redact(form.cleaned_data), ensure_ascii=False, default=str)
            note(connection, request.user, f"action {name}", given[:300])
    title = f"{connection.name}: {action.label}"
    context = {"connection": connection, "action": action, "form": form, "outcome": outcome}
    return render(request, "console/action.html", title, **context)


def _tried(connection: Connection, action: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    recorder, started = Recorder(), time.monotonic()
    try:
        connector = registry.connector(connection.connector)(Target.of(connection), recorder)
        answer, ok = action.run(connector, connector.client, **inputs), True
    except B1FlowError as error:
        answer, ok = str(error), False
    steps = [
        {"step": step, "input": shown.pretty(step.input), "output": shown.pretty(step.output)}
        for step in recorder.take()
    ]
    ms = (time.monotonic() - started) * 1000
    return {"ok": ok, "ms": ms, "answer": shown.pretty(answer), "steps": steps}


def user_fields(request: HttpRequest, pk: int) -> HttpResponse:
    """Which user fields the flows of this connection need and the ERP lacks; POST makes them."""
    connection = row_or_404(CONNECTIONS, request, pk, Role.CONSULTANT)
    try:
        if request.method == "POST":
            made = connection_fields.create(connection)
            note(connection, request.user, "user fields", ", ".join(made))
            messages.success(request, _("Made: %(names)s") % {"names": ", ".join(made) or "–"})
            return HttpResponseRedirect(reverse("admin:user_fields", args=[pk]))
        needed, lines, problem = *connection_fields.missing(connection), ""
    except B1FlowError as error:
        needed, lines, problem = [], [], str(error)
    title = _("User fields: %(name)s") % {"name": connection.name}
    context = {"connection": connection, "needed": needed, "lines": lines, "problem": problem}
    return render(request, "console/user_fields.html", title, **context)
