"""Alerts and the channels that tell them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.admin.base import ReadOnlyAdmin, ScopedAdmin
from core.admin.buttons import button
from core.admin.forms import ScopedForm, themed
from core.alerts import send, sender_choices
from core.models import Alert, AlertChannel, Role


class AlertChannelForm(ScopedForm):
    """Address and signing secret are write-only: empty keeps what is stored."""

    kind = themed(forms.ChoiceField(label=_("Kind"), choices=sender_choices))
    target = themed(forms.CharField(label=_("Address"), required=False, widget=forms.PasswordInput))
    secret = themed(forms.CharField(label=_("Signing secret"), required=False, widget=forms.PasswordInput))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.pop("target", None)
        self.initial.pop("secret", None)
        if "target" in self.fields:
            self.fields["target"].required = not self.instance.pk
            self.fields["target"].help_text = AlertChannel._meta.get_field("target").help_text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("target", "secret"):
            if not cleaned.get(name):
                cleaned[name] = getattr(self.instance, name) or ""
        return cleaned


@admin.register(AlertChannel)
class AlertChannelAdmin(ScopedAdmin):
    form = AlertChannelForm
    view_role = Role.OPERATOR
    list_display = ["name", "kind", "is_active", "last_error"]
    list_select_related = ["tenant"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["tenant", "name", "kind", "target", "secret", "is_active"]}),
        (_("Quiet time"), {"fields": [("quiet_from", "quiet_to")]}),
    ]

    @button(_("Send a test"), Role.CONSULTANT, icon="send", main=True)
    def send_test(self, request: HttpRequest, channel: AlertChannel) -> None:
        error = send(channel, gettext("B1Flow: a test of this alert channel."))
        if error:
            messages.error(request, error)
        else:
            messages.success(request, gettext("The test was sent."))

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return [(None, {"fields": ["tenant", "name", "kind", "is_active", "quiet_from", "quiet_to", "last_error"]})]


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["text", "count", "opened_at", "ended_at"]
    list_select_related = ["tenant"]
    search_fields = ["text"]
    fields = ["tenant", "text", "count", "opened_at", "told_at", "ended_at"]
