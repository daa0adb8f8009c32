"""Approvals end to end against the sandbox's ERP: sent once, decided once, only as they were sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.errors import ConfigurationError, DocumentRejected, NotFound, RetryLater
from core.flows import reconcile
from core.flows.context import load
from core.models import Alert, Delivery, FieldMapping, FlowRun, Person
from core.models.delivery import DecisionState, DeliveryState
from core.models.run import RunStatus, Trigger
from integrations.erp.approvals import Verdict, draft_of_field
from tests.integrations.erp import oa
from tests.integrations.erp.oa import OA, World, decide, run
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)
PENDING = {"16", "17", "18"}  # purchase requests of the demo data; 19 waits for nothing


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, sandbox: SandboxServer) -> World:
    oa.install(monkeypatch)
    return World(sandbox.url)


def approval_of(draft: int | str) -> str:
    """The newest approval of a draft in the OA."""
    return [key for key, made in OA.approvals.items() if made["number"] == str(draft)][-1]


def row(key: str) -> Delivery:
    return Delivery.objects.get(target_key=key)


def edit(sandbox: SandboxServer, draft: int, **fields: Any) -> None:
    sandbox.erp_act("PATCH", f"Drafts({draft})", fields)


# -- sending


def test_only_pending_drafts_are_sent_and_marked(world: World, sandbox: SandboxServer) -> None:
    ended = run(world.push())
    assert (ended.status, ended.total, ended.succeeded) == ("succeeded", 3, 3)
    assert {made["number"] for made in OA.approvals.values()} == PENDING
    assert {sandbox.erp_object("Drafts", n)["U_SyncStatus"] for n in (16, 17, 18)} == {"Y"}
    assert sandbox.erp_object("Drafts", 19)["U_SyncStatus"] == "N"
    assert {d.key for d in Delivery.objects.all()} == {"16/17/1", "17/18/1", "18/19/1"}
    assert {d.decision_state for d in Delivery.objects.all()} == {DecisionState.PENDING}
    assert OA.approvals[approval_of(16)]["payload"]["table"][0]["item"] == "11028"


@pytest.mark.parametrize("details", [True, False])
def test_details_are_read_with_the_list_or_one_by_one(world: World, monkeypatch: Any, details: bool) -> None:
    monkeypatch.setattr(oa.Push, "reads_details", details)
    run(world.push())
    assert all(made["payload"]["table"] for made in OA.approvals.values())


def test_only_the_wanted_stage_is_sent(world: World, sandbox: SandboxServer) -> None:
    flow = world.push(stages="13")
    assert run(flow).total == 0
    sandbox.erp_act("PATCH", "ApprovalRequests(19)", {"ApprovalRequestDecisions": [{"Status": "Y"}]}, user=12)
    assert run(flow).succeeded == 1
    assert Delivery.objects.get().key == "18/19/2"


def test_documents_before_since_stay(world: World, sandbox: SandboxServer) -> None:
    sandbox.erp_put("Drafts", {"DocEntry": 16, "CreationDate": "2020-01-01"})
    run(world.push(since="2021-01-01"))
    assert "16" not in {made["number"] for made in OA.approvals.values()}
    assert OA.approvals


def test_the_submitter_is_found_by_people_then_field_then_fallback(world: World, sandbox: SandboxServer) -> None:
    Person.objects.create(tenant=world.tenant, connector="test.oa", erp_user="A002", outside_user="by code")
    sandbox.erp_put("Users", {"InternalKey": 38, "FaxNumber": " by field "})
    run(world.push())
    assert OA.approvals[approval_of(16)]["creator"] == "by field"
    assert OA.approvals[approval_of(17)]["creator"] == "by code"
    Person.objects.create(tenant=world.tenant, connector="test.oa", erp_user="38", outside_user="by key")
    sandbox.erp_submit(user=38)
    sandbox.erp_put("Users", {"InternalKey": 12, "FaxNumber": ""})
    sandbox.erp_submit(user=12)
    run(oa.FlowInstance.objects.get())
    assert [made["creator"] for made in list(OA.approvals.values())[3:]] == ["by key", "nobody"]


def test_a_lost_answer_makes_no_second_approval(world: World) -> None:
    OA.lose = 1
    flow = world.push(parallel=1)
    run(flow)
    for _ in range(3):
        Delivery.objects.filter(state=DeliveryState.UNCERTAIN).update(due_at=timezone.now() - timedelta(seconds=1))
        run(flow)
    assert len(OA.approvals) == 3
    assert {d.state for d in Delivery.objects.all()} == {DeliveryState.DONE}


def test_requests_are_the_source_where_nothing_is_marked(world: World, sandbox: SandboxServer) -> None:
    flow = world.push("test.push_requests", synced_field="")
    assert run(flow).succeeded == 3
    marks = len(sandbox.effects("erp", "mark"))
    again = run(flow)
    assert (again.total, len(OA.approvals), len(sandbox.effects("erp", "mark"))) == (0, 3, marks)


def test_a_new_code_of_the_same_content_is_not_sent_again(world: World, sandbox: SandboxServer) -> None:
    flow = world.push("test.push_requests", synced_field="")
    run(flow)
    comments = sandbox.erp_object("Drafts", 16)["Comments"]
    edit(sandbox, 16, Comments=comments)  # the ERP replaces the request all the same
    run(flow)
    assert len(OA.approvals) == 3
    edit(sandbox, 16, Comments="other")
    run(flow)
    assert len(OA.approvals) == 4


# -- deciding


@pytest.mark.parametrize(("said", "status"), [("approved", "arsApproved"), ("refused", "arsNotApproved")])
def test_a_decision_reaches_the_erp_once(world: World, sandbox: SandboxServer, said: str, status: str) -> None:
    run(world.push())
    flow, key = world.decider(), approval_of(16)
    result = decide(flow, Verdict(said, key, remark="理由"))
    request = sandbox.erp_object("ApprovalRequests", 17)
    assert (result.state, request["Status"]) == ("applied", status)
    assert request["ApprovalRequestLines"][0]["Remarks"] == "理由"
    assert (row(key).decision, row(key).decision_state) == (said, DecisionState.APPLIED)
    again = decide(flow, Verdict(said, key))
    assert again.state == "already"
    assert len(sandbox.effects("erp", "decide")) == 1


def test_a_refusal_unmarks_and_a_new_submission_goes_out_again(world: World, sandbox: SandboxServer) -> None:
    flow = world.push()
    run(flow)
    decide(world.decider(), Verdict("refused", approval_of(16)))
    assert sandbox.erp_object("Drafts", 16)["U_SyncStatus"] == "N"
    assert run(flow).total == 0
    line = {"StageCode": 1, "UserID": 12, "Status": "ardPending"}
    fresh = {"Code": 99, "Status": "arsPending", "ApprovalRequestLines": [line]}
    sandbox.erp_put("ApprovalRequests", {**sandbox.erp_object("ApprovalRequests", 17), **fresh})
    assert run(flow).succeeded == 1
    assert {d.key for d in Delivery.objects.filter(label="16")} == {"16/17/1", "16/99/1"}


def test_write_back_by_decision(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    rows = [
        ("draft", "decision", "U_ApprovalStatus"),
        ("draft_approved", "approver", "U_Approver"),
        ("draft_approved", "form.金额", "U_REQUESTID"),
    ]
    flow = world.decider(rows)
    decide(flow, Verdict("approved", approval_of(16), approver="李四", form={"金额": "55"}))
    decide(flow, Verdict("refused", approval_of(17), approver="李四"))
    one, other = sandbox.erp_object("Drafts", 16), sandbox.erp_object("Drafts", 17)
    assert (one["U_Approver"], one["U_REQUESTID"], one.get("U_ApprovalStatus")) == ("李四", "55", None)
    assert (other.get("U_Approver"), other["U_ApprovalStatus"]) == (None, "refused")


def test_an_edited_draft_is_not_released(world: World, sandbox: SandboxServer) -> None:
    """What was approved is what is released; both versions are shown, the draft goes out again."""
    flow = world.push()
    run(flow)
    key = approval_of(16)
    edit(sandbox, 16, Comments="twice as much")
    decider = world.decider()
    result = decide(decider, Verdict("approved", key))
    assert (result.state, result.reason) == ("superseded", "edited")
    assert "twice as much" in result.text
    assert "form.comments" in result.text
    pending = [r for r in sandbox.erp_objects("ApprovalRequests") if r["DraftEntry"] == 16]
    assert [r["Status"] for r in pending] == ["arsPending"]
    assert row(key).decision_state == DecisionState.SUPERSEDED
    assert run(flow).succeeded == 1
    assert approval_of(16) != key
    assert decide(decider, Verdict("approved", approval_of(16))).state == "applied"


def test_an_edit_that_leaves_the_code_goes_out_as_a_new_generation(world: World, sandbox: SandboxServer) -> None:
    flow = world.push()
    FieldMapping.objects.create(flow=flow, section="form", source="U_Approver", target="note")
    run(flow)
    key = approval_of(16)
    sandbox.erp_act("PATCH", "Drafts(16)", {"U_Approver": "changed"})  # a user field: the request stays
    assert decide(world.decider(), Verdict("approved", key)).state == "superseded"
    run(flow)
    assert [d.generation for d in Delivery.objects.filter(key="16/17/1").order_by("pk")] == [1, 2]


def test_a_new_code_of_the_same_content_is_decided(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    comments = sandbox.erp_object("Drafts", 16)["Comments"]
    edit(sandbox, 16, Comments=comments)
    result = decide(world.decider(), Verdict("approved", approval_of(16)))
    [request] = [r for r in sandbox.erp_objects("ApprovalRequests") if r["DraftEntry"] == 16]
    assert (result.state, request["Status"]) == ("applied", "arsApproved")
    assert request["Code"] != 17


def test_a_mapping_that_changed_is_no_edit_of_the_draft(world: World, sandbox: SandboxServer) -> None:
    flow = world.push()
    run(flow)
    FieldMapping.objects.create(flow=flow, section="form", source="CardCode", target="partner", default="-")
    assert decide(world.decider(), Verdict("approved", approval_of(16))).state == "applied"


def test_a_later_stage_is_a_success(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    flow = world.decider(approver_connections={"12": "A1", "13": "A2"})
    result = decide(flow, Verdict("approved", approval_of(18)))
    request = sandbox.erp_object("ApprovalRequests", 19)
    assert (result.state, request["Status"], request["CurrentStage"]) == ("applied", "arsPending", 2)
    assert decide(flow, Verdict("approved", approval_of(18))).state == "already"
    assert sandbox.erp_object("ApprovalRequests", 19)["Status"] == "arsPending"


def test_the_later_stage_goes_out_as_its_own_approval(world: World, sandbox: SandboxServer) -> None:
    push = world.push()
    run(push)
    flow = world.decider(approver_connections={"12": "A1", "13": "A2"})
    decide(flow, Verdict("approved", approval_of(18)))
    run(push)
    assert [d.key for d in Delivery.objects.filter(label="18").order_by("pk")] == ["18/19/1", "18/19/2"]
    assert decide(flow, Verdict("approved", approval_of(18))).state == "applied"
    assert sandbox.erp_object("ApprovalRequests", 19)["Status"] == "arsApproved"
    assert sandbox.erp_object("Drafts", 18)["U_SyncStatus"] == "Y"


def test_the_stages_approver_decides(world: World, sandbox: SandboxServer) -> None:
    world.connections["ERP"] = world.connections["M"]
    run(world.push())
    flow = world.decider(approver_connections={"12": "A1"})
    assert decide(flow, Verdict("approved", approval_of(16))).state == "applied"
    [effect] = sandbox.effects("erp", "decide")
    assert effect["detail"]["approver"] == 12


def test_who_is_no_approver_is_told_so_and_nothing_is_recorded(world: World) -> None:
    world.connections["ERP"] = world.connections["M"]
    run(world.push())
    with pytest.raises(DocumentRejected, match="not authorized"):
        decide(world.decider(), Verdict("approved", approval_of(16)))
    assert row(approval_of(16)).decision_state == DecisionState.PENDING


def test_a_decision_that_does_not_take_is_noticed(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    sandbox.switch("erp", "ignore_decisions", True)
    flow = world.decider()
    with pytest.raises(ConfigurationError, match="approver_connections"):
        decide(flow, Verdict("approved", approval_of(16)))
    sandbox.switch("erp", "ignore_decisions", False)
    assert decide(flow, Verdict("approved", approval_of(16))).ok


def test_a_stage_of_several_approvers(world: World, sandbox: SandboxServer) -> None:
    run(world.push(filter="DocObjectCode eq '22'"))
    flow = world.decider(approver_connections={"12": "A1", "13": "A2", "14": "A3"})
    assert decide(flow, Verdict("approved", approval_of(23))).state == "applied"
    assert sandbox.erp_object("ApprovalRequests", 23)["Status"] == "arsApproved"
    assert len(sandbox.effects("erp", "decide")) == 2  # two suffice


def by_hand(sandbox: SandboxServer, code: int, status: str) -> None:
    sandbox.erp_act("PATCH", f"ApprovalRequests({code})", {"ApprovalRequestDecisions": [{"Status": status}]}, user=12)


def test_decided_by_hand_the_same(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    by_hand(sandbox, 17, "ardApproved")
    assert decide(world.decider(), Verdict("approved", approval_of(16))).state == "applied"


@pytest.mark.parametrize(("code", "draft"), [(17, 16), (19, 18)])
def test_decided_by_hand_otherwise_is_for_a_person(world: World, sandbox: SandboxServer, code: int, draft: int) -> None:
    run(world.push())
    by_hand(sandbox, code, "ardApproved")
    result = decide(world.decider(), Verdict("refused", approval_of(draft), remark="太贵"))
    assert (result.state, result.reason) == ("conflict", "opposite")
    assert "太贵" in result.text
    assert "user 12: approved" in result.text
    assert row(approval_of(draft)).decision_state == DecisionState.CONFLICT
    assert Alert.objects.count() == 1


def test_a_lost_answer_to_the_decision_is_made_good(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    flow = world.decider([("draft", "remark", "U_Approver")])
    sandbox.fault(system="erp", op="decide", when="after", action="drop", times=1)
    with pytest.raises(RetryLater):
        decide(flow, Verdict("approved", approval_of(18), remark="好"))
    assert decide(flow, Verdict("approved", approval_of(18), remark="好")).state == "applied"
    assert sandbox.erp_object("Drafts", 18)["U_Approver"] == "好"
    assert len(sandbox.effects("erp", "decide")) == 1


@pytest.mark.parametrize("said", ["withdrawn", "deleted"])
def test_withdrawn_refuses_in_the_erp(world: World, sandbox: SandboxServer, said: str) -> None:
    run(world.push())
    result = decide(world.decider(), Verdict(said, approval_of(16)))
    request = sandbox.erp_object("ApprovalRequests", 17)
    assert (result.state, request["Status"]) == ("applied", "arsNotApproved")
    assert request["ApprovalRequestLines"][0]["Remarks"]
    assert sandbox.erp_object("Drafts", 16)["U_SyncStatus"] == "N"


def test_withdrawn_may_be_ignored(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    result = decide(world.decider(on_withdrawn="ignore"), Verdict("withdrawn", approval_of(16)))
    assert result.state == "ignored"
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsPending"
    assert row(approval_of(16)).decision_state == DecisionState.PENDING


@pytest.mark.parametrize("said", ["withdrawn", "deleted"])
@pytest.mark.parametrize("on_withdrawn", ["refuse", "ignore"])
def test_withdrawn_after_an_approval_changes_nothing(
    world: World, sandbox: SandboxServer, said: str, on_withdrawn: str
) -> None:
    run(world.push())
    flow = world.decider(on_withdrawn=on_withdrawn)
    decide(flow, Verdict("approved", approval_of(16)))
    result = decide(flow, Verdict(said, approval_of(16)))
    assert (result.state, result.reason) == ("conflict", "withdrawn_late")
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsApproved"
    assert sandbox.erp_object("Drafts", 16)["U_SyncStatus"] == "Y"
    assert Alert.objects.count() == 1
    assert row(approval_of(16)).decision == "approved"


def test_the_approved_draft_may_be_posted(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    flow = world.decider(post_document=True)
    assert decide(flow, Verdict("approved", approval_of(18))).state == "applied"
    assert sandbox.erp_object("Drafts", 18)  # a later stage follows: not yet
    before = len(sandbox.erp_objects("PurchaseRequests"))
    assert decide(flow, Verdict("approved", approval_of(16))).state == "applied"
    assert len(sandbox.erp_objects("PurchaseRequests")) == before + 1
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsGenerated"


def test_a_refused_posting_leaves_the_decision(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    sandbox.fault(system="erp", op="action", action="status", status=400, times=1,
                  body='{"error":{"code":-5002,"message":{"value":"negative inventory"}}}')  # fmt: skip
    result = decide(world.decider(post_document=True), Verdict("approved", approval_of(16)))
    assert result.state == "applied"
    assert "negative inventory" in result.text
    assert Alert.objects.count() == 1


def test_a_lost_answer_to_the_posting_posts_once(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    flow = world.decider(post_document=True)
    before = len(sandbox.erp_objects("PurchaseRequests"))
    sandbox.fault(system="erp", op="action", when="after", action="drop", times=1)
    with pytest.raises(RetryLater):
        decide(flow, Verdict("approved", approval_of(16)))
    assert decide(flow, Verdict("approved", approval_of(16))).state == "applied"
    assert len(sandbox.erp_objects("PurchaseRequests")) == before + 1


def test_a_deleted_draft_has_nothing_to_decide(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    flow = world.decider()
    for draft in (16, 17):
        sandbox.erp_act("DELETE", f"Drafts({draft})")
    assert decide(flow, Verdict("refused", approval_of(16))).state == "applied"
    result = decide(flow, Verdict("approved", approval_of(17)))
    assert (result.state, result.reason) == ("conflict", "not_pending")


# -- which draft


def test_an_approval_of_nobody_is_not_found(world: World) -> None:
    flow = world.decider()
    bodies: list[dict[str, str]] = [{}, {"draft": ""}, {"draft": "x"}, {"code": "999"}, {"code": "x"}]
    for body in bodies:
        with pytest.raises(NotFound):
            decide(flow, Verdict("approved", "SP9"), **body)


@pytest.mark.parametrize("body", [{"draft": "16"}, {"code": "17"}])
def test_a_draft_that_others_sent_is_decided_by_its_control(world: World, sandbox: SandboxServer, body: Any) -> None:
    assert decide(world.decider(), Verdict("approved", "OLD1"), **body).state == "applied"
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsApproved"


def test_a_number_written_by_hand_does_not_decide_a_draft_of_ours(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    with pytest.raises(DocumentRejected, match=approval_of(16)):
        decide(world.decider(), Verdict("approved", "FORGED"), draft="16")
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsPending"


def test_a_callback_delivers_an_uncertain_row(world: World, sandbox: SandboxServer) -> None:
    OA.lose = 3
    run(world.push())
    key = approval_of(16)
    assert not Delivery.objects.filter(target_key=key).exists()
    assert decide(world.decider(), Verdict("approved", key), draft="16").state == "applied"
    assert (row(key).key, row(key).decision) == ("16/17/1", "approved")


def test_a_draft_is_found_by_what_was_written_into_it(world: World, sandbox: SandboxServer) -> None:
    ctx = load(world.decider())
    sandbox.erp_put("Drafts", {"DocEntry": 16, "U_REQUESTID": "3038137"})
    assert draft_of_field(ctx, "U_REQUESTID", 3038137) == 16
    assert draft_of_field(ctx, "U_REQUESTID", "x' or '1' eq '1") is None
    sandbox.erp_put("Drafts", {"DocEntry": 17, "U_REQUESTID": "3038137"})
    with pytest.raises(DocumentRejected) as caught:
        draft_of_field(ctx, "U_REQUESTID", "3038137")
    assert caught.value.code == "several"


def test_a_draft_is_decided_in_its_own_company(world: World, sandbox: SandboxServer) -> None:
    """One OA template, routed to the deciding flow of one company, serves another company too."""
    run(world.push())
    other = world.another("SBODEMO2")
    flow = other.decider()
    with pytest.raises(ConfigurationError, match="16"):
        decide(flow, Verdict("approved", approval_of(16)))
    world.decider(name="decide here")
    assert decide(flow, Verdict("approved", approval_of(16))).state == "applied"
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsApproved"


# -- decisions whose callback never came


def reconciled(flow: Any) -> FlowRun:
    Delivery.objects.exclude(decide_at=None).update(decide_at=timezone.now() - timedelta(seconds=1))
    queued = FlowRun.objects.create(
        flow=flow, trigger=Trigger.RECONCILE, status=RunStatus.QUEUED, queued_at=timezone.now()
    )
    reconcile.run(queued.pk)
    queued.refresh_from_db()
    return queued


def test_reconcile_applies_what_the_oa_says(world: World, sandbox: SandboxServer) -> None:
    flow = world.push()
    run(flow)
    world.decider([("draft_refused", "remark", "U_Approver")])
    OA.verdicts[approval_of(16)] = Verdict("approved", approval_of(16))
    OA.verdicts[approval_of(17)] = Verdict("refused", approval_of(17), remark="no")
    assert reconciled(flow).status == RunStatus.SUCCEEDED
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsApproved"
    assert sandbox.erp_object("Drafts", 17)["U_Approver"] == "no"
    assert row(approval_of(18)).decision_state == DecisionState.PENDING
    assert reconciled(flow).total == 1


def test_reconcile_takes_back_an_open_approval_of_an_edited_draft(world: World, sandbox: SandboxServer) -> None:
    flow = world.push()
    run(flow)
    key = approval_of(16)
    edit(sandbox, 16, Comments="other")
    reconciled(flow)
    assert "other" in OA.withdrawn[key]
    assert list(OA.withdrawn) == [key]
    assert row(key).decision_state == DecisionState.SUPERSEDED
    assert run(flow).succeeded == 1
    assert approval_of(16) != key


def test_reconcile_needs_a_deciding_flow(world: World) -> None:
    flow = world.push()
    run(flow)
    OA.verdicts[approval_of(16)] = Verdict("approved", approval_of(16))
    ended = reconciled(flow)
    assert ended.failed == 1
    assert "test.decide" in ended.message


def test_the_enable_check_names_missing_user_fields(world: World) -> None:
    ctx = load(world.push(synced_field="U_NoSuchField"))
    [problem] = ctx.flow_type.check(ctx)
    assert "U_NoSuchField" in problem
