"""Drafts to WeCom and back when something goes wrong on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.callbacks.base import rejections
from core.models import Alert, Connection, Delivery, FieldMapping, FlowInstance, InboundEvent
from tests.integrations.wecom import house as h
from tests.integrations.wecom.house import House
from tests.sandbox_server import SandboxServer, sandbox, sandbox_server  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
ONLY_16 = "DocObjectCode eq '1470000113' and DocEntry eq 16"
DOWN = {"system": "erp", "op": "*", "when": "before", "action": "status", "status": 503, "times": 0}


@pytest.fixture
def house(sandbox: SandboxServer, live_server: Any, settings: Any) -> House:  # noqa: F811
    settings.LANGUAGE_CODE = "en"  # words are compared, those of the threads too
    return House(sandbox, live_server.url)


@pytest.fixture
def one(house: House) -> House:
    """Draft 16 is in WeCom."""
    house.drafts(filter=ONLY_16)
    assert house.run().succeeded == 1
    return house


# -- the answer to a submission is lost


def test_a_lost_answer_is_found_by_the_number_and_not_sent_again(house: House) -> None:
    house.drafts(filter=ONLY_16)
    house.sandbox.fault(system="wecom", op="create", when="after", action="drop")
    house.run()
    assert house.delivery(16).state == "uncertain"
    house.settle()
    run = house.run()
    assert (run.status, run.succeeded) == ("succeeded", 1)
    assert house.made() == ["16"]
    assert house.number(16) == house.approvals()[0]["sp_no"]
    assert house.draft()["U_SyncStatus"] == "Y"
    house.act("approve", house.number(16))
    house.work()
    assert house.approval()["Status"] == "arsApproved"


def test_what_never_arrived_is_sent_after_two_looks(house: House) -> None:
    house.drafts(filter=ONLY_16)
    house.sandbox.fault(system="wecom", op="create", when="before", action="drop")
    house.run()
    for _ in range(2):
        assert house.delivery(16).state == "uncertain"
        assert house.made() == []
        house.settle()
        house.run()
    house.run()
    assert house.made() == ["16"]
    assert house.delivery(16).state == "done"


def test_an_earlier_approval_of_the_same_draft_is_not_taken_for_it(house: House) -> None:
    """Submitted again after a refusal, and that answer is lost: two approvals carry the number 16."""
    house.drafts(filter=ONLY_16)
    house.run()
    house.act("refuse", house.number(16))
    house.work()
    submitted_again(house, 17, 901)
    house.sandbox.fault(system="wecom", op="create", when="after", action="drop")
    house.run()
    house.settle()
    house.run()
    assert house.made() == ["16", "16"]
    numbers = list(Delivery.objects.filter(label="16").order_by("pk").values_list("target_key", flat=True))
    assert sorted(numbers) == sorted(a["sp_no"] for a in house.approvals())
    assert len(set(numbers)) == 2


def test_a_decision_that_is_faster_than_the_ledger_delivers_the_row(house: House) -> None:
    house.drafts(filter=ONLY_16)
    house.sandbox.fault(system="wecom", op="create", when="after", action="drop")
    house.run()
    sp_no = house.approvals()[0]["sp_no"]
    house.act("approve", sp_no)
    house.work()
    assert house.approval()["Status"] == "arsApproved"
    delivery = house.delivery(16)
    assert (delivery.target_key, delivery.decision, delivery.decision_state) == (sp_no, "approved", "applied")
    house.run()
    assert house.made() == ["16"]


# -- submitted again, edited, decided elsewhere


def submitted_again(house: House, code: int, new: int, *, old: str = "") -> None:
    """The draft of request ``code`` has a new pending request; the old one keeps its state or becomes ``old``."""
    request = house.approval(code)
    lines = [{**line, "Status": "ardPending", "Remarks": None} for line in request["ApprovalRequestLines"]]
    fresh = {**request, "Code": new, "Status": "arsPending", "ApprovalRequestLines": lines}
    house.sandbox.erp_put("ApprovalRequests", fresh)
    if old:
        house.sandbox.erp_put("ApprovalRequests", {"Code": code, "Status": old})


def test_a_refused_draft_submitted_again_is_a_new_approval(one: House) -> None:
    one.act("refuse", one.number(16))
    one.work()
    assert one.run().total == 0
    submitted_again(one, 17, 901)
    assert one.run().succeeded == 1
    assert one.made() == ["16", "16"]
    one.act("approve", one.number(16))
    one.work()
    assert one.approval(901)["Status"] == "arsApproved"
    assert one.approval(17)["Status"] == "arsNotApproved"


def test_a_mark_that_comes_late_does_not_hide_the_draft(house: House) -> None:
    """The ERP did not take the mark; the refusal comes first, the mark is made up for afterwards."""
    house.drafts(filter=ONLY_16)
    house.sandbox.fault(system="erp", op="mark", when="before", action="status", status=503, times=3)
    house.run()
    assert house.delivery(16).state == "delivered"
    house.sandbox.clear_faults()
    house.act("refuse", house.number(16))
    house.work()
    house.run()
    assert house.draft()["U_SyncStatus"] == "N"
    submitted_again(house, 17, 901)
    assert house.run().succeeded == 1


def test_a_draft_that_was_edited_is_not_released_by_its_old_approval(one: House) -> None:
    old = one.number(16)
    line = {"LineNum": 0, "Quantity": 5500.0}
    one.sandbox.erp_act("PATCH", "Drafts(16)", {"DocumentLines": [line]}, user=38)
    one.act("approve", old)
    one.work()
    assert not one.decisions(), "5500 were not approved"
    delivery = one.delivery(16)
    assert delivery.decision_state == "superseded"
    assert "55 -> 5500" in delivery.decision_text
    assert one.draft()["U_SyncStatus"] == "N"
    assert one.run().succeeded == 1
    assert one.number(16) != old
    one.act("approve", one.number(16))
    one.work()
    (decision,) = one.decisions()
    assert decision["detail"]["user"] == 12


def test_an_approval_that_is_out_of_date_is_told_to_a_person(one: House) -> None:
    """WeCom lets nobody but the applicant withdraw."""
    old = one.number(16)
    one.sandbox.erp_act("PATCH", "Drafts(16)", {"DocumentLines": [{"LineNum": 0, "Quantity": 60.0}]}, user=38)
    one.reconcile()
    assert one.delivery(16).decision_state == "superseded"
    alert = Alert.objects.get(subject=f"wecom:{old}:outdated")
    assert "ask the applicant to withdraw it" in alert.text
    assert one.run().succeeded == 1
    one.act("withdraw", old)
    one.work()
    alert.refresh_from_db()
    assert alert.ended_at is not None
    assert not one.decisions()


def test_a_new_code_with_the_same_content_is_decided(one: House) -> None:
    submitted_again(one, 17, 901, old="arsCancelled")
    assert one.run().total == 0, "nothing is sent again"
    one.act("approve", one.number(16))
    one.work()
    assert one.approval(901)["Status"] == "arsApproved"
    assert one.delivery(16).decision_state == "applied"
    assert one.made() == ["16"]


def test_a_mapping_that_was_changed_meanwhile_does_not_stop_the_decision(one: House) -> None:
    FieldMapping.objects.filter(flow__name=h.PUSH, target="申请人").delete()
    one.act("approve", one.number(16))
    one.work()
    assert one.approval()["Status"] == "arsApproved"


@pytest.mark.parametrize("status, state", [("ardApproved", "applied"), ("ardNotApproved", "conflict")])
def test_decided_in_the_erp_by_hand_meanwhile(one: House, status: str, state: str) -> None:
    decisions = [{"Status": status, "Remarks": "by hand"}]
    one.sandbox.erp_act("PATCH", "ApprovalRequests(17)", {"ApprovalRequestDecisions": decisions}, user=12)
    one.act("approve", one.number(16))
    one.work()
    assert one.delivery(16).decision_state == state
    assert Alert.objects.exists() == (state == "conflict")
    assert len(one.decisions()) == 1


def test_the_wrong_erp_user_is_told_and_mended(house: House) -> None:
    """manager is no approver of the stage."""
    house.apply(h.push(filter=ONLY_16), h.decide(approver_connections={}), h.receive({h.PURCHASE: h.DECIDE}))
    house.subscribe()
    house.run()
    house.act("approve", house.number(16))
    house.work()
    event = InboundEvent.objects.get(target_key=house.number(16), state="dead")
    assert "not authorized to approve" in event.error
    assert Alert.objects.exists()
    assert house.delivery(16).decision_state == "pending"
    house.apply(h.decide())
    house.reconcile()
    assert house.approval()["Status"] == "arsApproved"


def test_a_number_written_by_hand_does_not_decide_somebody_elses_draft(one: House) -> None:
    values = {"草稿单号": "16", "申请理由": "冒用"}
    other = one.act("submit", template_id=h.PURCHASE, creator="sun.ba", values=values)["sp_no"]
    one.act("approve", other)
    one.work()
    assert not one.decisions()
    assert InboundEvent.objects.get(target_key=other, state="dead")


def test_a_draft_that_somebody_submitted_in_wecom_is_decided_by_its_number(house: House) -> None:
    house.drafts(filter="DocEntry eq 0")
    sp_no = house.act("submit", template_id=h.PURCHASE, creator="zhang.san", values={"草稿单号": "16"})["sp_no"]
    house.act("approve", sp_no)
    house.work()
    assert house.approval()["Status"] == "arsApproved"


# -- events


def test_five_times_and_out_of_order_is_one_decision(one: House) -> None:
    sp_no = one.number(16)
    one.act("comment", sp_no, text="请尽快")
    one.act("approve", sp_no)
    one.act("resend", sp_no, times=5)
    one.act("out_of_order", sp_no)
    one.work()
    one.act("resend", sp_no, times=5)
    one.work()
    assert len(one.decisions()) == 1
    assert InboundEvent.objects.filter(route=h.PURCHASE, state="processed").count() == 1


@pytest.mark.parametrize(
    "flaw, stage", [("signature", "signature"), ("timestamp", "signature"), ("corp_id", "tail id"), ("key", "padding")]
)
def test_forged_callbacks_of_a_real_approval_are_refused(one: House, flaw: str, stage: str) -> None:
    one.settings(hold_events=True)
    one.act("approve", one.number(16))
    answer = one.act("forge", one.number(16), flaw=flaw)
    assert answer["status"] == 403
    assert not InboundEvent.objects.exclude(state="ignored").exists()
    assert rejections(FlowInstance.objects.get(name=h.RECEIVE))[0]["stage"] == stage


def test_the_erp_is_down_when_the_decision_arrives(one: House) -> None:
    one.sandbox.fault(**DOWN)
    answer = one.act("approve", one.number(16))
    assert {event["state"] for event in answer["events"]} == {"delivered"}, "acknowledged all the same"
    for _ in range(3):
        one.work()
    event = InboundEvent.objects.get(target_key=one.number(16), state="failed")
    assert event.attempts == 3
    assert event.due_at is not None
    one.sandbox.clear_faults()
    one.work()
    assert one.approval()["Status"] == "arsApproved"
    assert len(one.decisions()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_erps_answer_to_the_decision_is_lost(one: House, when: str) -> None:
    one.sandbox.fault(system="erp", op="decide", when=when, action="drop")
    one.act("approve", one.number(16))
    one.work()
    one.work()
    assert one.approval()["Status"] == "arsApproved"
    assert len(one.decisions()) == 1
    assert one.draft()["U_ApprovalStatus"] == "Y"


def test_wecom_is_down_when_the_approval_is_read(one: House) -> None:
    one.act("approve", one.number(16))
    one.sandbox.fault(system="wecom", op="read", when="before", action="status", status=502, times=0)
    one.work()
    assert not one.decisions()
    one.sandbox.clear_faults()
    one.work()
    assert one.approval()["Status"] == "arsApproved"


def test_an_event_that_announces_more_than_wecom_says_is_asked_about_again(one: House) -> None:
    event = one.event(one.number(16), status=2)
    waits = []
    for _ in range(4):
        one.work()
        event.refresh_from_db()
        if event.due_at:
            waits.append(round((event.due_at - timezone.now()).total_seconds(), -1))
    assert waits == [10, 60, 300]
    assert event.state == "processed"
    assert not one.decisions()


def test_an_approval_nobody_knows_is_asked_for_a_while_and_then_told(one: House) -> None:
    event = one.event("209901010001")
    one.work()
    event.refresh_from_db()
    assert event.state == "failed"
    InboundEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(minutes=16))
    one.work()
    event.refresh_from_db()
    assert event.state == "dead"
    assert Alert.objects.filter(subject=f"event:{event.pk}").exists()


def test_a_callback_that_never_came_is_asked_for(one: House) -> None:
    one.settings(hold_events=True)
    one.act("approve", one.number(16), speech="同意")
    assert one.reconcile().status == "succeeded"
    assert one.approval()["ApprovalRequestLines"][0]["Remarks"] == "同意"
    assert one.delivery(16).decision_state == "applied"
    one.settings(hold_events=False)
    one.act("release", order="kept")
    one.work()
    assert len(one.decisions()) == 1


def test_a_deleted_approval_is_found_by_asking(one: House) -> None:
    one.act("delete", one.number(16))
    one.reconcile()
    line = one.approval()["ApprovalRequestLines"][0]
    assert (one.approval()["Status"], line["Remarks"]) == ("arsNotApproved", "审批单已删除")


def test_without_a_route_the_reconciling_run_says_what_is_missing(house: House) -> None:
    house.apply(h.push(filter=ONLY_16))
    house.run()
    house.act("approve", house.number(16))
    run = house.reconcile()
    assert run.status == "failed"
    assert "wecom.decide_draft" in run.message


def test_fifty_decisions_that_never_came_are_all_applied(house: House) -> None:
    """WeCom gave up on every one of them."""
    house.drafts(filter="Comments eq '五十'")
    house.settings(url="")
    house.sandbox.erp_bulk("Drafts", 50, template=3, Comments="五十")
    assert house.run().succeeded == 50
    house.wecom("POST", "act", {"do": "approve", "sp_no": [a["sp_no"] for a in house.approvals()]})
    run = house.reconcile()
    assert (run.status, run.total) == ("succeeded", 50)
    assert len(house.decisions()) == 50
    assert run.ended_at - run.started_at < timedelta(minutes=4)


# -- going out


def test_an_unknown_applicant_is_named_and_the_others_go_out(house: House) -> None:
    house.sandbox.erp_put("Users", {"InternalKey": 38, "FaxNumber": None})
    house.drafts()
    run = house.run()
    assert (run.succeeded, run.failed) == (1, 2)
    assert "38" in house.delivery(16).error
    assert house.delivery(16).state == "refused"
    assert house.made() == ["17"]
    house.apply(h.push(creator_fallback="sun.ba"))
    house.run()
    assert {a["applyer"]["userid"] for a in house.approvals()} == {"wang.wu", "sun.ba"}


def test_the_people_table_goes_before_the_users_field(house: House) -> None:
    house.drafts(filter=ONLY_16)
    FlowInstance.objects.get(name=h.PUSH).tenant.people.create(
        connector="wecom.oa", erp_user="38", outside_user="qian.qi"
    )
    house.run()
    assert house.approvals()[0]["applyer"]["userid"] == "qian.qi"


def test_a_form_that_cannot_be_filled_in_is_refused_before_anything_leaves(house: House) -> None:
    mappings = [
        {"section": "form", "source": "DocEntry", "target": "草稿单号"},
        {"section": "form", "source": "Comments", "target": "单据日期"},
        {"section": "table", "source": "ItemCode", "target": "品号"},
    ]
    house.apply({**h.push(filter=ONLY_16), "mappings": mappings})
    house.run()
    error = house.delivery(16).error
    for words in ("采购申请", "单据日期", "not a date", "row 1, 数量", "is required"):
        assert words in error
    assert house.made() == []
    assert house.delivery(16).state == "refused"
    house.run()
    assert house.delivery(16).attempt == 1, "the same form is not tried again"
    house.apply({**h.push(filter=ONLY_16), "mappings": [*mappings[:1], *_columns()]})
    assert house.run().succeeded == 1


def _columns() -> list[dict[str, Any]]:
    """As control ids, not as titles."""
    return [
        {"section": "table", "source": "ItemCode", "target": "Text-1027731034830"},
        {"section": "table", "source": "Quantity", "target": "Number-1027731947210"},
    ]


def test_a_mapping_without_the_number_says_so(house: House) -> None:
    house.apply({**h.push(), "mappings": [{"section": "form", "source": "Comments", "target": "申请理由"}]})
    run = house.run()
    assert run.status == "failed"
    assert "DocEntry" in run.message
    assert house.made() == []


def test_a_refusal_of_wecom_is_told_with_the_controls_title(house: House) -> None:
    """zhou.jiu stands outside of the app's visible range."""
    house.drafts(filter=ONLY_16, creator_fallback="zhou.jiu", user_id_field="")
    house.run()
    assert house.delivery(16).state == "refused"
    assert "可见范围" in house.delivery(16).error


def test_too_many_calls_wait_for_the_next_minute(house: House) -> None:
    house.drafts()
    house.settings(rate_per_minute=2)
    run = house.run()
    assert (run.succeeded, run.failed) == (2, 1)
    (waiting,) = Delivery.objects.filter(state="failed")
    assert 55 < (waiting.due_at - timezone.now()).total_seconds() < 80
    assert len(house.made()) == 2


def test_an_address_that_is_not_trusted_stops_the_run_in_words(house: House) -> None:
    house.drafts()
    house.settings(trusted_ips="203.0.113.9")
    run = house.run()
    assert run.status == "failed"
    assert "企业可信IP" in run.message
    assert "127.0.0.1" in run.message
    assert house.made() == []
    assert "企业可信IP" in Connection.objects.get(name="OA").status_text


def test_tokens_that_die_early_are_renewed(house: House) -> None:
    house.drafts()
    house.run()
    house.act("expire_tokens")
    house.act("approve", "*")
    house.work()
    assert house.approval(17)["Status"] == house.approval(18)["Status"] == "arsApproved"


def test_a_template_that_does_not_exist_stops_the_run(house: House) -> None:
    house.apply(h.push(template_id="no-such-template"))
    run = house.run()
    assert run.status == "failed"
    assert "template_id" in run.message


def test_the_enable_check_names_what_does_not_fit(house: House) -> None:
    from core.flows.context import load

    rows = [{"section": "form", "source": "Comments", "target": "申请理由"}]
    rows += [{"section": "table", "source": "ItemCode", "target": "品号"}]
    house.apply({**h.push(), "mappings": rows})
    ctx = load(FlowInstance.objects.get(name=h.PUSH))
    words = " ".join(ctx.flow_type.check(ctx))
    for part in ("DocEntry", "草稿单号 (Text-1027548918936)", "数量 (Number-1027731947210)"):
        assert part in words


def test_the_enable_check_has_nothing_to_say_of_the_template(house: House) -> None:
    from core.flows.context import load

    house.drafts()
    for name in (h.PUSH, h.DECIDE):
        ctx = load(FlowInstance.objects.get(name=name))
        assert ctx.flow_type.check(ctx) == []


def test_the_router_says_what_the_connection_lacks(house: House) -> None:
    from core.flows.context import load

    house.drafts()
    router = FlowInstance.objects.get(name=h.RECEIVE)
    assert load(router).flow_type.check(load(router)) == []
    connection = Connection.objects.get(name="OA")
    connection.secrets = {"corp_secret": "x"}
    connection.save()
    assert "EncodingAESKey" in load(router).flow_type.check(load(router))[0]


def test_another_corps_approval_of_the_same_number_decides_nothing(one: House) -> None:
    row = one.delivery(16)
    Delivery.objects.filter(pk=row.pk).update(recall={**row.recall, "template": "another-template"})
    one.act("approve", one.number(16))
    one.work()
    assert not one.decisions()


def test_the_mapping_editor_is_offered_controls_and_columns(house: House) -> None:
    from core.flows.context import load

    house.drafts()
    ctx = load(FlowInstance.objects.get(name=h.PUSH))
    form, table = (ctx.flow_type.target_fields(ctx, ctx.flow_type.section(name)) for name in ("form", "table"))
    assert "草稿单号" in [field.label for field in form]
    assert [field.label for field in table] == ["品号", "品名", "数量", "需求日期"]


def test_a_document_that_is_read_again_after_a_failure(house: House) -> None:
    house.drafts(filter=ONLY_16)
    house.sandbox.fault(system="wecom", op="create", when="before", action="status", status=429)
    house.run()
    assert house.delivery(16).state == "failed"
    assert house.run().succeeded == 1
    assert house.made() == ["16"]
