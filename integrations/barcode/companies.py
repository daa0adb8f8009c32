"""Several companies at one address: which connections a request means by its ``CompanyDB``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.errors import ConfigurationError
from core.flows.context import FlowContext
from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.erp.client import ServiceLayerClient
from integrations.erp.di_api import DiApiClient

MEMBER = "CompanyDB"
CONNECTORS = {"erp": "erp.service_layer", "sql": "erp.di_api"}


@dataclass(frozen=True)
class Scope:
    """One company of a flow. ``named``: its connections by slot from the config; None: the flow's own slots."""

    ctx: FlowContext
    code: str
    named: Mapping[str, str] | None = None

    @property
    def erp(self) -> ServiceLayerClient:
        """Its Service Layer. Raises ConfigurationError where none is set."""
        client: ServiceLayerClient = self._client("erp")
        return client

    @property
    def sql(self) -> DiApiClient:
        """Its DI API. Raises ConfigurationError where none is set."""
        client: DiApiClient = self._client("sql")
        return client

    def has(self, slot: str) -> bool:
        """Is there a connection for this slot?"""
        return self.ctx.has(slot) if self.named is None else bool(self.named.get(slot))

    def _client(self, slot: str) -> Any:
        if self.named is None:
            return self.ctx.connector(slot).client
        if not self.named.get(slot):
            words = _("companies: name the %(slot)s connection of %(company)s")
            raise ConfigurationError(words % {"slot": slot, "company": self.code})
        return self.ctx.client_of(self.named[slot], CONNECTORS[slot])


def own(ctx: FlowContext) -> Scope:
    """The flow's own company: the one its connections log in to."""
    for slot in ("erp", "sql"):
        if ctx.has(slot):
            return Scope(ctx, str(ctx.targets[slot].settings.get("company_db") or "").strip())
    company = ctx.flow.company
    return Scope(ctx, company.code if company else "")


def every(ctx: FlowContext) -> list[Scope]:
    """The flow's own company, then those of the config."""
    first = own(ctx)
    more = [Scope(ctx, code, named) for code, named in ctx.config["companies"].items() if code != first.code]
    return [first, *more]


def chosen(ctx: FlowContext, body: Mapping[str, Any]) -> Scope:
    """The company a request means. Raises Refusal (BC.4014) naming the known ones."""
    wanted = str(body.get(MEMBER) or "").strip()
    if not wanted:
        return own(ctx)
    scopes = every(ctx)
    for scope in scopes:
        if scope.code.upper() == wanted.upper():
            return scope
    known = ", ".join(scope.code for scope in scopes if scope.code)
    words = _("CompanyDB %(name)s is unknown here; known: %(known)s")
    raise Refusal(codes.UNKNOWN_COMPANY, words % {"name": wanted, "known": known})
