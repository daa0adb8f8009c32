"""Approval requests: rights, stages, refusals, edits of a pending draft, posting (protocol notes 3.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.erp_caller import Caller
from tests.sandbox_server import SandboxServer

APPROVED = {"ApprovalRequestDecisions": [{"Status": "ardApproved", "Remarks": "同意"}]}
REFUSED = {"ApprovalRequestDecisions": [{"Status": "N", "Remarks": "不同意"}]}
NO_RIGHT = "You are not authorized to approve or reject this document [WDD1.UserID]"


@pytest.fixture
def purchaser(sandbox: SandboxServer) -> Caller:
    """The approver of the purchase stage (user 12)."""
    return Caller(sandbox, "approver1")


def request_of(caller: Caller, draft: int) -> dict[str, Any]:
    (found,) = caller.rows("ApprovalRequests", filter=f"DraftEntry eq {draft}")
    return found


def draft_status(caller: Caller, draft: int) -> str:
    return caller.get(f"Drafts({draft})", select="AuthorizationStatus")["AuthorizationStatus"]


def test_the_pending_request_as_the_seed_shows_it(purchaser: Caller) -> None:
    request = request_of(purchaser, 16)

    line = {name: request["ApprovalRequestLines"][0][name] for name in ("StageCode", "UserID", "Status", "Remarks")}
    assert (request["Code"], request["ObjectType"], request["IsDraft"], request["ObjectEntry"]) == (
        17, "1470000113", "Y", None,
    )  # fmt: skip
    assert (request["Status"], request["CurrentStage"], request["OriginatorID"]) == ("arsPending", 1, 38)
    assert line == {"StageCode": 1, "UserID": 12, "Status": "ardPending", "Remarks": None}
    assert request["ApprovalRequestDecisions"] == []
    assert len(purchaser.rows("ApprovalRequests", filter="ObjectType eq '1470000113' and Status eq 'W'")) == 3


def test_approval_by_the_session_s_user(sandbox: SandboxServer, purchaser: Caller) -> None:
    reply = purchaser.send("PATCH", "ApprovalRequests(17)", APPROVED)

    request = request_of(purchaser, 16)
    line = request["ApprovalRequestLines"][0]
    assert (reply.status_code, reply.content) == (204, b"")
    assert (request["Status"], line["Status"], line["Remarks"]) == ("arsApproved", "ardApproved", "同意")
    assert line["UpdateDate"] is not None
    assert draft_status(purchaser, 16) == "dasApproved"
    (effect,) = sandbox.effects("erp", "decide")
    assert effect["key"] == "ApprovalRequests(17)"
    assert (effect["detail"]["status"], effect["detail"]["approver"], effect["detail"]["draft"]) == (
        "ardApproved",
        12,
        16,
    )


def test_refusal(purchaser: Caller) -> None:
    purchaser.done("PATCH", "ApprovalRequests(17)", REFUSED)

    assert request_of(purchaser, 16)["Status"] == "arsNotApproved"
    assert draft_status(purchaser, 16) == "dasRejected"


@pytest.mark.parametrize("user", ["manager", "approver2", "A001"])
def test_others_may_not_decide(sandbox: SandboxServer, user: str) -> None:
    caller = Caller(sandbox, user)

    assert caller.refused("PATCH", "ApprovalRequests(17)", APPROVED) == (400, -5002, NO_RIGHT)
    assert sandbox.effects("erp", "decide") == []


def test_name_and_password_of_the_approver(sandbox: SandboxServer) -> None:
    caller = Caller(sandbox)
    decision = {**APPROVED["ApprovalRequestDecisions"][0], "ApproverUserName": "approver1"}

    wrong = caller.refused(
        "PATCH", "ApprovalRequests(17)", {"ApprovalRequestDecisions": [{**decision, "ApproverPassword": "?"}]}
    )
    caller.done(
        "PATCH", "ApprovalRequests(17)", {"ApprovalRequestDecisions": [{**decision, "ApproverPassword": "sandbox"}]}
    )

    assert wrong[:2] == (400, -8023)
    assert request_of(caller, 16)["Status"] == "arsApproved"


def test_a_second_decision_is_refused(purchaser: Caller) -> None:
    purchaser.done("PATCH", "ApprovalRequests(17)", APPROVED)

    text = "Approval request 17 is not pending [OWDD.Status]"
    assert purchaser.refused("PATCH", "ApprovalRequests(17)", REFUSED) == (400, -5002, text)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Status": "arsApproved"},
        {"ApprovalRequestDecisions": []},
        {"ApprovalRequestDecisions": "同意"},
        {"ApprovalRequestDecisions": [{"Remarks": "x"}]},
    ],
)
def test_bad_decisions(purchaser: Caller, body: dict) -> None:
    assert purchaser.refused("PATCH", "ApprovalRequests(17)", body) == (400, 206, "Bad patch content.")


def test_request_status_words_are_not_decisions(purchaser: Caller) -> None:
    body = {"ApprovalRequestDecisions": [{"Status": "arsApproved"}]}

    assert purchaser.refused("PATCH", "ApprovalRequests(17)", body)[:2] == (400, -1000)


def test_two_stages_one_after_the_other(sandbox: SandboxServer, purchaser: Caller) -> None:
    finance = Caller(sandbox, "approver2")
    code = request_of(purchaser, 18)["Code"]
    assert finance.refused("PATCH", f"ApprovalRequests({code})", APPROVED)[2] == NO_RIGHT

    purchaser.done("PATCH", f"ApprovalRequests({code})", APPROVED)
    between = request_of(purchaser, 18)
    assert (between["Status"], between["CurrentStage"], draft_status(purchaser, 18)) == ("arsPending", 2, "dasPending")
    assert purchaser.refused("PATCH", f"ApprovalRequests({code})", APPROVED)[2] == NO_RIGHT
    finance.done("PATCH", f"ApprovalRequests({code})", APPROVED)

    assert (request_of(purchaser, 18)["Status"], draft_status(purchaser, 18)) == ("arsApproved", "dasApproved")


def test_a_stage_that_needs_two_of_three(sandbox: SandboxServer, purchaser: Caller) -> None:
    code = request_of(purchaser, 23)["Code"]

    purchaser.done("PATCH", f"ApprovalRequests({code})", APPROVED)
    assert request_of(purchaser, 23)["Status"] == "arsPending"
    assert purchaser.refused("PATCH", f"ApprovalRequests({code})", APPROVED)[1] == -5002
    Caller(sandbox, "approver3").done("PATCH", f"ApprovalRequests({code})", APPROVED)
    assert request_of(purchaser, 23)["Status"] == "arsApproved"


def test_user_fields_leave_the_request_alone(purchaser: Caller) -> None:
    purchaser.done("PATCH", "Drafts(16)", {"U_SyncStatus": "Y", "DocumentLines": [{"LineNum": 0, "U_IsBoM": "Y"}]})

    assert request_of(purchaser, 16)["Code"] == 17


@pytest.mark.parametrize("body", [{"Comments": "改"}, {"DocumentLines": [{"LineNum": 0, "Quantity": 60}]}])
def test_content_replaces_the_request(purchaser: Caller, body: dict) -> None:
    purchaser.done("PATCH", "Drafts(16)", body)

    request = request_of(purchaser, 16)
    assert request["Code"] > 17
    assert (request["Status"], request["OriginatorID"], request["Remarks"]) == ("arsPending", 38, "请审批")
    assert purchaser.refused("GET", "ApprovalRequests(17)")[:2] == (404, -2028)
    purchaser.done("PATCH", f"ApprovalRequests({request['Code']})", APPROVED)


def test_an_approved_draft_is_posted_on_request_only(sandbox: SandboxServer, purchaser: Caller) -> None:
    body = {"Document": {"DocEntry": "16"}}
    before = len(sandbox.erp_objects("PurchaseRequests"))
    assert purchaser.refused("POST", "DraftsService_SaveDraftToDocument", body)[1] == -5002

    purchaser.done("PATCH", "ApprovalRequests(17)", APPROVED)
    assert len(sandbox.erp_objects("PurchaseRequests")) == before
    purchaser.done("POST", "DraftsService_SaveDraftToDocument", body)

    posted = sandbox.erp_objects("PurchaseRequests")[-1]
    request = request_of(purchaser, 16)
    assert (request["Status"], request["ObjectEntry"]) == ("arsGenerated", posted["DocEntry"])
    assert (posted["Requester"], [line["Quantity"] for line in posted["DocumentLines"]]) == ("A001", [55.0, 11.0])
    assert draft_status(purchaser, 16) == "dasGenerated"
    assert purchaser.refused("POST", "DraftsService_SaveDraftToDocument", body)[1] == -5002


def test_transfer_draft_is_approved_and_posted(sandbox: SandboxServer, purchaser: Caller) -> None:
    purchaser.done("PATCH", f"ApprovalRequests({request_of(purchaser, 20)['Code']})", APPROVED)
    purchaser.done("POST", "StockTransferDrafts(20)/SaveDraftToDocument")

    (transfer,) = sandbox.erp_objects("StockTransfers")
    assert (transfer["FromWarehouse"], transfer["StockTransferLines"][0]["Quantity"]) == ("01", 20.0)
    stock = {
        row["WarehouseCode"]: row["InStock"]
        for row in sandbox.erp_object("Items", "11028")["ItemWarehouseInfoCollection"]
    }
    assert stock == {"01": 980.0, "02": 20.0}


def test_post_that_triggers_approval(sandbox: SandboxServer, purchaser: Caller) -> None:
    sandbox.switch("erp", "approval_on_post", True)
    body = {"Requester": "A001", "DocumentLines": [{"ItemCode": "11028", "Quantity": 1}]}

    refused = purchaser.refused("POST", "PurchaseRequests", body)

    draft = sandbox.erp_objects("Drafts")[-1]
    assert refused == (400, -2028, "No matching records found (ODBC -2028)")
    assert (draft["AuthorizationStatus"], request_of(purchaser, draft["DocEntry"])["Status"]) == (
        "dasPending",
        "arsPending",
    )
    assert [effect["key"] for effect in sandbox.effects("erp", "create")] == [f"Drafts({draft['DocEntry']})"]


def test_decision_without_effect(sandbox: SandboxServer, purchaser: Caller) -> None:
    sandbox.switch("erp", "ignore_decisions", True)

    purchaser.done("PATCH", "ApprovalRequests(17)", APPROVED)

    assert request_of(purchaser, 16)["ApprovalRequestLines"][0]["Status"] == "ardPending"


def test_submitting_anew_after_a_refusal(sandbox: SandboxServer, purchaser: Caller) -> None:
    fresh = sandbox.erp_submit(user=39, remarks="再次提交")

    assert (fresh["Status"], fresh["OriginatorID"]) == ("arsPending", 39)
    assert draft_status(purchaser, fresh["DraftEntry"]) == "dasPending"


def test_lists_of_requests(purchaser: Caller) -> None:
    opened = purchaser.done("POST", "ApprovalRequestsService_GetOpenApprovalRequestList", {})["value"]
    every = purchaser.done("POST", "ApprovalRequestsService_GetAllApprovalRequestsList", {})["value"]

    assert {"Code": 17, "Remarks": "请审批", "Status": "arsPending"} in opened
    assert len(every) == len(opened) + 1
