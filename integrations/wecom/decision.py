"""What an approval that was read again decides. Only sp_status counts: one approver's consent is no approval."""

from __future__ import annotations

import time
from typing import Any
from zoneinfo import ZoneInfo

from integrations.erp.approvals import Verdict, local_time
from integrations.wecom import reading
from integrations.wecom.reading import Opinion

DECISIONS = {
    reading.AGREED: "approved",
    reading.PAID: "approved",
    reading.REFUSED: "refused",
    reading.WITHDRAWN: "withdrawn",
    reading.REVOKED: "withdrawn",
    reading.DELETED: "deleted",
}
DECIDERS = {"approved": reading.AGREEING, "refused": frozenset({reading.REFUSED})}


def verdict_of(info: dict[str, Any], sp_no: str, zone: ZoneInfo) -> Verdict | None:
    """The verdict; None while it is open (or its state is one we do not know).

    ``more``: pass, fail, marks, spTime, as the seed's conversion named them (6.4.4.8).
    """
    decision = DECISIONS.get(reading.status_of(info))
    if decision is None:
        return None
    said = reading.opinions(info)
    # Who agreed before the applicant withdrew did not decide; their words would read like an approval.
    last = _latest([opinion for opinion in said if opinion.status in DECIDERS.get(decision, frozenset())])
    acted = [opinion.user for opinion in said if opinion.status in reading.AGREEING | {reading.REFUSED}]
    return Verdict(
        decision,
        str(info.get("sp_no") or sp_no),
        remark=last.speech if last else "",
        approver=last.user if last else "",
        approvers=" ".join(dict.fromkeys(acted)),
        time=local_time(_ended(info, last), zone),
        form=reading.form_of(info, zone),
        more=_more(said, zone),
    )


def _latest(opinions: list[Opinion]) -> Opinion | None:
    """Who acted last; of several in one second the later node."""
    return max(reversed(opinions), key=lambda opinion: opinion.time, default=None)


def _ended(info: dict[str, Any], last: Opinion | None) -> float:
    """Epoch seconds: the last decision; without one (approved by rule) the submission; a withdrawal has no time."""
    if last and last.time:
        return last.time
    approved = reading.status_of(info) in (reading.AGREED, reading.PAID)
    return (approved and reading.number(info.get("apply_time"))) or time.time()


def _more(said: list[Opinion], zone: ZoneInfo) -> dict[str, str]:
    return {
        "pass": " ".join(opinion.user for opinion in said if opinion.status in reading.AGREEING),
        "fail": " ".join(opinion.user for opinion in said if opinion.status == reading.REFUSED),
        "marks": " ".join(f"{opinion.user}:{opinion.speech}" for opinion in said if opinion.speech),
        "spTime": local_time(max((opinion.time for opinion in said), default=0), zone),
    }
