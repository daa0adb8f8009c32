"""Tenants, companies, domain files, people."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import registry
from core.admin.base import ScopedAdmin
from core.admin.filters import RelatedFilter
from core.admin.forms import ScopedForm, themed
from core.models import Company, DomainFile, Person, Role, Tenant


def time_zones() -> list[tuple[str, str]]:
    """Choices: the platform's own zone first (empty), then all by name."""
    return [("", str(_("The platform's"))), *((zone, zone) for zone in sorted(available_timezones()) if "/" in zone)]


class TenantForm(ScopedForm):
    time_zone = themed(forms.ChoiceField(label=_("Time zone"), choices=time_zones, required=False))


@admin.register(Tenant)
class TenantsAdmin(ScopedAdmin):
    """A tenant's owner changes name, address and retention; only the provider makes tenants."""

    form = TenantForm
    add_role = delete_role = None
    change_role = Role.OWNER
    list_display = ["name", "slug", "is_active", "public_base_url"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_provider", "is_active"]}),
        (_("Addresses and time"), {"fields": ["public_base_url", "time_zone"]}),
        (_("Retention"), {"fields": ["step_days", "event_days", "delivery_days"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "slug", "is_provider", "is_active"]


@admin.register(Company)
class CompanyAdmin(ScopedAdmin):
    list_display = ["code", "name"]
    search_fields = ["code", "name"]
    list_select_related = ["tenant"]
    fields = ["tenant", "code", "name"]


@admin.register(DomainFile)
class DomainFileAdmin(ScopedAdmin):
    """WW_verify_<token>.txt and the like."""

    list_display = ["name", "content"]
    search_fields = ["name"]
    list_select_related = ["tenant"]
    fields = ["tenant", "name", "content"]


def connector_choices() -> list[tuple[str, Any]]:
    """Connectors a person may have a user id in."""
    return [(key, connector.label or key) for key, connector in sorted(registry.connectors().items())]


class PersonForm(ScopedForm):
    connector = themed(forms.ChoiceField(label=_("System"), choices=connector_choices))


@admin.register(Person)
class PersonAdmin(ScopedAdmin):
    form = PersonForm
    list_display = ["name", "erp_user", "system", "outside_user"]
    list_display_links = ["name", "erp_user"]
    list_filter = [("tenant", RelatedFilter)]
    search_fields = ["name", "erp_user", "outside_user"]
    list_select_related = ["tenant"]
    fields = ["tenant", "connector", "erp_user", "outside_user", "name"]

    @admin.display(description=_("system"), ordering="connector")
    def system(self, person: Person) -> Any:
        known = registry.connectors().get(person.connector)
        return known.label if known else person.connector
