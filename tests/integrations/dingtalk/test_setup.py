"""What the platform says to the person who sets the flows up: enable checks, fields to map."""

from __future__ import annotations

from core.catalog.checking import check
from core.flows.context import load
from core.models import FlowInstance
from tests.integrations.dingtalk.house import DECIDE, PRICE, PRICES, PURCHASE, PUSH, QUOTATION, QUOTE, House


def problems(name: str) -> str:
    return " ".join(p.text for p in check(FlowInstance.objects.get(name=name), strict=False) if p.blocking)


def fields(name: str, section: str, side: str) -> list[str]:
    ctx = load(FlowInstance.objects.get(name=name))
    ask = ctx.flow_type.source_fields if side == "source" else ctx.flow_type.target_fields
    return [field.name for field in ask(ctx, ctx.flow_type.section(section))]


def test_fields_of_a_push(house: House) -> None:
    house.approvals()
    assert "DocDate" in fields(PUSH, "form", "source")
    assert "ApprovalRequest.Code" in fields(PUSH, "form", "source")
    assert "ItemCode" in fields(PUSH, "table", "source")
    targets = fields(PUSH, "form", "target")
    assert "请购人员" in targets
    assert "请购明细" not in targets
    assert "品号" not in targets
    assert fields(PUSH, "table", "target")[0] == "品号"


def test_fields_of_decisions(house: House) -> None:
    house.approvals()
    sources = fields(DECIDE, "draft", "source")
    assert {"decision", "approver", "remark", "time", "form.来源单号"} <= set(sources)
    assert "U_Approver" in fields(DECIDE, "draft", "target")


def test_a_draft_field_that_is_missing_in_the_erp(house: House) -> None:
    rows = [{"section": "draft", "source": "decision", "target": "U_Nowhere"}]
    house.apply(house.push(), house.decide(mappings=rows), house.receive({PURCHASE: DECIDE}))
    assert "U_Nowhere" in problems(DECIDE)
    house.apply(house.decide(mappings=[{**rows[0], "target": "U_Approver"}]))
    assert not problems(DECIDE)


def test_prices_compare_mapping_and_routed_forms(house: House) -> None:
    house.apply(house.quotations(), house.prices(), house.receive({QUOTATION: QUOTE, PRICE: PRICES}))
    assert not problems(QUOTE)
    assert not problems(PRICES)
    assert "物料代码" in fields(QUOTE, "price", "source")
    assert "ItemCode" in fields(QUOTE, "price", "target")
    house.apply(house.quotations(table_control="明细"))
    assert "报价明细" in problems(QUOTE)
    rows = [
        {"section": "price", "source": source, "target": target}
        for source, target in (("料号", "ItemCode"), ("header.报价主题", "CardCode"), ("价格", "Price"))
    ]
    house.apply(house.quotations(table_control="报价明细", mappings=rows))
    assert "料号" in problems(QUOTE)
    assert "报价主题" not in problems(QUOTE)


def test_the_originator_is_looked_up(house: House) -> None:
    house.approvals(originator_user_id="nobody")
    assert "nobody" in problems(PUSH)


def test_an_oa_that_is_away_is_said(house: House) -> None:
    house.approvals()
    house.settings(timeout_next=99)
    assert "504" in problems(PUSH)
