"""What is more than a plain create or update: POST of a document, bound actions, global functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox import store
from sandbox.erp import bodies, drafts, errors, settings, writing
from sandbox.erp.company import Company
from sandbox.erp.rules import approvals
from sandbox.erp.schema import Type
from sandbox.erp.sets import BY_CODE, CANCEL, CLOSE, SETS, EntitySet
from sandbox.erp.wire import CONTENT_TYPE, Call, Reply


def create(call: Call, entity_set: EntitySet) -> Reply:
    """POST Set. A document for which approval is switched on becomes a draft, answered as an error (seen live)."""
    kind = call.company.schema.types[entity_set.type]
    sent = bodies.read(kind, call.json(), call.company.schema.types)
    if [kind.properties[key].type for key in kind.keys] == ["I"]:
        sent = {name: value for name, value in sent.items() if name not in kind.keys}
    template = None
    if settings.APPROVAL_ON_POST() and entity_set.is_document and not entity_set.name.endswith("Drafts"):
        template = approvals.template_for(call.company, str(entity_set.code))
    if template is None:
        return writing.created_reply(call, writing.create(call.company, call.session.user, entity_set, sent))
    submit(call.company, call.session.user, entity_set, sent, template, "")
    raise errors.ServiceError(-2028, "No matching records found (ODBC -2028)", 400)


def submit(company: Company, user: int, target: EntitySet, sent: dict, template: dict, remarks: str) -> dict:
    """Write a document as a draft with an approval request, as the ERP's client does; the request."""
    code = str(target.code)
    kept = SETS[approvals.draft_set(code)]
    with store.transaction():
        change = writing.create(company, user, kept, {**sent, "DocObjectCode": code})
        return approvals.open_request(company, change.new, user, template, remarks)


def bound(call: Call, entity_set: EntitySet, key: Any, name: str) -> Reply:
    """POST Set(key)/Action."""
    if name not in entity_set.actions:
        raise errors.unknown_resource()
    with store.transaction():
        old = writing.present(call, entity_set, key)
        if name == "SaveDraftToDocument":
            _save_draft(call, entity_set, key)
            return Reply(204)
        change = writing.Change(call.company, call.session.user, entity_set, {}, dict(old), old, key)
        _carry_out(change, name)
        writing.store_update(change)
        writing.record("action", change, action=name)
    return Reply(204)


def _carry_out(change: writing.Change, name: str) -> None:
    if change.entity_set.is_document:
        _on_document(change.new, name)
    elif change.entity_set.name == "ProductionOrders":
        change.sent["ProductionOrderStatus"] = change.new["ProductionOrderStatus"] = "boposCancelled"
        writing.check_update(change)
    elif change.entity_set.table.startswith("@"):
        change.new |= {"Canceled": "Y"} if name == CANCEL else {"Status": "C"}
    else:
        raise errors.not_supported()


def _on_document(body: dict, name: str) -> None:
    closed = body.get("DocumentStatus") == "bost_Close"
    if name == "Reopen":
        if not closed:
            raise errors.refused("Document is already open")
        body["DocumentStatus"] = "bost_Open"
        return
    if closed:
        raise errors.refused("Document is already closed")
    body["DocumentStatus"] = "bost_Close"
    if name != CLOSE:
        body |= {"Cancelled": "tYES", "CancelStatus": "csYes"}
    lines = "DocumentLines" if "DocumentLines" in body else "StockTransferLines"
    body[lines] = [{**line, "LineStatus": "bost_Close"} for line in body.get(lines) or []]


def save_draft_to_document(call: Call) -> Reply:
    """POST DraftsService_SaveDraftToDocument {"Document": {"DocEntry": "3"}}: post an approved draft."""
    document = call.json().get("Document")
    try:
        key = int(document["DocEntry"])
    except (KeyError, TypeError, ValueError):
        raise errors.bad_content() from None
    _save_draft(call, SETS["Drafts"], key)
    return Reply(204)


def _save_draft(call: Call, entity_set: EntitySet, key: int) -> None:
    company = call.company
    with store.transaction():
        found = drafts.entry(company, entity_set, key)
        if found is None:
            raise errors.not_found()
        body, kept = found.body, drafts.kept_in(company, entity_set, key)
        request = approvals.request_of(company, key)
        if request and request["Status"] in ("arsPending", "arsNotApproved"):
            raise errors.refused("Document is not approved; it cannot be added [ODRF.WddStatus]")
        if body.get("DocumentStatus") == "bost_Close":
            raise errors.refused("Draft was already added")
        draft = company.find(kept, key) or {}
        target = BY_CODE[int(draft["DocObjectCode"])]
        change = writing.create(
            company, draft.get("UserSign") or call.session.user, target, _content(company, kept, draft)
        )
        company.put(kept, key, {**draft, "DocumentStatus": "bost_Close"})
        if request:
            request["ObjectEntry"] = change.key
            approvals.set_state(company, request, "arsGenerated")


def _content(company: Company, kept: str, draft: dict) -> dict:
    """What a draft says of its document: everything but numbers, stamps and states."""
    kind = company.schema.types[SETS[kept].type]
    lines = SETS[kept].lines
    line_kind = company.schema.types[kind.properties[lines].type]
    written = [_writable(line_kind, line, "LineStatus") for line in draft.get(lines) or []]
    return {**_writable(kind, draft, "DocNum"), lines: written}


def _writable(kind: Type, body: dict, without: str) -> dict:
    known = {p.name for p in kind.properties.values() if not p.read_only} - {without}
    return {name: value for name, value in body.items() if name in known}


def approval_list(open_only: bool) -> Callable[[Call], Reply]:
    """ApprovalRequestsService_...List: Code, Remarks, Status of requests (the open ones or all)."""

    def listed(call: Call) -> Reply:
        found = call.company.bodies("ApprovalRequests")
        rows = [
            {"Code": r["Code"], "Remarks": r["Remarks"], "Status": r["Status"]}
            for r in found
            if not open_only or r["Status"] == "arsPending"
        ]
        return Reply(200, {"value": rows}, content_type=CONTENT_TYPE[call.version])

    return listed


GLOBAL: dict[str, Callable[[Call], Reply]] = {
    "DraftsService_SaveDraftToDocument": save_draft_to_document,
    "ApprovalRequestsService_GetOpenApprovalRequestList": approval_list(True),
    "ApprovalRequestsService_GetApprovalRequestList": approval_list(False),
    "ApprovalRequestsService_GetAllApprovalRequestsList": approval_list(False),
}
