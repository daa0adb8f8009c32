"""Flow types, templates and flows."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import registry
from core.api.base import Changeable, Records, ScopedRelated, ScopedSerializer, actor
from core.api.records import RunSerializer
from core.api.schema import described
from core.catalog import copying, creating, deleting, duplicating, enabling, publishing, sharing, updating, upgrading
from core.connectors.steps import Recorder
from core.flows import execute, queueing, schedule
from core.flows.base import SyncFlow
from core.flows.context import load
from core.models import Company, Connection, FieldMapping, FlowInstance, FlowTemplate, Role, Tenant


class FlowTypes(APIView):
    """Installed flow types with slots, config fields and mapping sections."""

    @extend_schema(responses={200: described("{key: {label, kind, connections, config, sections}}")})
    def get(self, request: Request) -> Response:
        """All of them."""
        return Response({key: _type(flow_type) for key, flow_type in sorted(registry.flow_types().items())})


def _type(flow_type: Any) -> dict[str, Any]:
    fields = flow_type.Config.base_fields
    return {
        "label": str(flow_type.label),
        "kind": flow_type.kind,
        "connections": flow_type.connections,
        "config": {
            name: {"label": str(f.label or name), "help": str(f.help_text), "required": f.required,
                   "default": flow_type.Config.defaults()[name]} for name, f in fields.items()
        },
        "sections": {s.name: {"each": s.each, "required": list(s.required)} for s in flow_type.sections},
    }  # fmt: skip


class MappingSerializer(serializers.ModelSerializer):
    class Meta:
        model = FieldMapping
        fields = ("section", "source", "target", "transform", "default", "required", "value_map")


class TemplateSerializer(ScopedSerializer):
    mappings = MappingSerializer(many=True, read_only=True)
    config = serializers.DictField(read_only=True)
    schedule = serializers.DictField(read_only=True)
    companions = serializers.ListField(read_only=True)

    class Meta:
        model = FlowTemplate
        fields = (
            "id", "tenant", "slug", "version", "name", "flow_type", "description", "changes", "config", "schedule",
            "companions", "mappings", "copied_from",
        )  # fmt: skip
        read_only_fields = fields


class ShareInput(serializers.Serializer):
    tenant = ScopedRelated(queryset=Tenant.objects.all())


class CopyInput(serializers.Serializer):
    tenant = ScopedRelated(queryset=Tenant.objects.all())
    mode = serializers.ChoiceField(["", "override", "keep"], required=False, default="")


class Templates(Records):
    """Own templates, and with ``?shared_with=<tenant>`` those that are offered to a tenant."""

    queryset = FlowTemplate.objects.prefetch_related("mappings").order_by("slug", "-version")
    serializer_class = TemplateSerializer
    filterset_fields = ("tenant", "slug", "flow_type", "version")

    @extend_schema(request=ShareInput, responses={200: described("shared: list of keys")})
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str = "") -> Response:
        """Offer this template (all versions, with its companions) to a tenant."""
        template = self.get_object()
        self.need(template, Role.OWNER)
        given = _given(self, ShareInput)
        shares = sharing.share(template.tenant, template.slug, given["tenant"], actor(request))
        return Response({"shared": [share.slug for share in shares]})

    @extend_schema(request=ShareInput, responses={200: described("revoked: true or false")})
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str = "") -> Response:
        """Take the offer back."""
        template = self.get_object()
        self.need(template, Role.OWNER)
        given = _given(self, ShareInput)
        return Response({"revoked": sharing.revoke(template.tenant, template.slug, given["tenant"], actor(request))})

    @extend_schema(responses={(200, "application/yaml"): OpenApiTypes.STR})
    @action(detail=True, methods=["get"])
    def export(self, request: Request, pk: str = "") -> HttpResponse:
        """The template as YAML."""
        return HttpResponse(publishing.export_yaml(self.get_object()), content_type="application/yaml; charset=utf-8")


class CopyTemplate(APIView):
    """Copy a shared (or own) template into a tenant."""

    @extend_schema(request=CopyInput, responses={200: TemplateSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """``mode`` (override or keep) decides where the tenant has it already; without one that is a 400."""
        serializer = CopyInput(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        tenant, mode = serializer.validated_data["tenant"], serializer.validated_data["mode"]
        _need(request, tenant.pk, Role.CONSULTANT)
        template = FlowTemplate.objects.filter(pk=pk).select_related("tenant").first()
        if template is None or not (template.tenant_id == tenant.pk or sharing.is_shared(template, tenant)):
            raise serializers.ValidationError({"detail": "no such template is shared with this tenant"})
        copied = copying.copy(template, tenant, mode, actor(request))
        return Response(TemplateSerializer(copied.template, context={"request": request}).data)


class FlowSerializer(ScopedSerializer):
    connections = serializers.SerializerMethodField()
    routes = serializers.SerializerMethodField()
    mappings = MappingSerializer(many=True, read_only=True)
    config = serializers.DictField(read_only=True)
    schedule = serializers.DictField(read_only=True)
    schedule_words = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField()

    class Meta:
        model = FlowInstance
        fields = (
            "id", "tenant", "company", "name", "flow_type", "template", "config", "schedule", "schedule_words",
            "connections", "routes", "mappings", "enabled", "paused", "next_run_at", "address", "failures_in_a_row",
            "last_error", "last_success_at",
        )  # fmt: skip
        read_only_fields = tuple(n for n in fields if n != "name")

    def get_connections(self, row: FlowInstance) -> dict[str, str]:
        return {binding.slot: binding.connection.name for binding in row.bindings.all()}

    def get_routes(self, row: FlowInstance) -> dict[str, str]:
        return {route.match: route.target.name for route in row.routes.all()}

    def get_schedule_words(self, row: FlowInstance) -> str:
        return schedule.in_words(row.schedule) if row.schedule else ""

    def get_address(self, row: FlowInstance) -> str:
        return row.tenant.public_url(f"{row.flow_type.split('.')[0]}/{row.endpoint_key}/") if row.endpoint_key else ""


class FlowInput(serializers.Serializer):
    """A new flow from a template of the tenant."""

    tenant = ScopedRelated(queryset=Tenant.objects.all())
    template = ScopedRelated(queryset=FlowTemplate.objects.all())
    name = serializers.CharField(max_length=120)
    company = ScopedRelated(queryset=Company.objects.all(), required=False, allow_null=True)
    connections = serializers.DictField(child=serializers.CharField(), required=False)
    config = serializers.DictField(required=False)
    mappings = MappingSerializer(many=True, required=False)
    schedule = serializers.DictField(required=False)


class SettingsInput(serializers.Serializer):
    """What shall change; parts left out stay."""

    name = serializers.CharField(max_length=120, required=False)
    config = serializers.DictField(required=False)
    mappings = MappingSerializer(many=True, required=False)
    schedule = serializers.DictField(required=False)
    connections = serializers.DictField(child=serializers.CharField(), required=False)
    routes = serializers.DictField(child=serializers.CharField(), required=False)


class EnableInput(serializers.Serializer):
    first_run = serializers.ChoiceField(["all", "since", "baseline"], required=False, default="all")
    since = serializers.DateField(required=False, allow_null=True)


class DuplicateInput(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    company = ScopedRelated(queryset=Company.objects.all(), required=False, allow_null=True)
    connections = serializers.DictField(child=serializers.CharField(), required=False)


class UpgradeInput(serializers.Serializer):
    template = ScopedRelated(queryset=FlowTemplate.objects.all())


class Flows(Changeable):
    """Flows: create, change, switch on and off, run."""

    queryset = (
        FlowInstance.objects.select_related("tenant", "company", "template")
        .prefetch_related("mappings", "bindings__connection", "routes__target")
        .order_by("pk")
    )
    serializer_class = FlowSerializer
    filterset_fields = ("tenant", "company", "flow_type", "enabled", "name")

    @extend_schema(request=FlowInput, responses={201: FlowSerializer})
    def create(self, request: Request) -> Response:
        """Create a flow, switched off."""
        given = _given(self, FlowInput)
        tenant = given.pop("tenant")
        _need(request, tenant.pk, Role.CONSULTANT)
        connections = _connections(tenant, given.pop("connections", {}))
        flow = creating.create_flow(tenant, connections=connections, user=actor(request), **given)
        return Response(self._fresh(flow), status=201)

    @extend_schema(request=SettingsInput, responses={200: FlowSerializer})
    def partial_update(self, request: Request, pk: str = "") -> Response:
        """Change name, config (merged), mappings (of the named sections), schedule, connections, routes."""
        flow = self.get_object()
        self.need(flow)
        given, user = _given(self, SettingsInput), actor(request)
        with transaction.atomic():
            if "name" in given:
                updating.rename(flow, given["name"], user)
            if "connections" in given:
                updating.switch_connections(flow, _connections(flow.tenant, given["connections"]), user)
            if "config" in given:
                updating.update_config(flow, given["config"], user=user)
            if "mappings" in given:
                updating.update_mappings(flow, given["mappings"], user=user)
            if "schedule" in given:
                updating.update_schedule(flow, given["schedule"], user)
            if "routes" in given:
                updating.update_routes(flow, _targets(flow.tenant, given["routes"]), user=user)
        return Response(self._fresh(flow))

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: str = "") -> Response:
        """Delete a flow that has no documents."""
        flow = self.get_object()
        self.need(flow)
        deleting.delete_flow(flow, actor(request))
        return Response(status=204)

    @extend_schema(request=EnableInput, responses={200: FlowSerializer})
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str = "") -> Response:
        """Check and switch on."""
        flow = self.get_object()
        self.need(flow)
        given = _given(self, EnableInput)
        enabling.enable(flow, given["first_run"], since=given.get("since"), user=actor(request))
        return Response(self._fresh(flow))

    @extend_schema(request=None, responses={200: FlowSerializer})
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str = "") -> Response:
        """Switch off."""
        flow = self.get_object()
        self.need(flow)
        enabling.disable(flow, actor(request))
        return Response(self._fresh(flow))

    @extend_schema(request=None, responses={200: described("problems: [{text, place, blocking}]")})
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str = "") -> Response:
        """What keeps it from being switched on."""
        flow = self.get_object()
        self.need(flow, Role.OPERATOR)
        problems = [{"text": str(p.text), "place": str(p.place), "blocking": p.blocking} for p in enabling.check(flow)]
        return Response({"problems": problems})

    @extend_schema(request=None, responses={202: RunSerializer})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: str = "") -> Response:
        """Run a scheduled flow now; the run's number is answered at once."""
        flow = self.get_object()
        self.need(flow, Role.OPERATOR)
        _scheduled(flow)
        run = queueing.run_now(flow, actor(request))
        return Response(RunSerializer(run, context={"request": request}).data, status=202)

    @extend_schema(request=None, responses={200: described("documents: [{key, label, payload or error}]")})
    @action(detail=True, methods=["post"])
    def dry_run(self, request: Request, pk: str = "") -> Response:
        """What the next run would send: reads and maps up to twenty documents, sends nothing."""
        flow = self.get_object()
        self.need(flow, Role.OPERATOR)
        _scheduled(flow)
        return Response({"documents": execute.dry_run(load(flow, recorder=Recorder(bodies=False)))})

    @extend_schema(request=DuplicateInput, responses={201: FlowSerializer})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, pk: str = "") -> Response:
        """A copy for another document type or company."""
        flow = self.get_object()
        self.need(flow)
        given = _given(self, DuplicateInput)
        connections = _connections(flow.tenant, given.get("connections", {})) or None
        copy = duplicating.duplicate(flow, given["name"], company=given.get("company"), connections=connections)
        return Response(self._fresh(copy), status=201)

    @extend_schema(request=UpgradeInput, responses={200: FlowSerializer})
    @action(detail=True, methods=["post"])
    def upgrade(self, request: Request, pk: str = "") -> Response:
        """To a newer template version, keeping the tenant's own values."""
        flow = self.get_object()
        self.need(flow)
        upgrading.upgrade(flow, _given(self, UpgradeInput)["template"], user=actor(request))
        return Response(self._fresh(flow))

    def _fresh(self, flow: FlowInstance) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=flow.pk)).data


def _scheduled(flow: FlowInstance) -> None:
    flow_type = registry.flow_types().get(flow.flow_type)
    if flow_type is None or not issubclass(flow_type, SyncFlow):
        raise serializers.ValidationError({"detail": "this flow is started from outside, not by a schedule"})


def _given(view: Any, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
    serializer = serializer_class(data=view.request.data, context={"request": view.request})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _need(request: Request, tenant_id: int, role: Role) -> None:
    from rest_framework.exceptions import PermissionDenied

    from core.models import Membership

    if not Membership.allows(request.user, tenant_id, role):
        raise PermissionDenied


def _connections(tenant: Tenant, names: dict[str, str]) -> dict[str, Connection]:
    """{slot: connection} from names of the tenant's connections."""
    known = {c.name: c for c in Connection.objects.filter(tenant=tenant, name__in=names.values())}
    missing = {slot: [f"no connection {name!r}"] for slot, name in names.items() if name not in known}
    if missing:
        raise serializers.ValidationError({"connections": missing})
    return {slot: known[name] for slot, name in names.items()}


def _targets(tenant: Tenant, names: dict[str, str]) -> dict[str, FlowInstance]:
    known = {f.name: f for f in FlowInstance.objects.filter(tenant=tenant, name__in=names.values())}
    missing = {match: [f"no flow {name!r}"] for match, name in names.items() if name not in known}
    if missing:
        raise serializers.ValidationError({"routes": missing})
    return {match: known[name] for match, name in names.items()}
