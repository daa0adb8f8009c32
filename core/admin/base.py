"""The one place where the console is scoped: rows, choices, pickers, actions and guessed addresses.

A model admin says which role may see, add, change and delete (None: nobody, not even the provider), and nothing else.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from core.admin import buttons, scope
from core.admin.forms import ScopedForm
from core.admin.views.page import problem
from core.errors import B1FlowError
from core.models import Role

LOOKUPS = ("", "__exact", "__id__exact", "__isnull", "__year", "__month", "__day", "__gte", "__lt")
NARROWED = ("changelist", "autocomplete")  # pages that show the chosen tenant only


class Roles:
    """Who may do what; roles include the stronger ones, superusers are the provider's staff and may all."""

    view_role: ClassVar[Role | None] = Role.VIEWER
    add_role: ClassVar[Role | None] = Role.CONSULTANT
    change_role: ClassVar[Role | None] = Role.CONSULTANT
    delete_role: ClassVar[Role | None] = Role.CONSULTANT

    def allowed(self, request: HttpRequest, role: Role | None, row: models.Model | None) -> bool:
        """Has the user the role on the row's tenant (without a row: in any)?"""
        if role is None:
            return False
        return scope.may_anywhere(request.user, role) if row is None else scope.may(request.user, row, role)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.allowed(request, self.view_role, obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.allowed(request, self.change_role, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.allowed(request, self.delete_role, obj)


class ScopedAdmin(Roles, ModelAdmin):
    """Base of every model admin of the console."""

    form = ScopedForm
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = True
    change_form_outer_before_template = "console/buttons.html"
    row_template: ClassVar[str] = ""  # shown above the form
    pages: ClassVar[tuple[buttons.Button, ...]] = ()  # further pages about a row, as buttons

    # -- who

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request, self.add_role, None)

    # -- which rows

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = self.seen_rows(super().get_queryset(request), request.user)
        match = request.resolver_match
        if match is None or not (match.url_name or "").endswith(NARROWED):
            return rows
        tenant = scope.chosen_tenant(request)
        return rows if tenant is None else self.rows_of_tenant(rows, tenant)

    def seen_rows(self, rows: models.QuerySet[Any], user: Any) -> models.QuerySet[Any]:
        """The rows that the user may see at all."""
        return scope.visible(rows, user, self.view_role or Role.VIEWER)

    def rows_of_tenant(self, rows: models.QuerySet[Any], tenant: int) -> models.QuerySet[Any]:
        """The rows of the chosen tenant."""
        return scope.in_tenant(rows, tenant)

    def row_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row, if the user may see it; Http404 otherwise."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise self.not_found(object_id)
        return row

    def not_found(self, object_id: str) -> Http404:
        return Http404(f"no {self.opts.verbose_name} {object_id}")

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise self.not_found(object_id)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the declared filters: a lookup through relations could guess at what is not shown."""
        names = [self._filter_name(item) for item in self.get_list_filter(request)]
        names += [self.date_hierarchy] if self.date_hierarchy else []
        return lookup in {name + suffix for name in names if name for suffix in LOOKUPS}

    @staticmethod
    def _filter_name(item: Any) -> str:
        if isinstance(item, tuple | list):
            return str(item[0])
        return item if isinstance(item, str) else str(getattr(item, "parameter_name", ""))

    # -- forms

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return _scoped(form, request, obj, self.change_role if obj else self.add_role)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        # A row never moves to another tenant.
        return [*fields, "tenant"] if obj and self._has_tenant and "tenant" not in fields else fields

    @property
    def _has_tenant(self) -> bool:
        return any(field.name == "tenant" for field in self.opts.fields)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        tenant = scope.chosen_tenant(request)
        return {**({"tenant": tenant} if tenant else {}), **super().get_changeform_initial_data(request)}

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = list(super().get_list_display(request))
        several = self._has_tenant and scope.chosen_tenant(request) is None
        return [columns[0], "tenant", *columns[1:]] if several and "tenant" not in columns else columns

    # -- deeds

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """Who may delete a row may delete what hangs on it; each chosen row is checked for its own tenant."""
        tree, counts, _missing, protected = super().get_deleted_objects(objs, request)
        refused = {str(self.opts.verbose_name) for row in objs if not self.has_delete_permission(request, row)}
        return tree, counts, refused, protected

    def acting_on(self, request: HttpRequest, rows: models.QuerySet[Any], role: Role) -> models.QuerySet[Any]:
        """The chosen rows of a list action on which the user has the role; says how many were left out."""
        if not scope.may_anywhere(request.user, role):
            raise PermissionDenied
        allowed = scope.visible(rows, request.user, role)
        left_out = rows.count() - allowed.count()
        if left_out:
            messages.warning(request, _("%(count)d rows were left out: your role is too weak.") % {"count": left_out})
        return allowed

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_press"
        return [
            path("<path:object_id>/do/<str:name>/", self.admin_site.admin_view(self._press), name=name),
            *super().get_urls(),
        ]

    def _press(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        return buttons.press(self, request, object_id, name)

    def address_of(self, row: models.Model) -> str:
        """Address of a row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        if object_id and request.method == "GET":
            row = self.row_or_404(request, object_id)
            context |= {
                "row": row,
                "row_buttons": buttons.for_row(self, request, row),
                "row_template": self.row_template,
            }
            context |= self.row_context(request, row) if self.row_template else {}
        return self._in_words(request, super().changeform_view, request, object_id, form_url, context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return self._in_words(request, super().delete_view, request, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return self._in_words(request, super().changelist_view, request, extra_context)

    @staticmethod
    def _in_words(request: HttpRequest, view: Any, *args: Any) -> Any:
        """What a service refuses is shown, not a broken page."""
        try:
            return view(*args)
        except B1FlowError as error:
            if request.method != "POST":
                return problem(request, error)
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())

    def row_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What ``row_template`` shows."""
        return {}


class ReadOnlyAdmin(ScopedAdmin):
    """Rows that only the engine writes."""

    add_role = change_role = delete_role = None


class InlineRoles(Roles):
    """Children are as visible and as writable as their parent row."""

    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.allowed(request, self.add_role, obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        _scoped(formset.form, request, obj, self.change_role)
        return formset


class ScopedTabularInline(InlineRoles, TabularInline):
    form = ScopedForm


class ScopedStackedInline(InlineRoles, StackedInline):
    form = ScopedForm


def _scoped(form: Any, request: HttpRequest, row: models.Model | None, role: Role | None) -> Any:
    """Tell a form class, made for this one request, whose choices it may offer."""
    form.user, form.role = request.user, role or Role.CONSULTANT
    form.tenant_id = scope.tenant_id_of(row) if row is not None else None
    return form
