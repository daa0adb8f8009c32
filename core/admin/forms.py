"""Forms of the console: choices scoped to the user's tenants, and generated fields in the theme's clothes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from core.admin import scope
from core.audit import tenant_id_of
from core.models import Role

# Theme's widget for each plain one that connectors and flow types use.
THEMED: dict[type[forms.Widget], type[forms.Widget]] = {
    forms.TextInput: widgets.UnfoldAdminTextInputWidget,
    forms.NumberInput: widgets.UnfoldAdminIntegerFieldWidget,
    forms.EmailInput: widgets.UnfoldAdminEmailInputWidget,
    forms.URLInput: widgets.UnfoldAdminTextInputWidget,
    forms.Textarea: widgets.UnfoldAdminTextareaWidget,
    forms.PasswordInput: widgets.UnfoldAdminPasswordWidget,
    forms.CheckboxInput: widgets.UnfoldBooleanSwitchWidget,
    forms.Select: widgets.UnfoldAdminSelectWidget,
    forms.SelectMultiple: widgets.UnfoldAdminSelectMultipleWidget,
}
# The browser's own pickers, which phones know too.
NATIVE = {forms.DateInput: ("date", "%Y-%m-%d"), forms.TimeInput: ("time", "%H:%M")}


def themed(field: forms.Field) -> forms.Field:
    """A copy of a field with the theme's widget."""
    field = copy.deepcopy(field)
    if isinstance(field, forms.JSONField):
        field.prepare_value = partial(_json_text, field.prepare_value)  # type: ignore[method-assign]
    if type(field.widget) in NATIVE:
        picker, written = NATIVE[type(field.widget)]
        classes = " ".join(widgets.INPUT_CLASSES)
        field.widget = type(field.widget)(attrs={"type": picker, "class": classes}, format=written)
        return field
    kind = THEMED.get(type(field.widget))
    if kind is None:
        return field
    attrs = {name: value for name, value in field.widget.attrs.items() if name != "class"}
    choices = {"choices": field.widget.choices} if isinstance(field.widget, forms.Select) else {}
    widget = kind(attrs=attrs, **choices)
    widget.is_localized, widget.is_required = field.localize, field.required
    field.widget = widget
    return field


def _json_text(written: Callable[[Any], Any], value: Any) -> Any:
    """Nothing is shown as nothing, not as the word null."""
    return "" if value in (None, "") else written(value)


def clothe(form: forms.BaseForm) -> forms.BaseForm:
    """Give every field of a bound or unbound form the theme's widget."""
    for name, field in form.fields.items():
        form.fields[name] = themed(field)
    return form


class ScopedForm(forms.ModelForm):
    """Model form whose choices are the user's own, and whose row never points into another tenant.

    ``user``, ``role`` and ``tenant_id`` are set on the class by the model admin (the class is made for one request).
    """

    user: Any = None
    role: Role = Role.CONSULTANT
    tenant_id: int | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = self._choices(name, field.queryset)

    def _choices(self, name: str, queryset: Any) -> models.QuerySet[Any]:
        role = self.role if name in ("tenant", "owner") else Role.VIEWER
        rows = scope.visible(queryset, self.user, role)
        if self.tenant_id is None or name in ("tenant", "owner"):
            return rows
        return scope.in_tenant(rows, self.tenant_id)

    def _get_validation_exclusions(self) -> set[str]:
        """A row's tenant is not in the form when it is changed, yet names are unique within it."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"tenant", "owner"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        tenant = self._tenant_id(cleaned)
        for name, value in list(cleaned.items()):
            if tenant is not None and self._is_foreign(name, value, tenant):
                self.add_error(name, ValidationError(_("This belongs to another tenant."), code="tenant"))
        return cleaned

    def _tenant_id(self, cleaned: dict[str, Any]) -> int | None:
        if self.tenant_id is not None:
            return self.tenant_id
        tenant = cleaned.get("tenant") or cleaned.get("owner")
        return tenant.pk if tenant else None

    def _is_foreign(self, name: str, value: Any, tenant: int) -> bool:
        if name in ("tenant", "owner"):
            return False
        return any(_elsewhere(row, tenant) for row in _rows(value))


def _rows(value: Any) -> Iterable[models.Model]:
    if isinstance(value, models.Model):
        return [value]
    return value if isinstance(value, models.QuerySet) else []


def _elsewhere(row: models.Model, tenant: int) -> bool:
    if isinstance(row, get_user_model()) or scope.tenant_path(type(row)) is None:
        return False
    return tenant_id_of(row) != tenant
