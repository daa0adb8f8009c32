"""Tenants, companies, connections, value maps, people, credentials, alert channels."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core import registry
from core.api.base import Objects, Records, ScopedSerializer, actor
from core.api.schema import described
from core.catalog import deleting, passwords
from core.connectors.target import Target
from core.errors import B1FlowError
from core.flows import broken
from core.mapping import unknown
from core.models import (
    AlertChannel,
    AppCredential,
    Company,
    Connection,
    DomainFile,
    Membership,
    Person,
    Role,
    Tenant,
    UnknownValue,
    ValueMap,
)


class TenantSerializer(ScopedSerializer):
    class Meta:
        model = Tenant
        fields = (
            "id", "slug", "name", "is_provider", "time_zone", "public_base_url", "step_days", "event_days",
            "delivery_days",
        )  # fmt: skip
        read_only_fields = fields


class Tenants(Records):
    """Tenants of the caller."""

    queryset = Tenant.objects.order_by("slug")
    serializer_class = TenantSerializer
    filterset_fields = ("slug",)


class CompanySerializer(ScopedSerializer):
    class Meta:
        model = Company
        fields = ("id", "tenant", "code", "name")


class Companies(Objects):
    """Companies (账套)."""

    queryset = Company.objects.order_by("pk")
    serializer_class = CompanySerializer
    filterset_fields = ("tenant", "code")


class ConnectionSerializer(ScopedSerializer):
    """``secrets`` are write-only; those left out keep their value. ``secrets_set`` names the ones that have one."""

    secrets = serializers.DictField(child=serializers.CharField(allow_blank=True), write_only=True, required=False)
    secrets_set = serializers.SerializerMethodField()
    settings = serializers.DictField(required=False)

    class Meta:
        model = Connection
        fields = (
            "id", "tenant", "company", "name", "connector", "base_url", "settings", "secrets", "secrets_set",
            "verify_tls", "ca_bundle", "proxy", "max_parallel", "rate_limit", "status", "status_text", "tested_at",
        )  # fmt: skip
        read_only_fields = ("status", "status_text", "tested_at")

    def get_secrets_set(self, row: Connection) -> list[str]:
        return sorted(name for name, value in (row.secrets or {}).items() if value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        before = self.instance
        connector = attrs.get("connector") or (before.connector if before else "")
        settings = attrs.get("settings", before.settings if before else {})
        secrets = {**((before.secrets or {}) if before else {}), **attrs.get("secrets", {})}
        registry.connector(connector).clean(settings, secrets)
        attrs["secrets"] = secrets
        return attrs

    def update(self, instance: Connection, validated_data: dict[str, Any]) -> Connection:
        saved: Connection = super().update(instance, validated_data)
        broken.changed(saved)
        return saved


class SecretsSerializer(serializers.Serializer):
    """{name: new value}; those left out keep their value."""

    secrets = serializers.DictField(child=serializers.CharField(allow_blank=True))


class Connections(Objects):
    """Connections; ``test`` talks to the other system, ``password`` changes secrets only."""

    queryset = Connection.objects.select_related("tenant", "company").order_by("pk")
    serializer_class = ConnectionSerializer
    filterset_fields = ("tenant", "company", "connector", "status")

    def perform_destroy(self, instance: Any) -> None:
        self.need(instance)
        deleting.delete_connection(instance)

    @extend_schema(request=None, responses={200: described("ok, text, facts")})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str = "") -> Response:
        """Test the connection, in the vendor's words."""
        connection = self.get_object()
        self.need(connection, Role.OPERATOR)
        return self._tested(connection)

    @extend_schema(request=SecretsSerializer, responses={200: described("ok, text, facts")})
    @action(detail=True, methods=["post"])
    def password(self, request: Request, pk: str = "") -> Response:
        """Change secrets and nothing else (an operator may), then test; flows that waited go on."""
        connection = self.get_object()
        self.need(connection, Role.OPERATOR)
        given = SecretsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self._tested(passwords.change(connection, given.validated_data["secrets"], actor(request)))

    @staticmethod
    def _tested(connection: Connection) -> Response:
        try:
            target = Target.of(connection)
            check = registry.connector(connection.connector)(target).check()
        except B1FlowError as error:
            broken.failed_test(connection, str(error))
            return Response({"ok": False, "text": str(error), "facts": {}})
        broken.works(connection, check.text) if check.ok else broken.failed_test(connection, check.text)
        return Response({"ok": check.ok, "text": str(check.text), "facts": check.facts})


class ValueMapSerializer(ScopedSerializer):
    rows = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)

    class Meta:
        model = ValueMap
        fields = ("id", "tenant", "name", "rows")


class UnknownValueSerializer(serializers.ModelSerializer):
    class Meta:
        model = UnknownValue
        fields = ("flow", "value", "count", "last_seen")


class TranslationSerializer(serializers.Serializer):
    value = serializers.CharField()
    meaning = serializers.CharField()


class ValueMaps(Objects):
    """Value maps."""

    queryset = ValueMap.objects.order_by("pk")
    serializer_class = ValueMapSerializer
    filterset_fields = ("tenant", "name")

    @extend_schema(request=None, responses={200: UnknownValueSerializer(many=True)}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def unknown(self, request: Request, pk: str = "") -> Response:
        """Values that flows looked up in vain, newest first."""
        return Response(UnknownValueSerializer(unknown.of_map(self.get_object()), many=True).data)

    @extend_schema(request=TranslationSerializer, responses={200: ValueMapSerializer})
    @action(detail=True, methods=["post"])
    def translate(self, request: Request, pk: str = "") -> Response:
        """Add one row; a value that the map knows is refused."""
        value_map = self.get_object()
        self.need(value_map)
        given = TranslationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(self.get_serializer(unknown.translate(value_map, **given.validated_data)).data)


class PersonSerializer(ScopedSerializer):
    class Meta:
        model = Person
        fields = ("id", "tenant", "connector", "erp_user", "outside_user", "name")


class People(Objects):
    """Who an ERP user is in another system."""

    queryset = Person.objects.order_by("pk")
    serializer_class = PersonSerializer
    filterset_fields = ("tenant", "connector", "erp_user")


class DomainFileSerializer(ScopedSerializer):
    class Meta:
        model = DomainFile
        fields = ("id", "tenant", "name", "content")


class DomainFiles(Objects):
    """Files at the root of the tenant's domain."""

    queryset = DomainFile.objects.order_by("pk")
    serializer_class = DomainFileSerializer
    filterset_fields = ("tenant",)


class CredentialSerializer(ScopedSerializer):
    """``app_code`` is answered once, when it was made or rotated."""

    app_code = serializers.SerializerMethodField()

    class Meta:
        model = AppCredential
        fields = ("id", "tenant", "name", "hint", "flows", "is_active", "app_code")
        read_only_fields = ("hint",)

    def get_app_code(self, row: AppCredential) -> str:
        return getattr(row, "shown_once", "")

    def create(self, validated_data: dict[str, Any]) -> AppCredential:
        flows = validated_data.pop("flows", [])
        row = AppCredential(**validated_data)
        code = row.set_code()
        row.save()
        row.flows.set(flows)
        row.shown_once = code  # type: ignore[attr-defined]
        return row


class Credentials(Objects):
    """AppCodes."""

    queryset = AppCredential.objects.prefetch_related("flows").order_by("pk")
    serializer_class = CredentialSerializer
    filterset_fields = ("tenant", "name")
    write_role = Role.OWNER

    @extend_schema(request=None, responses={200: CredentialSerializer})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str = "") -> Response:
        """A new AppCode; the old one stays valid for a day."""
        from datetime import timedelta

        from django.utils import timezone

        row = self.get_object()
        self.need(row)
        row.previous_hash, row.previous_until = row.code_hash, timezone.now() + timedelta(days=1)
        row.shown_once = row.set_code()
        row.save()
        return Response(self.get_serializer(row).data)


class MembershipSerializer(ScopedSerializer):
    user_name = serializers.CharField(source="user.get_username", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "tenant", "user_name", "role")


class Memberships(Records):
    """Members of the caller's tenants."""

    queryset = Membership.objects.select_related("user").order_by("pk")
    serializer_class = MembershipSerializer
    filterset_fields = ("tenant", "role")
    read_role = Role.OWNER


class ChannelSerializer(ScopedSerializer):
    """``target`` and ``secret`` are write-only."""

    target = serializers.CharField(write_only=True)
    secret = serializers.CharField(write_only=True, required=False, allow_blank=True)

    class Meta:
        model = AlertChannel
        fields = (
            "id", "tenant", "name", "kind", "target", "secret", "quiet_from", "quiet_to", "is_active", "last_error",
        )  # fmt: skip
        read_only_fields = ("last_error",)

    def validate_kind(self, value: str) -> str:
        from core.alerts import sender_choices

        known = [kind for kind, _label in sender_choices()]
        if value not in known:
            raise serializers.ValidationError(_("Known kinds: %(kinds)s") % {"kinds": ", ".join(known)})
        return value


class Channels(Objects):
    """Where alerts are sent."""

    queryset = AlertChannel.objects.order_by("pk")
    serializer_class = ChannelSerializer
    filterset_fields = ("tenant", "kind")
