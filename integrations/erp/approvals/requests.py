"""The ERP's ApprovalRequests: which wait, at which stage, and deciding one (SAP API Reference; seed L7104).

A decision is made by the session's user, who must be an approver of the present stage. The answer 204 does not prove
that it took: the lines are read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.errors import ConfigurationError, DocumentRejected, NotFound
from integrations.erp import odata
from integrations.erp.approvals.verdict import APPROVED, REFUSED
from integrations.erp.client import ServiceLayerClient

SELECT = (
    "Code,ObjectType,Status,Remarks,CurrentStage,OriginatorID,CreationDate,CreationTime,DraftEntry,ApprovalRequestLines"
)
SHOWN = ("Code", "ObjectType", "Remarks", "CurrentStage", "OriginatorID", "CreationDate", "CreationTime")
AT_ONCE = 20  # drafts asked about in one filter
PENDING = {"arsPending", "W"}
# Names are answered, values are accepted; both are understood.
ENDED = {
    "arsApproved": APPROVED,
    "Y": APPROVED,
    "arsGenerated": APPROVED,
    "P": APPROVED,
    "arsGeneratedByAuthorizer": APPROVED,
    "A": APPROVED,
    "arsNotApproved": REFUSED,
    "N": REFUSED,
}
POSTED = {"arsGenerated", "P", "arsGeneratedByAuthorizer", "A"}
LINES = {"ardApproved": APPROVED, "Y": APPROVED, "ardNotApproved": REFUSED, "N": REFUSED}
REMARK_LIMIT = 254  # WDD1.Remarks
NOT_AUTHORIZED = "-5002"  # of a decision: no right to decide; elsewhere it has many meanings
DECISIONS = {APPROVED: "ardApproved", REFUSED: "ardNotApproved"}


@dataclass(frozen=True)
class Line:
    """One approver of one stage. ``decision``: approved, refused or "" (waits)."""

    stage: int
    user: int
    decision: str


@dataclass(frozen=True)
class Request:
    """An ApprovalRequest. ``shown``: the part a mapping may read as ApprovalRequest.*"""

    code: int
    draft: int
    stage: int
    status: str
    originator: int | None
    lines: tuple[Line, ...]
    shown: dict[str, Any]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Request:
        """From the answer."""
        lines = tuple(
            Line(_int(line.get("StageCode")), _int(line.get("UserID")), LINES.get(str(line.get("Status")), ""))
            for line in row.get("ApprovalRequestLines") or []
        )
        return cls(
            code=_int(row.get("Code")),
            draft=_int(row.get("DraftEntry")),
            stage=_int(row.get("CurrentStage")),
            status=str(row.get("Status") or ""),
            originator=row.get("OriginatorID"),
            lines=lines,
            shown={name: row.get(name) for name in SHOWN},
        )

    @property
    def key(self) -> str:
        """The ledger's source key: draft/request/stage."""
        return f"{self.draft}/{self.code}/{self.stage}"

    @property
    def is_pending(self) -> bool:
        return self.status in PENDING

    @property
    def is_posted(self) -> bool:
        return self.status in POSTED

    @property
    def decision(self) -> str:
        """approved or refused; "" while it waits and when it was cancelled."""
        return ENDED.get(self.status, "")

    def waiting(self, stage: int | None = None) -> tuple[int, ...]:
        """ERP users whose decision the (present) stage waits for."""
        wanted = self.stage if stage is None else stage
        return tuple(line.user for line in self.lines if line.stage == wanted and not line.decision)

    def decided_by(self, stage: int) -> dict[int, str]:
        """{ERP user: decision} of a stage, without those that wait."""
        return {line.user: line.decision for line in self.lines if line.stage == stage and line.decision}

    def stage_decision(self, stage: int) -> str:
        """What the stage's approvers said: refused when one refused, approved when one approved, else ""."""
        said = set(self.decided_by(stage).values())
        return REFUSED if REFUSED in said else APPROVED if said else ""


def pending(client: ServiceLayerClient, drafts: Iterable[int]) -> dict[int, Request]:
    """{draft: its pending request} of those that have one; the newest counts. One query for AT_ONCE drafts."""
    found: dict[int, Request] = {}
    entries = list(drafts)
    for start in range(0, len(entries), AT_ONCE):
        some = odata.one_of("DraftEntry", entries[start : start + AT_ONCE])
        where = odata.all_of(odata.eq("Status", "arsPending"), some)
        for row in client.query("ApprovalRequests", filter=where, select=SELECT):
            request = Request.of(row)
            if request.draft not in found or request.code > found[request.draft].code:
                found[request.draft] = request
    return found


def of_draft(client: ServiceLayerClient, draft: int) -> list[Request]:
    """All requests of a draft, the newest first."""
    rows = client.query("ApprovalRequests", filter=odata.eq("DraftEntry", draft, odata.INT), select=SELECT)
    return sorted((Request.of(row) for row in rows), key=lambda request: -request.code)


def read(client: ServiceLayerClient, code: int) -> Request:
    """One request. Raises NotFound."""
    return Request.of(client.get("ApprovalRequests", code, select=SELECT))


def decide(client: ServiceLayerClient, request: Request, decision: str, remark: str) -> Request:
    """Decide the present stage as the session's user; the request as it is then.

    Raises ConfigurationError where the ERP took no notice (the user is no approver of the stage), DocumentRejected
    with the ERP's words where it refused.
    """
    before = request.decided_by(request.stage)
    fields = decision_fields(decision, remark)
    refused: DocumentRejected | None = None
    try:
        client.update("ApprovalRequests", request.code, fields)
    except DocumentRejected as error:
        refused = error  # perhaps only because it took effect before the answer was lost: look
    after = read(client, request.code)
    if not after.is_pending or after.stage != request.stage or after.decided_by(request.stage) != before:
        return after
    if refused is not None and decision in before.values():
        return after  # said so before, perhaps by us; the stage waits for other approvers
    if refused is not None:
        raise _advised(refused, request)
    waiting = ", ".join(str(user) for user in request.waiting())
    message = _(
        "The ERP took the decision on request %(code)s but recorded none: stage %(stage)s waits for user %(users)s. "
        "Name that user's connection in approver_connections."
    )
    raise ConfigurationError(message % {"code": request.code, "stage": request.stage, "users": waiting})


def _advised(refused: DocumentRejected, request: Request) -> DocumentRejected:
    """The ERP's words; where it may mean that the session's user is no approver, with what to do about it."""
    users = ", ".join(str(user) for user in request.waiting())
    if refused.code != NOT_AUTHORIZED or not users:
        return refused
    message = _(
        "%(error)s — stage %(stage)s waits for user %(users)s: if the connection's user is no approver of it, name "
        "that user's connection in approver_connections."
    )
    values = {"error": refused.message, "stage": request.stage, "users": users}
    return DocumentRejected(message % values, code=refused.code)


def decision_fields(decision: str, remark: str) -> dict[str, Any]:
    """What is written into a request to decide it."""
    return {"ApprovalRequestDecisions": [{"Status": DECISIONS[decision], "Remarks": remark[:REMARK_LIMIT]}]}


def draft_entry(client: ServiceLayerClient, code: Any) -> int | None:
    """The draft of a request Code that came from outside; None when there is none."""
    try:
        return read(client, int(str(code).strip())).draft or None
    except (NotFound, ValueError):
        return None


def _int(value: Any) -> int:
    return int(value) if value not in (None, "") else 0
