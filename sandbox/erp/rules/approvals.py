"""Approval requests: who may decide, several stages, refusals; the draft's status follows.

A request exists for a draft. Editing a pending draft's content replaces its request by a new one (a new Code); a
change of user fields does not. The request is decided by the session's user, or by the one whose name and password
come with the decision; it has to be an approver of the current stage.
"""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.erp import errors, sessions, settings
from sandbox.erp.company import Company
from sandbox.erp.schema import ENUMERATIONS
from sandbox.erp.sets import SETS
from sandbox.erp.writing import AFTER_DELETE, AFTER_UPDATE, BEFORE_UPDATE, Change, rule

REQUESTS = "ApprovalRequests"
DRAFT_STATES = {
    "arsPending": "Pending", "arsApproved": "Approved", "arsNotApproved": "Rejected", "arsGenerated": "Generated",
    "arsCancelled": "Cancelled",
}  # fmt: skip


def template_for(company: Company, code: str) -> dict | None:
    """The active approval template for documents of this object number."""
    kind = ENUMERATIONS["ApprovalTemplatesDocumentTypeEnum"].stored(code)
    for template in company.bodies("ApprovalTemplates"):
        documents = [row["DocumentType"] for row in template.get("ApprovalTemplateDocuments") or []]
        if template.get("IsActive", "tYES") == "tYES" and kind in documents:
            return template
    return None


def open_request(company: Company, draft: dict, originator: int, template: dict, remarks: str) -> dict:
    """A new pending request for a draft, with a line for every approver of every stage."""
    stages = sorted(template["ApprovalTemplateStages"], key=lambda row: row["SortID"])
    date, time = settings.create_stamp()
    lines: list[dict[str, Any]] = []
    for stage in stages:
        approvers = (company.peek("ApprovalStages", stage["ApprovalStageCode"]) or {})["ApprovalStageApprovers"]
        lines += [
            {"StageCode": stage["ApprovalStageCode"], "UserID": a["UserID"], "Status": "ardPending",
             "CreationDate": date, "CreationTime": time}
            for a in approvers
        ]  # fmt: skip
    code = store.next_number(company.system, REQUESTS)
    request = {
        "Code": code, "ApprovalTemplatesID": template["Code"], "ObjectType": draft["DocObjectCode"], "IsDraft": "Y",
        "ObjectEntry": None, "Status": "arsPending", "Remarks": remarks, "CurrentStage": stages[0]["ApprovalStageCode"],
        "OriginatorID": originator, "CreationDate": date, "CreationTime": time, "DraftEntry": draft["DocEntry"],
        "DraftType": "112", "ApprovalRequestLines": lines, "ApprovalRequestDecisions": [],
    }  # fmt: skip
    company.put(REQUESTS, code, request)
    company.put("DraftRequests", draft["DocEntry"], {"Code": code})
    _show_on_draft(company, request)
    return request


def request_of(company: Company, draft_entry: int) -> dict | None:
    """The newest request of a draft."""
    known = company.peek("DraftRequests", draft_entry)
    return company.find(REQUESTS, known["Code"]) if known else None


def set_state(company: Company, request: dict, status: str) -> None:
    """Store a request's status; its draft shows it."""
    request["Status"] = status
    company.put(REQUESTS, request["Code"], request)
    _show_on_draft(company, request)


def _show_on_draft(company: Company, request: dict) -> None:
    """The draft mirrors its request: AuthorizationStatus, and the request's Remarks stay with the request."""
    for name, prefix in (("Drafts", "das"), ("StockTransferDrafts", "sas")):
        draft = company.find(name, request["DraftEntry"])
        if draft:
            draft["AuthorizationStatus"] = prefix + DRAFT_STATES[request["Status"]]
            company.put(name, request["DraftEntry"], draft, silent=True)


@rule(BEFORE_UPDATE, REQUESTS)
def decide(change: Change) -> None:
    """Carry out ApprovalRequestDecisions; everything else of the body is read-only and ignored."""
    decisions = change.sent.get("ApprovalRequestDecisions") or []
    request = change.new = {**(change.old or {}), "ApprovalRequestDecisions": []}
    request["ApprovalRequestLines"] = [dict(line) for line in request["ApprovalRequestLines"]]
    if not decisions:
        raise errors.bad_content()
    if settings.IGNORE_DECISIONS():
        return
    for decision in decisions:
        _decide_once(change, request, decision)


def _decide_once(change: Change, request: dict, decision: dict) -> None:
    if not decision.get("Status"):
        raise errors.bad_content()
    if request["Status"] != "arsPending":
        raise errors.refused(f"Approval request {request['Code']} is not pending [OWDD.Status]")
    user = _approver(change, decision)
    stage = request["CurrentStage"]
    lines = [each for each in request["ApprovalRequestLines"] if each["StageCode"] == stage and each["UserID"] == user]
    if not lines:
        raise errors.refused("You are not authorized to approve or reject this document [WDD1.UserID]")
    if lines[0]["Status"] != "ardPending":
        raise errors.refused("You have already decided on this document [WDD1.Status]")
    date, time = settings.update_stamp()
    lines[0] |= {"Status": decision["Status"], "Remarks": decision.get("Remarks")}
    lines[0] |= {"UpdateDate": date, "UpdateTime": time}
    change.detail |= {"status": decision["Status"], "approver": user, "draft": request["DraftEntry"]}
    _advance(change.company, request)


def _approver(change: Change, decision: dict) -> int:
    """The deciding user's InternalKey."""
    name = decision.get("ApproverUserName")
    if not name:
        return change.user
    user = sessions.authenticate(change.company, name, decision.get("ApproverPassword") or "")
    if user is None:
        raise errors.ServiceError(-8023, "Approver user name or password is incorrect", 400)
    return user["InternalKey"]


def _advance(company: Company, request: dict) -> None:
    """Enough refusals end it; enough approvals lead to the next stage or end it."""
    stage = company.peek("ApprovalStages", request["CurrentStage"]) or {}
    decided = [
        line["Status"] for line in request["ApprovalRequestLines"] if line["StageCode"] == request["CurrentStage"]
    ]
    if decided.count("ardNotApproved") >= (stage.get("_refusals") or 1):
        request["Status"] = "arsNotApproved"
    elif decided.count("ardApproved") >= (stage.get("NoOfApproversRequired") or 1):
        following = _next_stage(request)
        if following is None:
            request["Status"] = "arsApproved"
        else:
            request["CurrentStage"] = following


def _next_stage(request: dict) -> int | None:
    stages = list(dict.fromkeys(line["StageCode"] for line in request["ApprovalRequestLines"]))
    at = stages.index(request["CurrentStage"])
    return stages[at + 1] if at + 1 < len(stages) else None


@rule(AFTER_UPDATE, REQUESTS)
def follow(change: Change) -> None:
    _show_on_draft(change.company, change.new)


@rule(AFTER_UPDATE, "Drafts", "StockTransferDrafts")
def replace_request(change: Change) -> None:
    """Content of a pending draft was edited: a new request takes the old one's place."""
    if not edits_content(change.sent):
        return
    request = request_of(change.company, change.key)
    if request is None or request["Status"] != "arsPending":
        return
    store.delete(change.company.system, REQUESTS, request["Code"])
    template = change.company.peek("ApprovalTemplates", request["ApprovalTemplatesID"]) or {}
    fresh = open_request(change.company, change.new, request["OriginatorID"], template, request["Remarks"])
    change.detail["request"] = fresh["Code"]


def edits_content(sent: dict) -> bool:
    """Whether a PATCH touches more than user fields (of the header or of lines)."""
    for name, value in sent.items():
        if isinstance(value, list):
            if any(key != "LineNum" and not key.startswith("U_") for line in value for key in line):
                return True
        elif not name.startswith("U_"):
            return True
    return False


@rule(AFTER_DELETE, "Drafts")
def forget_request(change: Change) -> None:
    request = request_of(change.company, change.key)
    if request and request["Status"] == "arsPending":
        set_state(change.company, request, "arsCancelled")


def draft_set(code: str) -> str:
    """The set that keeps drafts of this object number."""
    return "StockTransferDrafts" if code in ("67", "1250000001") else SETS["Drafts"].name
