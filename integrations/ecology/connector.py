"""The connector of Weaver e-cology."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import Check, Connector, FieldInfo, action
from core.errors import B1FlowError
from core.registry import register_connector
from integrations.ecology import forms
from integrations.ecology.client import EcologyClient
from integrations.ecology.cube import Record


@register_connector
class Ecology(Connector):
    """Weaver e-cology 9 through its REST interface (seed 2.4.4, 2.4.5)."""

    key, label = "ecology.oa", gettext_lazy("e-cology (OA)")
    client_class = EcologyClient
    client: EcologyClient
    Settings = forms.EcologySettings

    def check(self) -> Check:
        """A fresh token (an old one proves nothing about a changed secret), then a read as our OA user."""
        started = time.monotonic()
        token = self.client.login()
        self.client.tokens.keep(token.value, token.seconds)
        workflows = self.client.workflows()
        facts = {
            "appid": self.target.settings.get("appid"),
            "user": self.target.settings.get("userid"),
            "workflows": len(workflows),
            "ms": round((time.monotonic() - started) * 1000),
        }
        if not workflows:
            text = _("The token works, but OA user %(user)s may not create any workflow.")
            return Check(True, text % facts, facts)
        return Check(True, _("Token issued; OA user %(user)s may create %(workflows)s workflows.") % facts, facts)

    def discover(self, kind: str, **options: Any) -> list[FieldInfo]:
        """``workflows``; ``form`` (workflow_id=): main and detail fields; ``cube`` (method=, operator=): columns.

        Unknown kinds find nothing.
        """
        if kind == "workflows":
            return [_workflow(row) for row in self.client.workflows()]
        if kind == "form":
            return self._form(str(options.get("workflow_id") or ""))
        if kind == "cube":
            return self._columns(str(options.get("method") or ""), str(options.get("operator") or "1"))
        return []

    def _form(self, workflow_id: str) -> list[FieldInfo]:
        return [
            FieldInfo(field.name, field.label, field.kind, field.required, each=field.table, options=field.options)
            for field in self.client.form(workflow_id)
        ]

    def _columns(self, method: str, operator: str) -> list[FieldInfo]:
        """The vendor offers no description of a table: the columns of its first row stand for it."""
        rows = self.client.records(method, operator, {}, limit=1)
        return [FieldInfo(name) for name in rows[0] if name != "id"] if rows else []

    @action(gettext_lazy("Create or change data"), forms.SaveDataForm, writes=True)
    def save_data(self, client: EcologyClient, **inputs: Any) -> Any:
        """The billid. Raises what the OA said to the row."""
        columns = dict(inputs["main_table"])
        record = Record(columns, bill_id=str(columns.pop("id", "") or ""))
        (verdict,) = client.save_records(inputs["method"], inputs["operator"], [record])
        if isinstance(verdict, B1FlowError):
            raise verdict
        return {"billid": verdict}

    @action(gettext_lazy("Find data"), forms.FindDataForm)
    def find_data(self, client: EcologyClient, **inputs: Any) -> Any:
        """Rows with these values."""
        return client.records(inputs["method"], inputs["operator"], inputs.get("main_table") or {}, limit=20)

    @action(gettext_lazy("Create a workflow request"), forms.CreateRequestForm, writes=True)
    def create_request(self, client: EcologyClient, **inputs: Any) -> Any:
        """The number of the request."""
        details = inputs.get("detail_data") or {}
        number = client.create_request(inputs["workflow_id"], inputs["title"], inputs["main_data"], details)
        return {"requestid": number}

    @action(gettext_lazy("Read a request"), forms.RequestForm)
    def read_request(self, client: EcologyClient, **inputs: Any) -> Any:
        """Where it is, and its signatures."""
        return {"status": client.request_status(inputs["request_id"]), "logs": client.logs(inputs["request_id"])}

    @action(gettext_lazy("Withdraw a request"), forms.WithdrawForm, writes=True)
    def withdraw_request(self, client: EcologyClient, **inputs: Any) -> Any:
        """Where it is afterwards."""
        client.withdraw(inputs["request_id"], inputs.get("remark") or "")
        return client.request_status(inputs["request_id"])

    @action(gettext_lazy("Archive a request by force"), forms.WithdrawForm, writes=True)
    def archive_request(self, client: EcologyClient, **inputs: Any) -> Any:
        """Where it is afterwards. The OA lets administrators do it only."""
        client.force_over(inputs["request_id"], inputs.get("remark") or "")
        return client.request_status(inputs["request_id"])

    @action(gettext_lazy("Read a workflow's form"), forms.WorkflowForm)
    def read_form(self, client: EcologyClient, **inputs: Any) -> Any:
        """Its fields: names are what a mapping's targets are called."""
        return [asdict(field) for field in client.form(inputs["workflow_id"])]


def _workflow(row: dict[str, Any]) -> FieldInfo:
    return FieldInfo(str(row.get("workflowId")), str(row.get("workflowName") or ""), "workflow")
