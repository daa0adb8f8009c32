"""The ERP's connectors: Service Layer and DI API."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import Check, Connector, FieldInfo, action
from core.errors import DocumentRejected
from core.flows.base import UserField
from core.registry import register_connector
from integrations.erp import discovery, forms, odata, preparation
from integrations.erp.client import ServiceLayerClient
from integrations.erp.di_api import EMPTY_SQL, DiApiClient


@register_connector
class ServiceLayer(Connector):
    """SAP Business One through its Service Layer."""

    key, label = "erp.service_layer", gettext_lazy("ERP (Service Layer)")
    has_company = True
    client_class = ServiceLayerClient
    client: ServiceLayerClient
    Settings = forms.ServiceLayerSettings

    def check(self) -> Check:
        """A fresh login of its own (a cached session proves nothing about a changed password), then one read."""
        client, settings = self.client, self.target.settings
        client.logins.forget_refusal()
        started = time.monotonic()
        answer, body = client.log_in()
        seconds = time.monotonic() - started
        facts = {
            "company": str(settings.get("company_db") or "").strip(),
            "user": settings.get("username"),
            "version": version_text(body.get("Version")),
            "session_minutes": body.get("SessionTimeout"),
            "ms": round(seconds * 1000),
        }
        client.log_out(client.session_cookies(answer))
        return Check(True, _("Logged in to %(company)s as %(user)s.") % facts, facts)

    def discover(self, kind: str, **options: Any) -> list[FieldInfo]:
        """``objects``; ``fields`` (object=, lines=); ``users``. Unknown kinds find nothing."""
        if kind == "objects":
            return discovery.objects(self.client)
        if kind == "fields":
            return discovery.fields(self.client, str(options.get("object") or ""), options.get("lines") or "")
        if kind == "users":
            return discovery.users(self.client)
        return []

    def missing_fields(self, fields: Sequence[UserField]) -> list[str]:
        """User fields that are not there, or not visible before a restart."""
        return preparation.problems(self.client, fields)

    def create_fields(self, fields: Sequence[UserField]) -> list[str]:
        """Make them: the ERP alters its tables."""
        return [f"{field.table}.{field.name}" for field in preparation.create(self.client, fields)]

    @action(gettext_lazy("Query"), forms.QueryForm)
    def query(self, client: ServiceLayerClient, **inputs: Any) -> Any:
        """The first rows of a list."""
        rows = client.query(
            inputs["object"],
            filter=inputs.get("filter") or "",
            select=inputs.get("select") or "",
            order=inputs.get("order") or "",
            page_size=inputs.get("top") or 20,
        )
        return list(itertools.islice(rows, inputs.get("top") or 20))

    @action(gettext_lazy("Read one object"), forms.GetForm)
    def get(self, client: ServiceLayerClient, **inputs: Any) -> Any:
        """The object."""
        return client.get(inputs["object"], key_of(inputs["key"]), select=inputs.get("select") or "")

    @action(gettext_lazy("Create"), forms.CreateForm, writes=True)
    def create(self, client: ServiceLayerClient, **inputs: Any) -> Any:
        """The new object."""
        return client.create(inputs["object"], inputs["content"])

    @action(gettext_lazy("Update"), forms.UpdateForm, writes=True)
    def update(self, client: ServiceLayerClient, **inputs: Any) -> Any:
        """The object after the change."""
        key = key_of(inputs["key"])
        client.update(inputs["object"], key, inputs["content"])
        return client.get(inputs["object"], key)

    @action(gettext_lazy("Action on an object"), forms.ActionForm, writes=True)
    def run(self, client: ServiceLayerClient, **inputs: Any) -> Any:
        """What the action answers."""
        return client.action(inputs["object"], key_of(inputs["key"]), inputs["name"])


@register_connector
class DiApi(Connector):
    """SAP Business One's database through the hosted DI API: SQL."""

    key, label = "erp.di_api", gettext_lazy("ERP (DI API, SQL)")
    has_company = True
    client_class = DiApiClient
    client: DiApiClient
    Settings = forms.LoginSettings

    def check(self) -> Check:
        """A fresh login, then an empty statement: its complaint proves that login and connection work (seed 5.5.6)."""
        client, settings = self.client, self.target.settings
        client.logins.forget_refusal()
        started = time.monotonic()
        client.pool.renew()
        client.keep_alive()
        facts = {
            "company": str(settings.get("company_db") or "").strip(),
            "user": settings.get("username"),
            "ms": round((time.monotonic() - started) * 1000),
        }
        return Check(True, _("Logged in to %(company)s as %(user)s.") % facts, facts)

    @action(gettext_lazy("Run SQL"), forms.SqlForm, writes=True)
    def sql(self, client: DiApiClient, **inputs: Any) -> Any:
        """The rows; for an empty statement, that the login works."""
        try:
            return client.exec_sql(inputs.get("sql") or "")
        except DocumentRejected as error:
            if EMPTY_SQL in error.message:
                return {"code": error.code, "message": EMPTY_SQL}
            raise


def key_of(text: str) -> odata.Key:
    """A key as a person writes it: one value, or ``Name=value`` pairs with commas."""
    text = text.strip()
    pairs = [part.partition("=") for part in text.split(",")]
    if all(name.strip().isidentifier() and equals for name, equals, _value in pairs):
        return {name.strip(): value.strip().strip("'") for name, _equals, value in pairs}
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text


def version_text(number: Any) -> str:
    """ "1000190" -> "10.00.190"."""
    text = str(number or "")
    return f"{int(text[:-5])}.{text[-5:-3]}.{text[-3:]}" if text.isdigit() and len(text) > 5 else text
