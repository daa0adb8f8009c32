"""The connector of Blacklake MES."""

from __future__ import annotations

import itertools
import time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import Check, Connector, FieldInfo, action
from core.errors import NotFound
from core.registry import register_connector
from integrations.mes import fields, forms
from integrations.mes.client import BlacklakeClient

SHOWN = 50
DAY_MS = 86_400_000


@register_connector
class Blacklake(Connector):
    """Blacklake MES (黑湖智造) v3 through its open API (seed 4.4.2.3, 4.4.3)."""

    key, label = "mes.blacklake", gettext_lazy("Blacklake MES")
    default_base_url = "https://v3-hw.blacklake.cn"
    client_class = BlacklakeClient
    client: BlacklakeClient
    Settings = forms.BlacklakeSettings

    def check(self) -> Check:
        """A fresh login (a cached token proves nothing about a changed secret), then one harmless question."""
        client, started = self.client, time.monotonic()
        account = client.sign_in()
        token = client.token_of(account)
        client.tokens.keep(token.value, token.seconds)
        facts = {
            "factory": self.target.settings.get("factory_number"),
            "account": account.get("name") or account.get("username") or "-",
            "materials": client.count("material_list"),
            "ms": round((time.monotonic() - started) * 1000),
        }
        return Check(True, _("Logged in as %(account)s; the MES has %(materials)s materials.") % facts, facts)

    def discover(self, kind: str, **options: Any) -> list[FieldInfo]:
        """``fields`` (object=): of a material, order, outputs, inputs, report. Unknown ones find nothing."""
        return list(fields.OBJECTS.get(str(options.get("object") or ""), [])) if kind == "fields" else []

    @action(gettext_lazy("Import a material"), forms.FieldsForm, writes=True)
    def import_material(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """The material as it is listed afterwards."""
        content = inputs["content"]
        client.import_material(content)
        return client.material(str(content.get("materialCode") or ""))

    @action(gettext_lazy("Read a material"), forms.MaterialForm)
    def read_material(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """Its row; null where there is none."""
        return client.material(inputs["code"])

    @action(gettext_lazy("Enable a material"), forms.MaterialForm, writes=True)
    def start_material(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """Its row afterwards."""
        client.start_materials([_material_id(client, inputs["code"])])
        return client.material(inputs["code"])

    @action(gettext_lazy("Disable a material"), forms.MaterialForm, writes=True)
    def stop_material(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """Its row afterwards."""
        client.stop_materials([_material_id(client, inputs["code"])])
        return client.material(inputs["code"])

    @action(gettext_lazy("Create a work order"), forms.FieldsForm, writes=True)
    def import_work_order(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """Its id."""
        content = inputs["content"]
        client.import_work_order(content)
        return {"id": client.work_order_id(str(content.get("code") or ""))}

    @action(gettext_lazy("Edit a work order"), forms.FieldsForm, writes=True)
    def update_work_order(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """Its head afterwards."""
        content = inputs["content"]
        client.update_work_order(content)
        return client.work_order(_order_id(client, str(content.get("code") or "")))

    @action(gettext_lazy("Close a work order"), forms.CloseForm, writes=True)
    def close_work_order(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """What could not be closed."""
        number = _order_id(client, inputs["code"])
        return {"failed": client.close_work_orders([number], int(inputs["kind"]), inputs.get("reason") or "")}

    @action(gettext_lazy("Id of a work order"), forms.OrderForm)
    def work_order_id(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """Null where there is none."""
        return {"id": client.work_order_id(inputs["code"])}

    @action(gettext_lazy("Read a work order"), forms.OrderForm)
    def read_work_order(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """Its head and its processes."""
        number = _order_id(client, inputs["code"])
        return {"order": client.work_order(number), "plan": client.process_plan(number)}

    @action(gettext_lazy("List production reports"), forms.ReportsForm)
    def list_reports(self, client: BlacklakeClient, **inputs: Any) -> Any:
        """The first rows of a time."""
        now = int(time.time() * 1000)
        filters = {"workOrderIdList": [_order_id(client, inputs["order"])]} if inputs.get("order") else {}
        rows = client.reports(now - inputs["minutes"] * 60_000, now + DAY_MS, **filters)
        return list(itertools.islice(rows, SHOWN))


def _material_id(client: BlacklakeClient, code: str) -> int:
    found = client.material(code)
    if found is None:
        raise NotFound(_("The MES has no material %(code)s.") % {"code": code})
    return int(found["id"])


def _order_id(client: BlacklakeClient, code: str) -> int:
    number = client.work_order_id(code)
    if number is None:
        raise NotFound(_("The MES has no work order %(code)s.") % {"code": code})
    return number
