"""A tenant whose ERP and DI API are the sandbox, with the barcode flows, used as a scanner uses them."""

from __future__ import annotations

import json
from typing import Any

import yaml
from django.test import Client

from core.catalog.apply import apply_text
from core.flows.execute import run_in_this_process
from core.models import Delivery, FlowInstance, FlowRun, RunStep
from tests.sandbox_server import SandboxServer

CODE = "the-app-code-of-these-tests-0123456789"
QUERY, SAVE, METHODS, COMPANIES, REFRESH = "条码查询", "条码保存", "可用方法", "返回账套", "刷新会话"
TYPES = {
    QUERY: ("barcode.query", "sql"),
    SAVE: ("barcode.save", "sql erp"),
    METHODS: ("barcode.methods", ""),
    COMPANIES: ("barcode.companies", "sql"),
    REFRESH: ("barcode.refresh_session", "sql"),
}
BOTH = {"SBODEMO2": {"erp": "ERP2", "sql": "SQL2"}}
OK = "RIS.10000000"
NEVER = 10**9  # a fault rule for a call that is never reached only counts


def key(name: str) -> str:
    """The endpoint key of a flow."""
    return str(list(TYPES).index(name)) * 32


class House:
    """The tenant ``acme``."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self.http = Client()
        self.counters: dict[str, int] = {}
        self.tenant: dict[str, Any] = {
            "slug": "acme",
            "companies": [
                {"code": "SBODEMOCN", "name": "登记的账套名"},
                {"code": "SBODEMO2", "name": "登记的第二账套"},
            ],
            "connections": [
                self._connection("ERP", "erp", "SBODEMOCN"),
                self._connection("SQL", "diapi", "SBODEMOCN"),
                self._connection("ERP2", "erp", "SBODEMO2"),
                self._connection("SQL2", "diapi", "SBODEMO2"),
            ],
        }

    def _connection(self, name: str, system: str, company: str, **more: Any) -> dict[str, Any]:
        connector = {"erp": "erp.service_layer", "diapi": "erp.di_api"}[system]
        settings = {"company_db": company, "username": "S-ERP\\CSFZ0431021"}
        given = {"name": name, "connector": connector, "company": company, "base_url": f"{self.sandbox.url}/{system}"}
        return {**given, "settings": settings, "secrets": {"password": "sandbox"}, **more}

    def change(self, name: str, **more: Any) -> None:
        """Change a connection (an address where nobody listens ...)."""
        (found,) = [each for each in self.tenant["connections"] if each["name"] == name]
        found |= more
        apply_text(yaml.safe_dump({"tenants": [self.tenant]}, allow_unicode=True))

    def flow(self, name: str, slots: str | None = None, **config: Any) -> FlowInstance:
        """Make or change a flow; ``slots``: which of its slots are bound (default: all)."""
        template, usual = TYPES[name]
        connections = {slot: slot.upper() for slot in (usual if slots is None else slots).split()}
        company = {} if name == METHODS else {"company": "SBODEMOCN"}
        given = {"name": name, "template": template, "connections": connections, "config": config, "enabled": True}
        if name != REFRESH:
            given["endpoint_key"] = key(name)
        callers = [{"name": "scanner", "app_code": CODE, "flows": self._callable(name)}]
        tenant = {**self.tenant, "flows": [{**given, **company}], "app_credentials": callers}
        apply_text(yaml.safe_dump({"tenants": [tenant]}, allow_unicode=True))
        return FlowInstance.objects.get(name=name)

    def _callable(self, name: str) -> list[str]:
        known = FlowInstance.objects.filter(tenant__slug="acme", endpoint_key__isnull=False)
        names = {*known.values_list("name", flat=True), name} - {REFRESH}
        return sorted(names)

    # -- as the scanner

    def post(self, name: str, body: Any = None, *, code: str = CODE, status: int = 200, **headers: str) -> Any:
        """What the scanner gets."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        given = {"X-Apig-AppCode": code, **{name.replace("_", "-"): value for name, value in headers.items()}}
        answer = self.http.post(f"/barcode/{key(name)}/", text, content_type="application/json", headers=given)
        assert answer.status_code == status, answer.content
        return answer.json()

    def get(self, name: str, status: int = 200) -> Any:
        answer = self.http.get(f"/barcode/{key(name)}/", headers={"X-Apig-AppCode": CODE})
        assert answer.status_code == status, answer.content
        return answer.json()

    def save(self, body: Any, **options: Any) -> Any:
        return self.post(SAVE, body, **options)

    def saved(self, body: Any, **options: Any) -> dict[str, Any]:
        """The data of a success."""
        answer = self.save(body, **options)
        assert answer["code"] == OK, answer
        return answer["data"]

    def query(self, sql: Any, **more: Any) -> Any:
        return self.post(QUERY, {"sql": sql, **more})

    # -- what came of it

    def made(self, company: str = "SBODEMOCN") -> list[str]:
        """Keys of what was really created in a company, in order."""
        keys = [effect["key"] for effect in self.sandbox.effects(system="erp", op="create")]
        if company != "SBODEMOCN":
            return [each for each in keys if each.startswith(f"{company}/")]
        return [each for each in keys if "/" not in each.split("(")[0]]  # the first company's have no prefix

    def document(self, name: str, entry: int, company: str = "SBODEMOCN") -> dict[str, Any]:
        return self.sandbox.erp_object(name, entry, company)

    def rows(self) -> list[tuple[str, str]]:
        """(key after the company, state) of the ledger."""
        rows = Delivery.objects.filter(flow__name=SAVE).order_by("pk")
        return [(row.key.partition("|")[2], row.state) for row in rows]

    def run(self, name: str) -> FlowRun:
        return run_in_this_process(FlowInstance.objects.get(name=name))

    def last_run(self) -> FlowRun:
        return FlowRun.objects.latest("pk")

    def steps(self) -> list[str]:
        return list(RunStep.objects.filter(run=self.last_run()).order_by("pk").values_list("name", flat=True))

    def count(self, system: str, op: str) -> None:
        """Count the calls of an operation from now on."""
        rule = {"system": system, "op": op, "nth": NEVER, "times": 1, "action": "drop"}
        self.counters[f"{system} {op}"] = self.sandbox.fault(**rule)

    def counted(self, system: str, op: str) -> int:
        number = self.counters[f"{system} {op}"]
        rules = self.sandbox.control("GET", "faults")
        listed = rules["faults"] if isinstance(rules, dict) else rules
        return next(rule["seen"] for rule in listed if rule["id"] == number)
