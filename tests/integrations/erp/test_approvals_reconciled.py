"""Decisions whose callback never came; open approvals of edited drafts; the enable check."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.flows import reconcile
from core.flows.context import load
from core.models import Delivery, FlowRun
from core.models.delivery import DecisionState
from core.models.run import RunStatus, Trigger
from integrations.erp.approvals import Verdict
from tests.integrations.erp.oa import OA, World, approval_of, edit, row, run
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)


def reconciled(flow: Any) -> FlowRun:
    Delivery.objects.exclude(decide_at=None).update(decide_at=timezone.now() - timedelta(seconds=1))
    queued = FlowRun.objects.create(
        flow=flow, trigger=Trigger.RECONCILE, status=RunStatus.QUEUED, queued_at=timezone.now()
    )
    reconcile.run(queued.pk)
    queued.refresh_from_db()
    return queued


def test_reconcile_applies_what_the_oa_says(world: World, sandbox: SandboxServer) -> None:
    flow = world.push()
    run(flow)
    world.decider([("draft_refused", "remark", "U_Approver")])
    OA.verdicts[approval_of(16)] = Verdict("approved", approval_of(16))
    OA.verdicts[approval_of(17)] = Verdict("refused", approval_of(17), remark="no")
    assert reconciled(flow).status == RunStatus.SUCCEEDED
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsApproved"
    assert sandbox.erp_object("Drafts", 17)["U_Approver"] == "no"
    assert row(approval_of(18)).decision_state == DecisionState.PENDING
    assert reconciled(flow).total == 1


def test_reconcile_takes_back_an_open_approval_of_an_edited_draft(world: World, sandbox: SandboxServer) -> None:
    flow = world.push()
    run(flow)
    key = approval_of(16)
    edit(sandbox, 16, Comments="other")
    reconciled(flow)
    assert "other" in OA.withdrawn[key]
    assert list(OA.withdrawn) == [key]
    assert row(key).decision_state == DecisionState.SUPERSEDED
    assert run(flow).succeeded == 1
    assert approval_of(16) != key


def test_reconcile_needs_a_deciding_flow(world: World) -> None:
    flow = world.push()
    run(flow)
    OA.verdicts[approval_of(16)] = Verdict("approved", approval_of(16))
    ended = reconciled(flow)
    assert ended.failed == 1
    assert "test.decide" in ended.message


def test_the_enable_check_names_missing_user_fields(world: World) -> None:
    ctx = load(world.push(synced_field="U_NoSuchField"))
    [problem] = ctx.flow_type.check(ctx)
    assert "U_NoSuchField" in problem
