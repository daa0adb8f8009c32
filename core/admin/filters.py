"""List filters that never show another tenant's rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.views.main import ChangeList
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from core.admin import scope


class RelatedFilter(AutocompleteSelectFilter):
    """Pick a related row by typing; scoped like every list (the theme's own shows the name of any guessed id)."""

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            field = choice["form"].fields[self.lookup_kwarg]
            field.queryset = scope.current(field.queryset.all(), self.request)
            yield choice


ChoiceFilter = ChoicesDropdownFilter
