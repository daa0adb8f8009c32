"""The tenant switch in the header."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from core.admin import scope


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Show one tenant only (``tenant``: its id; empty: all of the user's), and go back where one was."""
    given = request.POST.get("tenant", "")
    scope.choose_tenant(request, int(given) if given.isdigit() else None)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(back if safe else reverse("admin:index"))
