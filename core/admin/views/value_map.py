"""Adding a translation for a value that a flow met and its value map did not know."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.admin import shown
from core.admin.views.page import row_or_404
from core.errors import ConfigurationError
from core.mapping import unknown
from core.models import Role, ValueMap


@require_POST
def translate(request: HttpRequest, pk: int) -> HttpResponse:
    """``value`` and its ``meaning`` become a row of the map."""
    value_map = row_or_404(ValueMap.objects.all(), request, pk, Role.CONSULTANT)
    value, meaning = request.POST.get("value", ""), request.POST.get("meaning", "")
    try:
        unknown.translate(value_map, value, meaning)
    except ConfigurationError as error:
        messages.error(request, " ".join(error.fields.values()))
    else:
        messages.success(request, _("Added: %(value)s = %(meaning)s") % {"value": value, "meaning": meaning})
    return HttpResponseRedirect(shown.address(value_map))
