"""What the fault tests change inside the platform's processes, by environment variable; nothing else.

FAULTS_SETTLE_SECONDS   ``settle_seconds`` of the ecology flows: 20 s a question would make a thousand kills a day's
                        work. The sandbox's index lag is shortened in proportion.
FAULTS_MUTANT           a planted bug, to show that the tests can fail: "late claim" (bytes leave before the claim is
                        committed).
FAULTS_HANG_SECONDS     a call that has not returned after so long is given up; a minute and more in earnest.
FAULTS_POISON           drafts may be poison: see poison.py.
"""

from __future__ import annotations

import os
from typing import Any

from django.apps import AppConfig


class Hooks(AppConfig):
    """An installed app without models."""

    name = "tests.e2e.faults.hooks"
    label = "faults"

    def ready(self) -> None:
        apply()


def apply() -> None:
    """Do what the environment says; also called in forked processes, whose environment is their own."""
    from core import registry
    from tests.e2e.faults import poison

    if os.environ.get("FAULTS_SETTLE_SECONDS"):
        for key in ("ecology.push_approval", "ecology.push_master_data", "ecology.create_erp_document"):
            registry.flow_type(key).settle_seconds = float(os.environ["FAULTS_SETTLE_SECONDS"])  # type: ignore[attr-defined]
    if os.environ.get("FAULTS_HANG_SECONDS"):
        _give_up_sooner(float(os.environ["FAULTS_HANG_SECONDS"]))
    if os.environ.get("FAULTS_MUTANT") == "late claim":
        _claim_late()
    if os.environ.get("FAULTS_POISON"):
        poison.plant()


def _give_up_sooner(seconds: float) -> None:
    from core.flows.pool import Pool

    overdue = Pool.overdue
    Pool.overdue = lambda self, _seconds: overdue(self, seconds)  # type: ignore[method-assign]


def _claim_late() -> None:
    """The request leaves before the claim is committed; its answer is handed over, so without a death all is well."""
    from core.flows.ledger import Ledger
    from core.flows.runner import SyncRun

    commit, work = Ledger.commit, SyncRun._work
    early: dict[str, Any] = {}

    def eager(self: Any, new: Any, again: Any) -> Any:
        for document, row in new:
            outgoing = _Early(document, row)
            early[row.key] = self.run.faults_flow.deliver(self.run.faults_ctx, outgoing)
        return commit(self, new, again)

    def handed_over(self: Any, part: Any) -> Any:
        usual = work(self, part)
        known = [early.pop(row.key, None) for _, row, _ in part]
        return (lambda: known) if all(known) else usual

    def begin(self: Any, run: Any, ctx: Any, lease: Any, clock: Any, init: Any = SyncRun.__init__) -> None:
        run.faults_flow, run.faults_ctx = ctx.flow_type, ctx
        init(self, run, ctx, lease, clock)

    SyncRun.__init__ = begin  # type: ignore[method-assign]
    SyncRun._work = handed_over  # type: ignore[method-assign]
    Ledger.commit = eager  # type: ignore[method-assign]


class _Early:
    """As core.flows.base.Outgoing, of a document that has no row yet."""

    def __init__(self, document: Any, row: Any) -> None:
        self.delivery, self.key, self.target_key, self.attempt = 0, row.key, "", 1
        self.body, self.recall, self.payload, self.label = document.body, document.recall, document.payload, row.label
