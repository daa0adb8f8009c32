"""A run as a timeline: its steps grouped by document, with input, output and milliseconds."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from core.admin import scope, shown
from core.models import Delivery, FlowRun, Role, RunStep
from core.models.run import RunStatus

STEPS = 300  # shown of one run; the documents have the rest
DOCUMENTS = 100
STATUS_COLOURS = {
    "queued": "info",
    "running": "info",
    "succeeded": "success",
    "partial": "warning",
    "failed": "danger",
    "skipped": "default",
}
OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)


def context(request: HttpRequest, run: FlowRun) -> dict[str, Any]:
    """For console/run.html."""
    steps = list(run.steps.order_by("pk")[: STEPS + 1])
    documents = list(run.deliveries.order_by("-updated_at")[: DOCUMENTS + 1])
    return {
        "colour": STATUS_COLOURS.get(run.status, "info"),
        "running": run.status in OPEN,
        "done": percent(run),
        "groups": grouped(steps[:STEPS], {d.pk: d for d in documents}),
        "more_steps": len(steps) > STEPS,
        "documents": documents[:DOCUMENTS],
        "more_documents": len(documents) > DOCUMENTS,
        "may_retry": scope.may(request.user, run, Role.OPERATOR),
    }


def percent(run: FlowRun) -> int:
    """How much of the documents found so far is done."""
    finished = run.succeeded + run.failed + run.skipped + run.held
    return min(100, round(100 * finished / run.total)) if run.total else 0


def grouped(steps: list[RunStep], documents: dict[int, Delivery]) -> list[dict[str, Any]]:
    """Steps in the order they were made; neighbours of one document stand together. Failed groups are open."""
    groups: list[dict[str, Any]] = []
    for step in steps:
        if not groups or groups[-1]["key"] != step.delivery_id:
            title = documents.get(step.delivery_id) if step.delivery_id else None
            groups.append({"key": step.delivery_id, "document": title, "steps": [], "ok": True, "ms": 0.0})
        group = groups[-1]
        group["steps"].append(step_line(step))
        group["ok"] = group["ok"] and step.ok
        group["ms"] += step.ms
    return groups


def step_line(step: RunStep) -> dict[str, Any]:
    """A step for the template."""
    return {"step": step, "input": shown.pretty(step.input), "output": shown.pretty(step.output)}
