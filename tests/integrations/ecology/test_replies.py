"""A refusal carries the number of its run."""

from __future__ import annotations

from core.models import FlowRun
from integrations.ecology import replies


def test_refusals_carry_the_run() -> None:
    run = FlowRun(pk=41)
    assert replies.traced(replies.refused(40001, "no"), run)["traceId"] == "41"
    assert "traceId" not in replies.traced(replies.accepted("1"), run)
    assert "traceId" not in replies.traced(replies.refused(40001, "no"), None)
