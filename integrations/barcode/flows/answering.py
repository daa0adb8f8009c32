"""What the API flows share: their answers in the config's shape, errors as refusals with HTTP 200."""

from __future__ import annotations

from typing import Any

from core.errors import B1FlowError
from core.flows.base import Plan, Rehearsal, RequestFlow, Sample
from core.flows.context import FlowContext
from integrations.barcode import codes, envelope
from integrations.barcode.codes import Problem


class BarcodeFlow(RequestFlow):
    """Base of query, save, methods, companies. One instance serves one request."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def refusal(self, answer: Any) -> str:
        return "; ".join(self.problems)

    def rehearsed_answer(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        """The preview of a flow that only reads: its answer."""
        return Rehearsal(None, lambda: Plan(answer=self.handle(ctx, sample.body)))

    def refuse(self, ctx: FlowContext, error: B1FlowError, data: Any = None) -> Any:
        """The answer that an error is, remembered for the run list."""
        problem: Problem = codes.problem_of(error, data)
        self.problems.append(f"{problem.code}: {error.message}")
        template = ctx.config.get("error_envelope") or ctx.config.get("envelope")
        return envelope.refusal(template, problem, ctx.run.pk if ctx.run else None)

    def accept(self, ctx: FlowContext, data: Any, **more: Any) -> Any:
        """A success."""
        return envelope.success(ctx.config.get("envelope"), data, **more)
