"""The preview of a decision or a price is what is written afterwards, and writes nothing itself."""

from __future__ import annotations

from typing import Any

from core.flows import context, samples
from core.flows.base import Plan
from core.models import Delivery, FlowInstance
from tests.integrations.dingtalk.house import DECIDE, QUOTATION, QUOTE, House

ROWS = [
    {"section": "draft", "source": "remark", "target": "U_ApprovalRemark"},
    {"section": "draft_refused", "source": "decision", "target": "U_ApprovalStatus"},
]


def planned(name: str) -> Plan:
    """Of the first sample, without any effect."""
    ctx = context.load(FlowInstance.objects.get(name=name))
    return ctx.flow_type.rehearse(ctx, samples.of(ctx)[0]).plan()


def calls(plan: Plan) -> dict[str, Any]:
    return {write.call: write.body for write in plan.writes}


def written(house: House) -> list[str]:
    """What the ERP was made to do."""
    return [effect["op"] for effect in house.sandbox.effects("erp") if effect["op"] != "login"]


def ledger() -> list[Any]:
    return list(Delivery.objects.order_by("pk").values_list("state", "decision", "decision_state", "target_key"))


def test_a_decision_as_it_is_applied_afterwards(house: House) -> None:
    house.approvals()
    house.run()
    house.apply(house.decide(mappings=ROWS))
    number = house.instance_of(16)
    house.act("refuse", number, remark="价格太高")
    house.event(number)
    before = ledger()
    house.sandbox.forget_effects()

    found = calls(planned(DECIDE))

    assert not written(house)
    assert ledger() == before
    (decision,) = found["PATCH ApprovalRequests(17)"]["ApprovalRequestDecisions"]
    assert decision == {"Status": "ardNotApproved", "Remarks": "价格太高"}
    fields = found["PATCH Drafts(16)"]
    house.work()
    draft, line = house.draft(16), house.approval(17)["ApprovalRequestLines"][0]
    assert {name: draft[name] for name in fields} == fields == {"U_ApprovalStatus": "refused"}
    assert (line["Status"], line["Remarks"]) == (decision["Status"], decision["Remarks"])


def test_before_a_callback_an_open_approval_is_shown_as_if_agreed(house: House) -> None:
    house.approvals()
    house.run()
    plan = planned(DECIDE)
    assert len(plan.notes) == 2  # still open; approved
    assert plan.writes[0].body == {"ApprovalRequestDecisions": [{"Status": "ardApproved", "Remarks": ""}]}


def test_what_is_decided_already_is_said_and_still_shown(house: House) -> None:
    house.approvals()
    house.run()
    number = house.instance_of(16)
    house.act("agree", number, remark="好")
    house.event(number)
    house.work()
    plan = planned(DECIDE)
    assert "17" in plan.notes[0]
    assert "PATCH ApprovalRequests(17)" in calls(plan)
    assert len(house.decisions()) == 1


def test_every_price_as_it_is_saved_afterwards(house: House) -> None:
    house.apply(house.quotations(), house.receive({QUOTATION: QUOTE}))
    common = {"业务伙伴代码": "C26000", "币种": "RMB", "价格清单编号": "1"}
    rows = [{**common, "物料代码": item, "价格": "88.50"} for item in ("A00006", "101010002")]
    lines = [[{"name": name, "value": value} for name, value in row.items()] for row in rows]
    values = {"报价主题": "报价", "报价明细": lines}
    number = house.act("start", processCode=QUOTATION, originatorUserId="user0003", values=values)["instanceId"]
    house.act("agree", number)
    house.event(number, route=QUOTATION)
    house.sandbox.forget_effects()

    plan = planned(QUOTE)

    assert not written(house)
    assert not house.deliveries(QUOTE)
    assert [write.call for write in plan.writes] == ["POST SpecialPrices"] * 2
    house.work()
    for write in plan.writes:
        made = house.sandbox.erp_object("SpecialPrices", f"C26000|{write.body['ItemCode']}")
        assert {name: made[name] for name in write.body} == write.body
    assert all(write.call.startswith("PATCH SpecialPrices(") for write in planned(QUOTE).writes)
