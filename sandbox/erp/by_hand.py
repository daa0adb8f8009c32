"""What a person does in the ERP's own client: the same rules, no session and no faults."""

from __future__ import annotations

import json
from typing import Any

from sandbox.erp import actions, demo_documents, service
from sandbox.erp.company import Company
from sandbox.erp.sets import BY_CODE
from sandbox.erp.wire import Call, Reply, Session


def act(company: Company, user: int, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
    """One request of the Service Layer as this user (InternalKey); raises ServiceError."""
    session = Session("", company, user, 0.0)
    content = json.dumps(body or {}).encode()
    return service.handle(Call(method, path, {}, {}, content, session, root="/erp/b1s/v1"))


def submit(company: Company, user: int, code: int, body: dict[str, Any], template: int, remarks: str) -> dict[str, Any]:
    """Add a document that needs approval: it becomes a draft with a pending request (returned).

    An empty body is a purchase request of the two demo items.
    """
    found = company.peek("ApprovalTemplates", template)
    if found is None:
        raise KeyError(f"ApprovalTemplates({template})")
    if not body and code == 1470000113:
        body = demo_documents.purchase_request(company, user, 10.0, 5.0)
    return actions.submit(company, user, BY_CODE[code], body, found, remarks)
