"""Which draft a callback is about: the ledger, then a form control."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import ConfigurationError, DocumentRejected, NotFound
from core.flows.context import load
from core.models import Delivery
from integrations.erp.approvals import Verdict, draft_of_field
from tests.integrations.erp.oa import OA, World, approval_of, decide, row, run
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_approval_of_nobody_is_not_found(world: World) -> None:
    flow = world.decider()
    bodies: list[dict[str, str]] = [{}, {"draft": ""}, {"draft": "x"}, {"code": "999"}, {"code": "x"}]
    for body in bodies:
        with pytest.raises(NotFound):
            decide(flow, Verdict("approved", "SP9"), **body)


@pytest.mark.parametrize("body", [{"draft": "16"}, {"code": "17"}])
def test_a_draft_that_others_sent_is_decided_by_its_control(world: World, sandbox: SandboxServer, body: Any) -> None:
    assert decide(world.decider(), Verdict("approved", "OLD1"), **body).state == "applied"
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsApproved"


def test_a_number_written_by_hand_does_not_decide_a_draft_of_ours(world: World, sandbox: SandboxServer) -> None:
    run(world.push())
    with pytest.raises(DocumentRejected, match=approval_of(16)):
        decide(world.decider(), Verdict("approved", "FORGED"), draft="16")
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsPending"


def test_a_callback_delivers_an_uncertain_row(world: World, sandbox: SandboxServer) -> None:
    OA.lose = 3
    run(world.push())
    key = approval_of(16)
    assert not Delivery.objects.filter(target_key=key).exists()
    assert decide(world.decider(), Verdict("approved", key), draft="16").state == "applied"
    assert (row(key).key, row(key).decision) == ("16/17/1", "approved")


def test_a_draft_is_found_by_what_was_written_into_it(world: World, sandbox: SandboxServer) -> None:
    ctx = load(world.decider())
    sandbox.erp_put("Drafts", {"DocEntry": 16, "U_REQUESTID": "3038137"})
    assert draft_of_field(ctx, "U_REQUESTID", 3038137) == 16
    assert draft_of_field(ctx, "U_REQUESTID", "x' or '1' eq '1") is None
    sandbox.erp_put("Drafts", {"DocEntry": 17, "U_REQUESTID": "3038137"})
    with pytest.raises(DocumentRejected) as caught:
        draft_of_field(ctx, "U_REQUESTID", "3038137")
    assert caught.value.code == "several"


def test_a_draft_is_decided_in_its_own_company(world: World, sandbox: SandboxServer) -> None:
    """One OA template, routed to the deciding flow of one company, serves another company too."""
    run(world.push())
    other = world.another("SBODEMO2")
    flow = other.decider()
    with pytest.raises(ConfigurationError, match="16"):
        decide(flow, Verdict("approved", approval_of(16)))
    world.decider(name="decide here")
    assert decide(flow, Verdict("approved", approval_of(16))).state == "applied"
    assert sandbox.erp_object("ApprovalRequests", 17)["Status"] == "arsApproved"
