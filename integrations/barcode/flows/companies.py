"""The list of companies (seed 5.5.5.4 条码返回账套信息接口)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import B1FlowError
from core.flows.base import Rehearsal, Sample
from core.flows.context import FlowContext
from core.models import Company
from core.registry import register_flow
from integrations.barcode import companies
from integrations.barcode.companies import MEMBER, Scope
from integrations.barcode.flows.answering import BarcodeFlow
from integrations.barcode.flows.config import CompanyListForm


@register_flow
class Companies(BarcodeFlow):
    """The flow's own company and those of its config, each with the name the ERP gives; never users or passwords."""

    key, label = "barcode.companies", gettext_lazy("Barcode: companies")
    description = gettext_lazy("Tells the barcode system which companies there are.")
    connections = {"sql": "erp.di_api"}
    Config = CompanyListForm

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """Callers send nothing."""
        return [Sample("example", _("Example"), {})]

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        return self.rehearsed_answer(ctx, sample)

    def handle(self, ctx: FlowContext, payload: Any) -> Any:
        body = payload if isinstance(payload, dict) else {}
        try:
            scopes = [companies.chosen(ctx, body)] if body.get(MEMBER) else companies.every(ctx)
            return self.accept(ctx, {"value": [_described(ctx, scope) for scope in scopes]})
        except B1FlowError as error:
            return self.refuse(ctx, error)


def _described(ctx: FlowContext, scope: Scope) -> dict[str, str]:
    """As in protocol C8. The configured name where the ERP does not tell its own."""
    told = _told(ctx, scope)
    return {
        "CompanyDB": scope.code,
        "CompanyName": told.get("compnyname") or _configured(ctx, scope.code),
        "Version": told.get("version") or ctx.config["version"],
        "DbType": ctx.config["db_type"],
    }


def _told(ctx: FlowContext, scope: Scope) -> dict[str, str]:
    try:
        rows = scope.sql.exec_sql(ctx.config["name_sql"])
    except B1FlowError:  # it stands in the step log; the list must not fail for one company
        return {}
    return {name.lower(): str(value) for name, value in rows[0].items() if value is not None} if rows else {}


def _configured(ctx: FlowContext, code: str) -> str:
    company = Company.objects.filter(tenant_id=ctx.flow.tenant_id, code=code).first()
    return company.name or company.code if company else code
