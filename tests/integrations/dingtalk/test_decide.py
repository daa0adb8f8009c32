"""What DingTalk decided becomes the ERP's decision, once, whatever way and order the events come in."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from core.flows import events
from core.models import Alert, Company, Delivery, FlowInstance, InboundEvent
from core.models.event import EventState
from integrations.dingtalk.flows import asking
from tests.integrations.dingtalk.house import DECIDE, PUSH, RECEIVE, House, again


@pytest.fixture
def sent(house: House) -> House:
    """Drafts 16, 17 and 18 are in DingTalk."""
    house.approvals()
    assert house.run().succeeded == 3
    return house


def states() -> list[str]:
    return list(InboundEvent.objects.order_by("pk").values_list("state", flat=True))


def test_agreed_refused_and_withdrawn_come_back_to_the_right_requests(sent: House) -> None:
    agreed, refused, withdrawn = (sent.instance_of(draft) for draft in (16, 17, 18))
    sent.act("agree", agreed, remark="同意采购")
    sent.act("refuse", refused, remark="价格太高")
    sent.settings(terminate_wait_seconds=0)
    sent.act("terminate", withdrawn, remark="填错了")
    for number, kind in ((agreed, "finish"), (refused, "finish"), (withdrawn, "terminate")):
        sent.event(number, kind)

    sent.work()

    assert states() == [EventState.PROCESSED] * 3
    lines = {code: sent.approval(code)["ApprovalRequestLines"][0] for code in (17, 18, 19)}
    assert (lines[17]["Status"], lines[17]["Remarks"]) == ("ardApproved", "同意采购")
    assert (lines[18]["Status"], lines[18]["Remarks"]) == ("ardNotApproved", "价格太高")
    assert (lines[19]["Status"], lines[19]["Remarks"]) == ("ardNotApproved", "发起人撤销")
    assert [sent.approval(code)["Status"] for code in (17, 18, 19)] == [
        "arsApproved",
        "arsNotApproved",
        "arsNotApproved",
    ]
    assert len(sent.decisions()) == 3


def test_approver_remark_and_time_are_written_into_the_draft(sent: House) -> None:
    rows = [
        {"section": "draft", "source": source, "target": target}
        for source, target in (
            ("approver", "U_Approver"),
            ("decision", "U_ApprovalStatus"),
            ("time", "U_ApprovalDate"),
            ("remark", "U_ApprovalRemark"),
            ("form.来源单号", "U_REQUESTID"),
            ("instance_id", "U_InstanceId"),
        )
    ]
    sent.apply(sent.decide(mappings=rows))
    number = sent.instance_of(16)
    before = timezone.now().replace(second=0, microsecond=0)
    sent.act("agree", number, userId="user0003", remark="好")
    sent.event(number)
    sent.work()

    draft = sent.draft(16)
    assert (draft["U_Approver"], draft["U_ApprovalStatus"]) == ("user0003", "approved")
    assert (draft["U_ApprovalRemark"], draft["U_REQUESTID"], draft["U_InstanceId"]) == ("好", "17", number)
    ended = [before + timedelta(hours=8, minutes=more) for more in (0, 1)]
    assert draft["U_ApprovalDate"] in {f"{moment:%Y-%m-%d %H:%M:00}" for moment in ended}


def test_the_payload_is_only_a_hint(sent: House) -> None:
    """A forged or wrong result in an authentic event changes nothing: the instance is believed."""
    number = sent.instance_of(16)
    sent.act("refuse", number, remark="不行")
    sent.event(number, result="agree")
    sent.work()
    assert sent.approval(17)["Status"] == "arsNotApproved"


def test_the_same_end_five_times_and_in_any_order_is_one_decision(sent: House) -> None:
    number = sent.instance_of(16)
    sent.act("agree", number)
    for _ in range(5):
        sent.event(number)
    sent.event(number, "terminate")
    sent.work()
    assert states() == [EventState.PROCESSED] * 6
    assert len(sent.decisions()) == 1
    assert sent.approval(17)["Status"] == "arsApproved"


def test_still_running_is_asked_again_after_10_s_1_min_5_min_then_left_to_reconciling(sent: House) -> None:
    number = sent.instance_of(16)
    event = sent.event(number)
    for wait in asking.WAITS:
        sent.work()
        event.refresh_from_db()
        assert event.state == EventState.FAILED
        away = (event.due_at - timezone.now()).total_seconds()
        assert wait - 5 < away <= wait
    sent.work()
    event.refresh_from_db()
    assert (event.state, event.due_at) == (EventState.PROCESSED, None)
    assert not sent.decisions()

    sent.act("agree", number)
    assert sent.reconcile().total == 3
    assert sent.approval(17)["Status"] == "arsApproved"


def test_a_callback_that_never_came_is_made_up_for(sent: House) -> None:
    sent.act("agree", sent.instance_of(16), remark="同意")
    sent.act("refuse", sent.instance_of(17), remark="不同意")
    sent.settings(terminate_wait_seconds=0)
    sent.act("terminate", sent.instance_of(18))

    run = sent.reconcile()

    assert (run.status, run.total) == ("succeeded", 3), run.message
    assert [sent.approval(c)["Status"] for c in (17, 18, 19)] == ["arsApproved", "arsNotApproved", "arsNotApproved"]
    assert sent.reconcile().total == 0


def test_the_callback_and_reconciling_together_decide_once(sent: House) -> None:
    number = sent.instance_of(16)
    sent.act("agree", number)
    sent.event(number)
    sent.reconcile()
    sent.work()
    assert len(sent.decisions()) == 1


def test_an_erp_that_is_down_only_delays(sent: House) -> None:
    number = sent.instance_of(16)
    sent.act("agree", number)
    event = sent.event(number)
    sent.sandbox.fault(system="erp", op="*", when="before", action="drop", times=0)
    sent.work()
    event.refresh_from_db()
    assert event.state == EventState.FAILED
    assert Delivery.objects.get(label="16").decision_state == "pending"
    sent.sandbox.clear_faults()
    sent.work()
    assert sent.approval(17)["Status"] == "arsApproved"


def test_a_lost_answer_of_the_decision_is_seen_as_taken(sent: House) -> None:
    number = sent.instance_of(16)
    sent.act("agree", number)
    sent.event(number)
    sent.sandbox.fault(system="erp", op="decide", when="after", action="drop", times=3)
    sent.work()
    sent.work()
    assert len(sent.decisions()) == 1
    assert Delivery.objects.get(label="16").decision_state == "applied"


def test_an_event_before_the_ledger_adopts_the_uncertain_document(house: House) -> None:
    house.approvals(filter="Code eq 17")
    house.fault(op="create", when="after", action="drop")
    house.run()
    (number,) = house.made()
    assert house.delivery(16).state == "uncertain"
    house.act("agree", number)
    house.event(number)
    house.work()
    assert house.approval(17)["Status"] == "arsApproved"
    house.settle()
    house.run()
    assert (house.delivery(16).state, house.delivery(16).target_key) == ("done", number)
    assert len(house.made()) == 1


def test_an_approval_that_nobody_knows_is_tried_for_fifteen_minutes_then_shown(sent: House) -> None:
    sent.sandbox.forget_effects()
    number = sent.act("start", processCode="PROC-11111111-2222-3333-4444-555555555504", originatorUserId="user0002",
                      values={"来源单号": "99999"})["instanceId"]  # fmt: skip
    sent.act("agree", number)
    event = sent.event(number)
    sent.work()
    event.refresh_from_db()
    assert event.state == EventState.FAILED
    InboundEvent.objects.update(received_at=timezone.now() - timedelta(minutes=16))
    sent.work()
    event.refresh_from_db()
    assert event.state == EventState.DEAD
    assert Alert.objects.filter(subject=f"event:{event.pk}").exists()
    assert not sent.decisions()


def test_a_number_written_by_hand_releases_nothing(sent: House) -> None:
    """Somebody starts an approval with the source number of a draft whose approval is another one."""
    lines = [[{"name": "品号", "value": "A"}, {"name": "需求数量", "value": "1"}]]
    values = {"来源单号": "17", "请购人员": "x", "单据日期": "2026-01-01", "请购明细": lines}
    number = sent.act("start", processCode="PROC-11111111-2222-3333-4444-555555555501", values=values)["instanceId"]
    sent.act("agree", number)
    event = sent.event(number)
    sent.work()
    event.refresh_from_db()
    assert event.state == EventState.DEAD
    assert sent.approval(17)["Status"] == "arsPending"


# -- withdrawn, deleted, revoked


def test_a_withdrawal_may_be_ignored(sent: House) -> None:
    sent.apply(sent.decide(on_withdrawn="ignore"))
    sent.settings(terminate_wait_seconds=0)
    sent.act("terminate", sent.instance_of(16))
    sent.event(sent.instance_of(16), "terminate")
    sent.work()
    assert sent.approval(17)["Status"] == "arsPending"


def test_a_deleted_approval_is_a_refusal(sent: House) -> None:
    number = sent.instance_of(16)
    sent.act("delete", number)
    sent.event(number, "delete")
    sent.work()
    line = sent.approval(17)["ApprovalRequestLines"][0]
    assert (line["Status"], line["Remarks"]) == ("ardNotApproved", "审批单已删除")


def test_a_deleted_approval_is_found_without_its_event_but_not_in_another_organisation(sent: House) -> None:
    sent.act("delete", sent.instance_of(16))
    sent.settings(missing_scopes=["Workflow.Form.Read"])
    assert sent.reconcile().status != "succeeded", "the template is not ours to see: nobody was refused"
    assert sent.approval(17)["Status"] == "arsPending"
    sent.settings(missing_scopes=[])
    sent.reconcile()
    assert sent.approval(17)["Status"] == "arsNotApproved"


@pytest.mark.parametrize("how", ["delete", "revoke"])
def test_taken_back_after_the_approval_a_person_is_told_and_nothing_changes(sent: House, how: str) -> None:
    number = sent.instance_of(16)
    sent.act("agree", number)
    sent.event(number)
    sent.work()
    after = sent.act(how, number).get("instanceId", number)
    sent.event(after, "delete" if how == "delete" else "finish", "agree")
    sent.work()
    assert sent.approval(17)["Status"] == "arsApproved"
    assert len(sent.decisions()) == 1
    assert Alert.objects.filter(subject=f"approval:{number}").exists()


# -- what was approved is what is released


def test_a_draft_edited_while_it_waits_is_not_released_by_the_old_approval(sent: House) -> None:
    number = sent.instance_of(16)
    sent.sandbox.erp_act("PATCH", "Drafts(16)", {"DocumentLines": [{"LineNum": 0, "Quantity": 5500}]})
    sent.act("agree", number)
    sent.event(number)
    sent.work()

    assert not sent.decisions()
    row = Delivery.objects.get(target_key=number)
    assert row.decision_state == "superseded"
    assert "5500" in row.decision_text
    assert sent.run().succeeded == 1, "it goes out again"
    assert len(sent.made()) == 4
    fresh = sent.instance_of(16)
    assert fresh != number
    sent.act("agree", fresh)
    sent.event(fresh)
    sent.work()
    assert len(sent.decisions()) == 1


def test_the_old_approval_of_an_edited_draft_is_withdrawn(sent: House) -> None:
    number = sent.instance_of(16)
    sent.sandbox.erp_act("PATCH", "Drafts(16)", {"Comments": "改过了"})
    sent.run()
    sent.reconcile()
    assert Delivery.objects.get(target_key=number).decision_state == "pending", "too young to be withdrawn"
    sent.settings(terminate_wait_seconds=0)
    sent.reconcile()
    assert Delivery.objects.get(target_key=number).decision_state == "superseded"
    assert len(sent.sandbox.effects(system="dingtalk", op="terminate", key=number)) == 1
    assert sent.approval_is_open(16)

    sent.event(number, "terminate")  # DingTalk tells us of our own withdrawal
    sent.work()
    assert not sent.decisions()
    assert sent.approval_is_open(16), "it is no answer to the new approval"


def test_only_a_new_code_and_the_pending_request_is_decided(sent: House) -> None:
    number = sent.instance_of(16)
    again(sent, 17, 95)
    sent.act("agree", number)
    sent.event(number)
    sent.work()
    assert sent.approval(95)["Status"] == "arsApproved"
    assert len(sent.made()) == 3


def test_a_refused_draft_submitted_again_is_a_new_approval(sent: House) -> None:
    number = sent.instance_of(16)
    sent.act("refuse", number)
    sent.event(number)
    sent.work()
    assert sent.run().total == 0
    again(sent, 17, 96, old_status="")
    assert sent.run().succeeded == 1
    fresh = sent.instance_of(16)
    assert fresh != number
    sent.act("agree", fresh)
    sent.event(fresh)
    sent.work()
    assert sent.approval(96)["Status"] == "arsApproved"


def test_decided_by_hand_meanwhile(sent: House) -> None:
    for draft, status in ((16, "ardApproved"), (17, "ardNotApproved")):
        code = draft + 1
        sent.sandbox.erp_act(
            "PATCH", f"ApprovalRequests({code})", {"ApprovalRequestDecisions": [{"Status": status}]}, 12
        )
        sent.act("agree", sent.instance_of(draft))
        sent.event(sent.instance_of(draft))
    sent.work()
    found = dict(Delivery.objects.filter(flow__name=PUSH).values_list("label", "decision_state"))
    assert (found["16"], found["17"]) == ("applied", "conflict")
    assert Alert.objects.filter(subject__startswith="decision:").count() == 1


def test_a_second_stage_is_a_second_approval(sent: House) -> None:
    first = sent.instance_of(18)
    sent.act("agree", first)
    sent.event(first)
    sent.work()
    assert sent.approval(19)["Status"] == "arsPending"
    assert sent.run().succeeded == 1
    second = sent.instance_of(18)
    assert second != first
    sent.act("agree", second)
    sent.event(second)
    sent.work()
    assert sent.approval(19)["Status"] == "arsApproved"


def test_a_wrong_approver_is_named(sent: House) -> None:
    sent.apply(sent.decide(approver_connections={}))
    number = sent.instance_of(16)
    sent.act("agree", number)
    event = sent.event(number)
    sent.work()
    event.refresh_from_db()
    assert event.state == EventState.DEAD
    assert "WDD1" in event.error or "approver" in event.error
    sent.apply(sent.decide())
    events.replay(event)
    sent.work()
    assert sent.approval(17)["Status"] == "arsApproved"


def test_a_draft_of_another_company_is_decided_by_that_companys_flow(sent: House) -> None:
    """One approval template serves two companies; its events go to one of the deciding flows."""
    flow = FlowInstance.objects.get(name=DECIDE)
    other = Company.objects.create(tenant=flow.tenant, code="OTHER", name="另一个账套")
    FlowInstance.objects.filter(pk=flow.pk).update(company=other)
    number = sent.instance_of(16)
    sent.act("agree", number)
    event = sent.event(number)
    sent.work()
    event.refresh_from_db()
    assert event.state == EventState.DEAD
    assert not sent.decisions()

    sent.apply({**sent.decide(), "name": "本账套审批结果"})
    events.replay(event)
    sent.work()
    assert sent.approval(17)["Status"] == "arsApproved"


def test_events_of_an_unrouted_template_and_of_other_kinds_are_kept(sent: House) -> None:
    event = sent.event(sent.instance_of(16), route="PROC-UNKNOWN")
    sent.work()
    event.refresh_from_db()
    assert event.state == EventState.IGNORED


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[1::2])
def test_f4_in_small(sent: House, order: tuple[int, ...]) -> None:
    """The events of three approvals, several times each, in any order, some after the ERP decided already."""
    numbers = [sent.instance_of(draft) for draft in (16, 17, 18)]
    for index, number in enumerate(numbers):
        sent.act("refuse" if index == 1 else "agree", number)
    for place in order:
        for _ in range(2):
            sent.event(numbers[place])
    sent.work()
    for place in reversed(order):
        sent.event(numbers[place])
    sent.work()
    assert len(sent.decisions()) == 3
    assert FlowInstance.objects.get(name=RECEIVE).events.exclude(state=EventState.PROCESSED).count() == 0
