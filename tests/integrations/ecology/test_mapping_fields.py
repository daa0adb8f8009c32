"""What the mapping editor offers for these flows, from the sandbox."""

from __future__ import annotations

from core.flows.context import load
from core.models import FlowInstance
from tests.integrations.ecology.house import DECISIONS, ITEMS, ORDERS, PURCHASES, House


def names(house: House, flow: str, section: str, side: str) -> set[str]:
    ctx = load(FlowInstance.objects.get(name=flow))
    found = getattr(ctx.flow_type, f"{side}_fields")(ctx, ctx.flow_type.section(section))
    return {field.name for field in found}


def test_of_an_approval_the_draft_and_the_oas_form(house: House) -> None:
    house.purchases()

    assert {"DocEntry", "RequriedDate", "ApprovalRequest.Remarks"} <= names(house, PURCHASES, "mainData", "source")
    assert "ItemCode" in names(house, PURCHASES, "detailData", "source")
    assert {"djbh", "sqr", "jjcd"} <= names(house, PURCHASES, "mainData", "target")
    assert names(house, PURCHASES, "detailData", "target") == {
        "wlbm", "wlmc", "sl", "dj", "xqrq", "gys", "ck", "bz",
    }  # fmt: skip


def test_of_an_approval_without_a_detail_table_no_detail_fields(house: House) -> None:
    house.purchases(detail_table="")

    assert names(house, PURCHASES, "detailData", "target") == set()


def test_of_master_data_the_columns_of_a_row(house: House) -> None:
    house.items()
    assert names(house, ITEMS, "main", "target") == set(), "an empty table tells nothing"

    house.run(ITEMS)

    assert {"wlbm", "wlmc"} <= names(house, ITEMS, "main", "target")
    assert "ItemCode" in names(house, ITEMS, "main", "source")
    assert names(house, ITEMS, "detail1", "target") == set()


def test_of_a_document_the_erps_fields(house: House) -> None:
    house.orders()

    assert "requestid" in names(house, ORDERS, "header", "source")
    assert "CardCode" in names(house, ORDERS, "header", "target")
    assert "Quantity" in names(house, ORDERS, "lines", "target")


def test_of_a_decision_what_it_says(house: House) -> None:
    house.decisions()

    assert {"decision", "approver", "oa_remark"} <= names(house, DECISIONS, "draft", "source")
    assert "U_Approver" in names(house, DECISIONS, "draft_approved", "target")
