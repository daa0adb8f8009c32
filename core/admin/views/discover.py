"""What a connection's system offers, as JSON for pickers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from core import registry
from core.admin.discovery import options_of
from core.admin.views.page import row_or_404
from core.connectors.target import Target
from core.errors import B1FlowError
from core.models import Connection, Role


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """{choices: [{name, label}], problem}"""
    connection = row_or_404(Connection.objects.all(), request, pk, Role.CONSULTANT)
    try:
        connector = registry.connector(connection.connector)(Target.of(connection))
        found = connector.discover(request.GET.get("kind", ""), **options_of(request.GET.dict()))
    except B1FlowError as error:
        return JsonResponse({"choices": [], "problem": str(error)})
    return JsonResponse({"choices": [{"name": f.name, "label": str(f.label)} for f in found], "problem": ""})
