"""Documents that the OA sends out are created in the ERP (seed 2.4.6.2 OA数据同步到ERP)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, CannotTell, DocumentRejected, NotFound
from core.flows.base import Plan, Recall, Receipt, Rehearsal, RequestFlow, Sample, Section, UserField, Write
from core.flows.context import FlowContext
from core.flows.once import Outcome, once
from core.registry import register_flow
from integrations.ecology import inbound, replies, typed
from integrations.ecology.flows import example
from integrations.ecology.flows.config import ErpDocumentForm
from integrations.ecology.inbound import BadBody, Fields, Inbound
from integrations.ecology.replies import Reply
from integrations.erp import odata, preparation
from integrations.erp.entities import table_of
from integrations.erp.metadata import Unreadable

HEADER, LINES = "header", "lines"
ABOUT = ("requestid", "requestname", "workflowid", "operator")


@register_flow
class CreateErpDocument(RequestFlow):
    """Each request id once; only a success is answered again, a refusal is tried anew."""

    key, label = "ecology.create_erp_document", gettext_lazy("e-cology documents to the ERP")
    description = gettext_lazy("A document that was approved in the OA (supplier, sales order ...) is made in the ERP.")
    connections = {"erp": "erp.service_layer"}
    sections = (
        Section(HEADER, gettext_lazy("Header"), passthrough=True),
        Section(LINES, gettext_lazy("Lines"), each="config:lines_name", passthrough=True),
    )
    Config = ErpDocumentForm
    settle_seconds = 40.0  # longer than a call may take: an ERP that did not answer may still be writing

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        field = config["reference_field"]
        return [UserField(table_of(config["object_type"]), field, "OA request id", 30)] if field else []

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        """What every body has; the form's own fields are the OA's matter."""
        return [FieldInfo(name) for name in ABOUT] if section.name == HEADER else []

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        lines = section.collection(ctx.config) if section.each else ""
        found = ctx.connector("erp").discover("fields", object=ctx.config["object_type"], lines=lines)
        return [field for field in found if field.each == lines]

    def check(self, ctx: FlowContext) -> list[str]:
        return preparation.problems(ctx.erp, self.required_user_fields(ctx.config))

    def refusal(self, answer: Any) -> str:
        return replies.reason(answer)

    def handle(self, ctx: FlowContext, payload: Any) -> Reply:
        return replies.traced(self._handled(ctx, payload), ctx.run)

    def _handled(self, ctx: FlowContext, payload: Any) -> Reply:
        number = ""
        try:
            number = inbound.request_id(payload)
            sent = inbound.read(payload, ctx.config["lines_name"])
            _check_names(ctx.config, sent)
            return self._created(ctx, sent, _fields(ctx, sent))
        except BadBody as error:
            return replies.refused(error.code, str(error), number)
        except B1FlowError as error:
            return replies.failed(error, number)

    def _created(self, ctx: FlowContext, sent: Inbound, fields: dict[str, Any]) -> Reply:
        config, number = ctx.config, sent.request_id
        reference = _reference(config, number)
        recall = {"set": config["object_type"], "field": config["reference_field"], "number": number}
        find: Callable[[datetime], Sequence[Receipt]] | None = None
        if reference:
            find = lambda since: _by_reference(ctx, recall)  # noqa: E731
        outcome = once(
            ctx,
            number,
            payload=fields,
            send=lambda: _receipt(ctx, number, ctx.erp.create(config["object_type"], {**fields, **reference})),
            find=find,
            label=sent.title or number,
            recall=recall,
        )
        return _reply(outcome, number)

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """A request with a value for everything that the mapping reads."""
        return [Sample("example", _("Example"), example.document(ctx))]

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        """The document as it would be created."""
        try:
            sent = inbound.read(sample.body, ctx.config["lines_name"])
        except BadBody as error:
            raise DocumentRejected(str(error), code=error.code) from error
        return Rehearsal(_body(ctx, sent), lambda: _planned(ctx, sent))

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt] | None:
        """For a request whose process ended between sending and writing down."""
        if not recall.recall.get("field"):
            raise CannotTell(_("without reference_field the ERP cannot be asked: look for the document by hand"))
        return _by_reference(ctx, recall.recall) or None


def _planned(ctx: FlowContext, sent: Inbound) -> Plan:
    try:
        _check_names(ctx.config, sent)
        body = {**_fields(ctx, sent), **_reference(ctx.config, sent.request_id)}
    except BadBody as error:
        raise DocumentRejected(str(error), code=error.code) from error
    return Plan([Write(f"POST {ctx.config['object_type']}", body)])


def _reference(config: dict[str, Any], number: str) -> Fields:
    """The request's number in the ERP's document."""
    return {config["reference_field"]: number} if config["reference_field"] else {}


def _check_names(config: dict[str, Any], sent: Inbound) -> None:
    """What the OA says of object and lines must be what the flow is for."""
    if sent.object_type and sent.object_type != config["object_type"]:
        names = {"sent": sent.object_type, "ours": config["object_type"]}
        raise BadBody(40002, _("objType %(sent)s: this address takes %(ours)s") % names)
    if sent.line_name is not None and sent.line_name != config["lines_name"]:
        names = {"sent": sent.line_name, "ours": config["lines_name"] or "-"}
        raise BadBody(40003, _("LineName %(sent)s: this address takes %(ours)s") % names)
    if sent.lines and not config["lines_name"]:
        raise BadBody(40003, _("%(object)s has no lines here, but lines were sent") % {"object": config["object_type"]})
    if config["lines_name"] and not sent.lines:
        raise BadBody(40006, _("the document has no lines"))
    if not sent.header:
        raise BadBody(40000, _("mainData is empty"))


def _fields(ctx: FlowContext, sent: Inbound) -> dict[str, Any]:
    """The ERP's document: mapped, with the ERP's types."""
    entity_set, collection = ctx.config["object_type"], ctx.config["lines_name"]
    mapped = ctx.map(_body(ctx, sent))
    rows = [(number, row) for (number, _line), row in zip(sent.lines, mapped[LINES], strict=False)]
    try:
        metadata = ctx.erp.metadata()
    except (Unreadable, NotFound):  # without it the values stay texts, which the Service Layer reads too
        return {**mapped[HEADER], **({collection: [row for _number, row in rows]} if collection else {})}
    fields = typed.header(metadata, entity_set, mapped[HEADER], ctx.zone)
    if collection:
        fields[collection] = typed.lines(metadata, entity_set, collection, rows, ctx.zone)
    return fields


def _body(ctx: FlowContext, sent: Inbound) -> dict[str, Any]:
    """What the mapping reads. A header that passes by name has the OA's fields and nothing else."""
    collection = ctx.config["lines_name"]
    lines = {collection: [line for _number, line in sent.lines]} if collection else {}
    if ctx.mapper.parts[HEADER].passes:
        return {**sent.header, **lines}
    about = dict(zip(ABOUT, (sent.request_id, sent.title, sent.workflow_id, sent.operator), strict=True))
    return {**about, **sent.header, **lines}


def _by_reference(ctx: FlowContext, recall: dict[str, Any]) -> list[Receipt]:
    """Documents that hold this request id."""
    where = odata.eq(recall["field"], recall["number"])
    rows = ctx.erp.query(recall["set"], filter=where, page_size=3)
    return [_receipt(ctx, recall["number"], row, recall["set"]) for row in rows]


def _receipt(ctx: FlowContext, number: str, created: dict[str, Any], entity_set: str = "") -> Receipt:
    entity_set = entity_set or ctx.config["object_type"]
    parts = [str(created[name]) for name in ctx.erp.key_kinds(entity_set) if created.get(name) is not None]
    key = ",".join(parts)
    doc_num = created.get("DocNum")
    reply = replies.accepted(
        number,
        objType=entity_set,
        key=key,
        docEntry=created.get("DocEntry"),
        docNum=None if doc_num is None else str(doc_num),
    )
    return Receipt(key or f"request {number}", reply)


def _reply(outcome: Outcome, number: str) -> Reply:
    answer = dict(outcome.receipt.answer or replies.accepted(number, key=outcome.receipt.target_key))
    if outcome.conflict:
        text = _("request %(number)s made %(key)s before, with other content: nothing was written")
        text %= {"number": number, "key": answer.get("key")}
        return replies.refused(40901, text, number, key=answer.get("key"), docEntry=answer.get("docEntry"))
    return {**answer, "duplicate": outcome.duplicate}
