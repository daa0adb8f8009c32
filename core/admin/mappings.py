"""Value maps, and the mapping rows inside a flow or template."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.admin.base import ScopedAdmin, ScopedTabularInline
from core.admin.forms import ScopedForm, themed
from core.flows.config import MapField
from core.models import FieldMapping, ValueMap


class ValueMapForm(ScopedForm):
    """The table as lines ``value over here = value over there``."""

    rows = themed(MapField(label=_("Rows"), help_text=_("One “value here = value over there” a line."), required=False))


@admin.register(ValueMap)
class ValueMapAdmin(ScopedAdmin):
    form = ValueMapForm
    list_display = ["name", "size"]
    list_select_related = ["tenant"]
    search_fields = ["name"]
    fields = ["tenant", "name", "rows"]

    @admin.display(description=_("rows"))
    def size(self, value_map: ValueMap) -> int:
        return len(value_map.rows)


class MappingInline(ScopedTabularInline):
    """The mapping of a flow. The mapping page offers more: discovery, suggestions, preview."""

    model = FieldMapping
    fields = ["section", "position", "source", "target", "transform", "default", "required", "value_map"]
    ordering = ["section", "position", "pk"]


class TemplateMappingInline(MappingInline):
    """A published version never changes."""

    add_role = change_role = delete_role = None
