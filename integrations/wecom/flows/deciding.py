"""What both deciding flows do with an event: read the approval again and believe only that."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import DocumentRejected, RetryLater
from core.flows.base import Event, Sample, UserField
from core.flows.context import FlowContext
from core.flows.decisions import Sent
from integrations.erp import preparation
from integrations.erp.approvals import DECISION_SECTIONS, Verdict
from integrations.erp.entities import table_of
from integrations.wecom import reading
from integrations.wecom.decision import verdict_of

ASK_AGAIN = (10.0, 60.0, 300.0)  # seconds; then it is left to the push flow's reconcile
# What the write-back sections read; form.<control title> beside them.
SOURCES = (
    ("decision", gettext_lazy("approved / refused")),
    ("approver", gettext_lazy("Who decided last (user id)")),
    ("approvers", gettext_lazy("Everybody who decided")),
    ("remark", gettext_lazy("Words of the one who decided last")),
    ("time", gettext_lazy("When (yyyy-MM-dd HH:mm:ss)")),
    ("instance_id", gettext_lazy("Approval number (sp_no)")),
    ("pass", gettext_lazy("User ids of those who agreed")),
    ("fail", gettext_lazy("User ids of those who refused")),
    ("marks", gettext_lazy("All words, with user ids")),
    ("spTime", gettext_lazy("Time of the last step")),
)


def ended(ctx: FlowContext, event: Event) -> tuple[dict[str, Any], Verdict | None]:
    """The approval as it is now, and its verdict; None where it is open after having been asked often enough.

    Raises NotFound, and RetryLater while the approval may still be on its way to the state that was announced.
    """
    info: dict[str, Any] = ctx.oa.approval(event.target_key)
    verdict = verdict_of(info, event.target_key, ctx.zone)
    if verdict is None and event.attempts <= len(ASK_AGAIN):
        raise RetryLater(_("WeCom still calls this approval open."), after=ASK_AGAIN[event.attempts - 1])
    return info, verdict


def for_preview(ctx: FlowContext, sample: Sample) -> tuple[dict[str, Any], Verdict, list[str]]:
    """The approval of a sample as it is now, its verdict, and words; an open one as if it had been agreed."""
    sp_no = sample.event.target_key if sample.event else ""
    info: dict[str, Any] = ctx.oa.approval(sp_no)
    verdict = verdict_of(info, sp_no, ctx.zone)
    if verdict is not None:
        return info, verdict, []
    words = _("Approval %(number)s is still open: shown as if it had been agreed now.") % {"number": sp_no}
    more = {"pass": "", "fail": "", "marks": "", "spTime": ""}
    return info, Verdict("approved", sp_no, form=reading.form_of(info, ctx.zone), more=more), [words]


def check_template(sent: Sent, template_id: str) -> None:
    """Numbers are counted by each corp for itself: an approval of another form is not the one that we sent.

    Raises DocumentRejected.
    """
    known = str(sent.recall.get("template") or "")
    if known and template_id and known != template_id:
        message = _("Approval %(number)s is of template %(now)s, but was sent with template %(known)s.")
        raise DocumentRejected(message % {"number": sent.target_key, "now": template_id, "known": known})


def still_open() -> str:
    """What the event list says then."""
    return str(_("WeCom calls this approval open: left to the regular question of the sending flow."))


def source_fields() -> list[FieldInfo]:
    """For the mapping editor."""
    return [FieldInfo(name, str(label)) for name, label in SOURCES]


def written_back(ctx: FlowContext, entity_set: str) -> list[UserField]:
    """The ERP user fields that the write-back sections fill."""
    parts = [ctx.mapper.parts[section.name] for section in DECISION_SECTIONS]
    names = {step.row.target.strip() for part in parts for step in part.steps}
    return [UserField(table_of(entity_set), name) for name in sorted(names) if name.startswith(preparation.PREFIX)]
