"""A tenant whose ERP and WeCom are the sandbox, with WeCom's flows; and short cuts to use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import yaml
from django.utils import timezone

from core.catalog.apply import apply_text
from core.catalog.loading import load_shipped
from core.flows import events, reconcile
from core.flows.execute import run_in_this_process
from core.models import Delivery, FlowInstance, FlowRun, InboundEvent
from core.models.run import Trigger
from tests.sandbox_server import SandboxServer

PURCHASE = "C4RbQ7mPurchaseRequest0001demoTemplateId9v"
ISSUE = "C4UeK2nInventoryIssue00002demoTemplateId7w"
EXCESS = "C4XyL8sExcessIssue000000004demoTemplateId3y"
PUSH, DECIDE, DOCUMENTS, DECIDE_DOCUMENT, RECEIVE = (
    "采购申请",
    "标准单据审批回调",
    "超领料单",
    "自定义单据审批回调",
    "企业微信回调",
)
KEY = "e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1"
TOKEN, AES_KEY = "wecomTokenTest01", "Gm3Zr8Kx1Yt6Qb4Lw9Hd2Sv7Jc5Np0Fa8Ue3Ri6Tk4A"
LONG_AGO = "2020-01-01T00:00:00Z"


def connections(sandbox: str) -> list[dict[str, Any]]:
    """The ERP as manager and as the stages' approvers, and WeCom."""
    erp = {"connector": "erp.service_layer", "company": "SBODEMOCN", "base_url": f"{sandbox}/erp"}
    users = {"ERP": "manager", "approver1": "approver1", "approver2": "approver2"}
    made = [
        {
            "name": name,
            **erp,
            "settings": {"company_db": "SBODEMOCN", "username": user, "language": 15},
            "secrets": {"password": "sandbox"},
        }
        for name, user in users.items()
    ]
    oa = {
        "name": "OA",
        "connector": "wecom.oa",
        "base_url": f"{sandbox}/wecom",
        "settings": {"corp_id": "ww0a1b2c3d4e5f6071", "agent_id": "1000002"},
        "secrets": {
            "corp_secret": "wecom-demo-secret-of-the-self-built-app-0001",
            "callback_token": TOKEN,
            "callback_aes_key": AES_KEY,
        },
    }
    return [*made, oa]


def flow(name: str, template: str, slots: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A flow of an apply file."""
    company = {"company": "SBODEMOCN"} if "erp" in slots else {}
    bound = {slot: slot.upper() for slot in slots.split()}
    return {
        "name": name,
        "template": template,
        **company,
        "connections": bound,
        "config": config,
        "enabled": True,
        **more,
    }


def push(**config: Any) -> dict[str, Any]:
    """Purchase requests to WeCom."""
    return flow(PUSH, "wecom.push_draft", "erp oa", {"template_id": PURCHASE, **config})


def decide(**config: Any) -> dict[str, Any]:
    """Decisions on drafts, each stage by its approver."""
    approvers = {"approver_connections": {"12": "approver1", "13": "approver2"}}
    return flow(DECIDE, "wecom.decide_draft", "erp oa", {**approvers, **config})


def documents(**config: Any) -> dict[str, Any]:
    """Excess issues to WeCom."""
    return flow(DOCUMENTS, "wecom.push_document", "erp oa", {"template_id": EXCESS, **config})


def decide_document(**config: Any) -> dict[str, Any]:
    """Decisions on excess issues."""
    return flow(DECIDE_DOCUMENT, "wecom.decide_document", "erp oa", config)


def receive(routes: dict[str, str]) -> dict[str, Any]:
    """The callback router."""
    return flow(RECEIVE, "wecom.receive_events", "oa", {}, routes=routes, endpoint_key=KEY)


def apply_file(sandbox: str, *flows: dict[str, Any], **more: Any) -> str:
    """The text of an apply file with these flows."""
    tenant = {
        "slug": "acme",
        "companies": [{"code": "SBODEMOCN", "name": "演示账套"}],
        "connections": connections(sandbox),
        "flows": list(flows),
        **more,
    }
    return yaml.safe_dump({"tenants": [tenant]}, allow_unicode=True)


class House:
    """The tenant ``acme``. ``public``: where the sandbox can reach our web server ("" = nowhere)."""

    def __init__(self, sandbox: SandboxServer, public: str = "") -> None:
        self.sandbox, self.public = sandbox, public
        load_shipped()

    def apply(self, *flows: dict[str, Any], **more: Any) -> None:
        """Make or change these flows."""
        apply_text(apply_file(self.sandbox.url, *flows, **more))

    def drafts(self, **config: Any) -> None:
        """The whole circle for purchase requests."""
        self.apply(push(**config), decide(), receive({PURCHASE: DECIDE}))
        self.subscribe()

    def excess(self, **config: Any) -> None:
        """The whole circle for excess issues."""
        self.apply(documents(**config), decide_document(), receive({EXCESS: DECIDE_DOCUMENT}))
        self.subscribe()

    def subscribe(self) -> None:
        """WeCom posts to our address, checked by GET before, as the console does."""
        if self.public:
            self.settings(url=f"{self.public}/wecom/{KEY}/", check=True)

    # -- using them

    def run(self, name: str = PUSH) -> FlowRun:
        return run_in_this_process(FlowInstance.objects.get(name=name))

    def work(self, *, wait: bool = True) -> int:
        """What a worker does: process all events. ``wait`` False: only what is due now."""
        if wait:
            InboundEvent.objects.exclude(due_at=None).update(due_at=timezone.now() - timedelta(seconds=1))
        return events.process(FlowInstance.objects.get(name=RECEIVE).pk)

    def reconcile(self, name: str = PUSH) -> FlowRun:
        """Ask for all open decisions now."""
        wanted = FlowInstance.objects.get(name=name)
        Delivery.objects.filter(flow=wanted, decision_state="pending").update(decide_at=LONG_AGO)
        run = FlowRun.objects.create(flow=wanted, trigger=Trigger.RECONCILE, queued_at=timezone.now())
        reconcile.run(run.pk)
        run.refresh_from_db()
        return run

    def settle(self) -> None:
        """What is uncertain may be asked about now."""
        Delivery.objects.filter(state="uncertain").update(due_at=LONG_AGO)

    def delivery(self, label: Any, name: str = PUSH) -> Delivery:
        """The newest of a document."""
        found = Delivery.objects.filter(flow__name=name, label=str(label)).order_by("-pk").first()
        assert found is not None
        return found

    def number(self, label: Any, name: str = PUSH) -> str:
        """The approval's number."""
        return self.delivery(label, name).target_key or ""

    def event(self, sp_no: str, status: int = 2, template: str = PURCHASE) -> InboundEvent:
        """Store an event as the endpoint does, without a call."""
        router = FlowInstance.objects.get(name=RECEIVE)
        event_id = f"{sp_no}:{status}:{InboundEvent.objects.count()}"
        events.store(router, event_id, route=template, target_key=sp_no, body={"SpStatus": str(status)})
        return InboundEvent.objects.get(event_id=event_id)

    # -- the other side

    def wecom(self, method: str, path: str, body: Any = None) -> Any:
        """The sandbox's own addresses below /wecom/."""
        reply = self.sandbox._http.request(method, f"{self.sandbox.url}/wecom/{path}", json=body, timeout=90)
        assert reply.ok, reply.text
        return reply.json()

    def act(self, do: str, sp_no: Any = "", **more: Any) -> dict[str, Any]:
        """What a person does in WeCom; answers when the events were delivered or given up."""
        return self.wecom("POST", "act", {"do": do, "wait": True, **({"sp_no": sp_no} if sp_no else {}), **more})

    def settings(self, **values: Any) -> None:
        self.wecom("POST", "settings", values)

    def approvals(self) -> list[dict[str, Any]]:
        """All approvals there are, with ``source``: the number that they carry."""
        return list(self.wecom("GET", "approvals")["approvals"])

    def made(self) -> list[str]:
        """Source numbers of the approvals that were really made, sorted: they are sent side by side."""
        return sorted(effect["source"] for effect in self.sandbox.effects(system="wecom", op="create"))

    def decisions(self) -> list[dict[str, Any]]:
        """Decisions that took effect in the ERP."""
        return self.sandbox.effects(system="erp", op="decide")

    def draft(self, entry: int = 16) -> dict[str, Any]:
        return self.sandbox.erp_object("Drafts", entry)

    def approval(self, code: int = 17) -> dict[str, Any]:
        return self.sandbox.erp_object("ApprovalRequests", code)


def cells(approval: dict[str, Any]) -> dict[str, Any]:
    """{title: value} of an approval's form."""
    return {cell["title"][0]["text"]: cell["value"] for cell in approval["apply_data"]["contents"]}


def rows(approval: dict[str, Any], title: str) -> list[dict[str, Any]]:
    """Rows of a table: [{title: text}]."""
    texts = []
    for row in cells(approval)[title]["children"]:
        line = {}
        for cell in row["list"]:
            value = cell["value"]
            line[cell["title"][0]["text"]] = value.get("text") or value.get("new_number") or value.get("date")
        texts.append(line)
    return texts
