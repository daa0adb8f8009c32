"""Two small systems and one flow type of each kind, for tests of what works on any flow. In no registry by itself:

@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    fakes.install(monkeypatch)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django import forms

from core import registry
from core.connectors.base import Check, Connector, SecretField
from core.connectors.http import HttpClient
from core.errors import ConfigurationError
from core.flows.base import Document, EventFlow, Outgoing, Receipt, RequestFlow, RouterFlow, Section, SyncFlow
from core.flows.config import ConfigForm, ListField, MapField, SyncConfig
from core.flows.context import FlowContext
from core.models import Company, Connection, Tenant

PASSWORD = "fake-password-0123"


class FakeClient(HttpClient):
    system = "Fake"
    needs_login = False


class FakeErp(Connector):
    """An ERP: its connections belong to a company."""

    key, label = "fake.erp", "Fake ERP"
    client_class = FakeClient
    has_company = True

    class Settings(forms.Form):
        company_db = forms.CharField(label="Company database")
        language = forms.IntegerField(label="Language", initial=15, min_value=1)
        trace = forms.BooleanField(label="Trace", required=False)
        password = SecretField(label="Password")

    def check(self) -> Check:
        return Check(True, "fine")


class FakeOa(Connector):
    """An OA."""

    key, label = "fake.oa", "Fake OA"
    client_class = FakeClient
    default_base_url = "https://oa.example"

    class Settings(forms.Form):
        app = forms.CharField(label="App", initial="app")
        secret = SecretField(label="Secret", required=False)

    def check(self) -> Check:
        return Check(True, "fine")


class PushForm(SyncConfig):
    """A form with every kind of field that matters to configuration."""

    object_type = forms.CharField(label="Object", initial="Items")
    page_size = forms.IntegerField(label="Page size", initial=20, min_value=1, max_value=500)
    workflow_id = forms.CharField(label="Workflow")
    active = forms.BooleanField(label="Active only", required=False, initial=True)
    approvers = ListField(label="Approvers")
    lines_name = forms.CharField(label="Lines", required=False, initial="Lines")
    approver_connections = MapField(label="Approvers' connections")

    @classmethod
    def connection_names(cls, config: dict[str, Any]) -> set[str]:
        return set(config["approver_connections"].values())


class Push(SyncFlow):
    """Sends ``documents`` to nowhere; ``problems`` is what its own check finds, ``read``: how often it was read."""

    key, label = "fake.push", "Fake push"
    connections = {"erp": "fake.erp", "oa": "fake.oa"}
    sections = (
        Section("main", "Main", required=("code",), optional=False),
        Section("lines", "Lines", each="config:lines_name"),
    )
    Config = PushForm
    documents: ClassVar[list[dict[str, Any]]] = []
    problems: ClassVar[list[str]] = []
    next_cursor: ClassVar[Any] = None

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        since = ctx.config["since"]
        for body in self.documents:
            if since is None or body.get("day", "9999") >= since.isoformat():
                yield Document(key=body["id"], body=body, recall={"id": body["id"]}, label=f"No. {body['id']}")
        ctx.next_cursor = self.next_cursor

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        return Receipt(f"T{outgoing.key}")

    def check(self, ctx: FlowContext) -> list[str]:
        return list(self.problems)


class Other(SyncFlow):
    """Another push flow, which no router may lead to."""

    key, label = "fake.other", "Fake other"
    connections = {"erp": "fake.erp"}


class Decide(EventFlow):
    """Routed to."""

    key, label = "fake.decide", "Fake decision"
    connections = {"erp": "fake.erp", "oa": "fake.oa"}
    optional_slots = ("oa",)


class Notify(EventFlow):
    """Also routed to."""

    key, label = "fake.notify", "Fake notice"
    connections = {"oa": "fake.oa"}


class Receive(RouterFlow):
    """A callback router."""

    key, label = "fake.receive", "Fake callbacks"
    connections = {"oa": "fake.oa"}
    routed = ("fake.decide", "fake.notify")


class AskForm(ConfigForm):
    answer = forms.CharField(label="Answer", initial="yes")


class Ask(RequestFlow):
    """An API flow."""

    key, label = "fake.ask", "Fake API"
    connections = {"erp": "fake.erp"}
    Config = AskForm


CONNECTORS = (FakeErp, FakeOa)
FLOW_TYPES = (Push, Other, Decide, Notify, Receive, Ask)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fakes are installed for this test, with no documents and no problems."""
    monkeypatch.setattr(registry, "_connectors", {**registry._connectors, **{c.key: c for c in CONNECTORS}})
    monkeypatch.setattr(registry, "_flow_types", {**registry._flow_types, **{t.key: t for t in FLOW_TYPES}})
    monkeypatch.setattr(Push, "documents", [])
    monkeypatch.setattr(Push, "problems", [])
    monkeypatch.setattr(Push, "next_cursor", None)


def tenant(slug: str = "acme", **values: Any) -> Tenant:
    """A tenant."""
    return Tenant.objects.create(slug=slug, name=slug.upper(), **values)


def erp(owner: Tenant, company: Company | None = None, name: str = "ERP", **values: Any) -> Connection:
    """A working connection to the fake ERP."""
    settings = {"company_db": company.code if company else "DB"}
    return Connection.objects.create(
        tenant=owner, company=company, name=name, connector="fake.erp", base_url="http://127.0.0.1:9/erp",
        settings=settings, secrets={"password": PASSWORD}, **{"status": "ok", **values},
    )  # fmt: skip


def oa(owner: Tenant, name: str = "OA", **values: Any) -> Connection:
    """A working connection to the fake OA."""
    return Connection.objects.create(tenant=owner, name=name, connector="fake.oa", **{"status": "ok", **values})


def refused(function: Any, *args: Any, **options: Any) -> str:
    """The words with which a service refuses."""
    with pytest.raises(ConfigurationError) as caught:
        function(*args, **options)
    return str(caught.value)
