"""Drafts to WeCom and back, over real HTTP against the sandbox: the ways they go right."""

from __future__ import annotations

from typing import Any

import pytest

from core.models import Alert, Delivery, FlowRun, InboundEvent
from tests.integrations.wecom import house as h
from tests.integrations.wecom.house import House, cells, rows
from tests.sandbox_server import SandboxServer, sandbox, sandbox_server  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(sandbox: SandboxServer, live_server: Any, settings: Any) -> House:  # noqa: F811
    settings.LANGUAGE_CODE = "en"  # words are compared, those of the threads too
    return House(sandbox, live_server.url)


@pytest.fixture
def sent(house: House) -> House:
    """Three drafts (16, 17, 18) are in WeCom; 19 has no request, 24 is decided."""
    house.drafts()
    run = house.run()
    assert (run.status, run.succeeded, run.failed) == ("succeeded", 3, 0), run.message
    return house


def test_drafts_with_a_pending_request_go_out_once(sent: House) -> None:
    assert sent.made() == ["16", "17", "18"]
    assert sent.run().total == 0
    assert sent.made() == ["16", "17", "18"]
    assert [sent.draft(n)["U_SyncStatus"] for n in (16, 17, 18, 19)] == ["Y", "Y", "Y", "N"]
    states = set(Delivery.objects.values_list("state", "decision_state"))
    assert states == {("done", "pending")}
    keys = sorted(Delivery.objects.values_list("key", flat=True))
    assert keys[:2] == ["16/17/1", "17/18/1"]


def test_the_form_is_filled_in_control_by_control(sent: House) -> None:
    (approval,) = [a for a in sent.approvals() if a["source"] == "16"]
    form = cells(approval)
    assert form["草稿单号"]["text"] == "16"
    assert form["申请理由"]["text"] == "请审批"
    assert form["单据日期"]["date"] == {"type": "day", "s_timestamp": "1660924800"}
    table = rows(approval, "物料明细")
    assert [(row["品号"], row["数量"]) for row in table] == [("11028", "55"), ("14003", "11")]
    assert table[0]["品名"]
    assert table[0]["需求日期"]["s_timestamp"] == "1661184000"


def test_the_applicant_is_the_user_of_the_request(sent: House) -> None:
    applicants = {a["source"]: a["applyer"]["userid"] for a in sent.approvals()}
    assert applicants == {"16": "zhang.san", "17": "wang.wu", "18": "zhang.san"}


@pytest.fixture
def quick(house: House) -> House:
    """As ``sent``, for draft 16 alone."""
    house.drafts(filter="DocObjectCode eq '1470000113' and DocEntry eq 16")
    assert house.run().succeeded == 1
    return house


def test_an_approval_comes_back(quick: House) -> None:
    answer = quick.act("approve", quick.number(16), speech="同意采购")
    assert {event["state"] for event in answer["events"]} == {"delivered"}
    assert quick.approval()["Status"] == "arsPending", "nothing waits for the ERP"
    quick.work()
    line = quick.approval()["ApprovalRequestLines"][0]
    assert (quick.approval()["Status"], line["Status"], line["Remarks"]) == ("arsApproved", "ardApproved", "同意采购")
    draft = quick.draft()
    assert (draft["U_Approver"], draft["U_ApprovalStatus"], draft["U_SyncStatus"]) == ("li.si", "Y", "Y")
    assert (quick.delivery(16).decision, quick.delivery(16).decision_state) == ("approved", "applied")
    assert len(quick.decisions()) == 1


def test_a_refusal_comes_back_and_the_draft_may_go_out_again(quick: House) -> None:
    quick.act("refuse", quick.number(16), speech="太贵")
    quick.work()
    line = quick.approval()["ApprovalRequestLines"][0]
    assert (quick.approval()["Status"], line["Remarks"]) == ("arsNotApproved", "太贵")
    draft = quick.draft()
    assert (draft["U_Approver"], draft["U_ApprovalStatus"], draft["U_SyncStatus"]) == ("li.si", "N", "N")
    assert quick.run().total == 0, "not before its user submits it again"


def test_a_withdrawal_is_a_refusal_with_its_own_words(quick: House) -> None:
    quick.act("withdraw", quick.number(16))
    quick.work()
    line = quick.approval()["ApprovalRequestLines"][0]
    assert (quick.approval()["Status"], line["Remarks"]) == ("arsNotApproved", "发起人撤销")
    assert quick.delivery(16).decision == "withdrawn"


def test_a_withdrawal_may_be_ignored(house: House) -> None:
    house.apply(h.push(filter="DocEntry eq 16"), h.decide(on_withdrawn="ignore"), h.receive({h.PURCHASE: h.DECIDE}))
    house.subscribe()
    house.run()
    house.act("withdraw", house.number(16))
    house.work()
    assert house.approval()["Status"] == "arsPending"
    assert not house.decisions()


def test_withdrawn_after_the_approval_changes_nothing_and_tells_a_person(quick: House) -> None:
    quick.act("approve", quick.number(16))
    quick.work()
    quick.act("revoke", quick.number(16))
    quick.work()
    assert quick.approval()["Status"] == "arsApproved"
    assert len(quick.decisions()) == 1
    assert "withdrawn or deleted after" in Alert.objects.get().text


def test_revoked_before_we_heard_of_the_approval_is_no_approval(quick: House) -> None:
    quick.settings(hold_events=True)
    quick.act("approve", quick.number(16))
    quick.act("revoke", quick.number(16))
    quick.settings(hold_events=False)
    quick.act("release", order="kept")
    quick.work()
    assert quick.approval()["Status"] == "arsNotApproved"
    assert len(quick.decisions()) == 1


def test_one_approver_of_several_is_no_approval(house: House) -> None:
    house.apply(
        h.push(filter="DocEntry eq 16", use_template_approver=0, approvers="li.si&wang.wu"),
        h.decide(),
        h.receive({h.PURCHASE: h.DECIDE}),
    )
    house.subscribe()
    house.run()
    house.act("approve", house.number(16), user="li.si", speech="一")
    house.work()
    assert house.approval()["Status"] == "arsPending"
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"ignored"}
    house.act("approve", house.number(16), user="wang.wu", speech="二")
    house.work()
    assert house.approval()["Status"] == "arsApproved"
    assert house.approval()["ApprovalRequestLines"][0]["Remarks"] == "二"


def test_only_at_the_stages_that_wecom_decides(house: House) -> None:
    """Draft 18 waits for approver 12 first, then for 13."""
    house.drafts(stage_approver_ids=["13"])
    assert house.run().total == 0
    house.sandbox.erp_act(
        "PATCH",
        "ApprovalRequests(19)",
        {"ApprovalRequestDecisions": [{"Status": "ardApproved", "Remarks": "在ERP批准"}]},
        user=12,
    )
    assert house.run().succeeded == 1
    assert house.made() == ["18"]


def test_each_stage_is_decided_by_its_own_approver(sent: House) -> None:
    """18 has two stages: both go to WeCom, one after the other, and each is decided as that stage's ERP approver."""
    for _ in range(2):
        sent.act("approve", sent.number(18))
        sent.work()
        assert sent.run().failed == 0
    assert sent.made() == ["16", "17", "18", "18"]
    request = sent.approval(19)
    assert request["Status"] == "arsApproved"
    assert [line["Status"] for line in request["ApprovalRequestLines"]] == ["ardApproved", "ardApproved"]
    assert [decision["detail"]["user"] for decision in sent.decisions()] == [12, 13]


def test_the_document_is_posted_after_the_last_approval(house: House) -> None:
    house.apply(h.push(filter="DocEntry eq 16"), h.decide(post_document=True), h.receive({h.PURCHASE: h.DECIDE}))
    house.subscribe()
    house.run()
    before = len(house.sandbox.erp_objects("PurchaseRequests"))
    house.act("approve", house.number(16))
    house.work()
    assert len(house.sandbox.erp_objects("PurchaseRequests")) == before + 1


def test_attachments_go_along(house: House) -> None:
    house.drafts(filter="DocEntry eq 16", attachments="附件")
    assert house.run().succeeded == 1
    (approval,) = house.approvals()
    assert [file["file_name"] for file in cells(approval)["附件"]["files"]] == ["询价单.txt", "图纸.png"]


def test_other_events_and_other_templates_are_kept_and_left_alone(quick: House) -> None:
    quick.act("noise", event="change_contact")
    quick.act("noise", event="open_approval_change")
    quick.act("comment", quick.number(16), text="请尽快")
    quick.act("urge", quick.number(16))
    quick.event("202601019999", template="unknown-template")
    quick.work()
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"ignored"}
    assert not FlowRun.objects.filter(trigger="event").exists()


def test_the_summary_in_lists(quick: House) -> None:
    assert quick.wecom("GET", "approvals")["approvals"][0]["source"] == "16"
    steps = FlowRun.objects.filter(flow__name=h.PUSH).first().steps.filter(name="oa/applyevent")
    assert '"text": "申请理由: 请审批"' in steps.get().input
