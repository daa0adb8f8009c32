"""Taking back the issue of a half-done backflush: the components return to stock, the scan starts anew (protocol C7.9).

A person decides this, when the receipt will never come. Nothing is deleted: the ledger's rows are put aside under
another key, and the return is a row of its own.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from core.alerts import end_alert
from core.errors import ConfigurationError
from core.flows.context import FlowContext, load
from core.flows.once import once
from core.models import Delivery
from core.models.delivery import DeliveryState
from integrations.barcode import companies, finding, methods
from integrations.barcode.companies import MEMBER
from integrations.barcode.flows.save import Save
from integrations.barcode.parts import ISSUE, RECEIPT
from integrations.barcode.posting import alert_subject
from integrations.barcode.scan.reading import Row

_LINE = ("BaseType", "BaseEntry", "BaseLine", "Quantity", "WarehouseCode")
_BATCH = ("BatchNumber", "Quantity", "BaseLineNumber")
_BIN = ("BinAbsEntry", "Quantity", "AllowNegativeQuantity", "SerialAndBatchNumbersBaseLine", "BaseLineNumber")
_DONE = (DeliveryState.DONE, DeliveryState.DELIVERED)


def reverse(delivery: Delivery) -> Row:
    """Post the return of this issue; what was made. Raises ConfigurationError where there is nothing to take back."""
    _check(delivery)
    ctx = load(delivery.flow)
    scope = companies.chosen(ctx, {MEMBER: delivery.recall.get("company")})
    issue = scope.erp.get("InventoryGenExits", int(delivery.target_key or 0))
    made = _returned(ctx, scope.erp, delivery, issue)
    base = delivery.key.removesuffix(ISSUE)
    put_aside(delivery, base)
    end_alert(ctx.flow.tenant_id, alert_subject(delivery.flow_id, base))
    return made


def _check(delivery: Delivery) -> None:
    is_issue = delivery.flow.flow_type == Save.key and delivery.key.endswith(ISSUE)
    if not is_issue or delivery.state not in _DONE or not (delivery.target_key or "").isdigit():
        raise ConfigurationError(_("this is no posted issue of a backflush"))
    received = Delivery.objects.filter(
        flow_id=delivery.flow_id,
        key=delivery.key.removesuffix(ISSUE) + RECEIPT,
        generation__gte=delivery.generation,
    ).exclude(state=DeliveryState.REFUSED)
    if received.exists():
        raise ConfigurationError(_("its receipt is posted, or nobody knows yet whether it is: nothing is taken back"))


def _returned(ctx: FlowContext, erp: Any, delivery: Delivery, issue: Row) -> Row:
    """The return, once, whatever becomes of the answer."""
    method, key = methods.find("InventoryGenReturn"), f"{delivery.key}~{delivery.pk}"
    field = str(ctx.config["reference_field"])
    recall = {"method": method.key, "set": method.entity_set, "company": delivery.recall.get("company")}
    recall |= {"field": field, "reference": finding.reference(delivery.flow_id, key)} if field else {}
    payload = {**_document(issue), **({field: recall["reference"]} if field else {})}
    outcome = once(
        ctx,
        key,
        payload=payload,
        send=lambda: finding.receipt_of(method.key, erp.create(method.entity_set, payload)),
        find=(lambda since: finding.find(erp, recall, delivery.flow_id, key)) if field else None,
        label=f"{method.key} {delivery.label}"[:120],
        recall=recall,
    )
    return outcome.receipt.answer or {"method": method.key, "DocEntry": outcome.receipt.target_key}


def _document(issue: Row) -> Row:
    """Every line of the issue, the other way round: same order lines, batches and bins."""
    comment = _("Reversal of issue %(number)s") % {"number": issue.get("DocNum")}
    return {"Comments": comment, "DocumentLines": [_line(line) for line in issue.get("DocumentLines") or []]}


def _line(line: Row) -> Row:
    made = _some(line, _LINE)
    for name, members in (("BatchNumbers", _BATCH), ("DocumentLinesBinAllocations", _BIN)):
        if line.get(name):
            made[name] = [_some(row, members) for row in line[name]]
    return made


def _some(row: Row, names: tuple[str, ...]) -> Row:
    return {name: row[name] for name in names if row.get(name) is not None}


@transaction.atomic
def put_aside(delivery: Delivery, base: str) -> None:
    """The same scan may come again as a new one: its earlier rows keep their history under another key."""
    rows = Delivery.objects.filter(flow_id=delivery.flow_id, key__in=[base + ISSUE, base + RECEIPT])
    rows.update(key=Concat(F("key"), Value(f"~{delivery.pk}~")))
