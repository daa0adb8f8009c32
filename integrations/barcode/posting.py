"""Posts the documents of one request, each once, in order; a request that stopped half-way goes on where it stopped.

Every document has its own ledger row: key, key#issue and key#receipt, key#row1of3. A later one is sent only when those
before it are there. While the last is not there, what was done before it is remembered without a time limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from core.alerts import end_alert, raise_alert
from core.errors import B1FlowError
from core.flows.base import Plan, Receipt, Write
from core.flows.clock import database_now
from core.flows.context import FlowContext
from core.flows.once import Outcome, once
from core.models import Delivery
from core.models.delivery import DeliveryState
from integrations.barcode import codes, completing, finding
from integrations.barcode.codes import Refusal
from integrations.barcode.companies import Scope
from integrations.barcode.parts import ISSUE, Part
from integrations.barcode.scan.document import Draft
from integrations.barcode.scan.reading import Row
from integrations.barcode.tickets import Ticket
from integrations.erp.client import ServiceLayerClient

_DONE = (DeliveryState.DONE, DeliveryState.DELIVERED)


@dataclass(frozen=True)
class Posted:
    """``answers``: one a part. ``duplicate``: nothing was sent, these are the answers of the first time."""

    answers: list[Row]
    duplicate: bool


class HalfDone(Exception):
    """``error`` stopped it; ``answers``: the documents that are there already."""

    def __init__(self, error: B1FlowError, answers: list[Row]) -> None:
        super().__init__(str(error))
        self.error, self.answers = error, answers


def post(ctx: FlowContext, scope: Scope, ticket: Ticket, parts: list[Part]) -> Posted:
    """All of them. Raises what ``once`` raises, Refusal (BC.4092), HalfDone."""
    return _Posting(ctx, scope, ticket).post(parts)


def planned(ctx: FlowContext, scope: Scope, ticket: Ticket, parts: list[Part]) -> Plan:
    """What would be created, worked out now: the SQL of a backflush is asked, nothing is written."""
    posting = _Posting(ctx, scope, ticket)
    writes, notes = [], []
    for part in parts:
        draft = part.draft()
        if draft is None:
            notes.append(_("nothing to issue"))
            continue
        body = _body(scope.erp, draft, posting.reference(part))
        writes.append(Write(f"POST {draft.entity_set}", body))
    return Plan(writes, notes)


def _body(erp: ServiceLayerClient, draft: Draft, reference: dict[str, str]) -> Row:
    """The document, exactly as it is sent."""
    return {**completing.complete(erp, draft), **reference}


@dataclass
class _Posting:
    ctx: FlowContext
    scope: Scope
    ticket: Ticket

    def post(self, parts: list[Part]) -> Posted:
        if len(parts) == 1:
            outcome = self._once(parts[0], self.ticket.window)
            return Posted([_answer(parts[0], outcome)], outcome.duplicate)
        rows = self._rows(parts)
        last = rows.get(self._key(parts[-1]))
        if last is not None and self._counts(last):
            return self._repeated(parts, rows)
        closed = _closed_rounds(last)
        open_parts = {part.suffix for part in parts if _is_open(rows.get(self._key(part)), closed)}
        return self._in_order(parts, open_parts)

    def _in_order(self, parts: list[Part], open_parts: set[str]) -> Posted:
        answers: list[Row] = []
        duplicate = True  # another call with the same key may have been quicker with every part
        for part in parts:
            try:
                outcome = self._once(part, None if part.suffix in open_parts else self.ticket.window)
                answers.append(_answer(part, outcome))
                duplicate = duplicate and outcome.duplicate
            except B1FlowError as error:
                if not any(_made_something(answer) for answer in answers):
                    raise
                self._alert(part, error)
                raise HalfDone(error, answers) from error
        if open_parts:
            end_alert(self.ctx.flow.tenant_id, alert_subject(self.ctx.flow.pk, self.ticket.key))
        return Posted(answers, duplicate)

    def _repeated(self, parts: list[Part], rows: dict[str, Delivery]) -> Posted:
        known = [rows[self._key(part)] for part in parts if self._key(part) in rows]
        outcomes = [Outcome(row.pk, Receipt(row.target_key or "", row.answer), duplicate=True) for row in known]
        return Posted([_answer(part, outcome) for part, outcome in zip(parts, outcomes, strict=False)], duplicate=True)

    # -- one document

    def _once(self, part: Part, window: float | None) -> Outcome:
        key, reference = self._key(part), self.reference(part)
        recall = {"method": part.method, "set": part.entity_set, "company": self.scope.code}
        recall |= {"table": part.table, "code": part.code} if part.table else {}
        for field, mark in reference.items():
            recall |= {"field": field, "reference": mark}
        ask = finding.can_find(recall)
        outcome = once(
            self.ctx,
            key,
            payload=part.content,
            send=lambda: self._send(part, reference),
            find=(lambda since: finding.find(self.scope.erp, recall, self.ctx.flow.pk, key)) if ask else None,
            label=part.label,
            recall=recall,
            window_seconds=window,
        )
        if outcome.conflict and self.ticket.is_named:
            words = _("request %(key)s was carried out before with another content")
            raise Refusal(codes.OTHER_CONTENT, words % {"key": self.ticket.key})
        return outcome

    def _send(self, part: Part, reference: dict[str, str]) -> Receipt:
        draft = part.draft()
        if draft is None:
            return Receipt("", {"method": part.method, "lines": 0}, note=_("nothing to issue"))
        erp = self.scope.erp
        created = erp.create(draft.entity_set, _body(erp, draft, reference))
        more = {"lines": len(draft.payload["DocumentLines"])} if part.suffix == ISSUE else {}
        return finding.receipt_of(part.method, created, **more)

    def reference(self, part: Part) -> dict[str, str]:
        """The mark that the document carries; {} where the config names no field for it."""
        field = self._field(part)
        return {field: finding.reference(self.ctx.flow.pk, self._key(part))} if field else {}

    def _field(self, part: Part) -> str:
        return "" if part.table else str(self.ctx.config["reference_field"])

    # -- the ledger

    def _key(self, part: Part) -> str:
        return f"{self.ticket.key}{part.suffix}"

    def _rows(self, parts: list[Part]) -> dict[str, Delivery]:
        """The newest row of each part."""
        keys = [self._key(part) for part in parts]
        rows = Delivery.objects.filter(flow_id=self.ctx.flow.pk, key__in=keys).order_by("generation")
        return {row.key: row for row in rows}

    def _counts(self, row: Delivery) -> bool:
        """Was it done, and so lately that the same request is the same scan?"""
        return row.state in _DONE and row.updated_at >= database_now() - timedelta(seconds=self.ticket.window)

    # -- telling a person

    def _alert(self, part: Part, error: B1FlowError) -> None:
        words = _("%(flow)s: %(document)s failed after the document before it was posted: %(error)s")
        text = words % {"flow": self.ctx.flow.name, "document": part.label, "error": error}
        raise_alert(self.ctx.flow.tenant_id, alert_subject(self.ctx.flow.pk, self.ticket.key), text)


def alert_subject(flow_id: int | None, key: str) -> str:
    """What the alert of a half-done request is about."""
    return f"flow:{flow_id}:half-done:{key}"


def _closed_rounds(last: Delivery | None) -> int:
    """How often the whole request was carried out: a new generation begins only when the one before it is done."""
    if last is None:
        return 0
    return last.generation if last.state in _DONE else last.generation - 1


def _is_open(row: Delivery | None, closed: int) -> bool:
    """Was it begun in a round that is not over?"""
    return row is not None and row.generation > closed


def _made_something(answer: Row) -> bool:
    return any(answer.get(name) is not None for name in ("DocEntry", "Code"))


def _answer(part: Part, outcome: Outcome) -> Row:
    """What was answered the first time; for a document that a person looked up, its number."""
    answer: dict[str, Any] | None = outcome.receipt.answer
    if answer is not None:
        return answer
    number = outcome.receipt.target_key
    if not number:
        raise Refusal(codes.UNKNOWN_OUTCOME, _("an operator closed this request: scan again"))
    return {"method": part.method, "DocEntry": int(number) if number.isdigit() else number, "DocNum": None}
