"""Documents and user objects that are no drafts become WeCom approvals (seed 6.4.5.2.1 创建自定义单据审批同步流)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, NotFound
from core.flows.base import Document, Outgoing, Recall, Receipt, Section, SyncFlow, UserField
from core.flows.context import FlowContext
from core.flows.decisions import sent_of
from core.registry import register_flow
from integrations.erp import odata, preparation
from integrations.erp.approvals.comparing import content_print
from integrations.erp.entities import DOCUMENT_TABLES, table_of
from integrations.wecom.decision import verdict_of
from integrations.wecom.filling import FORM, TABLE
from integrations.wecom.flows import documents, submitting
from integrations.wecom.flows.config import PushDocumentForm


@register_flow
class PushDocument(SyncFlow):
    """Each unmarked document one approval; set to unmarked again after a refusal or a change, a new one."""

    key, label = "wecom.push_document", gettext_lazy("ERP documents to WeCom approvals")
    description = gettext_lazy("User objects and documents outside of the ERP's own approvals go to WeCom.")
    connections = {"erp": "erp.service_layer", "oa": "wecom.oa"}
    sections = (
        Section(FORM, gettext_lazy("Form"), optional=False),
        Section(TABLE, gettext_lazy("Table"), each="config:lines_name"),
    )
    Config = PushDocumentForm
    awaits_decision = True
    keeps_payload = True
    on_change = "new"  # who unmarks a changed document wants it approved anew
    settle_seconds = 20.0
    decided_by = "wecom.decide_document"
    routers = ("wecom.receive_events",)

    # -- reading

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        config = ctx.config
        rows = ctx.erp.query(
            config["object_type"], filter=_where(config), select=self.select(ctx), page_size=config["page_size"]
        )
        for row in rows:
            yield self._document(ctx, row)

    def read(self, ctx: FlowContext, key: str, recall: dict[str, Any]) -> Document | None:
        config = ctx.config
        kinds = ctx.erp.key_kinds(config["object_type"])
        this = odata.eq(config["key_field"], recall["key"], kinds.get(config["key_field"], ""))
        where = odata.all_of(this, _where(config))
        rows = ctx.erp.query(config["object_type"], filter=where, select=self.select(ctx), page_size=1)
        return next((self._document(ctx, row) for row in rows), None)

    def select(self, ctx: FlowContext) -> str:
        """$select with the fields that the flow itself needs; "" for all."""
        names = [name.strip() for name in ctx.config["select"].split(",") if name.strip()]
        needed = [ctx.config[name] for name in ("key_field", "number_field", "user_field") if ctx.config[name]]
        return ",".join(dict.fromkeys([*needed, *names])) if names else ""

    def _document(self, ctx: FlowContext, row: dict[str, Any]) -> Document:
        config = ctx.config
        entity_set, key = config["object_type"], row[config["key_field"]]
        user = row.get(config["user_field"]) if config["user_field"] else None
        recall = {
            "set": entity_set,
            "key": key,
            **submitting.remembered(ctx, user, row, config["number_field"]),
            "content": content_print(row, {config["synced_field"]}),
        }
        return Document(
            key=f"{entity_set}/{key}", body=row, recall=recall, label=str(row.get(config["number_field"]) or key)
        )

    # -- sending and marking

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        return submitting.submit(ctx, outgoing)

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt] | None:
        return submitting.find(ctx, recall, since) or None

    def mark(self, ctx: FlowContext, recall: Recall) -> dict[str, Any]:
        """The field that takes the document out of the filter."""
        return {ctx.config["synced_field"]: "Y"}

    def acknowledge(self, ctx: FlowContext, recalls: Sequence[Recall]) -> dict[int, B1FlowError]:
        failed: dict[int, B1FlowError] = {}
        for entity_set in {recall.recall["set"] for recall in recalls}:
            ours = [recall for recall in recalls if recall.recall["set"] == entity_set]
            errors = ctx.erp.update_many(entity_set, {r.recall["key"]: self.mark(ctx, r) for r in ours})
            # A document that is gone needs no mark.
            failed |= {
                r.delivery: error
                for r in ours
                if (error := errors.get(r.recall["key"])) is not None and not isinstance(error, NotFound)
            }
        return failed

    # -- the decision whose callback never came

    def route(self, config: dict[str, Any]) -> str:
        """The template id, by which callbacks are routed."""
        return str(config["template_id"])

    def reconcile(self, ctx: FlowContext, recall: Recall) -> None:
        verdict = verdict_of(ctx.oa.approval(recall.target_key), recall.target_key, ctx.zone)
        if verdict is not None:
            documents.decide_for(ctx, verdict, documents.Subject.of(sent_of(recall.delivery)))

    # -- before it is switched on

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        table = table_of(str(config["object_type"]))
        return [UserField(table, config["synced_field"], "Sent to WeCom (Y/N)", 1, default="N")]

    def check(self, ctx: FlowContext) -> list[str]:
        missing = preparation.problems(ctx.erp, self.required_user_fields(ctx.config))
        return missing + submitting.problems(ctx, ctx.config["number_field"])

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return submitting.target_fields(ctx, section)


def _where(config: dict[str, Any]) -> str:
    """Unmarked documents, by the flow's condition, not older than ``since``."""
    day = config["since"]
    return odata.all_of(
        config["filter"],
        odata.not_marked(config["synced_field"]),
        odata.compare(_date_field(config), "ge", day) if day else "",
    )


def _date_field(config: dict[str, Any]) -> str:
    is_document = table_of(config["object_type"]) in DOCUMENT_TABLES
    return str(config["date_field"] or ("CreationDate" if is_document else "CreateDate"))
