"""A tenant whose ERP and OA are the sandbox, with DingTalk's flows; and short cuts to use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import yaml
from django.test import Client
from django.utils import timezone

from core.catalog.apply import apply_text
from core.flows import events, reconcile
from core.flows.execute import run_in_this_process
from core.models import Delivery, FlowInstance, FlowRun, InboundEvent
from core.models.run import Trigger
from tests.sandbox_server import SandboxServer

PURCHASE = "PROC-11111111-2222-3333-4444-555555555501"
QUOTATION = "PROC-11111111-2222-3333-4444-555555555502"
PRICE = "PROC-11111111-2222-3333-4444-555555555503"
TRANSFER = "PROC-11111111-2222-3333-4444-555555555504"
PUSH, DECIDE, RECEIVE, QUOTE, PRICES = "采购申请审批", "审批结果", "钉钉回调", "业务报价", "采购核价"
KEY = "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"


class House:
    """The tenant ``acme``; ``keys`` are the sandbox's own."""

    def __init__(self, sandbox: SandboxServer, public: str = "") -> None:
        self.sandbox, self.public = sandbox, public
        self.http = Client()
        self.keys = self.ding("GET", "keys")
        erp = {"connector": "erp.service_layer", "company": "SBODEMOCN", "base_url": f"{sandbox.url}/erp"}
        oa = {
            "name": "OA", "connector": "dingtalk.oa", "base_url": f"{sandbox.url}/dingtalk",
            "settings": {"app_key": self.keys["app_key"], "agent_id": str(self.keys["agent_id"]),
                         "corp_id": self.keys["corp_id"]},
            "secrets": {name: self.keys[name] for name in ("app_secret", "callback_token", "callback_aes_key")},
        }  # fmt: skip
        self.tenant: dict[str, Any] = {
            "slug": "acme",
            "companies": [{"code": "SBODEMOCN", "name": "演示账套"}],
            "connections": [
                _erp(erp, "ERP", "manager"),
                _erp(erp, "approver1", "approver1"),
                _erp(erp, "approver2", "approver2"),
                oa,
            ],
        }
        self.flows: dict[str, dict[str, Any]] = {}

    # -- flows

    def apply(self, *flows: dict[str, Any], **more: Any) -> None:
        """Make or change these flows."""
        self.flows |= {flow["name"]: flow for flow in flows}
        text = yaml.safe_dump({"tenants": [{**self.tenant, "flows": list(flows), **more}]}, allow_unicode=True)
        apply_text(text)

    def flow(self, name: str, template: str, slots: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
        connections = {slot: slot.upper() for slot in slots.split()}
        company = {"company": "SBODEMOCN"} if "erp" in slots else {}
        given = {"name": name, "template": template, **company, "connections": connections}
        return {**given, "config": config, "enabled": True, **more}

    def push(self, **config: Any) -> dict[str, Any]:
        defaults = {"process_code": PURCHASE, "originator_user_id": "manager0001", "originator_from": "U_DingUserId"}
        more = {name: config.pop(name) for name in list(config) if name in ("mappings",)}
        return self.flow(PUSH, "dingtalk.push_approval", "erp oa", {**defaults, **config}, **more)

    def decide(self, **config: Any) -> dict[str, Any]:
        approvers = {"approver_connections": {"12": "approver1", "13": "approver2"}}
        more = {name: config.pop(name) for name in list(config) if name in ("mappings",)}
        return self.flow(DECIDE, "dingtalk.decide_draft", "erp oa", {**approvers, **config}, **more)

    def quotations(self, **config: Any) -> dict[str, Any]:
        more = {name: config.pop(name) for name in list(config) if name in ("mappings",)}
        return self.flow(QUOTE, "dingtalk.save_special_price", "erp oa", config, **more)

    def prices(self, **config: Any) -> dict[str, Any]:
        return self.flow(PRICES, "dingtalk.save_special_price.purchase", "erp oa", config)

    def receive(self, routes: dict[str, str]) -> dict[str, Any]:
        return self.flow(RECEIVE, "dingtalk.receive_events", "oa", {}, routes=routes, endpoint_key=KEY)

    def approvals(self, **push: Any) -> None:
        """The whole circle for purchase requests."""
        self.apply(self.push(**push), self.decide(), self.receive({PURCHASE: DECIDE}))
        self.subscribe()

    def subscribe(self) -> None:
        """DingTalk pushes to our address, where this process has one."""
        if self.public:
            self.settings(callback_url=f"{self.public}/dingtalk/{KEY}/")

    # -- using them

    def run(self, name: str = PUSH, **params: Any) -> FlowRun:
        return run_in_this_process(FlowInstance.objects.get(name=name), params=params)

    def work(self, *, wait: bool = True) -> int:
        """What a worker does: process all events. ``wait`` False: only what is due now."""
        if wait:
            earlier = timezone.now() - timedelta(seconds=1)
            InboundEvent.objects.exclude(due_at=None).update(due_at=earlier)
        return events.process(FlowInstance.objects.get(name=RECEIVE).pk)

    def reconcile(self, name: str = PUSH) -> FlowRun:
        """Ask for all open decisions now."""
        flow = FlowInstance.objects.get(name=name)
        rows = Delivery.objects.filter(flow=flow, decision_state="pending")
        rows.update(decide_at="2020-01-01T00:00:00Z")
        run = FlowRun.objects.create(flow=flow, trigger=Trigger.RECONCILE, status="queued", queued_at=timezone.now())
        reconcile.run(run.pk)
        run.refresh_from_db()
        return run

    def deliveries(self, name: str = PUSH) -> dict[str, Delivery]:
        return {row.key: row for row in Delivery.objects.filter(flow__name=name).order_by("generation")}

    def delivery(self, draft: int) -> Delivery:
        """The newest of a draft."""
        found = Delivery.objects.filter(flow__name=PUSH, label=str(draft)).order_by("-pk").first()
        assert found is not None
        return found

    def instance_of(self, draft: int) -> str:
        return self.delivery(draft).target_key or ""

    def approval_is_open(self, draft: int) -> bool:
        """Does the newest approval of a draft wait for its decision?"""
        return self.delivery(draft).decision_state == "pending"

    def settle(self) -> None:
        """What is uncertain may be asked about now."""
        Delivery.objects.filter(state="uncertain").update(due_at="2020-01-01T00:00:00Z")

    def event(self, instance: str, kind: str = "finish", result: str = "", **more: Any) -> InboundEvent:
        """Store an event as the endpoint does."""
        body = {
            "type": kind,
            "processInstanceId": instance,
            "processCode": PURCHASE,
            "EventType": "bpms_instance_change",
        }
        flow = FlowInstance.objects.get(name=RECEIVE)
        number = f"{instance}:{kind}:{InboundEvent.objects.count()}"
        route = more.pop("route", PURCHASE)
        events.store(flow, number, kind="bpms_instance_change", route=route, target_key=instance,
                     body={**body, **({"result": result} if result else {}), **more})  # fmt: skip
        return InboundEvent.objects.get(event_id=number)

    # -- the other side

    def ding(self, method: str, path: str, body: Any = None) -> Any:
        """The sandbox's own addresses below /dingtalk/."""
        answer = self.sandbox._http.request(method, f"{self.sandbox.url}/dingtalk/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def act(self, do: str, instance: str = "", **more: Any) -> dict[str, Any]:
        """What a person does in DingTalk."""
        return self.ding("POST", "act", {"do": do, **({"instanceId": instance} if instance else {}), **more})

    def settings(self, **values: Any) -> None:
        self.ding("POST", "settings", values)

    def fault(self, **rule: Any) -> None:
        self.sandbox.fault(system="dingtalk", **rule)

    def pushes(self) -> list[dict[str, Any]]:
        found = self.ding("GET", "pushes")
        return list(found["pushes"] if isinstance(found, dict) else found)

    def draft(self, entry: int = 16) -> dict[str, Any]:
        return self.sandbox.erp_object("Drafts", entry)

    def approval(self, code: int = 17) -> dict[str, Any]:
        return self.sandbox.erp_object("ApprovalRequests", code)

    def made(self, system: str = "dingtalk", op: str = "create") -> list[str]:
        """Keys of what was really made, in order."""
        return [effect["key"] for effect in self.sandbox.effects(system=system, op=op)]

    def decisions(self) -> list[dict[str, Any]]:
        """Decisions that took effect in the ERP."""
        return self.sandbox.effects(system="erp", op="decide")


def _erp(erp: dict[str, Any], name: str, user: str) -> dict[str, Any]:
    settings = {"company_db": "SBODEMOCN", "username": user, "language": 15}
    return {"name": name, **erp, "settings": settings, "secrets": {"password": "sandbox"}}


def again(house: House, code: int, new: int, *, old_status: str = "arsCancelled") -> None:
    """The draft of request ``code`` has a new pending request ``new``: submitted again, or replaced by the ERP."""
    request = house.approval(code)
    lines = [{**line, "Status": "ardPending", "Remarks": None} for line in request["ApprovalRequestLines"]]
    fresh = {**request, "Code": new, "Status": "arsPending", "ApprovalRequestLines": lines}
    house.sandbox.erp_put("ApprovalRequests", fresh)
    if old_status:
        house.sandbox.erp_put("ApprovalRequests", {"Code": code, "Status": old_status})
