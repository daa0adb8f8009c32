"""What a flow's code is given: config, connected clients by slot, mapper, step log, and doors to the ledger.

Everything is read from the database before threads start; ``load`` is the only reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from core import registry
from core.connectors.base import Connector
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.errors import ConfigurationError, DocumentRejected
from core.flows.base import FlowType
from core.mapping.engine import Mapper, Row
from core.mapping.unknown import Seen
from core.models import FlowInstance, FlowRun, Person, ValueMap


@dataclass
class FlowContext:
    """One execution of one flow.

    ``ctx.config``: cleaned config; ``ctx.erp``, ``ctx.oa`` ...: the client bound to the slot; ``ctx.map(body)``:
    mapped payload by section; ``ctx.step(name)``: a step of the flow's own; ``ctx.person(connector, erp_user)``.
    ``cursor`` is what the last complete window stored, ``next_cursor`` what this run will store; ``unknown``: what
    its value maps could not translate, for flows that work off one thing (a SyncFlow's runner keeps its own).
    """

    flow: FlowInstance
    flow_type: FlowType
    config: dict[str, Any]
    targets: dict[str, Target]
    mapper: Mapper
    recorder: Recorder
    people: dict[tuple[str, str], str] = field(default_factory=dict)
    run: FlowRun | None = None
    cursor: Any = None
    next_cursor: Any = None
    extra: dict[str, Any] = field(default_factory=dict)
    unknown: Seen = field(default_factory=Seen)
    _connectors: dict[str, Connector] = field(default_factory=dict)

    def __getattr__(self, slot: str) -> Any:
        if slot.startswith("_") or slot not in self.flow_type.connections:
            raise AttributeError(slot)
        return self.connector(slot).client

    def connector(self, slot: str) -> Connector:
        """The connector bound to a slot; ConfigurationError when the slot is empty."""
        if slot not in self._connectors:
            if slot not in self.targets:
                raise ConfigurationError(f"no connection is bound to {slot!r} of flow {self.flow.name!r}")
            target = self.targets[slot]
            self._connectors[slot] = registry.connector(target.connector)(target, self.recorder, slot)
        return self._connectors[slot]

    def has(self, slot: str) -> bool:
        """Is an (optional) slot bound?"""
        return slot in self.targets

    def client_of(self, connection_name: str, connector: str) -> Any:
        """Client of another connection of the same tenant, named in the config (``approver_connections``)."""
        slot = f"connection:{connection_name}"
        if slot not in self._connectors:
            target = self.targets.get(slot)
            if target is None or target.connector != connector:
                message = f"connection {connection_name!r} ({connector}) named in the config does not exist"
                raise ConfigurationError(message)
            self._connectors[slot] = registry.connector(connector)(target, self.recorder, connection_name)
        return self._connectors[slot].client

    @cached_property
    def zone(self) -> ZoneInfo:
        """The tenant's time zone."""
        return ZoneInfo(self.flow.tenant.zone)

    def step(self, name: str, input: Any = None) -> Any:
        """A step of the flow's own in the run's log (context manager that yields a dict for its output)."""
        return self.recorder.step(name, input)

    def map(self, body: dict[str, Any]) -> dict[str, Any]:
        """{section: fields, or list of fields for a section over lines}. Raises DocumentRejected by row."""
        try:
            return self.mapper.payload(body)
        except DocumentRejected as error:
            self.unknown.note(error)
            raise

    def map_section(self, name: str, source: dict[str, Any], header: dict[str, Any] | None = None) -> dict[str, Any]:
        """One section of one source (a line sees its document as ``header``)."""
        try:
            return self.mapper.section(name, source, header)
        except DocumentRejected as error:
            self.unknown.note(error)
            raise

    def person(self, connector: str, erp_user: Any) -> str:
        """The user id over there of an ERP user, from the tenant's people; "" when unknown."""
        return self.people.get((connector, str(erp_user)), "")


def load(flow: FlowInstance, *, run: FlowRun | None = None, recorder: Recorder | None = None) -> FlowContext:
    """Read everything a flow needs. Raises ConfigurationError, naming what to change."""
    flow_class = registry.flow_type(flow.flow_type)
    config = flow_class.clean_config(flow.config)
    rows = [Row.of(mapping) for mapping in flow.mappings.all()]
    looks_up = any(row.value_map or row.transform.startswith("lookup") for row in rows)
    value_maps = {m.name: m.rows for m in ValueMap.objects.filter(tenant_id=flow.tenant_id)} if looks_up else {}
    mapper = Mapper(rows, flow_class, config, value_maps, flow.tenant.zone)
    people = Person.objects.filter(tenant_id=flow.tenant_id).values_list("connector", "erp_user", "outside_user")
    ctx = FlowContext(
        flow=flow,
        flow_type=flow_class(),
        config=config,
        targets=_targets(flow, config),
        mapper=mapper,
        recorder=recorder or Recorder(),
        people={(connector, erp_user): outside for connector, erp_user, outside in people},
        run=run,
        cursor=flow.state.get("cursor"),
    )
    ctx.flow_type.prepare(ctx)
    return ctx


def _targets(flow: FlowInstance, config: dict[str, Any]) -> dict[str, Target]:
    """Bound slots, and connections that the config names (``connection:<name>``)."""
    targets = {
        b.slot: Target.of(b.connection) for b in flow.bindings.select_related("connection").defer("connection__secrets")
    }
    names = registry.flow_type(flow.flow_type).Config.connection_names(config)
    if names:
        for connection in flow.tenant.connections.filter(name__in=names):
            targets[f"connection:{connection.name}"] = Target.of(connection)
    return targets
