"""Whose rows a request may see: the user's tenants, and the one chosen in the header."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest

from core.audit import tenant_id_of
from core.models import Membership, Role, Tenant

SESSION_KEY = "tenant"


def tenant_path(model: type[models.Model]) -> str | None:
    """Lookup from a model to its tenant: "" for Tenant itself, None for a model that belongs to no tenant."""
    if hasattr(model, "tenant_path"):
        return str(model.tenant_path)
    return "tenant" if any(field.name == "tenant" for field in model._meta.fields) else None


def may(user: Any, row: models.Model, role: Role) -> bool:
    """May the user act as ``role`` on this row?"""
    return Membership.allows(user, tenant_id_of(row), role)


def may_anywhere(user: Any, role: Role) -> bool:
    """Has the user ``role`` in any tenant?"""
    return bool(getattr(user, "is_superuser", False) or Membership.tenant_ids(user, role))


def tenants_of(user: Any, role: Role = Role.VIEWER) -> models.QuerySet[Tenant]:
    """The tenants in which the user has the role."""
    return Tenant.objects.filter(is_active=True).visible_to(user, role)


def users_of(user: Any, role: Role = Role.VIEWER) -> models.QuerySet[Any]:
    """People who share a tenant with the user (in which the user has ``role``); everybody for a superuser."""
    people = get_user_model()._default_manager.all()
    if getattr(user, "is_superuser", False):
        return people
    ids = Membership.objects.filter(tenant__in=Membership.tenant_ids(user, role)).values("user")
    return people.filter(models.Q(pk__in=ids) | models.Q(pk=user.pk))


def visible(queryset: models.QuerySet[Any], user: Any, role: Role = Role.VIEWER) -> models.QuerySet[Any]:
    """The rows that the user may see as ``role``; a model that is nobody's is the provider's."""
    if getattr(user, "is_superuser", False):
        return queryset
    if hasattr(queryset, "visible_to"):
        return queryset.visible_to(user, role)
    if queryset.model is get_user_model():
        return queryset.filter(pk__in=users_of(user, role).values("pk"))
    return queryset.none()


def in_tenant(queryset: models.QuerySet[Any], tenant_id: int) -> models.QuerySet[Any]:
    """The rows of one tenant; rows of a model that belongs to none are left as they are."""
    if queryset.model is get_user_model():
        return queryset.filter(memberships__tenant=tenant_id)
    path = tenant_path(queryset.model)
    return queryset if path is None else queryset.filter(**{path or "pk": tenant_id})


def chosen_tenant(request: HttpRequest) -> int | None:
    """Id of the tenant chosen in the header, or the only one the user has; None: all of the user's."""
    chosen = request.session.get(SESSION_KEY)
    if chosen and Membership.allows(request.user, chosen, Role.VIEWER):
        return int(chosen)
    own = Membership.tenant_ids(request.user)
    return own[0] if len(own) == 1 and not request.user.is_superuser else None


def choose_tenant(request: HttpRequest, tenant_id: int | None) -> None:
    """Remember the choice for the session; a tenant that is not the user's is ignored."""
    if tenant_id is not None and Membership.allows(request.user, tenant_id, Role.VIEWER):
        request.session[SESSION_KEY] = tenant_id
    else:
        request.session.pop(SESSION_KEY, None)


def current(queryset: models.QuerySet[Any], request: HttpRequest, role: Role = Role.VIEWER) -> models.QuerySet[Any]:
    """What the user may see, of the chosen tenant only where one is chosen: for lists and pickers."""
    rows = visible(queryset, request.user, role)
    tenant = chosen_tenant(request)
    return rows if tenant is None else in_tenant(rows, tenant)
