"""What the OA said, and what became of it in the ERP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

APPROVED, REFUSED, WITHDRAWN, DELETED = "approved", "refused", "withdrawn", "deleted"


@dataclass(frozen=True)
class Verdict:
    """The end of an OA approval.

    decision     approved | refused | withdrawn (by its originator) | deleted
    instance_id  the approval over there
    approver     who decided last; ``approvers`` all of them, joined
    time         yyyy-MM-dd HH:mm:ss in the tenant's zone (see ``local_time``)
    form         {control title: value}
    more         the vendor's own source names (WeCom: pass, fail, marks, spTime)
    """

    decision: str
    instance_id: str
    remark: str = ""
    approver: str = ""
    approvers: str = ""
    time: str = ""
    url: str = ""
    form: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def approves(self) -> bool:
        return self.decision == APPROVED

    @property
    def ended_early(self) -> bool:
        """Withdrawn or deleted: nobody decided."""
        return self.decision in (WITHDRAWN, DELETED)

    def source(self, draft: dict[str, Any]) -> dict[str, Any]:
        """What the write-back sections map from; ``draft`` is the draft as it was read."""
        return {
            **self.more,
            "decision": APPROVED if self.approves else REFUSED,
            "approver": self.approver,
            "approvers": self.approvers or self.approver,
            "remark": self.remark,
            "time": self.time,
            "instance_id": self.instance_id,
            "url": self.url,
            "form": self.form,
            "draft": draft,
        }


@dataclass(frozen=True)
class Result:
    """What became of a verdict.

    state    applied     it took effect (or the ERP says the same already)
             already     this very verdict was applied before
             superseded  not applied: the draft was changed after it was sent, it goes out again
             conflict    not applied: a person must look
             ignored     the config says so
    reason   machine word: "" | "edited" | "not_pending" | "opposite" | "stage" | "withdrawn_late"
    """

    state: str
    text: str
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.state in ("applied", "already")


def local_time(moment: datetime | int | float | str | None, zone: ZoneInfo) -> str:
    """yyyy-MM-dd HH:mm:ss in ``zone``, of a datetime (naive = already local), epoch seconds or milliseconds.

    Texts pass as they are; "" for nothing.
    """
    if moment in (None, "", 0):
        return ""
    if isinstance(moment, str) and not moment.isdigit():
        return moment
    if not isinstance(moment, datetime):
        seconds = float(moment)
        moment = datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
