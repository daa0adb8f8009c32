"""What became of a request, by its status and its signatures: for decisions whose callback never came (protocol A7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.errors import CannotTell
from integrations.erp.approvals import Verdict
from integrations.erp.approvals.verdict import APPROVED, REFUSED, WITHDRAWN

CREATE_NODE, ARCHIVED = "0", "3"
# logtype, and the words of operateType in Chinese and English interfaces.
APPROVE = ("批准", "同意", "approve", "agree")
RETURN = ("退回", "驳回", "return", "reject")
WITHDRAW = ("撤回", "收回", "withdraw")
FORCED = ("强制归档", "force")


@dataclass(frozen=True)
class Signature:
    """Who said what, when (the OA's wall clock)."""

    kind: str
    person: str
    remark: str
    time: str

    @classmethod
    def of(cls, line: dict[str, Any]) -> Signature:
        """From a line of workflowRequestLogs."""
        time = f"{line.get('operateDate') or ''} {line.get('operateTime') or ''}".strip()
        person = str(line.get("operatorName") or line.get("operatorId") or "")
        return cls(str(line.get("operateType") or ""), person, str(line.get("remark") or ""), time)

    def says(self, words: tuple[str, ...]) -> bool:
        """Is it of this kind?"""
        return any(word in self.kind.lower() for word in words)


def has_ended(node_type: str) -> bool:
    """May a request at such a node be decided? Only then its signatures are worth reading."""
    return node_type in (CREATE_NODE, ARCHIVED)


def verdict(request_id: str, node_type: str, logs: list[dict[str, Any]]) -> Verdict | None:
    """The decision, None while it is open; ``logs`` oldest first. Raises CannotTell for one archived by force."""
    lines = [Signature.of(line) for line in logs]
    if node_type == ARCHIVED:
        return _archived(request_id, lines)
    if node_type != CREATE_NODE:
        return None
    for line in reversed(lines):
        if line.says(RETURN):
            return _made(REFUSED, request_id, line, [line])
        if line.says(WITHDRAW):
            return Verdict(WITHDRAWN, request_id, remark=line.remark, approver=line.person, time=line.time)
        if line.says(APPROVE):
            return None
    return None


def _archived(request_id: str, lines: list[Signature]) -> Verdict:
    if lines and lines[-1].says(FORCED):
        message = _("request %(id)s was archived by force by %(person)s: nobody approved it, decide it in the ERP")
        raise CannotTell(message % {"id": request_id, "person": lines[-1].person})
    approvals = [line for line in lines if line.says(APPROVE)]
    last = approvals[-1] if approvals else lines[-1] if lines else Signature("", "", "", "")
    return _made(APPROVED, request_id, last, approvals)


def _made(decision: str, request_id: str, last: Signature, all_of_them: list[Signature]) -> Verdict:
    names = "、".join(dict.fromkeys(line.person for line in all_of_them if line.person))
    return Verdict(
        decision, request_id, remark=signed(last.remark, last.person, last.time), approver=last.person,
        approvers=names, time=last.time, more={"oa_remark": last.remark},
    )  # fmt: skip


def signed(remark: str, person: str, time: str) -> str:
    """``[李四 2026-11-24 10:05:00] 同意``: the ERP's approver is a technical user, so the remark says who it was."""
    signature = " ".join(part for part in (person, time) if part)
    return f"[{signature}] {remark}".strip() if signature else remark
