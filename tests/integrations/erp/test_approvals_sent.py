"""Drafts that wait for approval go to the OA once, and are marked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import Delivery, Person
from core.models.delivery import DecisionState, DeliveryState
from tests.integrations.erp import oa
from tests.integrations.erp.oa import OA, World, approval_of, edit, run
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)
PENDING = {"16", "17", "18"}  # purchase requests of the demo data; 19 waits for nothing


def test_only_pending_drafts_are_sent_and_marked(world: World, sandbox: SandboxServer) -> None:
    ended = run(world.push())
    assert (ended.status, ended.total, ended.succeeded) == ("succeeded", 3, 3)
    assert {made["number"] for made in OA.approvals.values()} == PENDING
    assert {sandbox.erp_object("Drafts", n)["U_SyncStatus"] for n in (16, 17, 18)} == {"Y"}
    assert sandbox.erp_object("Drafts", 19)["U_SyncStatus"] == "N"
    assert {d.key for d in Delivery.objects.all()} == {"16/17/1", "17/18/1", "18/19/1"}
    assert {d.decision_state for d in Delivery.objects.all()} == {DecisionState.PENDING}
    assert OA.approvals[approval_of(16)]["payload"]["table"][0]["item"] == "11028"


@pytest.mark.parametrize("details", [True, False])
def test_details_are_read_with_the_list_or_one_by_one(world: World, monkeypatch: Any, details: bool) -> None:
    monkeypatch.setattr(oa.Push, "reads_details", details)
    run(world.push())
    assert all(made["payload"]["table"] for made in OA.approvals.values())


def test_only_the_wanted_stage_is_sent(world: World, sandbox: SandboxServer) -> None:
    flow = world.push(stages="13")
    assert run(flow).total == 0
    sandbox.erp_act("PATCH", "ApprovalRequests(19)", {"ApprovalRequestDecisions": [{"Status": "Y"}]}, user=12)
    assert run(flow).succeeded == 1
    assert Delivery.objects.get().key == "18/19/2"


def test_documents_before_since_stay(world: World, sandbox: SandboxServer) -> None:
    sandbox.erp_put("Drafts", {"DocEntry": 16, "CreationDate": "2020-01-01"})
    run(world.push(since="2021-01-01"))
    assert "16" not in {made["number"] for made in OA.approvals.values()}
    assert OA.approvals


def test_the_submitter_is_found_by_people_then_field_then_fallback(world: World, sandbox: SandboxServer) -> None:
    Person.objects.create(tenant=world.tenant, connector="test.oa", erp_user="A002", outside_user="by code")
    sandbox.erp_put("Users", {"InternalKey": 38, "FaxNumber": " by field "})
    run(world.push())
    assert OA.approvals[approval_of(16)]["creator"] == "by field"
    assert OA.approvals[approval_of(17)]["creator"] == "by code"
    Person.objects.create(tenant=world.tenant, connector="test.oa", erp_user="38", outside_user="by key")
    sandbox.erp_submit(user=38)
    sandbox.erp_put("Users", {"InternalKey": 12, "FaxNumber": ""})
    sandbox.erp_submit(user=12)
    run(oa.FlowInstance.objects.get())
    assert [made["creator"] for made in list(OA.approvals.values())[3:]] == ["by key", "nobody"]


def test_a_lost_answer_makes_no_second_approval(world: World) -> None:
    OA.lose = 1
    flow = world.push(parallel=1)
    run(flow)
    for _ in range(3):
        Delivery.objects.filter(state=DeliveryState.UNCERTAIN).update(due_at=timezone.now() - timedelta(seconds=1))
        run(flow)
    assert len(OA.approvals) == 3
    assert {d.state for d in Delivery.objects.all()} == {DeliveryState.DONE}


def test_requests_are_the_source_where_nothing_is_marked(world: World, sandbox: SandboxServer) -> None:
    flow = world.push("test.push_requests", synced_field="")
    assert run(flow).succeeded == 3
    marks = len(sandbox.effects("erp", "mark"))
    again = run(flow)
    assert (again.total, len(OA.approvals), len(sandbox.effects("erp", "mark"))) == (0, 3, marks)


def test_a_new_code_of_the_same_content_is_not_sent_again(world: World, sandbox: SandboxServer) -> None:
    flow = world.push("test.push_requests", synced_field="")
    run(flow)
    comments = sandbox.erp_object("Drafts", 16)["Comments"]
    edit(sandbox, 16, Comments=comments)  # the ERP replaces the request all the same
    run(flow)
    assert len(OA.approvals) == 3
    edit(sandbox, 16, Comments="other")
    run(flow)
    assert len(OA.approvals) == 4
