"""People who may enter, and their memberships."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from core.admin import scope
from core.admin.base import ScopedAdmin
from core.admin.forms import ScopedForm, themed
from core.models import Membership, Role

admin.site.unregister(Group)
admin.site.unregister(User)

NAMES = [(None, {"fields": ["username", "password"]}), (_("Person"), {"fields": ["first_name", "last_name", "email"]})]
STAFF = [
    (_("Provider"), {"fields": ["is_active", "is_superuser"]}),
    (_("Dates"), {"fields": ["last_login", "date_joined"]}),
]


@admin.register(User)
class UserAdmin(ScopedAdmin, PlainUserAdmin):
    """The provider manages all users; an owner those who are members of the owner's tenants only."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    view_role = change_role = Role.OWNER
    add_role = delete_role = None
    list_display = ["username", "first_name", "last_name", "email", "is_active"]
    list_filter = []
    filter_horizontal = []
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["username"]
    readonly_fields = ["last_login", "date_joined"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return scope.may_anywhere(request.user, Role.OWNER)
        return scope.users_of(request.user, Role.OWNER).filter(pk=obj.pk).exists()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None or request.user.is_superuser:
            return scope.may_anywhere(request.user, Role.OWNER)
        return self._is_wholly_theirs(request, obj)

    @staticmethod
    def _is_wholly_theirs(request: HttpRequest, person: Any) -> bool:
        """All of the person's memberships are in tenants that the user owns."""
        if person.is_superuser:
            return False
        tenants = set(person.memberships.values_list("tenant", flat=True))
        return bool(tenants) and tenants <= set(Membership.tenant_ids(request.user, Role.OWNER))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return PlainUserAdmin.add_fieldsets
        return [*NAMES, *STAFF] if request.user.is_superuser else NAMES


class MembershipForm(ScopedForm):
    """Adding: an account's name; a new name makes the account."""

    username = themed(forms.CharField(label=_("User name"), max_length=150))
    email = themed(forms.EmailField(label=_("E-mail"), required=False))

    class Meta:
        model = Membership
        fields = ["tenant", "role"]

    def clean_username(self) -> str:
        name = self.cleaned_data["username"].strip()
        account = get_user_model().objects.filter(username=name).first()
        if account and not scope.users_of(self.user, Role.OWNER).filter(pk=account.pk).exists():
            raise ValidationError(_("This name is taken. Choose another, or ask the provider to add the person."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        member = Membership.objects.filter(tenant=cleaned.get("tenant"), user__username=cleaned.get("username"))
        if member.exists():
            self.add_error("username", _("Already a member."))
        return cleaned


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    view_role = add_role = change_role = delete_role = Role.OWNER
    list_display = ["user", "role"]
    list_filter = ["role"]
    search_fields = ["user__username", "user__first_name", "user__last_name"]
    list_select_related = ["tenant", "user"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if obj else {"form": MembershipForm}) | kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["tenant", "user", "role"] if obj else ["tenant", "username", "email", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["user"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if not change:
            obj.user = self._account(request, form.cleaned_data)
        super().save_model(request, obj, form, change)

    @staticmethod
    def _account(request: HttpRequest, given: dict[str, Any]) -> Any:
        accounts = get_user_model().objects
        account = accounts.filter(username=given["username"]).first()
        if account:
            return account
        password = get_random_string(14)
        words = gettext("First password of %(name)s (shown once): %(password)s")
        messages.warning(request, words % {"name": given["username"], "password": password})
        return accounts.create_user(given["username"], given["email"], password)
