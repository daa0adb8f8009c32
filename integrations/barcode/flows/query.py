"""SQL of the barcode system, carried out through the DI API (seed 5.4.6.1 查询数据业务流)."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import B1FlowError, OutcomeUnknown, RetryLater
from core.flows.base import Plan, Rehearsal, Sample, Write
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.barcode import codes, companies
from integrations.barcode.codes import Refusal
from integrations.barcode.companies import Scope
from integrations.barcode.flows.answering import BarcodeFlow
from integrations.barcode.flows.config import NAMED, QueryForm
from integrations.barcode.sql import guard, named
from integrations.barcode.sql.capping import capped
from integrations.barcode.sql.guard import Checked
from integrations.barcode.sql.policy import Policy

EXAMPLE = {"sql": 'select "ItemCode", "ItemName" from OITM'}
SHOWN = 200  # characters of a statement in the step log


@register_flow
class Query(BarcodeFlow):
    """{"sql": "select ..."} or {"name": saved statement, "params": {...}}: checked, capped, carried out."""

    key, label = "barcode.query", gettext_lazy("Barcode: SQL query")
    description = gettext_lazy("The barcode system reads the ERP with SQL of its own.")
    connections = {"sql": "erp.di_api"}
    Config = QueryForm

    def check(self, ctx: FlowContext) -> list[str]:
        """Saved statements that the guard would refuse."""
        policy = policy_of(ctx, companies.own(ctx))
        found = []
        for name, text in ctx.config["statements"].items():
            try:
                guard.check(named.bound(text, {place: 0 for _start, _end, place in named.places(text)}), policy)
            except Refusal as error:
                found.append(_("saved statement %(name)s: %(text)s") % {"name": name, "text": error.message})
        return found

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """The first saved statement, where only those may be called; else a plain one."""
        saved = ctx.config["statements"]
        if ctx.config["sql_policy"] != NAMED or not saved:
            return [Sample("example", _("Example"), EXAMPLE)]
        name, text = next(iter(saved.items()))
        params = {place: "A00001" for _start, _end, place in named.places(text)}
        return [Sample("example", _("Example"), {"name": name, "params": params})]

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        """The statement as the ERP would get it: checked and capped, not carried out."""
        return Rehearsal(None, lambda: self._planned(ctx, sample.body))

    def _planned(self, ctx: FlowContext, body: Any) -> Plan:
        if not isinstance(body, dict):
            raise Refusal(codes.BAD_BODY, _("send a JSON object with sql"))
        checked = guard.check(_statement(body, ctx.config), policy_of(ctx, companies.chosen(ctx, body)))
        notes = [_("The SQL guard lets it through. A query writes nothing; this is the statement that is carried out.")]
        return Plan([Write("SQL", capped(checked, ctx.config["max_rows"]))], notes)

    def handle(self, ctx: FlowContext, payload: Any) -> Any:
        try:
            if not isinstance(payload, dict):
                raise Refusal(codes.BAD_BODY, _("send a JSON object with sql"))
            scope = companies.chosen(ctx, payload)
            checked = self._checked(ctx, payload, policy_of(ctx, scope))
            rows = self._rows(ctx, scope, checked)
        except B1FlowError as error:
            return self.refuse(ctx, error)
        limit = ctx.config["max_rows"]
        more = {"truncated": True} if len(rows) > limit else {}
        return self.accept(ctx, {"value": rows[:limit], **more}, **more)

    def _checked(self, ctx: FlowContext, payload: dict[str, Any], policy: Policy) -> Checked:
        """The statement a request means; nothing has left this process when it is refused."""
        text = _statement(payload, ctx.config)
        about = {"sql": text[:SHOWN], "sha256": hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]}
        with ctx.step("SQL guard", about):
            return guard.check(text, policy)

    def _rows(self, ctx: FlowContext, scope: Scope, checked: Checked) -> list[dict[str, Any]]:
        try:
            return scope.sql.exec_sql(capped(checked, ctx.config["max_rows"]))
        except OutcomeUnknown as error:  # a procedure that only reads: asking again does no harm
            raise RetryLater(error.message, code=error.code) from error


def policy_of(ctx: FlowContext, scope: Scope) -> Policy:
    """What may be read in this company."""
    return Policy.of(ctx.config, str(scope.sql.target.settings["company_db"]))


def _statement(payload: dict[str, Any], config: dict[str, Any]) -> str:
    if payload.get("name"):
        return _saved(payload, config["statements"])
    text = payload.get("sql", payload.get("Sql"))
    if text is None or text == "":
        raise Refusal(codes.NO_SQL, codes.EMPTY_SQL_TEXT)
    if not isinstance(text, str):
        raise Refusal(codes.BAD_VALUE, _("sql must be a text"))
    if config["sql_policy"] == NAMED and not any(named.is_saved(text, each) for each in config["statements"].values()):
        raise guard.refused(_("only saved statements"))
    return text


def _saved(payload: dict[str, Any], statements: dict[str, str]) -> str:
    name, params = str(payload["name"]), payload.get("params") or {}
    if name not in statements:
        known = ", ".join(statements) or "-"
        words = _("no saved statement %(name)s; known: %(known)s")
        raise Refusal(codes.SQL_REFUSED, words % {"name": name, "known": known})
    if not isinstance(params, dict):
        raise Refusal(codes.BAD_VALUE, _("params must be an object"))
    return named.bound(statements[name], params)
