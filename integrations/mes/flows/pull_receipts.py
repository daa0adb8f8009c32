"""mes.pull_receipts: what the MES reports of the last process becomes goods receipts of the ERP (seed 4.4.4.2)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import CannotTell, DocumentRejected, OutcomeUnknown
from core.flows.base import Document, Outgoing, Recall, Receipt, Section, SyncFlow, UserField
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.erp import odata, preparation
from integrations.mes.flows import refused, windows
from integrations.mes.flows.config import PullReceiptsForm
from integrations.mes.flows.report_rows import PROBLEM, ReportRows, positive

RECEIPTS = "InventoryGenEntries"
DAY_MS = 86_400_000
AHEAD_MS = DAY_MS  # the list wants an end of its window: the MES's clock may be before ours
MOST_WAITING = 500
ASKED_AT_ONCE = 50
HELD = "amount"  # key of the payload of a report that a person must look at
Row = dict[str, Any]


@register_flow
class PullReceipts(SyncFlow):
    """One goods receipt a report row, never two: the row's id is written on the receipt and looked for first.

    A receipt whose answer was lost is looked for by that id; without such a field it is held for a person. Amounts of
    zero or below (corrections) are held.
    """

    key, label = "mes.pull_receipts", gettext_lazy("Production receipts from the MES")
    description = gettext_lazy("Reports of the last process become goods receipts of their production orders.")
    connections = {"erp": "erp.service_layer", "mes": "mes.blacklake"}
    Config = PullReceiptsForm
    sections = (
        Section("header", gettext_lazy("Goods receipt")),
        Section("line", gettext_lazy("Line"), required=("Quantity",), optional=False),
        Section("batch", gettext_lazy("Batch (of items managed by batches)"), required=("BatchNumber", "Quantity")),
    )
    on_change = "keep"
    marks = False
    settle_seconds = 5.0

    def prepare(self, ctx: FlowContext) -> None:
        refused.prepare(ctx)

    # -- reading

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        watch, before, rows = windows.Stopwatch(), windows.state_of(ctx.cursor), ReportRows(ctx)
        first = int(before.get("first") or _first(ctx))
        newest = 0
        for row in ctx.mes.reports(_begin(ctx, before, first), _now() + AHEAD_MS):
            newest = max(newest, int(row.get("reportTime") or 0))
            yield from _one(rows.document(row))
        at = max(int(before.get("at") or first), min(newest - watch.seconds * 1000, _now()))
        yield from self._waiting(ctx, rows, before.get("waiting") or {})
        yield from refused.shown_again(ctx, self, before)
        if rows.counts:
            ctx.recorder.add(_("Reports"), output=dict(rows.counts))
        ctx.next_cursor = {
            "at": at,
            "first": first,
            "since": str(ctx.config["since"] or ""),
            "waiting": _kept(rows.waiting, at - ctx.config["recheck_days"] * DAY_MS),
            "settings": ctx.extra["settings"],
        }

    def _waiting(self, ctx: FlowContext, rows: ReportRows, waiting: dict[str, list[int]]) -> Iterator[Document]:
        """Reports that waited for their quality state: asked for by their numbers, however old they are."""
        left = sorted((at, record) for key, (at, record) in waiting.items() if not rows.saw(key))
        for start in range(0, len(left), ASKED_AT_ONCE):
            part = left[start : start + ASKED_AT_ONCE]
            numbers = sorted({record for _, record in part})
            for row in ctx.mes.reports(part[0][0], part[-1][0] + 1, progressReportRecordIds=numbers):
                if str(row.get("id")) in waiting:
                    yield from _one(rows.document(row))

    def read(self, ctx: FlowContext, key: str, recall: dict[str, Any]) -> Document | None:
        at = int(recall.get("time") or 0)
        for row in ctx.mes.reports(at, at + 1):
            if str(row.get("id")) == key:
                return ReportRows(ctx).document(row)
        return None

    # -- mapping

    def payload(self, ctx: FlowContext, document: Document) -> dict[str, Any]:
        """The receipt's parts; only the amount for a report that is to be held."""
        body = document.body
        if body.get(PROBLEM):
            raise DocumentRejected(body[PROBLEM])
        amount = (body.get("reportBaseAmount") or {}).get("amount")
        if positive(amount) is None:
            return {HELD: amount}
        header, line = (ctx.map_section(name, body) for name in ("header", "line"))
        if positive(line.get("Quantity")) is None:
            raise DocumentRejected(
                _("the mapped quantity is %(value)s: it must be above 0") % {"value": line.get("Quantity")}
            )
        batched = (body.get("item") or {}).get("ManageBatchNumbers") == "tYES"
        batch = ctx.map_section("batch", body) if batched else {}
        if batched and not batch:
            raise DocumentRejected(_("the item is managed by batches, but the mapping section batch has no rows"))
        return {
            "header": {**_fixed(ctx.config, document.key), **header},
            "line": _based(ctx.config, body, line),
            "batch": batch,
        }

    # -- sending

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        payload = outgoing.payload
        if HELD in payload:
            words = _("reported amount %(amount)s: nothing is received below or at zero, a person must book it")
            raise CannotTell(words % {"amount": payload[HELD]})
        found = self._found(ctx, outgoing.key) if ctx.config["report_id_field"] else []
        if found:
            return found[0]
        line = dict(payload["line"])
        if payload["batch"]:
            line["BatchNumbers"] = [{"BaseLineNumber": 0, **payload["batch"]}]
        created = ctx.erp.create(RECEIPTS, {**payload["header"], "DocumentLines": [line]})
        if not created.get("DocEntry"):
            raise OutcomeUnknown(_("the ERP answered without the number of the receipt"))
        return _receipt(created)

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt]:
        if not ctx.config["report_id_field"]:
            raise CannotTell(_("no field of the receipt holds the report's id: is it in the ERP?"))
        return self._found(ctx, recall.key)

    def _found(self, ctx: FlowContext, key: str) -> list[Receipt]:
        """Receipts that carry this report's id."""
        where = odata.eq(ctx.config["report_id_field"], key, odata.STRING)
        return [_receipt(row) for row in ctx.erp.query(RECEIPTS, filter=where, select="DocEntry,DocNum")]

    # -- for the console

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        fields = [(config["report_id_field"], "MES report id", 50)] if config["report_id_field"] else []
        fields += [("U_InboundType", "Kind of receipt", 10)] if config["inbound_type"] else []
        return [UserField("OIGN", name, text, size) for name, text, size in fields]

    def check(self, ctx: FlowContext) -> list[str]:
        """User fields in the ERP; the MES answers (raises what it answers instead)."""
        ctx.mes.count("report_list", reportTimeFrom=_now() - 60_000, reportTimeTo=_now())
        return preparation.problems(ctx.erp, self.required_user_fields(ctx.config))

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return ctx.connector("mes").discover("fields", object="report")

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        lines = {"header": "", "line": "DocumentLines", "batch": "BatchNumbers"}[section.name]
        if lines == "BatchNumbers":
            return [FieldInfo(name, required=name in section.required) for name in BATCH_FIELDS]
        found: list[FieldInfo] = ctx.connector("erp").discover("fields", object=RECEIPTS, lines="DocumentLines")
        return [
            FieldInfo(field.name, field.label, field.type, field.name in section.required, "", field.options)
            for field in found
            if field.each == lines
        ]


BATCH_FIELDS = (
    "BatchNumber",
    "Quantity",
    "AddmisionDate",
    "ManufacturingDate",
    "ExpiryDate",
    "ManufacturerSerialNumber",
    "InternalSerialNumber",
    "Location",
    "Notes",
)


def _one(document: Document | None) -> Iterable[Document]:
    return () if document is None else (document,)


def _now() -> int:
    return int(time.time() * 1000)


def _first(ctx: FlowContext) -> int:
    """Without a cursor: since the flow was first enabled, less the overlap (ms)."""
    enabled = ctx.flow.first_enabled_at
    return int(((enabled.timestamp() if enabled else time.time()) - ctx.config["overlap_seconds"]) * 1000)


def _begin(ctx: FlowContext, before: Row, first: int) -> int:
    """Never before ``since`` or, without it, ``first``: those reports were booked by hand."""
    since = windows.midnight(ctx.config)
    start = int(since.replace(tzinfo=ctx.zone).timestamp() * 1000) if since else first
    if not before.get("at") or windows.is_new_since(before, ctx.config):
        return start
    return max(start, int(before["at"]) - int(windows.back(ctx.config) / timedelta(milliseconds=1)))


def _kept(waiting: dict[str, list[int]], oldest: int) -> dict[str, list[int]]:
    """The youngest of those that are not older than is asked for."""
    young = sorted(((entry, key) for key, entry in waiting.items() if entry[0] >= oldest), reverse=True)
    return {key: entry for entry, key in young[:MOST_WAITING]}


def _fixed(config: dict[str, Any], key: str) -> Row:
    """Header fields that come from the config; mapping rows go before them, but for the report's id."""
    fields = {"U_InboundType": config["inbound_type"], config["report_id_field"]: key}
    return {name: value for name, value in fields.items() if name and value}


def _based(config: dict[str, Any], body: Row, line: Row) -> Row:
    """The line belongs to its production order; no ItemCode: it comes from there."""
    entry = (body.get("order") or {}).get("AbsoluteEntry")
    return {**line, "BaseType": config["base_type"], "BaseEntry": entry}


def _receipt(row: Row) -> Receipt:
    return Receipt(str(row["DocEntry"]), answer={"DocEntry": row["DocEntry"], "DocNum": row.get("DocNum")})
