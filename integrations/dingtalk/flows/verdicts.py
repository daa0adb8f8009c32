"""From an ended instance to the verdict that the ERP's side applies."""

from __future__ import annotations

from datetime import datetime

from core.flows.context import FlowContext
from integrations.dingtalk.instance import WITHDRAWN, Instance
from integrations.erp.approvals import Verdict, local_time

DELETED = "deleted"


def verdict_of(ctx: FlowContext, instance: Instance) -> Verdict | None:
    """None while it is open. Approver, remark and time are those of the last decision.

    A withdrawal has no remark of its own here: the ERP's side writes 发起人撤销.
    """
    if instance.is_open:
        return None
    last = instance.decisions[-1] if instance.decisions else None
    remark = last.remark if last and instance.outcome != WITHDRAWN else ""
    return Verdict(
        decision=instance.outcome,
        instance_id=instance.id,
        remark=remark,
        approver=last.user if last else "",
        approvers=", ".join(dict.fromkeys(decision.user for decision in instance.decisions)),
        time=time_of(ctx, instance.finished or (last.at if last else None)),
        url=instance.url,
        form=instance.form,
    )


def time_of(ctx: FlowContext, moment: datetime | None) -> str:
    """yyyy-MM-dd HH:mm:ss in the tenant's zone. The connection says what the Z in DingTalk's times means."""
    if moment is not None and ctx.targets["oa"].settings.get("times") == "local":
        moment = moment.replace(tzinfo=None)
    return local_time(moment, ctx.zone)
