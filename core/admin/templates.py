"""Flow templates and whom they are shared with."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import registry
from core.admin import shown
from core.admin.base import ReadOnlyAdmin, ScopedAdmin
from core.admin.buttons import page
from core.admin.filters import RelatedFilter
from core.admin.mappings import TemplateMappingInline
from core.catalog import deleting
from core.models import FlowTemplate, Role, TemplateShare


def flow_type_label(key: str) -> Any:
    """What the console calls a flow type."""
    known = registry.flow_types().get(key)
    return known.label if known else key


@admin.register(FlowTemplate)
class FlowTemplateAdmin(ReadOnlyAdmin):
    """A published version never changes: it can be looked at, used, or deleted while nothing uses it."""

    delete_role: ClassVar[Role | None] = Role.CONSULTANT  # type: ignore[assignment]
    list_display = ["name", "version", "kind", "created_at"]
    list_filter = [("tenant", RelatedFilter)]
    list_select_related = ["tenant"]
    search_fields = ["name", "slug", "flow_type"]
    ordering = ["name", "-version"]
    inlines = [TemplateMappingInline]
    fields = ["tenant", "name", "version", "kind", "description", "changes", "config_shown", "created_at"]
    pages = (
        page("template_share", _("Share"), Role.CONSULTANT, icon="share"),
        page("template_export", _("Export"), Role.VIEWER, icon="download"),
    )
    readonly_fields = ["kind", "config_shown"]

    def delete_model(self, request: HttpRequest, obj: FlowTemplate) -> None:
        deleting.delete_template(obj, request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for template in queryset:
            deleting.delete_template(template, request.user)

    @admin.display(description=_("flow type"), ordering="flow_type")
    def kind(self, template: FlowTemplate) -> Any:
        return flow_type_label(template.flow_type)

    @admin.display(description=_("global config"))
    def config_shown(self, template: FlowTemplate) -> Any:
        known = registry.flow_types().get(template.flow_type)
        return shown.settings_list(known.Config.base_fields, template.config) if known else shown.EMPTY


@admin.register(TemplateShare)
class TemplateShareAdmin(ScopedAdmin):
    change_role = None
    list_display = ["slug", "owner", "tenant", "created_at"]
    list_select_related = ["owner", "tenant"]
    search_fields = ["slug"]
    fields = ["owner", "slug", "tenant"]
