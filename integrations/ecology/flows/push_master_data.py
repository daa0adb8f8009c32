"""ERP master data to e-cology (seed 2.4.6.1 ERP基础数据同步到OA)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, CannotTell, ConfigurationError, NotFound
from core.flows.base import Document, Outgoing, Recall, Receipt, Section, SyncFlow, UserField
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.ecology.cube import Record
from integrations.ecology.flows.config import MasterDataForm
from integrations.erp import odata, preparation
from integrations.erp.entities import table_of
from integrations.erp.errors import ChangedMeanwhile

DETAIL = re.compile(r"detail[1-9]\d?")
ETAGS = ("odata.etag", "@odata.etag")
CREATED = ("CreateDate", "CreationDate")  # master data, documents


@dataclass(frozen=True)
class DetailSection(Section):
    """A detail table; its collection stands in the config's ``detail_sources``."""

    def collection(self, config: dict[str, Any]) -> str:
        return str((config.get("detail_sources") or {}).get(self.name) or "")


def detail(name: str) -> DetailSection:
    """The section of detail1, detail2 ..."""
    return DetailSection(name, gettext_lazy("Detail table"), each="config:detail_sources")


@register_flow
class PushMasterData(SyncFlow):
    """Unsynchronised objects, a page of them in one call; each row is marked or fails by itself."""

    key, label = "ecology.push_master_data", gettext_lazy("ERP master data to e-cology")
    description = gettext_lazy("Items, customers ... that are new or changed become rows of an OA table.")
    connections = {"erp": "erp.service_layer", "oa": "ecology.oa"}
    sections = (Section("main", gettext_lazy("Main table"), optional=False), detail("detail1"))
    Config = MasterDataForm
    on_change = "update"

    @classmethod
    def sections_for(cls, name: str) -> Iterator[Section]:
        if DETAIL.fullmatch(name):
            return iter([detail(name)])
        return super().sections_for(name)

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        table = table_of(config["object_type"])
        return [UserField(table, config["synced_field"], "Synchronised to the OA (Y/N)", 1, default="N")]

    def batch_limit(self, config: dict[str, Any]) -> int:
        return int(config["page_size"])

    # -- the source

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        config = ctx.config
        where = odata.all_of(odata.not_marked(config["synced_field"]), config["filter"], self._since(ctx))
        rows = ctx.erp.query(
            config["object_type"], filter=where, select=self._select(config), page_size=config["page_size"]
        )
        for body in rows:
            yield self._document(ctx, body)

    def read(self, ctx: FlowContext, key: str, recall: dict[str, Any]) -> Document | None:
        config = ctx.config
        try:
            body = ctx.erp.get(config["object_type"], key, select=self._select(config))
        except NotFound:
            return None
        return None if body.get(config["synced_field"]) == "Y" else self._document(ctx, body)

    def payload(self, ctx: FlowContext, document: Document) -> dict[str, Any]:
        """Also remembers by which column the row can be found again."""
        mapped = ctx.map(document.body)
        column = key_column(ctx)
        if mapped["main"].get(column):
            document.recall["row"] = {column: mapped["main"][column]}
        return mapped

    def _document(self, ctx: FlowContext, body: dict[str, Any]) -> Document:
        key = str(body.get(ctx.config["key_field"]) or "")
        if not key:
            raise ConfigurationError(
                _("%(object)s has no field %(field)s: correct key_field")
                % {"object": ctx.config["object_type"], "field": ctx.config["key_field"]}
            )
        etag = next((body[name] for name in ETAGS if body.get(name)), "")
        return Document(key, body, {"key": key, "etag": etag, "method": ctx.config["method"]}, label=key)

    @staticmethod
    def _select(config: dict[str, Any]) -> str:
        """With what the flow itself reads."""
        names = [name.strip() for name in config["select"].split(",") if name.strip()]
        needed = [name for name in (config["key_field"], config["synced_field"]) if name not in names]
        return ",".join(needed + names) if names else ""

    @staticmethod
    def _since(ctx: FlowContext) -> str:
        since = ctx.config["since"]
        if not since:
            return ""
        kind = ctx.erp.metadata().of_set(ctx.config["object_type"])
        for name in CREATED:
            if kind and name in kind.properties:
                return odata.compare(name, "ge", since)
        raise ConfigurationError(
            _("%(object)s has no date of creation: leave “since” empty") % {"object": ctx.config["object_type"]}
        )

    # -- the target

    def deliver_many(self, ctx: FlowContext, batch: Sequence[Outgoing]) -> Sequence[Receipt | B1FlowError]:
        records = [record_of(outgoing) for outgoing in batch]
        verdicts = ctx.oa.save_records(ctx.config["method"], ctx.config["operator"], records)
        return [Receipt(verdict) if isinstance(verdict, str) else verdict for verdict in verdicts]

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Sequence[Receipt] | None:
        """By the key's column. A row that was there before is simply sent again: with its id that does no harm."""
        if recall.target_key:
            return None
        wanted = recall.recall.get("row")
        if not wanted:
            raise CannotTell(
                _("map %(field)s to a column of the OA table: the row cannot be found again without it")
                % {"field": ctx.config["key_field"]}
            )
        rows = ctx.oa.records(recall.recall["method"], ctx.config["operator"], wanted)
        column, value = next(iter(wanted.items()))
        same = [row for row in rows if str(row.get(column.lower()) or "").strip() == str(value).strip()]
        return [Receipt(str(row["id"])) for row in same if row.get("id")] or None

    def acknowledge(self, ctx: FlowContext, recalls: Sequence[Recall]) -> dict[int, B1FlowError]:
        """An object that was changed since it was read stays unmarked: the next run sends it again."""
        mark = {ctx.config["synced_field"]: "Y"}
        keys = {recall.recall["key"]: recall.delivery for recall in recalls}
        etags = {recall.recall["key"]: recall.recall["etag"] for recall in recalls if recall.recall.get("etag")}
        failed = ctx.erp.update_many(ctx.config["object_type"], dict.fromkeys(keys, mark), etags=etags)
        return {keys[key]: error for key, error in failed.items() if not isinstance(error, ChangedMeanwhile | NotFound)}

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        """The OA tells columns of main tables only."""
        if section.name != "main":
            return []
        config = ctx.config
        return ctx.connector("oa").discover("cube", method=config["method"], operator=config["operator"])

    def check(self, ctx: FlowContext) -> list[str]:
        problems = preparation.problems(ctx.erp, self.required_user_fields(ctx.config))
        if not key_column(ctx):
            text = _(
                "Map the key field %(field)s: without it a row whose saving was not answered cannot be found again."
            )
            problems.append(text % {"field": ctx.config["key_field"]})
        for name, part in ctx.mapper.parts.items():
            if part.over_lines and part.steps and not part.collection:
                text = _("Section %(name)s is mapped, but detail_sources does not say from which collection.")
                problems.append(text % {"name": name})
        try:
            ctx.oa.records(ctx.config["method"], ctx.config["operator"], {}, limit=1)
        except B1FlowError as error:
            problems.append(error.message)
        return problems


def key_column(ctx: FlowContext) -> str:
    """The column that the key field is mapped to; "" where it is not."""
    part = ctx.mapper.parts.get("main")
    rows = [step.row for step in part.steps] if part else []
    return next((row.target for row in rows if row.source.strip() == ctx.config["key_field"]), "")


def record_of(outgoing: Outgoing) -> Record:
    """Main columns as text; detail tables only where they are mapped."""
    payload = outgoing.payload
    details = {name: rows for name, rows in payload.items() if name != "main" and rows}
    return Record(payload["main"], details, outgoing.target_key)
