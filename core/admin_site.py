"""The console's site: who may enter, and its further pages. Outside core.admin, because Django makes the site before it
looks for the model admins in there.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm as PlainAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from core.models import Membership


def may_enter(user: Any) -> bool:
    """The provider's staff, and the members of an active tenant."""
    return bool(user.is_active and (user.is_superuser or Membership.roles(user)))


class MemberLoginForm(AuthenticationForm):
    """Members need no staff flag; people without any tenant are told so."""

    def confirm_login_allowed(self, user: Any) -> None:
        PlainAuthenticationForm.confirm_login_allowed(self, user)
        if not may_enter(user):
            raise ValidationError(_("You are not a member of any tenant: ask its owner to add you."), code="no_tenant")


class ConsoleSite(UnfoldAdminSite):
    """Django's admin for members of tenants."""

    login_form = MemberLoginForm
    site_url = None
    index_title = _("Dashboard")

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request.user)

    def extra_urls(self) -> list[URLPattern]:
        from core.admin.views import urls

        return urls.patterns(self)

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        """What the header of every page shows: the tenant switch, open alerts, help."""
        from core.admin.views import header

        return {**context, **(header.context(request) if self.has_permission(request) else {})}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from core.admin.views import dashboard

        return dashboard.show(request)
