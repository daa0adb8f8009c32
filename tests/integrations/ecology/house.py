"""A tenant whose ERP and OA are the sandbox, with the four flows; and short cuts to use them."""

from __future__ import annotations

import json
from typing import Any

import yaml
from django.test import Client
from django.utils import timezone

from core.catalog.apply import apply_text
from core.connectors.target import Target
from core.flows import reconcile
from core.flows.execute import run_in_this_process
from core.models import Delivery, FlowInstance, FlowRun
from core.models.run import Trigger
from integrations.ecology.client import EcologyClient
from integrations.ecology.connector import Ecology
from tests.sandbox_server import SandboxServer

CODE = "the-app-code-of-these-tests-0123456789"
TABLE = "formtable_main_1356_dt1"
ITEMS, PURCHASES, DECISIONS, ORDERS, SUPPLIERS = "物料主数据", "采购申请审批", "审批结果", "销售订单", "供应商"


def key(name: str) -> str:
    """The endpoint key of a flow."""
    numbers = {DECISIONS: "d", ORDERS: "a", SUPPLIERS: "b"}
    return numbers[name] * 32


class House:
    """The tenant ``acme``; ``oa_keys`` are the sandbox's appid, secret and spk."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self.http = Client()
        keys = self.oa("GET", "keys")
        erp = {"connector": "erp.service_layer", "company": "SBODEMOCN", "base_url": f"{sandbox.url}/erp"}
        oa = {
            "name": "OA", "connector": "ecology.oa", "base_url": f"{sandbox.url}/ecology",
            "settings": {"appid": keys["appid"], "userid": "1", "systemid": "SYS01"},
            "secrets": {"secret": keys["secret"], "spk": keys["spk"], "password": "PWD01"},
        }  # fmt: skip
        self.tenant: dict[str, Any] = {
            "slug": "acme",
            "companies": [{"code": "SBODEMOCN", "name": "演示账套"}],
            "connections": [_erp(erp, "ERP", "manager"), _erp(erp, "approver1", "approver1"), oa],
            "flows": [],
        }

    # -- flows

    def flow(self, name: str, template: str, slots: str, config: dict[str, Any], **more: Any) -> None:
        """Make or change a flow; ``slots``: "erp" or "erp oa"."""
        connections = {slot: slot.upper() for slot in slots.split()}
        endpoint = {"endpoint_key": key(name)} if slots == "erp" else {}
        given = {"name": name, "template": template, "company": "SBODEMOCN", "connections": connections}
        self.tenant["flows"] = [{**given, "config": config, "enabled": True, **endpoint, **more}]
        callers = [{"name": "oa", "app_code": CODE, "flows": self.endpoints() + [name] * bool(endpoint)}]
        apply_text(yaml.safe_dump({"tenants": [{**self.tenant, "app_credentials": callers}]}, allow_unicode=True))

    def endpoints(self) -> list[str]:
        flows = FlowInstance.objects.filter(tenant__slug="acme", endpoint_key__isnull=False)
        return list(flows.values_list("name", flat=True))

    def items(self, **config: Any) -> None:
        """Items 11028 and 14003 only, where no filter is given."""
        config = {"method": "material", "operator": "15273", "filter": "startswith(ItemCode,'1')", **config}
        self.flow(ITEMS, "ecology.push_master_data", "erp oa", config)

    def purchases(self, **config: Any) -> None:
        self.flow(PURCHASES, "ecology.push_approval", "erp oa", {"workflow_id": "781", "detail_table": TABLE, **config})

    def decisions(self, **config: Any) -> None:
        config = {"approver_connections": {"12": "approver1"}, **config}
        self.flow(DECISIONS, "ecology.receive_decision", "erp", config)

    def orders(self, **config: Any) -> None:
        config = {"reference_field": "U_REQUESTID", **config}
        self.flow(ORDERS, "ecology.create_erp_document", "erp", config)

    def suppliers(self) -> None:
        self.flow(SUPPLIERS, "ecology.create_erp_document.suppliers", "erp", {})

    # -- using them

    def run(self, name: str, **params: Any) -> FlowRun:
        return run_in_this_process(FlowInstance.objects.get(name=name), params=params)

    def reconcile(self, name: str) -> FlowRun:
        """Ask for all open decisions now."""
        flow = FlowInstance.objects.get(name=name)
        rows = Delivery.objects.filter(flow=flow, decision_state="pending")
        rows.update(decide_at="2020-01-01T00:00:00Z")
        run = FlowRun.objects.create(flow=flow, trigger=Trigger.RECONCILE, status="queued", queued_at=timezone.now())
        reconcile.run(run.pk)
        run.refresh_from_db()
        return run

    def post(self, name: str, body: Any, code: str = CODE, status: int = 200) -> dict[str, Any]:
        """What the OA gets for this body."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        answer = self.http.post(
            f"/ecology/{key(name)}/", text, content_type="application/json", headers={"X-Apig-AppCode": code}
        )
        assert answer.status_code == status, answer.content
        return answer.json()

    def deliveries(self, name: str) -> dict[str, Delivery]:
        return {row.key: row for row in Delivery.objects.filter(flow__name=name).order_by("generation")}

    def settle(self, name: str) -> None:
        """What is uncertain may be asked about now."""
        Delivery.objects.filter(flow__name=name, state="uncertain").update(due_at="2020-01-01T00:00:00Z")

    # -- the other side

    def oa(self, method: str, path: str, body: Any = None) -> Any:
        """The sandbox's own addresses below /ecology/."""
        answer = self.sandbox._http.request(method, f"{self.sandbox.url}/ecology/{path}", json=body, timeout=60)
        return answer.json()

    def client(self) -> EcologyClient:
        """A client of the tenant's OA connection."""
        (given,) = [each for each in self.tenant["connections"] if each["name"] == "OA"]
        settings, secrets = Ecology.clean(given["settings"], given["secrets"])
        return EcologyClient(Target(None, None, "ecology.oa", "", given["base_url"], settings, secrets))

    def records(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        """Rows of a modelling table with these values."""
        return self.client().records(table, "1", wanted)

    def switch(self, **values: Any) -> None:
        """Set what sandbox/ecology/switches.py lists."""
        assert "error" not in self.oa("POST", "settings", values)

    def draft(self, entry: int = 16) -> dict[str, Any]:
        return self.sandbox.erp_object("Drafts", entry)

    def approval(self, code: int = 17) -> dict[str, Any]:
        return self.sandbox.erp_object("ApprovalRequests", code)

    def made(self, system: str, op: str = "create") -> list[str]:
        """Keys of what was really made, in order."""
        return [effect["key"] for effect in self.sandbox.effects(system=system, op=op)]


def _erp(erp: dict[str, Any], name: str, user: str) -> dict[str, Any]:
    settings = {"company_db": "SBODEMOCN", "username": user, "language": 15}
    return {"name": name, **erp, "settings": settings, "secrets": {"password": "sandbox"}}
