"""AppCodes for API flows and tokens of the management API: shown once, when made or rotated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.admin.base import ScopedAdmin
from core.admin.buttons import button
from core.admin.forms import ScopedForm
from core.models import ApiToken, AppCredential, Role

OVERLAP = timedelta(hours=24)  # how long the code before still works


def show_once(request: HttpRequest, code: str) -> None:
    """The only time a person sees a code."""
    messages.warning(request, gettext("Copy it now, it is not shown again: %(code)s") % {"code": code})


class AppCredentialForm(ScopedForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "flows" in self.fields:
            flows: Any = self.fields["flows"]
            flows.queryset = flows.queryset.filter(endpoint_key__isnull=False)


@admin.register(AppCredential)
class AppCredentialAdmin(ScopedAdmin):
    form = AppCredentialForm
    view_role = add_role = change_role = delete_role = Role.OWNER
    list_display = ["name", "hint", "is_active", "created_at"]
    list_select_related = ["tenant"]
    search_fields = ["name"]
    autocomplete_fields = ["flows"]
    fields = ["tenant", "name", "flows", "is_active"]

    def save_model(self, request: HttpRequest, obj: AppCredential, form: Any, change: bool) -> None:
        code = "" if change else obj.set_code()
        super().save_model(request, obj, form, change)
        if code:
            show_once(request, code)

    @button(_("New code"), Role.OWNER, icon="autorenew", confirm=_("The code before works for 24 hours more. Go on?"))
    def rotate(self, request: HttpRequest, credential: AppCredential) -> None:
        credential.previous_hash, credential.previous_until = credential.code_hash, timezone.now() + OVERLAP
        code = credential.set_code()
        credential.save()
        show_once(request, code)


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    view_role = add_role = change_role = delete_role = Role.OWNER
    list_display = ["name", "role", "hint", "is_active", "last_used_at"]
    list_select_related = ["tenant"]
    search_fields = ["name"]
    fields = ["tenant", "name", "role", "is_active"]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        token = "" if change else obj.set_token()
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        if token:
            show_once(request, token)

    @button(_("New token"), Role.OWNER, icon="autorenew", confirm=_("The token before stops working at once. Go on?"))
    def rotate(self, request: HttpRequest, token: ApiToken) -> None:
        text = token.set_token()
        token.save()
        show_once(request, text)
