"""Documents outside of the ERP's own approvals (超领料单) to WeCom and back, over real HTTP against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from core.models import Alert, Delivery, FlowInstance, InboundEvent
from tests.integrations.wecom import house as h
from tests.integrations.wecom.house import House, cells, rows
from tests.sandbox_server import SandboxServer, sandbox, sandbox_server  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
SET = "EXCESSISSUE"


@pytest.fixture
def house(sandbox: SandboxServer, live_server: Any, settings: Any) -> House:  # noqa: F811
    settings.LANGUAGE_CODE = "en"  # words are compared, those of the threads too
    return House(sandbox, live_server.url)


def document(house: House, key: int = 1) -> dict[str, Any]:
    return house.sandbox.erp_object(SET, key)


def status(house: House) -> str:
    return str(document(house).get("U_ApprovalStatus") or "")


@pytest.fixture
def sent(house: House) -> House:
    """The demo's one excess issue is in WeCom."""
    house.excess()
    run = house.run(h.DOCUMENTS)
    assert (run.status, run.succeeded) == ("succeeded", 1), run.message
    return house


def number(house: House) -> str:
    """The number of its approval."""
    row = Delivery.objects.filter(flow__name=h.DOCUMENTS).order_by("-pk").first()
    assert row is not None
    return row.target_key or ""


def last(house: House) -> Delivery:
    return Delivery.objects.filter(flow__name=h.DOCUMENTS).order_by("-pk")[0]


def test_it_goes_out_once_with_its_number_and_lines(sent: House) -> None:
    doc_num = str(document(sent)["DocNum"])
    assert doc_num != "1", "DocNum is what people know, DocEntry the key"
    assert sent.run(h.DOCUMENTS).total == 0
    assert sent.made() == [doc_num]
    (approval,) = sent.approvals()
    form = cells(approval)
    assert form["单据编号"]["text"] == doc_num
    assert form["超领原因"]["text"] == "来料不良，超领补料"
    assert [(row["物料编号"], row["数量"]) for row in rows(approval, "超领明细")] == [("201010001", "5")]
    assert approval["applyer"]["userid"] == "wang.wu", "UserSign's FaxNumber"
    assert document(sent)["U_SyncStatus"] == "Y"
    assert (last(sent).key, last(sent).label) == ("EXCESSISSUE/1", doc_num)


@pytest.mark.parametrize("do, value, approver", [("approve", "Y", "wang.wu"), ("refuse", "N", "wang.wu")])
def test_a_decision_is_written_into_the_document(sent: House, do: str, value: str, approver: str) -> None:
    sent.act(do, number(sent))
    sent.work()
    found = document(sent)
    assert (found["U_ApprovalStatus"], found["U_Approver"], found["U_SyncStatus"]) == (value, approver, "Y")
    assert last(sent).decision_state == "applied"
    assert sent.run(h.DOCUMENTS).total == 0


def test_a_withdrawal_refuses(sent: House) -> None:
    sent.act("withdraw", number(sent))
    sent.work()
    assert status(sent) == "N"


def test_a_withdrawal_may_be_ignored(sent: House) -> None:
    sent.apply(h.decide_document(on_withdrawn="ignore"))
    sent.act("withdraw", number(sent))
    sent.work()
    assert status(sent) != "N"


def test_withdrawn_after_the_approval_tells_a_person(sent: House) -> None:
    sent.act("approve", number(sent))
    sent.work()
    sent.act("revoke", number(sent))
    sent.work()
    assert status(sent) == "Y"
    assert "after it had been approved" in Alert.objects.get().text


def test_five_times_and_out_of_order_is_one_decision(sent: House) -> None:
    sent.act("approve", number(sent))
    sent.act("resend", number(sent), times=5)
    sent.act("out_of_order", number(sent))
    sent.work()
    marks = [
        e for e in sent.sandbox.effects(system="erp", key="EXCESSISSUE(1)") if "U_ApprovalStatus" in str(e["detail"])
    ]
    assert len(marks) == 1
    assert InboundEvent.objects.filter(state="processed").count() == 1


def test_refused_and_unmarked_by_its_user_it_is_a_new_approval(sent: House) -> None:
    first = number(sent)
    sent.act("refuse", first)
    sent.work()
    sent.sandbox.erp_put(SET, {"DocEntry": 1, "U_SyncStatus": "N"})
    assert sent.run(h.DOCUMENTS).succeeded == 1
    assert number(sent) != first
    sent.act("approve", number(sent))
    sent.work()
    assert status(sent) == "Y"


def test_approved_changed_and_unmarked_by_its_user_it_is_a_new_approval(sent: House) -> None:
    sent.act("approve", number(sent))
    sent.work()
    sent.sandbox.erp_put(SET, {"DocEntry": 1, "U_SyncStatus": "N", "U_Reason": "追加"})
    assert sent.run(h.DOCUMENTS).succeeded == 1
    assert len(sent.approvals()) == 2


def test_a_document_that_was_edited_is_not_released(sent: House) -> None:
    old = number(sent)
    sent.sandbox.erp_put(SET, {"DocEntry": 1, "U_Reason": "改成别的原因"})
    sent.act("approve", old)
    sent.work()
    assert status(sent) != "Y"
    assert last(sent).decision_state == "superseded"
    assert "改成别的原因" in last(sent).decision_text
    assert document(sent)["U_SyncStatus"] == "N"
    assert sent.run(h.DOCUMENTS).succeeded == 1
    sent.act("approve", number(sent))
    sent.work()
    assert status(sent) == "Y"
    sent.act("resend", old, times=1)
    sent.event(old, template=h.EXCESS)
    sent.work()
    assert status(sent) == "Y"


def test_a_lost_answer_is_found_by_the_number(house: House) -> None:
    house.excess()
    house.sandbox.fault(system="wecom", op="create", when="after", action="drop")
    house.run(h.DOCUMENTS)
    house.settle()
    assert house.run(h.DOCUMENTS).succeeded == 1
    assert len(house.approvals()) == 1
    assert document(house)["U_SyncStatus"] == "Y"


def test_a_decision_that_is_faster_than_the_ledger(house: House) -> None:
    house.excess()
    house.sandbox.fault(system="wecom", op="create", when="after", action="drop")
    house.run(h.DOCUMENTS)
    house.act("approve", house.approvals()[0]["sp_no"])
    house.work()
    assert status(house) == "Y"
    assert last(house).decision_state == "applied"


def test_the_erp_is_down_when_the_decision_arrives(sent: House) -> None:
    sent.sandbox.fault(system="erp", op="*", when="before", action="status", status=503, times=0)
    answer = sent.act("approve", number(sent))
    assert {event["state"] for event in answer["events"]} == {"delivered"}
    sent.work()
    assert status(sent) != "Y"
    sent.sandbox.clear_faults()
    sent.work()
    assert status(sent) == "Y"


def test_a_callback_that_never_came_is_asked_for(sent: House) -> None:
    sent.settings(url="")
    assert sent.reconcile(h.DOCUMENTS).status == "succeeded"
    assert last(sent).decision_state == "pending", "still open in WeCom"
    sent.act("approve", number(sent))
    sent.reconcile(h.DOCUMENTS)
    assert status(sent) == "Y"
    assert last(sent).decision_state == "applied"


def by_hand(house: House, doc_num: Any) -> str:
    """Somebody fills in the form in WeCom."""
    values = {"单据编号": str(doc_num), "超领原因": "手工提交"}
    return str(house.act("submit", template_id=h.EXCESS, creator="wang.wu", values=values)["sp_no"])


def test_a_document_submitted_by_hand_is_found_by_its_number(house: House) -> None:
    house.apply(h.decide_document(), h.receive({h.EXCESS: h.DECIDE_DOCUMENT}))
    house.subscribe()
    house.act("approve", by_hand(house, document(house)["DocNum"]))
    house.work()
    assert status(house) == "Y"


def test_a_number_written_by_hand_does_not_decide_a_document_that_is_in_approval(sent: House) -> None:
    other = by_hand(sent, document(sent)["DocNum"])
    sent.act("approve", other)
    sent.work()
    assert status(sent) != "Y"
    assert "is 20" in InboundEvent.objects.get(target_key=other, state="dead").error


def test_a_number_that_the_erp_does_not_know(sent: House) -> None:
    other = by_hand(sent, 999999)
    sent.act("approve", other)
    sent.work()
    event = InboundEvent.objects.exclude(state="ignored").get(target_key=other)
    assert (event.state, "999999" in event.error) == ("failed", True)


def test_any_object_with_other_names(house: House) -> None:
    """A purchase request that is no draft: key, number, user and fields are settings."""
    template = "C4WdT5pContract0000000003demoTemplateId5x"
    mappings = [
        {"section": "form", "source": "DocNum", "target": "单据编号"},
        {"section": "form", "source": "Comments", "target": "合同名称"},
        {"section": "form", "source": "DocTotal", "target": "合同金额"},
        {"section": "form", "source": "DocDate", "target": "签订日期"},
        {"section": "form", "source": "", "default": "li.si", "target": "经办人"},
    ]
    config = {
        "template_id": template, "object_type": "PurchaseRequests", "lines_name": "", "since": "2020-01-01",
        "filter": "Comments eq '已批准的采购申请'", "select": "Comments,DocTotal,DocDate", "summary": "单据 {DocNum}",
    }  # fmt: skip
    house.apply({**h.flow("采购", "wecom.push_document", "erp oa", config), "mappings": mappings})
    run = house.run("采购")
    assert (run.status, run.succeeded) == ("succeeded", 2), run.message
    form = cells(house.approvals()[0])
    assert form["经办人"]["members"][0]["userid"] == "li.si"
    assert form["合同金额"]["new_money"]


def test_only_documents_since_a_day(house: House) -> None:
    house.excess(since="2099-01-01")
    assert house.run(h.DOCUMENTS).total == 0
    house.excess(since="2000-01-01")
    assert house.run(h.DOCUMENTS).succeeded == 1


def test_a_number_that_is_dressed_up_is_found_as_it_was_sent(house: House) -> None:
    mappings = [
        {"section": "form", "source": "DocNum", "transform": "template:CL-{}", "target": "单据编号"},
        {"section": "table", "source": "U_ItemCode", "target": "物料编号"},
        {"section": "table", "source": "U_Quantity", "target": "数量"},
    ]
    house.apply({**h.documents(), "mappings": mappings})
    house.sandbox.fault(system="wecom", op="create", when="after", action="drop")
    house.run(h.DOCUMENTS)
    house.settle()
    assert house.run(h.DOCUMENTS).succeeded == 1
    assert [approval["source"][:3] for approval in house.approvals()] == ["CL-"]


def test_a_document_without_a_number_is_refused(house: House) -> None:
    house.apply({**h.documents(number_field="U_NoSuchField"), "mappings": [
        {"section": "form", "source": "U_NoSuchField", "target": "单据编号"},
        {"section": "table", "source": "U_ItemCode", "target": "物料编号"},
        {"section": "table", "source": "U_Quantity", "target": "数量"},
    ]})  # fmt: skip
    house.run(h.DOCUMENTS)
    assert "no number for control 单据编号" in last(house).error
    assert house.approvals() == []


def test_another_corps_approval_of_the_same_number_decides_nothing(sent: House) -> None:
    """As it looks when the ledger's row belongs to another form."""
    row = last(sent)
    Delivery.objects.filter(pk=row.pk).update(recall={**row.recall, "template": "another-template"})
    sent.act("approve", number(sent))
    sent.work()
    assert status(sent) != "Y"
    assert "another-template" in InboundEvent.objects.get(state="dead").error


def test_one_document_that_failed_is_read_afresh(house: House) -> None:
    house.excess()
    house.sandbox.fault(system="wecom", op="create", when="before", action="status", status=429)
    assert house.run(h.DOCUMENTS).failed == 1
    assert house.run(h.DOCUMENTS).succeeded == 1
    assert len(house.approvals()) == 1


def test_the_enable_checks(house: House) -> None:
    from core.flows.context import load

    house.excess()
    for name in (h.DOCUMENTS, h.DECIDE_DOCUMENT):
        ctx = load(FlowInstance.objects.get(name=name))
        assert ctx.flow_type.check(ctx) == []
    house.apply(h.decide_document(status_field="U_NoSuchField"))
    ctx = load(FlowInstance.objects.get(name=h.DECIDE_DOCUMENT))
    assert "U_NoSuchField" in ctx.flow_type.check(ctx)[0]
