"""A decision of the OA reaches the ERP once, and only for what was sent."""

from __future__ import annotations

import pytest

from core.errors import ConfigurationError, DocumentRejected, RetryLater
from core.models import Alert, Delivery, FieldMapping
from core.models.delivery import DecisionState
from integrations.erp.approvals import Verdict
from tests.integrations.erp.oa import World, approval_of, decide, edit, row, run
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)


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
