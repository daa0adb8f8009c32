"""A pretended system with one connector and three flow types: the console is tested without any vendor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms

from core.connectors.base import Check, Connector, FieldInfo, SecretField, action
from core.connectors.http import HttpClient
from core.errors import ConnectionBroken, DocumentRejected
from core.flows.base import (
    Document,
    EventFlow,
    Plan,
    Rehearsal,
    RequestFlow,
    RouterFlow,
    Sample,
    Section,
    SyncFlow,
    UserField,
    Write,
)
from core.flows.config import ListField, SyncConfig
from core.flows.context import FlowContext


class Echo(forms.Form):
    text = forms.CharField(label="Text")
    times = forms.IntegerField(label="Times", initial=2)


class PretendClient(HttpClient):
    system = "Pretend"
    needs_login = False


class PretendConnector(Connector):
    key = "pretend.system"
    label = "Pretended system"
    client_class = PretendClient
    has_company = True
    answer: ClassVar[Any] = Check(True, "Hello manager")

    class Settings(forms.Form):
        user_name = forms.CharField(label="User name")
        language = forms.IntegerField(label="Language", initial=15)
        password = SecretField(label="Password")

    def check(self) -> Check:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def discover(self, kind: str, **options: Any) -> list[FieldInfo]:
        return [FieldInfo("ItemCode", "Item No."), FieldInfo("U_SYN", "Synced")]

    def missing_fields(self, fields: Any) -> list[str]:
        return [f"{field.table}.{field.name} is missing" for field in fields]

    def create_fields(self, fields: Any) -> list[str]:
        return [f"{field.table}.{field.name}" for field in fields]

    @action("Write", Echo, writes=True)
    def write(self, client: PretendClient, text: str, times: int) -> str:
        return "written"

    @action("Echo", Echo)
    def echo(self, client: PretendClient, text: str, times: int) -> dict[str, Any]:
        if text == "refuse":
            raise ConnectionBroken("password wrong", code="305")
        return {"echo": text * times}


class PushConfig(SyncConfig):
    discover: ClassVar[dict[str, tuple[str, str]]] = {"object_type": ("erp", "objects")}

    object_type = forms.CharField(label="Object type", initial="Items")
    approvers = ListField(label="Approvers")
    active = forms.BooleanField(label="Only active", required=False, initial=True)


class Push(SyncFlow):
    """A schedule flow."""

    key, label = "pretend.push", "Pretended push"
    connections = {"erp": "pretend.system", "oa": "pretend.system"}
    sections = (Section("main", "Main data", required=("code",)), Section("lines", "Lines", each="Lines"))
    Config = PushConfig

    documents: ClassVar[list[dict[str, Any]]] = [
        {"ItemCode": "A1", "ItemName": "Bolt", "Lines": [{"Quantity": 2.0}]},
        {"ItemCode": "A2", "ItemName": "Nut", "Lines": []},
    ]

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        return [UserField("OITM", "U_SYN", "Synced")]

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        for body in self.documents:
            yield Document(key=body["ItemCode"], body=body, label=f"Item {body['ItemCode']}")

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        known = [FieldInfo("code", "Item No.", required=True), FieldInfo("U_SYN")]
        return known if section.name == "main" else []


class Decide(EventFlow):
    """A routed flow."""

    key, label = "pretend.decide", "Pretended decision"
    connections = {"erp": "pretend.system"}


class Router(RouterFlow):
    """A callback router."""

    key, label = "pretend.events", "Pretended callbacks"
    connections = {"oa": "pretend.system"}
    routed = ("pretend.decide",)


class Answer(RequestFlow):
    """An API flow."""

    key, label = "pretend.api", "Pretended API"
    connections = {"erp": "pretend.system"}
    sections = (Section("fields"),)

    def samples(self, ctx: FlowContext) -> list[Sample]:
        return [Sample("example", "Example", {"number": 1})]

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        if sample.body.get("number") == "?":
            raise DocumentRejected("no number")
        return Rehearsal(sample.body, lambda: Plan([Write("POST Orders", ctx.map(sample.body)["fields"])], ["Once."]))


CONNECTORS = (PretendConnector,)
FLOW_TYPES = (Push, Decide, Router, Answer)
