"""The connector of DingTalk's OA approval."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import Check, Connector, FieldInfo, action
from core.errors import ConfigurationError, ConnectionBroken, DocumentRejected, NotFound, RetryLater
from core.registry import register_connector
from integrations.dingtalk import forms
from integrations.dingtalk.client import DingTalkClient
from integrations.dingtalk.errors import SCOPE
from integrations.dingtalk.form.filling import filled
from integrations.dingtalk.form.schema import TABLE, Control

NOBODY = "b1flow-connection-test"
NEEDED = {"Workflow.Instance.Read", "Workflow.Instance.Write"}
TYPES = {
    "NumberField": "number",
    "MoneyField": "number",
    "StarRatingField": "number",
    "DDDateField": "date",
    TABLE: "table",
}


@register_connector
class DingTalk(Connector):
    """DingTalk OA approvals of one app (seed 3.4.2.3)."""

    key, label = "dingtalk.oa", gettext_lazy("DingTalk (OA approval)")
    default_base_url = "https://api.dingtalk.com"
    client_class = DingTalkClient
    client: DingTalkClient
    Settings = forms.DingTalkSettings
    account_settings = ("corp_id",)

    def check(self) -> Check:
        """A fresh token (an old one proves nothing about a changed secret), then which permissions the app has.

        Each is tried with something that does not exist: nothing is read or changed.
        """
        started = time.monotonic()
        token = self.client.login()
        self.client.tokens.keep(token.value, token.seconds)
        missing = [name for name, probe in self._probes().items() if _lacks(probe)]
        facts = {
            "app_key": self.target.settings.get("app_key"),
            "missing": ", ".join(missing),
            "callback": bool(self.target.secrets.get("callback_token") and self.target.secrets.get("callback_aes_key")),
            "ms": round((time.monotonic() - started) * 1000),
        }
        if NEEDED & set(missing):
            text = _("The token works, but the app lacks permissions: %(missing)s (developer console).")
            return Check(False, text % facts, facts)
        if missing:
            text = _("Token issued. Without %(missing)s forms are not checked and departments not looked up.")
            return Check(True, text % facts, facts)
        return Check(True, _("Token issued; all permissions are granted."), facts)

    def _probes(self) -> dict[str, Callable[[], Any]]:
        client = self.client
        return {
            "Workflow.Instance.Read": lambda: client.instance(NOBODY),
            "Workflow.Instance.Write": lambda: client.terminate(NOBODY, "test"),
            "Workflow.Form.Read": lambda: client.schema(f"PROC-{NOBODY}"),
            "qyapi_get_member": self._try_user,
        }

    def _try_user(self) -> None:
        """The old API is another host, which a gateway may not let through: as good as no permission."""
        try:
            self.client.user(NOBODY)
        except RetryLater as error:
            raise ConnectionBroken(error.message, code=SCOPE) from error

    def discover(self, kind: str, **options: Any) -> list[FieldInfo]:
        """``templates``; ``form`` (process_code=): controls, with the columns of tables. Others find nothing."""
        if kind == "templates":
            return [FieldInfo(row["processCode"], row["name"], "template") for row in self.client.templates()]
        if kind == "form" and options.get("process_code"):
            form = self.client.schema(str(options["process_code"]))
            found = [_field(control) for control in form.controls if control.settable]
            return found + [_field(c, table.label) for table in form.tables() for c in table.children if c.settable]
        return []

    @action(gettext_lazy("Create an approval"), forms.CreateForm, writes=True)
    def create(self, client: DingTalkClient, **inputs: Any) -> Any:
        """The instance id; values are checked against the form first."""
        values = filled(client.schema(inputs["process_code"]), forms.given(inputs, "form_values"))
        number = client.create(
            inputs["process_code"],
            inputs["originator_user_id"],
            inputs["dept_id"],
            values,
            **forms.given(inputs, "more"),
        )
        return {"instanceId": number}

    @action(gettext_lazy("Read an approval"), forms.InstanceForm)
    def read(self, client: DingTalkClient, **inputs: Any) -> Any:
        """Status, result, decisions, form."""
        return asdict(client.instance(inputs["instance_id"]))

    @action(gettext_lazy("List approvals"), forms.ListForm)
    def list_ids(self, client: DingTalkClient, **inputs: Any) -> Any:
        """The first hundred ids of the time."""
        now = timezone.now()
        ids = client.instance_ids(inputs["process_code"], now - timedelta(days=inputs["days"]), now)
        return list(islice(ids, 100))

    @action(gettext_lazy("Read a form"), forms.TemplateForm)
    def read_form(self, client: DingTalkClient, **inputs: Any) -> Any:
        """Its controls: labels are what a mapping's targets are called."""
        return asdict(client.schema(inputs["process_code"]))

    @action(gettext_lazy("List templates"))
    def list_templates(self, client: DingTalkClient, **inputs: Any) -> Any:
        """Process codes and names."""
        return client.templates()

    @action(gettext_lazy("Which approvers would come"), forms.ForecastForm)
    def forecast(self, client: DingTalkClient, **inputs: Any) -> Any:
        """The nodes; ``actorKey`` for those whose approver the applicant chooses."""
        values = filled(client.schema(inputs["process_code"]), forms.given(inputs, "form_values"))
        return client.forecast(inputs["process_code"], inputs["user_id"], inputs["dept_id"], values)

    @action(gettext_lazy("Withdraw an approval"), forms.RemarkForm, writes=True)
    def terminate(self, client: DingTalkClient, **inputs: Any) -> Any:
        """The instance afterwards."""
        client.terminate(inputs["instance_id"], inputs["remark"], inputs.get("user_id") or "")
        return asdict(client.instance(inputs["instance_id"]))

    @action(gettext_lazy("Comment on an approval"), forms.RemarkForm, writes=True)
    def comment(self, client: DingTalkClient, **inputs: Any) -> Any:
        """Nothing."""
        client.comment(inputs["instance_id"], inputs["remark"], inputs.get("user_id") or "")
        return {}

    @action(gettext_lazy("Find a user by mobile number"), forms.MobileForm)
    def find_user(self, client: DingTalkClient, **inputs: Any) -> Any:
        """The user id."""
        return {"userid": client.user_by_mobile(inputs["mobile"])}

    @action(gettext_lazy("Read a user"), forms.UserForm)
    def read_user(self, client: DingTalkClient, **inputs: Any) -> Any:
        """Name and departments."""
        return client.user(inputs["user_id"])


def _lacks(probe: Callable[[], Any]) -> bool:
    """Is the permission missing? "No such thing" proves that it is there."""
    try:
        probe()
    except ConnectionBroken as error:
        if error.code in (SCOPE, "60011"):
            return True
        raise
    except (NotFound, ConfigurationError, DocumentRejected):
        return False
    return False


def _field(control: Control, each: str = "") -> FieldInfo:
    options = tuple(text for text, _key in control.options)
    return FieldInfo(control.labels[0], control.label, TYPES.get(control.kind, "text"), control.required, each, options)
