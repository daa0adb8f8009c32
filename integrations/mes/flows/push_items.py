"""mes.push_items: the ERP's items become materials of the MES, stopped and started with them (seed 4.4.4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.base import FieldInfo
from core.errors import DocumentRejected, RetryLater
from core.flows.base import Document, Outgoing, Receipt, Section, SyncFlow
from core.flows.context import FlowContext
from core.mapping import texts
from core.registry import register_flow
from integrations.erp import odata
from integrations.mes.client import BlacklakeClient
from integrations.mes.flows import refused, windows
from integrations.mes.flows.config import PushItemsForm

ITEMS = "Items"
READ_ALWAYS = ("ItemCode", "Valid", "Frozen", "UpdateDate", "UpdateTime", "CreateDate", "CreateTime")
LONGEST_CODE = 255  # the MES's limit; it also takes no blanks around a code
# Amounts that the ERP writes as 0 where nothing was entered, and that the MES wants above 0.
AMOUNTS = ("purchaseAmount", "purchaseAmountMin")


@register_flow
class PushItems(SyncFlow):
    """Items that were changed since the last run: imported by their code, then stopped or started as in the ERP.

    Sending twice does no harm: the MES creates or changes by code. What is unchanged is not sent again.
    """

    key, label = "mes.push_items", gettext_lazy("Items to the MES")
    description = gettext_lazy("New and changed items become materials; inactive ones are stopped there.")
    connections = {"erp": "erp.service_layer", "mes": "mes.blacklake"}
    Config = PushItemsForm
    sections = (
        Section(
            "material",
            gettext_lazy("Material"),
            required=("materialCode", "materialName", "unitName"),
            optional=False,
        ),
    )
    on_change = "update"
    repeatable = True
    marks = False
    owns_target = False

    def prepare(self, ctx: FlowContext) -> None:
        refused.prepare(ctx)

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        watch, before = windows.Stopwatch(), windows.state_of(ctx.cursor)
        newest: datetime | None = None
        where = odata.all_of(ctx.config["filter"], windows.changed_since(windows.begin(before, ctx.config)))
        rows = ctx.erp.query(ITEMS, filter=where, select=_select(ctx.config), page_size=ctx.config["page_size"])
        for item in rows:
            newest = windows.later(newest, windows.stamp(item))
            yield _document(item)
        took = watch.seconds
        yield from refused.shown_again(ctx, self, before)
        ctx.next_cursor = {
            "at": windows.moved(before, newest, took, ctx.zone),
            "since": str(ctx.config["since"] or ""),
            "settings": ctx.extra["settings"],
        }

    def read(self, ctx: FlowContext, key: str, recall: dict[str, Any]) -> Document | None:
        where = odata.all_of(ctx.config["filter"], odata.eq("ItemCode", key, odata.STRING))
        item = ctx.erp.first(ITEMS, filter=where, select=_select(ctx.config))
        return _document(item) if item else None

    def payload(self, ctx: FlowContext, document: Document) -> dict[str, Any]:
        """Raises DocumentRejected for a code the MES cannot have."""
        fields = {**ctx.config["defaults"], **ctx.map(document.body)["material"]}
        code = str(fields.get("materialCode") or "")
        if not code.strip() or code != code.strip() or len(code) > LONGEST_CODE:
            raise DocumentRejected(
                _("material code “%(code)s”: empty, longer than 255 characters or with blanks around it")
                % {"code": code[:60]}
            )
        return {"material": {name: _text(value) for name, value in fields.items() if not _is_no_amount(name, value)}}

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        fields = outgoing.payload["material"]
        ctx.mes.import_material(fields)
        material = ctx.mes.material(fields["materialCode"])
        if material is None:
            raise RetryLater(_("the MES took the material, but does not list it yet"))
        note = _switched(ctx.mes, material, active=is_active(outgoing.body))
        return Receipt(str(material["id"]), note=note)

    def check(self, ctx: FlowContext) -> list[str]:
        """The MES answers; raises what it answers instead (a permission that is missing ...)."""
        ctx.mes.count("material_list")
        return []

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        found: list[FieldInfo] = ctx.connector("erp").discover("fields", object=ITEMS)
        return [field for field in found if not field.each]

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return ctx.connector("mes").discover("fields", object="material")


def _select(config: dict[str, Any]) -> str:
    names = [name.strip() for name in config["select"].split(",") if name.strip()]
    return ",".join(dict.fromkeys([*READ_ALWAYS, *names])) if names else ""


def is_active(item: dict[str, Any]) -> bool:
    """Neither frozen nor not valid."""
    return item.get("Frozen") != "tYES" and item.get("Valid") != "tNO"


def _document(item: dict[str, Any]) -> Document:
    code = str(item["ItemCode"])
    return Document(key=code, body=item, version={"active": is_active(item)}, label=code)


def _text(value: Any) -> Any:
    """The MES takes texts only; ``items`` (units) is a list."""
    return value if isinstance(value, str | list) else texts.text(value)


def _is_no_amount(name: str, value: Any) -> bool:
    return name in AMOUNTS and str(value).strip() in ("", "0")


def _switched(mes: BlacklakeClient, material: dict[str, Any], *, active: bool) -> str:
    """Stop or start where it is not so yet; a word about it for the ledger."""
    if _is_on(material) == active:
        return ""
    number = int(material["id"])
    try:
        (mes.start_materials if active else mes.stop_materials)([number])
    except DocumentRejected:  # somebody else was faster, or it really may not be
        again = mes.material(material["code"])
        if again is None or _is_on(again) != active:
            raise
    return _("started") if active else _("stopped")


def _is_on(material: dict[str, Any]) -> bool:
    """enableFlag {"code": 1 on, 0 off}."""
    flag = material.get("enableFlag")
    return str(flag.get("code") if isinstance(flag, dict) else flag) != "0"
