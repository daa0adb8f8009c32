"""A source and a target in memory, with every way to go wrong, for tests of the runner."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms

from core import registry
from core.connectors.base import Check, Connector, SecretField
from core.connectors.http import HttpClient
from core.errors import B1FlowError
from core.flows.base import Document, Outgoing, Receipt, Section, SyncFlow
from core.flows.config import SyncConfig
from core.models import FlowInstance, FlowRun, Tenant
from core.registry import register_connector, register_flow


class World:
    """Source documents with their marks, target objects, and what happens at the n-th call."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.documents: dict[str, dict[str, Any]] = {}
        self.marked: set[str] = set()
        self.created: dict[str, str] = {}  # target key -> source key
        self.updated: list[str] = []
        self.calls: list[str] = []
        self.before: Callable[[str], None] = lambda key: None
        self.after: Callable[[str], None] = lambda key: None
        self.on_mark: Callable[[str], None] = lambda key: None
        self.on_find: Callable[[str], None] = lambda key: None
        self.on_pull: Callable[[], None] = lambda: None
        self.index_delay = 0.0
        self.visible_at: dict[str, float] = {}
        self.flying = self.most_flying = 0

    def add(self, *keys: str, **fields: Any) -> None:
        for key in keys:
            self.documents[key] = {"Key": key, "Name": f"name of {key}", **fields}

    def create(self, key: str) -> str:
        with self.lock:
            self.flying += 1
            self.most_flying = max(self.most_flying, self.flying)
            self.calls.append(f"create {key}")
        try:
            self.before(key)
            with self.lock:
                number = f"T{len(self.created) + 1}"
                self.created[number] = key
                self.visible_at[number] = time.monotonic() + self.index_delay
            self.after(key)
            return number
        finally:
            with self.lock:
                self.flying -= 1

    def copies(self, key: str) -> int:
        return list(self.created.values()).count(key)


WORLD = World()


@register_connector
class MemoryConnector(Connector):
    key = "test.memory"
    label = "memory"

    class Settings(forms.Form):
        password = SecretField(required=False)

    class client_class(HttpClient):
        system = "memory"
        needs_login = False

    def check(self) -> Check:
        return Check(True, "fine")


@register_flow
class MemoryFlow(SyncFlow):
    """Create in the target, mark in the source; may be asked."""

    key: ClassVar[str] = "test.memory_push"
    label = "memory push"
    connections: ClassVar[dict[str, str]] = {"oa": "test.memory"}
    sections = (Section("main", required=("key",)),)
    Config = SyncConfig
    settle_seconds = 0.0
    has_company = False

    def pull(self, ctx):
        WORLD.on_pull()
        for key, body in sorted(WORLD.documents.items()):
            if key not in WORLD.marked:
                yield Document(key=key, body=dict(body), recall={"key": key}, label=key)

    def deliver(self, ctx, outgoing: Outgoing) -> Receipt:
        if outgoing.target_key:
            WORLD.updated.append(outgoing.key)
            return Receipt(outgoing.target_key)
        return Receipt(WORLD.create(outgoing.key))

    def acknowledge(self, ctx, recalls):
        errors: dict[int, B1FlowError] = {}
        for recall in recalls:
            try:
                WORLD.on_mark(recall.recall["key"])
                WORLD.marked.add(recall.recall["key"])
            except B1FlowError as error:
                errors[recall.delivery] = error
        return errors

    def find_delivered(self, ctx, recall, since):
        WORLD.calls.append(f"find {recall.recall['key']}")
        WORLD.on_find(recall.recall["key"])
        now = time.monotonic()
        return [
            Receipt(number)
            for number, key in WORLD.created.items()
            if key == recall.recall["key"] and WORLD.visible_at[number] <= now
        ] or None


@register_flow
class SilentTargetFlow(MemoryFlow):
    """A target that cannot be asked."""

    key = "test.silent_push"
    find_delivered = SyncFlow.find_delivered


@register_flow
class UpdatingFlow(MemoryFlow):
    """Changed documents are delivered again; nothing is marked."""

    key = "test.updating_push"
    on_change = "update"
    marks = False
    repeatable = True


@register_flow
class BatchFlow(MemoryFlow):
    """Up to ten documents in a call."""

    key = "test.batch_push"
    batch_size = 10
    batches: ClassVar[list[int]] = []

    def deliver_many(self, ctx, batch):
        self.batches.append(len(batch))
        answers: list[Any] = []
        for outgoing in batch:
            try:
                answers.append(self.deliver(ctx, outgoing))
            except B1FlowError as error:
                answers.append(error)
        return answers


def make_flow(flow_type: str = "test.memory_push", name: str = "flow", **values: Any) -> FlowInstance:
    """A tenant with one connection and an enabled flow that maps Key and Name."""
    tenant, _ = Tenant.objects.get_or_create(slug="acme", defaults={"name": "acme"})
    connection, _ = tenant.connections.get_or_create(
        name="OA", defaults={"connector": "test.memory", "base_url": "http://127.0.0.1:1"}
    )
    flow = FlowInstance.objects.create(tenant=tenant, name=name, flow_type=flow_type, enabled=True, **values)
    flow.bindings.create(slot="oa", connection=connection)
    if registry.flow_type(flow_type).sections:
        flow.mappings.create(section="main", source="Key", target="key", required=True)
        flow.mappings.create(section="main", source="Name", target="name")
    return flow


def run(flow: FlowInstance, **params: Any) -> FlowRun:
    """Run it here and now, as a person would."""
    from core.flows.execute import run_in_this_process

    flow.refresh_from_db()
    return run_in_this_process(flow, params=params)
