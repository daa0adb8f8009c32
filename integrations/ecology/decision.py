"""The OA's message "approval result" (审批结果外发), read (protocol A10). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from integrations.ecology import inbound
from integrations.ecology.inbound import BadBody
from integrations.ecology.request_state import signed
from integrations.erp.approvals import Verdict
from integrations.erp.approvals.verdict import APPROVED, REFUSED

TAG = re.compile(r"<[^<>]*>")
REMARK_LIMIT = 254  # of the ERP


@dataclass(frozen=True)
class Decided:
    """As sent, cleaned. ``decision``: approved | refused."""

    request_id: str
    decision: str
    remark: str = ""
    approver: str = ""
    time: str = ""
    object_type: str = ""

    def verdict(self) -> Verdict:
        """For the ERP: the remark names approver and time."""
        remark = signed(self.remark, self.approver, self.time)[:REMARK_LIMIT]
        more = {"oa_remark": self.remark}
        return Verdict(self.decision, self.request_id, remark, self.approver, self.approver, self.time, more=more)


def read(body: Any, approve: list[str], refuse: list[str]) -> Decided:
    """Raises BadBody: 40000 no object, 40001 requestid, 40008 a status in neither list (never guessed)."""
    number = inbound.request_id(body)
    given = {str(name).lower(): value for name, value in body.items()}
    return Decided(
        number,
        _decision(given.get("status"), approve, refuse),
        plain(given.get("remark")),
        plain(given.get("approvername") or given.get("approver")),
        plain(given.get("approvetime")),
        plain(given.get("objtype")),
    )


def _decision(status: Any, approve: list[str], refuse: list[str]) -> str:
    word = "" if isinstance(status, dict | list | bool) or status is None else str(status).strip()
    for decision, values in ((APPROVED, approve), (REFUSED, refuse)):
        if word and word.casefold() in {value.strip().casefold() for value in values}:
            return decision
    known = ", ".join([*approve, *refuse])
    raise BadBody(
        40008, _("status %(status)s means nothing here; known: %(known)s") % {"status": repr(word), "known": known}
    )


def plain(value: Any) -> str:
    """A text without the OA's tags and entities."""
    if value is None or isinstance(value, dict | list):
        return ""
    return inbound.unescaped(TAG.sub("", inbound.BREAK.sub("\n", str(value)))).strip()
