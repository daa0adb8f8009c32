"""The preview of the barcode flows: exactly what is created afterwards, and nothing created by looking."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import B1FlowError
from core.flows import context, samples
from core.flows.base import Plan, Sample
from core.models import Delivery
from tests.integrations.barcode.conftest import barcode_server, house  # noqa: F401 - fixtures
from tests.integrations.barcode.house import COMPANIES, METHODS, QUERY, SAVE, House
from tests.integrations.barcode.scans import SEED

pytestmark = pytest.mark.django_db(transaction=True)


def planned(flow: Any, body: Any = None) -> Plan:
    """Of this request, else of the first sample."""
    ctx = context.load(flow)
    sample = samples.of(ctx)[0] if body is None else Sample("x", "x", body)
    return ctx.flow_type.rehearse(ctx, sample).plan()


def test_issue_and_receipt_of_the_guides_sample(house: House) -> None:  # noqa: F811
    flow = house.flow(SAVE, reference_field="U_CZR")
    plan = planned(flow, SEED)
    assert not house.made()
    assert not Delivery.objects.exists()
    assert [write.call for write in plan.writes] == ["POST InventoryGenExits", "POST InventoryGenEntries"]
    data = house.saved(SEED)
    made = [
        house.document("InventoryGenExits", data["backflush"]["DocEntry"]),
        house.document("InventoryGenEntries", data["DocEntry"]),
    ]
    for write, document in zip(plan.writes, made, strict=True):
        for name in set(write.body) - {"DocumentLines", "U_CZR"}:
            assert document[name] == write.body[name]
        assert len(document["DocumentLines"]) == len(write.body["DocumentLines"])


def test_a_request_that_came_is_the_first_sample(house: House) -> None:  # noqa: F811
    flow = house.flow(SAVE)
    house.saved(SEED)
    assert samples.of(context.load(flow))[0].body == SEED
    house.sandbox.forget_effects()
    assert planned(flow).writes
    assert not house.made()


def test_what_would_be_refused_is_said(house: House) -> None:  # noqa: F811
    flow = house.flow(SAVE)
    with pytest.raises(B1FlowError, match="Quantity"):
        planned(flow, {"method": "StockGenExit", "data": [{"ItemCode": "11028", "WarehouseCode": "01"}]})


def test_the_provided_samples_work_without_any_request(house: House) -> None:  # noqa: F811
    assert planned(house.flow(SAVE)).writes[0].call == "POST InventoryGenEntries"
    assert "LIMIT" in planned(house.flow(QUERY)).writes[0].body
    saved = {"by_item": 'select "ItemCode" from OITM where "ItemCode" = :item'}
    named = planned(house.flow(QUERY, sql_policy="named", statements=saved))
    assert "'A00001'" in named.writes[0].body
    assert planned(house.flow(METHODS)).answer["data"]["value"]
    assert planned(house.flow(COMPANIES)).answer["data"]["value"]
