"""Approved quotations (业务报价) and purchase prices (采购核价) to the ERP's special prices (seed 3.2.2, 3.3.2.6-8)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.alerts import raise_alert
from core.connectors.base import FieldInfo
from core.errors import ConfigurationError, DocumentRejected
from core.flows.base import Event, EventFlow, Plan, Receipt, Rehearsal, Sample, Section, Write
from core.flows.context import FlowContext
from core.flows.once import once
from core.models import Delivery
from core.models.delivery import DeliveryState
from core.registry import register_flow
from integrations.dingtalk.flows import asking, special_price
from integrations.dingtalk.flows.config import SpecialPriceForm
from integrations.dingtalk.flows.routed_forms import columns, routed_forms, source_problems
from integrations.dingtalk.flows.special_price import Price
from integrations.dingtalk.instance import APPROVED, Instance

FIELDS = (
    FieldInfo("ItemCode", required=True),
    FieldInfo("CardCode", required=True),
    FieldInfo("Price", type="number", required=True),
    FieldInfo("Currency"),
    FieldInfo("Valid"),
    FieldInfo("PriceListNum", type="number"),
    FieldInfo("ValidFrom", type="date"),
    FieldInfo("ValidTo", type="date"),
)


@register_flow
class SaveSpecialPrice(EventFlow):
    """Only an agreed instance: each row of its table (or the form itself) becomes one special price."""

    key, label = "dingtalk.save_special_price", gettext_lazy("DingTalk prices to ERP special prices")
    description = gettext_lazy("Prices agreed in DingTalk are created or changed in the ERP, row by row.")
    connections = {"erp": "erp.service_layer", "oa": "dingtalk.oa"}
    Config = SpecialPriceForm
    sections = (
        Section("price", gettext_lazy("Special price"), required=("ItemCode", "CardCode", "Price"), optional=False),
    )
    seed = "3.2.2"

    def handle(self, ctx: FlowContext, event: Event) -> str:
        try:
            instance = asking.instance_of(ctx, event)
        except asking.StillRunning as running:
            return f"{running} {_('Left to the check for missed approvals.')}"
        if instance is None:
            return taken_back(ctx, event.target_key, _("deleted"))
        if instance.outcome != APPROVED:
            return _("Not agreed (%(outcome)s): nothing is saved.") % {"outcome": instance.outcome}
        if instance.revokes:
            return taken_back(ctx, instance.main_id, _("revoked"))
        return save_all(ctx, instance)

    # -- for the person who sets it up

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        """Every row of the approval's table; one that is open is shown as if it had been agreed."""
        instance, notes = asking.for_preview(ctx, sample)
        if not instance.is_open and (instance.outcome != APPROVED or instance.revokes):
            notes = [_("Not agreed, or a revocation: a callback saves nothing. Shown as if it had been agreed.")]
        header = _header(instance)
        rows = _rows(ctx, instance, header)
        first = rows[0] if rows[0] is header else {**rows[0], "header": header}
        return Rehearsal(first, lambda: Plan([_planned(ctx, row, header) for row in rows], notes))

    def check(self, ctx: FlowContext) -> list[str]:
        """Tables and columns that the mapping reads, compared with the forms that are routed here."""
        sources = {step.row.source.strip() for step in ctx.mapper.parts["price"].steps}
        return list(dict.fromkeys(p for form in routed_forms(ctx) for p in source_problems(form, ctx.config, sources)))

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        found = [c for form in routed_forms(ctx) for c in columns(form, ctx.config["table_control"]) or ()]
        return [FieldInfo(name) for name in dict.fromkeys(c.labels[0] for c in found if not c.is_note)]

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        return list(FIELDS)


def save_all(ctx: FlowContext, instance: Instance) -> str:
    """Every row once; rows that were refused are named together. Raises DocumentRejected when there are some."""
    header = _header(instance)
    rows = _rows(ctx, instance, header)
    problems: list[str] = []
    saved = 0
    for number, row in enumerate(rows, 1):
        try:
            _save_row(ctx, instance, number, row, header)
            saved += 1
        except DocumentRejected as error:
            problems.append(_("row %(number)s: %(problem)s") % {"number": number, "problem": error})
    text = _("%(saved)s of %(rows)s prices saved.") % {"saved": saved, "rows": len(rows)}
    if problems:
        raise DocumentRejected(f"{text} {'; '.join(problems)}")
    return text


def _header(instance: Instance) -> dict[str, Any]:
    """What a row sees of the approval."""
    return {**_given(instance.form), "instance": _about(instance)}


def _price(ctx: FlowContext, row: dict[str, Any], header: dict[str, Any]) -> Price:
    """Raises DocumentRejected naming the target."""
    return Price.of(ctx.map_section("price", row, None if row is header else header))


def _planned(ctx: FlowContext, row: dict[str, Any], header: dict[str, Any]) -> Write:
    return special_price.planned(ctx.erp, _price(ctx, row, header))


def _rows(ctx: FlowContext, instance: Instance, header: dict[str, Any]) -> list[dict[str, Any]]:
    name = ctx.config["table_control"]
    if not name:
        return [header]
    rows = instance.form.get(name)
    if not isinstance(rows, list):
        known = ", ".join(label for label, value in instance.form.items() if isinstance(value, list)) or "-"
        text = _("The approval has no table “%(name)s” (table_control); its tables: %(known)s.")
        raise ConfigurationError(text % {"name": name, "known": known})
    found = [_given(row) for row in rows if isinstance(row, dict)]
    if not any(found):
        raise DocumentRejected(_("The table “%(name)s” of the approval is empty.") % {"name": name})
    return found


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Without empty controls: they count as absent, so that a row's default takes their place."""
    return {name: value for name, value in values.items() if value not in ("", [], None)}


def _about(instance: Instance) -> dict[str, str]:
    """What a mapping may read as ``instance.*`` (``header.instance.*`` in a table's row)."""
    return {
        "id": instance.id,
        "title": instance.title,
        "business_id": instance.business_id,
        "originator": instance.originator,
        "finished": instance.finished.isoformat() if instance.finished else "",
    }


def _save_row(ctx: FlowContext, instance: Instance, number: int, row: dict[str, Any], header: dict[str, Any]) -> None:
    """One row, its own document in the ledger. What the mapping refuses is in the ledger too."""
    finished = instance.finished.isoformat() if instance.finished else ""
    label, recall = f"{instance.business_id or instance.id}/{number}", {"instance": instance.id, "finished": finished}
    send: Any
    try:
        price = _price(ctx, row, header)
        payload: Any = [price.new(), price.name]
        label, recall["price"] = price.name, price.name
        send = partial(_send, ctx, price, finished)
    except DocumentRejected as error:
        payload, send = row, partial(_refuse, error)
    # A repeat leaves the same price, so nothing has to be looked for.
    once(
        ctx, f"{instance.id}/{number}", payload=payload, send=send, find=lambda since: None, label=label, recall=recall
    )


def _refuse(error: DocumentRejected) -> Receipt:
    raise error


def _send(ctx: FlowContext, price: Price, finished: str) -> Receipt:
    if finished and _is_outdated(ctx, price, finished):
        return Receipt(price.name, note=_("Not saved: a price agreed later was saved before."))
    outcome = special_price.save(ctx.erp, price)
    return Receipt(price.name, {"outcome": outcome, "price": price.price})


def _is_outdated(ctx: FlowContext, price: Price, finished: str) -> bool:
    """Events may come in any order: was this very price saved already by an approval that ended later?"""
    done = Delivery.objects.filter(flow_id=ctx.flow.pk, label=price.name[:120], state=DeliveryState.DONE)
    return any(recall.get("finished", "") > finished for recall in done.values_list("recall", flat=True))


def taken_back(ctx: FlowContext, number: str, how: str) -> str:
    """An approval that was deleted or revoked: prices saved from it stay, and a person is told."""
    saved = Delivery.objects.filter(flow_id=ctx.flow.pk, key__startswith=f"{number}/", state=DeliveryState.DONE)
    names = list(saved.order_by("pk").values_list("label", flat=True)[:10])
    if not number or not names:
        return _("Approval %(id)s was %(how)s before a price was saved from it.") % {"id": number, "how": how}
    text = _("Approval %(id)s was %(how)s after its prices had been saved: %(prices)s") % {
        "id": number,
        "how": how,
        "prices": ", ".join(names),
    }
    raise_alert(ctx.flow.tenant_id, f"approval:{number}", text)
    return text
