"""Value maps, and the mapping rows inside a flow or template."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import scope
from core.admin.base import ScopedAdmin, ScopedTabularInline
from core.admin.forms import ScopedForm, themed
from core.flows.config import MapField
from core.mapping import unknown
from core.models import FieldMapping, Role, ValueMap

SHOWN = 100  # unknown values on a map's page


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
    row_template = "console/value_map.html"

    @admin.display(description=_("rows"))
    def size(self, value_map: ValueMap) -> int:
        return len(value_map.rows)

    def row_context(self, request: HttpRequest, row: ValueMap) -> dict[str, Any]:
        met = unknown.of_map(row)
        found = list(met[: SHOWN + 1])
        more = met.count() - SHOWN if len(found) > SHOWN else 0
        return {"unknown": found[:SHOWN], "more": more, "may_change": scope.may(request.user, row, Role.CONSULTANT)}


class MappingInline(ScopedTabularInline):
    """The mapping of a flow. The mapping page offers more: discovery, suggestions, preview."""

    model = FieldMapping
    fields = ["section", "position", "source", "target", "transform", "default", "required", "value_map"]
    ordering = ["section", "position", "pk"]


class TemplateMappingInline(MappingInline):
    """A published version never changes."""

    add_role = change_role = delete_role = None
