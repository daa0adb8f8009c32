"""What a document still needs and only the ERP knows: the partner, and the line numbers of components."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.barcode.methods import BASE_SETS
from integrations.barcode.scan.document import Draft
from integrations.erp.client import ServiceLayerClient


def complete(erp: ServiceLayerClient, draft: Draft) -> dict[str, Any]:
    """The payload, whole. Raises Refusal (BC.4009), NotFound for a base document that does not exist."""
    if not draft.partner_of and not draft.components:
        return draft.payload
    payload = {**draft.payload, "DocumentLines": [dict(line) for line in draft.payload["DocumentLines"]]}
    if draft.partner_of:
        kind, entry = draft.partner_of
        payload = {"CardCode": _partner(erp, kind, entry), **payload}
    orders: dict[int, list[dict[str, Any]]] = {}
    for number, item in draft.components.items():
        line = payload["DocumentLines"][number]
        entry = line["BaseEntry"]
        if entry not in orders:
            orders[entry] = erp.get("ProductionOrders", entry).get("ProductionOrderLines") or []
        line["BaseLine"] = _line_number(orders[entry], item, f"data[{number}]")
    return payload


def _partner(erp: ServiceLayerClient, kind: int, entry: int) -> str:
    return str(erp.get(BASE_SETS[kind], entry, select="CardCode")["CardCode"])


def _line_number(components: list[dict[str, Any]], item: str, path: str) -> int:
    """The one line of the order with this item."""
    found = [line["LineNumber"] for line in components if str(line.get("ItemNo")) == item]
    if len(found) == 1:
        return int(found[0])
    words = _("%(path)s.BaseLine is missing: item %(item)s is on %(count)s lines of the production order")
    raise Refusal(codes.MISSING, words % {"path": path, "item": item, "count": len(found)})
