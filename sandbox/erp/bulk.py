"""Many objects at once: the first is made by the rules, the others are copies of it under numbers of their own."""

from __future__ import annotations

import copy
from typing import Any

from sandbox import store
from sandbox.erp import bodies, demo_documents, drafts, paths, writing
from sandbox.erp.company import Company
from sandbox.erp.rules import approvals

PLACEHOLDER = "{n}"  # in a text of the overrides: the running number
_LINE = {"ItemCode": "11028", "Quantity": 1.0, "UnitPrice": 10.0}
_SAMPLES: dict[str, dict[str, Any]] = {
    "Items": {"ItemCode": "BULK{n}", "ItemName": "批量物料 {n}", "InventoryUOM": "个", "U_ISSYN": "N"},
    "BusinessPartners": {"CardCode": "CB{n}", "CardName": "批量客户 {n}", "CardType": "cCustomer", "U_ISSYN": "N"},
    "Orders": {"CardCode": "C26000", "NumAtCard": "BULK-{n}", "DocumentLines": [_LINE]},
    "PurchaseOrders": {"CardCode": "V10000", "NumAtCard": "BULK-{n}", "DocumentLines": [_LINE]},
    "ProductionOrders": {
        "ItemNo": "101010002",
        "PlannedQuantity": 10.0,
        "ProductionOrderStatus": "boposReleased",
        "U_SyncStatus": "N",
        "ProductionOrderLines": [{"ItemNo": "201010001", "BaseQuantity": 1.0}],
    },
    "CONTRACT": {"U_Subject": "批量合同 {n}", "U_CardCode": "C26000", "U_Amount": 1000.0},
}


def make(company: Company, name: str, count: int, overrides: dict[str, Any], template: int | None) -> dict[str, Any]:
    """``count`` new objects of a set, with an approval request each when ``template`` is given; first and last key."""
    entity_set = company.schema.sets[name]
    kind = company.schema.types[entity_set.type]
    sample = {**_sample(company, name), **overrides}
    with store.transaction():
        first = _first_number(company, name)
        sent = bodies.read(kind, _filled(sample, first), company.schema.types)
        model = writing.create(company, 1, entity_set, sent).new
        made = [(key, body) for key, body in _copies(company, name, sample, model, first, count)]
        store.put_many(company.system, name, dict(made[1:]))
        if template is not None:
            _requests(company, [body for _, body in made], template)
    return {"count": len(made), "first": made[0][0], "last": made[-1][0]}


def _sample(company: Company, name: str) -> dict[str, Any]:
    if name == "Drafts":
        return {
            **demo_documents.purchase_request(company, 38, 10.0, 5.0),
            "DocObjectCode": "1470000113",
            "UserSign": 38,
        }
    if name == "PurchaseRequests":
        return demo_documents.purchase_request(company, 38, 10.0, 5.0)
    return copy.deepcopy(_SAMPLES.get(name, {}))


def _first_number(company: Company, name: str) -> int:
    """The running number of the first: the key itself where keys are integers."""
    if name in ("Items", "BusinessPartners", "SpecialPrices"):
        return 100000 + len(store.scan(company.system, name))
    return drafts.next_entry(company, name)


def _filled(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return value.replace(PLACEHOLDER, str(number))
    if isinstance(value, dict):
        return {name: _filled(item, number) for name, item in value.items()}
    return [_filled(item, number) for item in value] if isinstance(value, list) else value


def _copies(company: Company, name: str, sample: dict, model: dict, first: int, count: int) -> list[tuple[Any, dict]]:
    kind = company.schema.types[company.schema.sets[name].type]
    integer = len(kind.keys) == 1 and kind.properties[kind.keys[0]].type == "I"
    own = {n: v for n, v in sample.items() if isinstance(v, str) and PLACEHOLDER in v}
    found = []
    for number in range(first, first + count):
        body = {**copy.deepcopy(model), **_filled(own, number)}
        if integer:
            _renumber(body, kind.keys[0], number, number - first)
        found.append((paths.record_key(kind, body), body))
    return found


def _renumber(body: dict, key: str, number: int, offset: int) -> None:
    body[key] = number
    for name in ("DocNum", "DocumentNumber"):
        if body.get(name) is not None:
            body[name] += offset
    for value in body.values():
        for line in value if isinstance(value, list) else ():
            for name in ("DocEntry", "DocumentAbsoluteEntry"):
                if name in line:
                    line[name] = number


def _requests(company: Company, documents: list[dict], template_code: int) -> None:
    template = company.peek("ApprovalTemplates", template_code) or {}
    for body in documents:
        approvals.open_request(company, body, body.get("UserSign") or 38, template, "请审批")
