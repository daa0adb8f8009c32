"""Runs, deliveries, events: the record, and what a person may do about it."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import Records, ScopedSerializer, actor
from core.api.schema import described
from core.flows import events, resolve
from core.models import Delivery, FlowRun, InboundEvent, Role, RunStep

AT_ONCE = 500
LARGEST = 2**63 - 1  # a database's largest key


class RunSerializer(ScopedSerializer):
    flow_name = serializers.CharField(source="flow.name", read_only=True)
    seconds = serializers.FloatField(read_only=True, allow_null=True)

    class Meta:
        model = FlowRun
        fields = (
            "id", "flow", "flow_name", "trigger", "status", "queued_at", "started_at", "ended_at", "seconds", "total",
            "succeeded", "failed", "skipped", "held", "message",
        )  # fmt: skip
        read_only_fields = fields


class StepSerializer(serializers.ModelSerializer):
    class Meta:
        model = RunStep
        fields = ("id", "delivery", "slot", "name", "ok", "ms", "input", "output", "at")


class RunFilter(filters.FilterSet):
    tenant = filters.NumberFilter(field_name="flow__tenant")
    since = filters.IsoDateTimeFilter(field_name="queued_at", lookup_expr="gte")

    class Meta:
        model = FlowRun
        fields = ("flow", "status", "trigger")


class Runs(Records):
    """Runs, newest first."""

    queryset = FlowRun.objects.select_related("flow", "flow__tenant").order_by("-queued_at", "-pk")
    serializer_class = RunSerializer
    filterset_class = RunFilter

    @extend_schema(responses={200: StepSerializer(many=True)}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def steps(self, request: Request, pk: str = "") -> Response:
        """The calls of this run, in order (the first thousand)."""
        return Response(StepSerializer(self.get_object().steps.all()[:1000], many=True).data)


class DeliverySerializer(ScopedSerializer):
    flow_name = serializers.CharField(source="flow.name", read_only=True)

    class Meta:
        model = Delivery
        fields = (
            "id", "flow", "flow_name", "key", "generation", "label", "state", "target_key", "attempt", "failures",
            "crashes", "mark_attempts", "error", "changed_after", "decision", "decision_state", "decision_text",
            "sent_at", "due_at", "created_at", "updated_at", "run",
        )  # fmt: skip
        read_only_fields = fields


class DeliveryFilter(filters.FilterSet):
    tenant = filters.NumberFilter(field_name="flow__tenant")
    needs_person = filters.BooleanFilter(method="filter_needs_person")
    number = filters.CharFilter(method="filter_number", help_text="a number of either system")

    class Meta:
        model = Delivery
        fields = ("flow", "state", "decision", "decision_state", "key")

    def filter_needs_person(self, queryset: Any, name: str, value: bool) -> Any:
        rows = resolve.needing_person()
        return queryset.filter(pk__in=rows.values("pk")) if value else queryset.exclude(pk__in=rows.values("pk"))

    def filter_number(self, queryset: Any, name: str, value: str) -> Any:
        value = value.replace("\x00", "")
        return queryset.filter(label=value) | queryset.filter(target_key=value) | queryset.filter(key=value)


class ReasonInput(serializers.Serializer):
    reason = serializers.CharField(max_length=500)


class ArrivedInput(ReasonInput):
    target_key = serializers.CharField(max_length=160)


class RetryInput(serializers.Serializer):
    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=LARGEST), max_length=AT_ONCE)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class Deliveries(Records):
    """The ledger, newest first."""

    queryset = Delivery.objects.select_related("flow", "flow__tenant").order_by("-updated_at", "-pk")
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter

    @extend_schema(request=ArrivedInput, responses={200: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def arrived(self, request: Request, pk: str = "") -> Response:
        """It is over there under this number."""
        row, given = self._row(ArrivedInput)
        resolve.arrived(row, given["target_key"], actor(request), given["reason"])
        return self._answer(row)

    @extend_schema(request=ReasonInput, responses={200: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def send_again(self, request: Request, pk: str = "") -> Response:
        """It did not arrive: send it again."""
        row, given = self._row(ReasonInput)
        resolve.send_again(row, actor(request), given["reason"])
        return self._answer(row)

    @extend_schema(request=ReasonInput, responses={200: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def forget(self, request: Request, pk: str = "") -> Response:
        """Leave it for good."""
        row, given = self._row(ReasonInput)
        resolve.forget(row, actor(request), given["reason"])
        return self._answer(row)

    @extend_schema(request=RetryInput, responses={202: described("runs: their numbers; retried: how many documents")})
    @action(detail=False, methods=["post"])
    def retry(self, request: Request) -> Response:
        """Retry many failed, refused, held or given up documents."""
        serializer = RetryInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        rows = list(self.get_queryset().filter(pk__in=serializer.validated_data["ids"]))
        for row in rows:
            self.need(row, Role.OPERATOR)
        runs = resolve.retry(rows, actor(request), serializer.validated_data["reason"])
        return Response({"runs": [run.pk for run in runs], "retried": len(rows)}, status=202)

    def _row(self, serializer_class: type[serializers.Serializer]) -> tuple[Delivery, dict[str, Any]]:
        row = self.get_object()
        self.need(row, Role.OPERATOR)
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return row, serializer.validated_data

    def _answer(self, row: Delivery) -> Response:
        row.refresh_from_db()
        return Response(self.get_serializer(row).data)


class EventSerializer(ScopedSerializer):
    flow_name = serializers.CharField(source="flow.name", read_only=True)
    body = serializers.JSONField(read_only=True)

    class Meta:
        model = InboundEvent
        fields = (
            "id", "flow", "flow_name", "event_id", "kind", "route", "target_key", "state", "attempts", "error", "body",
            "received_at", "processed_at", "delivery", "run",
        )  # fmt: skip
        read_only_fields = fields


class EventFilter(filters.FilterSet):
    tenant = filters.NumberFilter(field_name="flow__tenant")

    class Meta:
        model = InboundEvent
        fields = ("flow", "state", "kind", "route", "event_id", "target_key")


class Events(Records):
    """Received callbacks, newest first."""

    queryset = InboundEvent.objects.select_related("flow", "flow__tenant").order_by("-received_at", "-pk")
    serializer_class = EventSerializer
    filterset_class = EventFilter

    @extend_schema(request=None, responses={202: EventSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str = "") -> Response:
        """Process it again with the present configuration."""
        row = self.get_object()
        self.need(row, Role.OPERATOR)
        events.replay(row)
        row.refresh_from_db()
        return Response(self.get_serializer(row).data, status=202)
