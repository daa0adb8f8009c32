"""The audit log: who changed what, of the user's tenants."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import audit_words, scope
from core.admin.base import ReadOnlyAdmin
from core.models import Membership, Role

admin.site.unregister(LogEntry)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Entries carry their tenant's id (core.audit); those without one are the provider's."""

    view_role = Role.CONSULTANT
    date_hierarchy = "timestamp"
    list_display = ["timestamp", "who", "action", "what", "object_repr", "fields_changed"]
    list_display_links = ["timestamp"]
    list_select_related = ["actor", "content_type"]
    list_filter = ["action"]
    search_fields = ["object_repr", "actor__username"]
    fields = ["timestamp", "who", "action", "what", "object_repr", "remote_addr", "changes_shown"]
    readonly_fields = fields
    ordering = ["-timestamp"]

    def seen_rows(self, rows: QuerySet[LogEntry], user: Any) -> QuerySet[LogEntry]:
        if user.is_superuser:
            return rows
        return rows.filter(additional_data__tenant__in=Membership.tenant_ids(user, Role.CONSULTANT))

    def rows_of_tenant(self, rows: QuerySet[LogEntry], tenant: int) -> QuerySet[LogEntry]:
        return rows.filter(additional_data__tenant=tenant)

    @staticmethod
    def _may(request: HttpRequest, tenant: int) -> bool:
        return Membership.allows(request.user, tenant, Role.CONSULTANT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None or request.user.is_superuser:
            return scope.may_anywhere(request.user, Role.CONSULTANT)
        return self._may(request, (obj.additional_data or {}).get("tenant") or 0)

    @admin.display(description=_("who"), ordering="actor")
    def who(self, entry: LogEntry) -> str:
        return str(entry.actor or entry.actor_email or "–")

    @admin.display(description=_("kind"), ordering="content_type")
    def what(self, entry: LogEntry) -> str:
        return str(entry.content_type.name)

    @admin.display(description=_("changes"))
    def fields_changed(self, entry: LogEntry) -> str:
        return ", ".join(audit_words.names(entry))[:120]

    @admin.display(description=_("changes"))
    def changes_shown(self, entry: LogEntry) -> str:
        return audit_words.table(entry)
