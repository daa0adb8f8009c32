"""The preview of WeCom's decisions is what is written afterwards, and writes nothing itself."""

from __future__ import annotations

from typing import Any

import pytest

from core.flows import context, samples
from core.flows.base import Plan
from core.models import FlowInstance
from tests.integrations.wecom.house import DOCUMENTS, House
from tests.sandbox_server import SandboxServer, sandbox, sandbox_server  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(sandbox: SandboxServer, live_server: Any) -> House:  # noqa: F811
    return House(sandbox, live_server.url)


def planned(flow_type: str, key: str) -> Plan:
    """Of this approval."""
    ctx = context.load(FlowInstance.objects.get(flow_type=flow_type))
    sample = next(each for each in samples.of(ctx) if each.event and each.event.target_key == key)
    return ctx.flow_type.rehearse(ctx, sample).plan()


def written(house: House) -> list[str]:
    """What the ERP was made to do."""
    return [effect["op"] for effect in house.sandbox.effects("erp") if effect["op"] != "login"]


def test_a_draft_before_and_after_the_decision(house: House) -> None:
    house.drafts()
    house.run()
    number = house.number(16)
    house.sandbox.forget_effects()
    assert (
        planned("wecom.decide_draft", number).writes[0].body["ApprovalRequestDecisions"][0]["Status"] == "ardApproved"
    )
    house.act("refuse", number, speech="太贵")

    plan = planned("wecom.decide_draft", number)

    assert not written(house)
    assert plan.writes[0].call == "PATCH ApprovalRequests(17)"
    (decision,) = plan.writes[0].body["ApprovalRequestDecisions"]
    house.work()
    line = house.approval(17)["ApprovalRequestLines"][0]
    assert (line["Status"], line["Remarks"]) == (decision["Status"], decision["Remarks"])


def test_a_document_outside_of_the_erps_approvals(house: House) -> None:
    house.excess()
    house.run(DOCUMENTS)
    number = next(row["sp_no"] for row in house.approvals())
    house.act("approve", number)
    house.sandbox.forget_effects()

    (write,) = planned("wecom.decide_document", number).writes

    assert not written(house)
    assert write.call == "PATCH EXCESSISSUE(1)"
    house.work()
    document = house.sandbox.erp_object("EXCESSISSUE", 1)
    assert {name: document[name] for name in write.body} == write.body
