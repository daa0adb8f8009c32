"""Scoping and roles of the management API, in one place: what the console does with pages, these do with lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.db.models import ForeignKey, Model, QuerySet
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from core.models import Membership, Role


class ScopedRelated(serializers.PrimaryKeyRelatedField):
    """A foreign key that can only point to rows the caller sees."""

    def get_queryset(self) -> QuerySet[Any]:
        queryset: Any = super().get_queryset()
        request = self.context.get("request")
        if request is None or not hasattr(queryset, "visible_to"):
            return queryset
        return queryset.visible_to(request.user)


class ScopedSerializer(serializers.ModelSerializer):
    """Base of the serializers: foreign keys are scoped; all parts must belong to one tenant."""

    serializer_related_field = ScopedRelated

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a mixture of tenants."""
        tenants = {tenant for tenant in self._tenants(attrs) if tenant is not None}
        if len(tenants) > 1:
            raise serializers.ValidationError("all parts must belong to the same tenant")
        if self.instance is not None and "tenant" in attrs and attrs["tenant"] != self.instance.tenant:
            raise serializers.ValidationError({"tenant": "an object cannot move to another tenant"})
        return attrs

    def _tenants(self, attrs: dict[str, Any]) -> Iterator[int | None]:
        if self.instance is not None:
            yield tenant_id_of(self.instance)
        for name, value in attrs.items():
            if name == "tenant":
                yield value.pk
            elif isinstance(value, Model):
                yield tenant_id_of(value)
            elif isinstance(value, list):
                yield from (tenant_id_of(item) for item in value if isinstance(item, Model))


def tenant_id_of(row: Model) -> int | None:
    """Id of the tenant a row belongs to."""
    path = getattr(row, "tenant_path", "tenant")
    current: Any = row
    for name in path.split("__") if path else []:
        current = getattr(current, name, None)
    return getattr(current, "pk", None)


class ScopedView:
    """Mixin of all viewsets: rows of the caller's tenants; writing needs ``write_role`` in the row's tenant."""

    permission_classes: Any = (IsAuthenticated,)
    renderer_classes: Any = (JSONRenderer,)
    read_role: ClassVar[Role] = Role.VIEWER
    write_role: ClassVar[Role] = Role.CONSULTANT

    def get_queryset(self) -> QuerySet[Any]:
        """Only what the caller may see."""
        queryset = super().get_queryset()  # type: ignore[misc]
        if getattr(self, "swagger_fake_view", False):
            return queryset.none()
        return queryset.visible_to(self.request.user, self.read_role)  # type: ignore[attr-defined]

    def get_object(self) -> Any:
        """One of those rows; who may not change it is told so before anything else is looked at."""
        row = super().get_object()  # type: ignore[misc]
        if getattr(self, "action", "") in ("update", "partial_update", "destroy"):
            self.need(row)
        return row

    def need(self, row: Model | None, role: Role | None = None, tenant_id: int | None = None) -> None:
        """403 unless the caller holds the role in the row's tenant."""
        tenant = tenant_id if row is None else tenant_id_of(row)
        if not Membership.allows(self.request.user, tenant, role or self.write_role):  # type: ignore[attr-defined]
            raise PermissionDenied

    def perform_create(self, serializer: Any) -> None:
        tenant = serializer.validated_data.get("tenant")
        related = next((v for v in serializer.validated_data.values() if isinstance(v, Model)), None)
        self.need(None, tenant_id=tenant.pk if tenant else tenant_id_of(related) if related else None)
        super().perform_create(serializer)  # type: ignore[misc]

    def perform_update(self, serializer: Any) -> None:
        self.need(serializer.instance)
        super().perform_update(serializer)  # type: ignore[misc]

    def perform_destroy(self, instance: Model) -> None:
        self.need(instance)
        super().perform_destroy(instance)  # type: ignore[misc]


class Records(ScopedView, viewsets.ReadOnlyModelViewSet):
    """Rows that are read and acted on, not written."""


class Objects(ScopedView, viewsets.ModelViewSet):
    """Rows that may be created, changed and deleted (PUT is not offered: PATCH says what changes)."""

    http_method_names = ("get", "post", "patch", "delete", "head", "options")


class Changeable(
    ScopedView, mixins.RetrieveModelMixin, mixins.ListModelMixin, mixins.UpdateModelMixin, viewsets.GenericViewSet
):
    """Rows that are made elsewhere and changed here."""

    http_method_names = ("get", "post", "patch", "head", "options")


def actor(request: Request) -> Any:
    """The user for the audit log; None for a token."""
    return request.user if getattr(request.user, "pk", None) else None


def foreign_keys(model: type[Model]) -> list[str]:
    """Names of a model's foreign keys (for select_related)."""
    return [f.name for f in model._meta.fields if isinstance(f, ForeignKey)]
