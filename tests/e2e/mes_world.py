"""The pretended ERP and MES with a tenant that links them: what the MES's end-to-end tests share.

Everything goes over real HTTP to the sandbox; flows are made by ``apply`` from the shipped templates and run in this
process, as ``manage.py run_flow`` runs them.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.utils import timezone

from core.catalog.apply import apply_text
from core.catalog.loading import load_shipped
from core.flows.execute import run_in_this_process
from core.models import Delivery, FlowInstance, FlowRun, RunStep
from tests.sandbox_server import SandboxServer

TENANT = "mes-tests"
KEYS = {"appKey": "cli_1734569511470", "appSecret": "blacklake-demo-secret", "factoryNumber": "34133123"}


class World:
    """Sandbox and tenant. ``page_size``: rows a page of the MES's lists."""

    def __init__(self, sandbox: SandboxServer, page_size: int = 200) -> None:
        self.sandbox, self.page_size = sandbox, page_size
        load_shipped()

    # -- our side

    def flow(self, template: str, *, enabled: bool = True, name: str = "", **config: Any) -> FlowInstance:
        """A flow of a shipped template; ``enabled`` needs no schedule: tests run it by hand."""
        flow = {"name": name or template, "template": template, "company": "SBODEMOCN", "enabled": enabled}
        flow |= {"connections": {"erp": "ERP", "mes": "MES"}, "config": config}
        tenant = {"slug": TENANT, "name": "示例制造", "companies": [{"code": "SBODEMOCN", "name": "演示账套"}]}
        apply_text(json.dumps({"tenants": [{**tenant, "connections": self._connections(), "flows": [flow]}]}))
        return FlowInstance.objects.get(tenant__slug=TENANT, name=name or template)

    def _connections(self) -> list[dict[str, Any]]:
        erp = {"name": "ERP", "connector": "erp.service_layer", "company": "SBODEMOCN"}
        erp |= {"base_url": f"{self.sandbox.url}/erp", "secrets": {"password": "sandbox"}}
        erp["settings"] = {"company_db": "SBODEMOCN", "username": "manager", "sessions": 2}
        mes: dict[str, Any] = {"name": "MES", "connector": "mes.blacklake"}
        mes["base_url"] = f"{self.sandbox.url}/blacklake"
        mes["settings"] = {"factory_number": KEYS["factoryNumber"], "page_size": self.page_size}
        mes["secrets"] = {"app_key": KEYS["appKey"], "app_secret": KEYS["appSecret"]}
        return [erp, mes]

    def run(self, flow: FlowInstance) -> FlowRun:
        """Run it now."""
        return run_in_this_process(FlowInstance.objects.get(pk=flow.pk))

    def states(self, flow: FlowInstance) -> dict[str, str]:
        """{source key: state} of the ledger."""
        return dict(Delivery.objects.filter(flow=flow).values_list("key", "state"))

    def row(self, flow: FlowInstance, key: Any) -> Delivery:
        """The ledger row of a source key."""
        return Delivery.objects.get(flow=flow, key=str(key))

    def counts(self, flow: FlowInstance) -> Counter[str]:
        """How many rows in which state."""
        return Counter(self.states(flow).values())

    def calls(self, name: str) -> int:
        """How often a call was made, by the step log."""
        return RunStep.objects.filter(name=name).count()

    def settle(self, flow: FlowInstance) -> None:
        """Time passes: what waits for its time is due."""
        Delivery.objects.filter(flow=flow, due_at__isnull=False).update(due_at=timezone.now())

    # -- the ERP's side

    def order(self, entry: int) -> dict[str, Any]:
        """A production order as stored."""
        return self.sandbox.erp_object("ProductionOrders", entry)

    def receipts(self) -> list[dict[str, Any]]:
        """Goods receipts that were made from reports."""
        return self.sandbox.erp_objects("InventoryGenEntries", "U_MESReportId ne null")

    # -- the MES's side

    def act(self, do: str, **fields: Any) -> dict[str, Any]:
        """What a person does in the factory."""
        reply = self.sandbox._http.post(f"{self.sandbox.url}/blacklake/act", json={"do": do, **fields}, timeout=30)
        assert reply.ok, reply.text
        return reply.json()

    def set(self, **switches: Any) -> None:
        """Switches of the MES."""
        for name, value in switches.items():
            self.sandbox.switch("blacklake", name, value)

    def mes(self, path: str, **body: Any) -> Any:
        """``data`` of a call, as another program would make it."""
        base = f"{self.sandbox.url}/blacklake/api/openapi/domain/web/v1"
        http = self.sandbox._http
        token = http.post(f"{base}/system/_refreshToken", json=KEYS, timeout=30).json()["data"]["token"]
        reply = http.post(f"{base}/route/{path}?access_token={token}", json=body, timeout=30).json()
        assert reply["code"] == 200, reply
        return reply.get("data")

    def materials(self) -> dict[str, dict[str, Any]]:
        """{code: row} of all materials."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self.mes("material/open/v1/material/_list", page=len(rows) // 200 + 1, size=200)
            rows += page["list"]
            if len(rows) >= page["total"] or not page["list"]:
                return {row["code"]: row for row in rows}

    def work_orders(self) -> dict[str, dict[str, Any]]:
        """{code: row} of all work orders."""
        rows = self.mes("med/open/v1/work_order/base/_list", size=200)["list"]
        return {row["workOrderCode"]: row for row in rows}

    def import_material(self, code: str, **fields: Any) -> None:
        """A material that somebody else made."""
        body = {"materialCode": code, "materialName": code, "unitName": "个", **fields}
        self.mes("material/open/v1/material/_doimport", **body)
