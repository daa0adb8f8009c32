"""Documents of the barcode system are created in the ERP (seed 5.4.6.2 保存数据业务流)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import B1FlowError, CannotTell
from core.flows.base import Plan, Recall, Receipt, Rehearsal, Sample, UserField
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.barcode import codes, companies, finding, methods, parts, posting
from integrations.barcode.codes import Refusal
from integrations.barcode.companies import MEMBER, Scope
from integrations.barcode.flows.answering import BarcodeFlow
from integrations.barcode.flows.config import SaveForm
from integrations.barcode.posting import HalfDone
from integrations.barcode.scan import reading
from integrations.barcode.tickets import ticket_of
from integrations.erp import preparation

MOST_REQUESTS = 100
EXAMPLE = {
    "method": "StockGenEntry",
    "operatortype": "A",
    "data": [{"ItemCode": "A00001", "Quantity": "1", "WarehouseCode": "01", "MainTable": {"DocDate": "20260131"}}],
}
ISSUED_ONLY, PARTLY = "ISSUED_ONLY", "PARTLY"


@register_flow
class Save(BarcodeFlow):
    """Each request once: its repeat is answered with the first result. With backflush the components are issued
    first, and the product is received only when they were. A document whose answer was lost is looked up by the
    reference field; without one it waits for a person, and the repeat is told so."""

    key, label = "barcode.save", gettext_lazy("Barcode: save documents")
    description = gettext_lazy("The barcode system makes receipts, issues, deliveries and transfers in the ERP.")
    connections = {"sql": "erp.di_api", "erp": "erp.service_layer"}
    optional_slots = ("sql",)
    Config = SaveForm
    settle_seconds = 40.0  # longer than a call may take: an ERP that did not answer may still be posting

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        field = config["reference_field"]
        return [UserField("OIGN", field, "Barcode request")] if field else []

    def check(self, ctx: FlowContext) -> list[str]:
        """The reference field, in every company."""
        fields = self.required_user_fields(ctx.config)
        if not fields:
            return []
        scopes = [scope for scope in companies.every(ctx) if scope.has("erp")]
        return [f"{scope.code}: {text}" for scope in scopes for text in preparation.problems(scope.erp, fields)]

    def handle(self, ctx: FlowContext, payload: Any) -> Any:
        if not isinstance(payload, list):
            return self._answer(ctx, payload)
        if not 0 < len(payload) <= MOST_REQUESTS:
            words = _("send 1 to %(most)s requests at once")
            return self.refuse(ctx, Refusal(codes.BAD_BODY, words % {"most": MOST_REQUESTS}))
        return [self._answer(ctx, request) for request in payload]

    def _answer(self, ctx: FlowContext, body: Any) -> Any:
        documents: list[parts.Part] = []
        try:
            scan = reading.read(body)
            scope = companies.chosen(ctx, body)
            ticket = ticket_of(body, scan, scope.code, ctx.config)
            documents += parts.parts_of(scan, scope, ctx.config)
            with ctx.step(scan.method.key, body) as output:
                output["key"] = ticket.key
                posted = posting.post(ctx, scope, ticket, documents)
        except HalfDone as half:
            return self.refuse(ctx, half.error, _half(documents, half))
        except B1FlowError as error:
            return self.refuse(ctx, error)
        return self.accept(ctx, parts.answer(documents, posted.answers), duplicate=posted.duplicate)

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """A receipt into stock that needs no other document."""
        return [Sample("example", _("Example"), EXAMPLE)]

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        """Each document of the request (of the first, where several were sent at once)."""
        several = isinstance(sample.body, list)
        body = sample.body[0] if several and sample.body else sample.body
        notes = [_("Several requests came at once: the first is shown.")] if several else []
        return Rehearsal(None, lambda: self._planned(ctx, body, notes))

    def _planned(self, ctx: FlowContext, body: Any, notes: list[str]) -> Plan:
        scan = reading.read(body)
        scope = companies.chosen(ctx, body)
        found = posting.planned(
            ctx, scope, ticket_of(body, scan, scope.code, ctx.config), parts.parts_of(scan, scope, ctx.config)
        )
        return Plan(found.writes, [*notes, *found.notes])

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt] | None:
        """For a request whose process ended between sending and writing down."""
        if not finding.can_find(recall.recall):
            raise CannotTell(_("without reference_field the ERP cannot be asked: look for the document by hand"))
        scope: Scope = companies.chosen(ctx, {MEMBER: recall.recall.get("company")})
        return finding.find(scope.erp, recall.recall, ctx.flow.pk, recall.key) or None


def _half(documents: list[parts.Part], half: HalfDone) -> dict[str, Any]:
    """What is there already: the scanner's user must know that the repeat goes on from here."""
    if documents[0].suffix == parts.ISSUE:
        return {"method": methods.RECEIPT.key, "state": ISSUED_ONLY, "backflush": half.answers[0]}
    return {"method": documents[0].method, "state": PARTLY, "value": half.answers}
