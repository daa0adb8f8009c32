"""The connector of WeCom."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import Check, Connector, FieldInfo, action
from core.errors import ConfigurationError
from core.registry import register_connector
from integrations.wecom import forms
from integrations.wecom.application import Application
from integrations.wecom.client import WeComClient
from integrations.wecom.filling import Filling
from integrations.wecom.template import Control, Template

ZONE = ZoneInfo("Asia/Shanghai")  # WeCom's own, where no tenant is at hand
TYPES = {
    "Number": "number",
    "Money": "number",
    "Formula": "number",
    "Date": "date",
    "DateRange": "date_range",
    "Selector": "select",
    "Contact": "contact",
    "File": "file",
    "Table": "table",
}
UNSENDABLE = {"Tips", "PunchCorrection"}


@register_connector
class WeCom(Connector):
    """WeCom's approvals (seed 6.4.3.3)."""

    key, label = "wecom.oa", gettext_lazy("WeCom (OA)")
    default_base_url = "https://qyapi.weixin.qq.com"
    client_class = WeComClient
    client: WeComClient
    Settings = forms.WeComSettings
    account_settings = ("corp_id",)

    def check(self) -> Check:
        """A fresh token (an old one proves nothing about a changed secret), then a read of approvals."""
        started = time.monotonic()
        token = self.client.login()
        self.client.tokens.keep(token.value, token.seconds)
        now = time.time()
        next(self.client.approvals(now - 3600, now), None)  # needs the same right as everything else
        facts: dict[str, Any] = {"corp_id": self.target.settings.get("corp_id")}
        agent = str(self.target.settings.get("agent_id") or "").strip()
        if agent:
            facts["app"] = self.client.agent(agent).get("name") or agent
        facts["ms"] = round((time.monotonic() - started) * 1000)
        text = _("Token issued; the app may read approvals.")
        if not self.target.secrets.get("callback_token"):
            text += " " + _("Token and EncodingAESKey of the callback are not set: no decisions can be received.")
        return Check(True, text, facts)

    def discover(self, kind: str, **options: Any) -> list[FieldInfo]:
        """``form`` (template_id=): the controls, a table's columns with ``each``; ``users``. Others find nothing."""
        if kind == "form":
            template_id = str(options.get("template_id") or "")
            return controls_of(self.client.template(template_id)) if template_id else []
        if kind == "users":
            return [FieldInfo(str(user.get("userid")), str(user.get("name") or "")) for user in self.client.users()]
        return []

    @action(gettext_lazy("Read a template's controls"), forms.TemplateForm)
    def read_template(self, client: WeComClient, **inputs: Any) -> Any:
        """Ids and titles are what a mapping's targets are called."""
        return asdict(client.template(inputs["template_id"].strip()))

    @action(gettext_lazy("Submit an approval"), forms.SubmitForm, writes=True)
    def submit_approval(self, client: WeComClient, **inputs: Any) -> Any:
        """Its number."""
        form, rows = inputs["form"], inputs.get("table") or []
        if not all(isinstance(row, dict) for row in rows):
            raise ConfigurationError(_("Each line of the table must be a group of columns."))
        template = client.template(inputs["template_id"].strip())
        contents = Filling(template, ZONE).contents(form, rows)
        summary = [inputs.get("summary") or template.name or template.id]
        application = Application(template.id, inputs["creator_userid"].strip(), contents, summary)
        return {"sp_no": client.submit(application.body())}

    @action(gettext_lazy("Read an approval"), forms.ApprovalForm)
    def read_approval(self, client: WeComClient, **inputs: Any) -> Any:
        """As WeCom answers it."""
        return client.approval(inputs["sp_no"].strip())

    @action(gettext_lazy("List approvals"), forms.ListForm)
    def list_approvals(self, client: WeComClient, **inputs: Any) -> Any:
        """Numbers of the last days' approvals."""
        now = time.time()
        filters = {"template_id": str(inputs.get("template_id") or "").strip()}
        return list(client.approvals(now - 86400 * int(inputs["days"]), now, **filters))

    @action(gettext_lazy("Read a member"), forms.UserForm)
    def read_user(self, client: WeComClient, **inputs: Any) -> Any:
        """As WeCom answers it."""
        return client.user(inputs["userid"].strip())

    @action(gettext_lazy("Find a member by mobile number"), forms.MobileForm)
    def find_user(self, client: WeComClient, **inputs: Any) -> Any:
        """The user id."""
        return {"userid": client.user_by_mobile(inputs["mobile"].strip())}


def controls_of(template: Template) -> list[FieldInfo]:
    """The form's controls as fields; a table's columns stand in ``each`` of its title."""
    fields = [_info(control) for control in template.fields() if control.kind not in UNSENDABLE]
    for table in template.tables():
        fields += [_info(child, table.title or table.id) for child in table.children if child.kind not in UNSENDABLE]
    return fields


def _info(control: Control, each: str = "") -> FieldInfo:
    options = tuple(texts[0] if texts else key for key, texts in control.options)
    return FieldInfo(control.id, control.title, TYPES.get(control.kind, "text"), control.required, each, options)
