"""The preview of an e-cology message is what is written afterwards, and writes nothing itself."""

from __future__ import annotations

from core.flows import context, samples
from core.flows.base import Plan
from core.models import FlowInstance
from tests.integrations.ecology.house import DECISIONS, ORDERS, PURCHASES, House
from tests.integrations.ecology.test_documents import order


def planned(name: str) -> Plan:
    """Of the first sample."""
    ctx = context.load(FlowInstance.objects.get(name=name))
    return ctx.flow_type.rehearse(ctx, samples.of(ctx)[0]).plan()


def written(house: House) -> list[str]:
    """What the ERP was made to do."""
    return [effect["op"] for effect in house.sandbox.effects("erp") if effect["op"] != "login"]


def test_a_document_as_it_was_created(house: House) -> None:
    house.orders()
    answer = house.post(ORDERS, order())
    house.sandbox.forget_effects()

    (write,) = planned(ORDERS).writes

    assert not written(house)
    made = house.sandbox.erp_object("Orders", answer["docEntry"])
    assert write.call == "POST Orders"
    assert write.body["U_REQUESTID"] == "3038137"
    assert {name: made[name] for name in ("CardCode", "Comments")} == {
        name: write.body[name] for name in ("CardCode", "Comments")
    }
    (line,) = write.body["DocumentLines"]
    assert {name: made["DocumentLines"][0][name] for name in line} == line


def test_without_a_message_the_flow_type_makes_one_that_can_be_mapped(house: House) -> None:
    house.suppliers()
    house.orders()
    for name in FlowInstance.objects.filter(flow_type="ecology.create_erp_document").values_list("name", flat=True):
        (write,) = planned(name).writes
        assert write.body
    assert not written(house)


def test_a_decision_about_a_request_that_was_sent(house: House) -> None:
    house.purchases()
    house.decisions()
    house.run(PURCHASES)
    house.sandbox.forget_effects()
    ctx = context.load(FlowInstance.objects.get(name=DECISIONS))
    offered = samples.of(ctx)
    sample = next(each for each in offered if house.deliveries(PURCHASES)["16/17/1"].target_key in str(each.label))

    plan = ctx.flow_type.rehearse(ctx, sample).plan()

    assert not written(house)
    assert plan.writes[0].call == "PATCH ApprovalRequests(17)"
    answer = house.post(DECISIONS, sample.body)
    assert answer["success"] == "Y", answer
    assert (
        house.approval(17)["ApprovalRequestLines"][0]["Remarks"]
        == (plan.writes[0].body["ApprovalRequestDecisions"][0]["Remarks"])
    )
