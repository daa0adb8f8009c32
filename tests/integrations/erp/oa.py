"""An OA in memory and its flow types, for tests of what all approval flows share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

import pytest
from django import forms

from core import registry
from core.errors import OutcomeUnknown
from core.flows.base import Event, EventFlow, Outgoing, Recall, Receipt, Section
from core.flows.context import FlowContext, load
from core.flows.execute import run_in_this_process
from core.models import Company, Connection, Delivery, FieldMapping, FlowInstance, FlowRun, Tenant
from integrations.erp.approvals import (
    DECISION_SECTIONS,
    DecisionConfig,
    PushApproval,
    PushConfig,
    Request,
    Verdict,
    apply_decision,
    find_subject,
    oa_user,
)
from tests.sandbox_server import SandboxServer

PURCHASE = "DocObjectCode eq '1470000113'"


class Oa:
    """Approvals by number; ``lose`` answers of creates."""

    def __init__(self) -> None:
        self.approvals: dict[str, dict[str, Any]] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.withdrawn: dict[str, str] = {}
        self.lose = 0

    def create(self, number: str, payload: dict[str, Any], creator: str) -> str:
        key = f"SP{len(self.approvals) + 1}"
        self.approvals[key] = {"number": number, "payload": payload, "creator": creator}
        if self.lose:
            self.lose -= 1
            raise OutcomeUnknown("no answer")
        return key


OA = Oa()


class PushForm(PushConfig):
    filter = forms.CharField(initial=PURCHASE, required=False)
    synced_field = forms.CharField(initial="U_SyncStatus", required=False)
    stages = forms.CharField(required=False)
    user_field = forms.CharField(initial="FaxNumber", required=False)


class Push(PushApproval):
    key, label = "test.push_approval", "push"
    connections = {"erp": "erp.service_layer"}
    Config = PushForm
    sections = (Section("form"), Section("table", each="config:lines_name"))
    decided_by = "test.decide"
    settle_seconds = 0.0

    def wants(self, ctx: FlowContext, request: Request) -> bool:
        users = [part for part in ctx.config["stages"].split(",") if part]
        return not users or any(str(user) in users for user in request.waiting())

    def remember(self, ctx: FlowContext, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "creator": oa_user(
                ctx, "test.oa", body["ApprovalRequest"]["OriginatorID"], ctx.config["user_field"], "nobody"
            )
        }

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        return Receipt(OA.create(outgoing.label, outgoing.payload, outgoing.recall["creator"]))

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt] | None:
        return [Receipt(key) for key, made in OA.approvals.items() if made["number"] == recall.label] or None

    def verdict(self, ctx: FlowContext, recall: Recall) -> Verdict | None:
        return OA.verdicts.get(recall.target_key)

    def withdraw(self, ctx: FlowContext, sent: Any, reason: str) -> None:
        OA.withdrawn[sent.target_key] = reason


class PushRequests(Push):
    key = "test.push_requests"
    starts_from = "requests"

    def request_filter(self, ctx: FlowContext) -> str:
        return "ObjectType eq '1470000113'"


class Decide(EventFlow):
    key, label = "test.decide", "decide"
    connections = {"erp": "erp.service_layer"}
    Config = DecisionConfig
    sections = DECISION_SECTIONS
    last: ClassVar[Any] = None

    def handle(self, ctx: FlowContext, event: Event) -> str:
        verdict: Verdict = OA.verdicts[event.target_key]
        types = ["test.push_approval", "test.push_requests"]
        subject = find_subject(
            ctx, event.target_key, types, draft=event.body.get("draft"), request=event.body.get("code")
        )
        Decide.last = apply_decision(ctx, verdict, subject)
        return Decide.last.text


class World:
    """A tenant with its flows over the sandbox's ERP."""

    def __init__(self, url: str, tenant: Tenant | None = None, code: str = "SBODEMOCN") -> None:
        self.tenant = tenant or Tenant.objects.create(slug="acme", name="acme")
        self.company = Company.objects.create(tenant=self.tenant, code=code, name=code)
        self.url = url
        self.connections = {
            name: self.connection(name, user)
            for name, user in (
                ("ERP", "approver1"),
                ("A1", "approver1"),
                ("A2", "approver2"),
                ("A3", "approver3"),
                ("M", "manager"),
            )
        }

    def another(self, code: str) -> World:
        """The same tenant's flows in another company."""
        return World(self.url, self.tenant, code)

    def connection(self, name: str, user: str) -> Connection:
        settings = {"company_db": self.company.code, "username": user, "sessions": 1}
        name = name if self.company.code == "SBODEMOCN" else f"{name} {self.company.code}"
        return Connection.objects.create(
            tenant=self.tenant, company=self.company, name=name, connector="erp.service_layer",
            base_url=f"{self.url}/erp", settings=settings, secrets={"password": "sandbox"},
        )  # fmt: skip

    def flow(
        self, flow_type: str, rows: Sequence[tuple[str, str, str]] = (), name: str = "", **config: Any
    ) -> FlowInstance:
        flow = FlowInstance.objects.create(
            tenant=self.tenant, company=self.company, name=name or f"{flow_type} {self.company}", flow_type=flow_type,
            config=config, enabled=True,
        )  # fmt: skip
        flow.bindings.create(slot="erp", connection=self.connections["ERP"])
        for section, source, target in rows:
            FieldMapping.objects.create(flow=flow, section=section, source=source, target=target)
        return flow

    def push(self, flow_type: str = "test.push_approval", **config: Any) -> FlowInstance:
        rows = [
            ("form", "DocEntry", "number"),
            ("form", "Comments", "comments"),
            ("form", "ApprovalRequest.Remarks", "remarks"),
            ("table", "ItemCode", "item"),
            ("table", "Quantity", "quantity"),
        ]
        return self.flow(flow_type, rows, **config)

    def decider(self, rows: Sequence[tuple[str, str, str]] = (), **config: Any) -> FlowInstance:
        return self.flow("test.decide", rows, **config)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known to the registry for one test; an empty OA."""
    for flow_type in (Push, PushRequests, Decide):
        monkeypatch.setitem(registry._flow_types, flow_type.key, flow_type)
    OA.__init__()  # type: ignore[misc]


def run(flow: FlowInstance) -> FlowRun:
    """One run of a push flow, in this process."""
    flow.refresh_from_db()
    return run_in_this_process(flow)


def decide(flow: FlowInstance, verdict: Verdict, **body: Any) -> Any:
    """The callback of a verdict; its Result."""
    OA.verdicts[verdict.instance_id] = verdict
    flow.refresh_from_db()
    ctx = load(flow)
    event = Event(1, f"{verdict.instance_id}/{verdict.decision}", "x", "", verdict.instance_id, body)
    Decide.last = None
    ctx.flow_type.handle(ctx, event)  # type: ignore[attr-defined]
    return Decide.last


def approval_of(draft: int | str) -> str:
    """The newest approval of a draft in the OA."""
    return [key for key, made in OA.approvals.items() if made["number"] == str(draft)][-1]


def row(key: str) -> Delivery:
    """The ledger's row of an approval."""
    return Delivery.objects.get(target_key=key)


def edit(sandbox: SandboxServer, draft: int, **fields: Any) -> None:
    """Somebody changes a draft in the ERP's client."""
    sandbox.erp_act("PATCH", f"Drafts({draft})", fields)
