"""mes.push_work_orders: production orders of the ERP become work orders of the MES (seed 4.4.4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, DocumentRejected, NotFound, RetryLater
from core.flows.base import Document, Outgoing, Recall, Receipt, Section, SyncFlow, UserField
from core.flows.context import FlowContext
from core.flows.fingerprint import fingerprint
from core.registry import register_flow
from integrations.erp import odata, preparation
from integrations.mes.client import CLOSED
from integrations.mes.flows import order_bodies
from integrations.mes.flows.config import PushWorkOrdersForm

ORDERS = "ProductionOrders"
KEY = "AbsoluteEntry"
NOWHERE = "-"  # target key of an order that the MES never had


@register_flow
class PushWorkOrders(SyncFlow):
    """Orders that are not marked, by the seed's decision table:

    not in the MES: released -> create, ended -> nothing to close; closed in the MES -> nothing; ended in the ERP ->
    close; else -> edit. Then mark.

    Every step may be repeated (the MES creates or changes by code), and each attempt looks first: so a lost answer is
    simply tried again. A step that the MES refuses is tried again too: the order stays unmarked until it worked.
    """

    key, label = "mes.push_work_orders", gettext_lazy("Production orders to the MES")
    description = gettext_lazy("Creates, changes and closes work orders; marks what is done in the ERP.")
    connections = {"erp": "erp.service_layer", "mes": "mes.blacklake"}
    Config = PushWorkOrdersForm
    sections = (
        Section(
            "order", gettext_lazy("Work order"), required=("planStartTime", "planFinishTime"), optional=False
        ),
        Section("outputs", gettext_lazy("Products"), each="outputs", required=("materialCode", "plannedAmount"),
                optional=False),
        Section("inputs", gettext_lazy("Components"), each="inputs", required=("materialCode",)),
    )  # fmt: skip
    on_change = "update"
    repeatable = True
    owns_target = False

    # -- reading

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        for order in ctx.erp.query(ORDERS, filter=self._where(ctx), page_size=ctx.config["page_size"]):
            yield self._document(ctx, order)

    def read(self, ctx: FlowContext, key: str, recall: dict[str, Any]) -> Document | None:
        where = odata.all_of(odata.eq(KEY, key, odata.INT), self._where(ctx))
        order = ctx.erp.first(ORDERS, filter=where)
        return self._document(ctx, order) if order else None

    def _where(self, ctx: FlowContext) -> str:
        since = ctx.config["since"]
        return odata.all_of(
            ctx.config["filter"],
            odata.not_marked(ctx.config["synced_field"]),
            odata.compare("CreationDate", "ge", since) if since else "",
        )

    def _document(self, ctx: FlowContext, order: dict[str, Any]) -> Document:
        code = str(order.get(ctx.config["number_field"]) or "").strip()
        return Document(
            key=str(order[KEY]),
            body=order_bodies.mapped_from(order),
            recall={"entry": order[KEY], "code": code},
            version=_version(order),
            label=str(order.get("DocumentNumber") or order[KEY]),
        )

    def payload(self, ctx: FlowContext, document: Document) -> dict[str, Any]:
        """An order that ended needs its code only: it is closed even where the mapping refuses it."""
        code = document.recall["code"]
        if not code:
            raise DocumentRejected(_("%(field)s is empty") % {"field": ctx.config["number_field"]})
        if order_bodies.is_ended(document.body):
            return {"order": {"code": code}}
        return order_bodies.completed(code, document.body, ctx.map(document.body))

    # -- the decision table

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        try:
            number, note = self._step(ctx, outgoing)
        except (DocumentRejected, NotFound) as error:
            # What the MES lacks today (a material, a finished task) it may have tomorrow, without a change here.
            raise RetryLater(error.message, code=error.code) from error
        content = fingerprint(outgoing.payload, _version(outgoing.body))
        return Receipt(number, note=note, recall={**outgoing.recall, "content": content})

    def _step(self, ctx: FlowContext, outgoing: Outgoing) -> tuple[str, str]:
        """(target key, what was done)."""
        code, ended = outgoing.recall["code"], order_bodies.is_ended(outgoing.body)
        number = ctx.mes.work_order_id(code)
        if number is None:
            return (NOWHERE, _("not in the MES, nothing to close")) if ended else self._create(ctx, code, outgoing)
        if _status(ctx, number) == CLOSED:
            return str(number), _("closed in the MES already")
        if ended:
            self._close(ctx, number)
            return str(number), _("closed")
        if ctx.config["update_by"] == "import":
            ctx.mes.import_work_order(order_bodies.import_body(outgoing.payload))
        else:
            ctx.mes.update_work_order(order_bodies.edit_body(outgoing.payload))
        return str(number), _("changed")

    def _create(self, ctx: FlowContext, code: str, outgoing: Outgoing) -> tuple[str, str]:
        """The answer to an import says nothing: the id is asked for."""
        ctx.mes.import_work_order(order_bodies.import_body(outgoing.payload))
        number = ctx.mes.work_order_id(code)
        if number is None:
            raise RetryLater(_("the MES took the work order, but does not show it yet"))
        return str(number), _("created")

    def _close(self, ctx: FlowContext, number: int) -> None:
        """One that could not be closed is a failure, unless somebody closed it meanwhile."""
        failed = ctx.mes.close_work_orders([number], ctx.config["close_type"], ctx.config["close_reason"])
        if failed and _status(ctx, number) != CLOSED:
            reasons = "; ".join(str(row.get("failedReason") or "-") for row in failed)
            raise RetryLater(_("the MES did not close the work order: %(reasons)s") % {"reasons": reasons})

    # -- marking

    def acknowledge(self, ctx: FlowContext, recalls: Sequence[Recall]) -> dict[int, B1FlowError]:
        """Both fields: without the flag the ERP's stored procedure takes our mark for a change. Then a second look."""
        marks = {recall.recall["entry"]: self._mark(ctx, "Y") for recall in recalls}
        errors = ctx.erp.update_many(ORDERS, marks)
        failed = {
            r.delivery: error
            for r in recalls
            if (error := errors.get(r.recall["entry"])) is not None and not isinstance(error, NotFound)
        }
        return failed | self._second_look(ctx, [r for r in recalls if r.recall["entry"] not in errors])

    def _mark(self, ctx: FlowContext, value: str) -> dict[str, str]:
        return {ctx.config["synced_field"]: value, ctx.config["flag_field"]: "Y"}

    def _second_look(self, ctx: FlowContext, recalls: list[Recall]) -> dict[int, B1FlowError]:
        """An order that was edited between our reading and our mark loses the mark again: the next run sends it.

        Orders have no version that a mark could be bound to. A mark that is not repeated after a crash does no harm:
        marks are repeated, and this look with them, until both worked.
        """
        failed: dict[int, B1FlowError] = {}
        orders = self._read_again(ctx, recalls)
        edited: dict[int, Recall] = {}
        for recall in recalls:
            order = orders.get(recall.recall["entry"])
            if order is None:
                continue
            marked = str(order.get(ctx.config["synced_field"])) == "Y"
            same = self._content(ctx, order) == recall.recall.get("content")
            if marked and not same:
                edited[recall.recall["entry"]] = recall
            elif same and not marked:
                words = _("the ERP took the mark back: is its stored procedure the one of the README?")
                failed[recall.delivery] = RetryLater(words)
        errors = ctx.erp.update_many(ORDERS, {entry: self._mark(ctx, "N") for entry in edited})
        return failed | {edited[entry].delivery: error for entry, error in errors.items()}

    def _read_again(self, ctx: FlowContext, recalls: Sequence[Recall]) -> dict[int, dict[str, Any]]:
        if not recalls:
            return {}
        where = odata.one_of(KEY, [recall.recall["entry"] for recall in recalls], odata.INT)
        return {order[KEY]: order for order in ctx.erp.query(ORDERS, filter=where)}

    def _content(self, ctx: FlowContext, order: dict[str, Any]) -> str:
        document = self._document(ctx, order)
        try:
            return fingerprint(self.payload(ctx, document), document.version)
        except DocumentRejected:
            return ""

    # -- for the console

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        return [
            UserField("OWOR", config["synced_field"], "Sent to the MES (Y/N)", 1, default="N"),
            UserField("OWOR", config["flag_field"], "Marked by the interface (Y/N)", 1, default="N"),
        ]

    def check(self, ctx: FlowContext) -> list[str]:
        """User fields in the ERP; the MES answers (raises what it answers instead)."""
        ctx.mes.count("work_order_list")
        return preparation.problems(ctx.erp, self.required_user_fields(ctx.config))

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        found: list[FieldInfo] = ctx.connector("erp").discover("fields", object=ORDERS, lines=order_bodies.LINES)
        wanted = order_bodies.LINES if section.name == "inputs" else ""
        return [
            FieldInfo(field.name, field.label, field.type, field.required, section.each, field.options)
            for field in found
            if field.each == wanted
        ]

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return ctx.connector("mes").discover("fields", object=section.name)


def _version(order: dict[str, Any]) -> dict[str, Any]:
    """What is decided on beside the mapped fields."""
    return {"status": order.get("ProductionOrderStatus")}


def _status(ctx: FlowContext, number: int) -> int:
    status = ctx.mes.work_order(number).get("status")
    return int((status.get("code") if isinstance(status, dict) else status) or 0)
