"""Demo data: two companies with their master data, stock, drafts in approval, orders and production orders."""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.erp import company as companies
from sandbox.erp import demo_documents, demo_fields, demo_masters, writing
from sandbox.erp import rules as _rules  # noqa: F401 - registers the business rules
from sandbox.erp.company import COMPANIES, Company
from sandbox.models import Effect


def seed() -> None:
    """Both companies anew; the history of effects starts after it."""
    for company in COMPANIES.values():
        with store.transaction():
            store.clear(company.system)
            companies.restart()
            _definitions(company)
            _masters(company)
    demo_documents.first_company(COMPANIES["SBODEMOCN"])
    demo_documents.second_company(COMPANIES["SBODEMO2"])
    Effect.objects.filter(system="erp").delete()


def _definitions(company: Company) -> None:
    tables = {
        name: {"TableName": name, "TableDescription": text, "TableType": kind}
        for name, text, kind in demo_fields.TABLES
    }
    store.put_many(company.system, "UserTablesMD", tables)
    store.put_many(company.system, "UserFieldsMD", demo_fields.field_bodies())
    store.put_many(company.system, "UserObjectsMD", demo_fields.object_bodies())
    companies.restart()


def _masters(company: Company) -> None:
    put: dict[str, dict[Any, dict]] = {
        "AdminInfo": {"1": {"CompnyName": companies.NAMES[company.code], "CompnyAddr": "上海市浦东新区示范路 1 号"}},
        "Users": demo_masters.user_bodies(),
        "ApprovalStages": demo_masters.stage_bodies(),
        "ApprovalTemplates": demo_masters.template_bodies(),
        "ItemGroups": {number: {"Number": number, "GroupName": name} for number, name in demo_masters.GROUPS},
        "Warehouses": {
            code: {"WarehouseCode": code, "WarehouseName": name, "EnableBinLocations": bins, "Inactive": "tNO"}
            for code, name, bins in demo_masters.WAREHOUSES
        },
        "BinLocations": {
            number: {"AbsEntry": number, "Warehouse": warehouse, "BinCode": code, "Inactive": "tNO"}
            for number, warehouse, code in demo_masters.BINS
        },
    }
    for kind, bodies in put.items():
        store.put_many(company.system, kind, bodies)
    sets = company.schema.sets
    for body in demo_masters.partner_bodies():
        writing.create(company, 1, sets["BusinessPartners"], body)
    for body in demo_masters.item_bodies():
        writing.create(company, 1, sets["Items"], body)
