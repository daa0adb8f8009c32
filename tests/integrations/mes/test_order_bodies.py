"""From a production order to the bodies the MES takes."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import DocumentRejected
from integrations.mes.flows import order_bodies

ORDER = {
    "AbsoluteEntry": 478,
    "ItemNo": "101010001",
    "PlannedQuantity": 100.0,
    "ProductionOrderLines": [
        {"LineNumber": 0, "ItemNo": "YY017", "BaseQuantity": 2.0, "ItemType": "pit_Item"},
        {"LineNumber": 1, "ItemNo": "R1", "BaseQuantity": 1.0, "ItemType": "pit_Resource"},
        {"LineNumber": 2, "LineText": "see drawing", "ItemType": "pit_Text"},
        {"LineNumber": 3, "ItemNo": "BY1", "BaseQuantity": -0.5, "PlannedQuantity": -50.0},
        {"LineNumber": 4, "ItemNo": "ZERO", "BaseQuantity": 0.0, "PlannedQuantity": 0.0},
    ],
}


def payload(**changes: Any) -> dict[str, Any]:
    """Mapped sections of ORDER, as the shipped template maps them."""
    order = {"planStartTime": "2023-09-20 00:00:00", "planFinishTime": "2023-09-25 00:00:00", "workOrderType": "普通"}
    mapped = {
        "order": order,
        "outputs": [{"materialCode": "101010001", "plannedAmount": "100"}],
        "inputs": [
            {"materialCode": "YY017", "subInputAmountNumerator": "2", "materialName": "Item4", "unitName": "个"}
        ],
    }
    return {**mapped, **changes}


def completed(**changes: Any) -> dict[str, Any]:
    return order_bodies.completed("478", order_bodies.mapped_from(ORDER), payload(**changes))


def test_components_and_outputs():
    body = order_bodies.mapped_from(ORDER)
    assert [line["ItemNo"] for line in body["inputs"]] == ["YY017"]
    assert [(line["ItemNo"], line["PlannedQuantity"]) for line in body["outputs"]] == [
        ("101010001", 100.0),
        ("BY1", 50.0),
    ]


def test_the_import_body_is_the_pages_example():
    assert order_bodies.import_body(completed()) == {
        "code": "478", "planStartTime": "2023-09-20 00:00:00", "planFinishTime": "2023-09-25 00:00:00",
        "workOrderType": "普通",
        "outputMaterialOpenCOs": [{"workOrderCode": "478", "lineSeq": "1", "mainFlagInt": 1, "mainFlag": "1",
                                   "materialCode": "101010001", "plannedAmount": "100"}],
        "inputMaterialOpenCOs": [{"workOrderCode": "478", "seq": "10", "materialCode": "YY017", "materialName": "Item4",
                                  "unitName": "个", "subInputAmountNumerator": "2", "subInputAmountDenominator": "1"}],
        "inputMaterialControlOpenCOs": [], "processPlanOpenCOs": [],
    }  # fmt: skip


def test_the_edit_body_has_other_names_for_the_same():
    order = {**payload()["order"], "remark": "修改测试", "status": "草稿"}
    outputs = [{"materialCode": "101010001", "plannedAmount": 100, "unitName": "千克"}]

    body = order_bodies.edit_body(completed(order=order, outputs=outputs))

    assert body["code"] == body["workOrderBaseCO"]["code"] == "478"
    assert (body["workOrderBaseCO"]["remark"], "status" in body["workOrderBaseCO"]) == ("修改测试", False)
    assert body["outputMaterials"] == [
        {"workOrderCode": "478", "lineSeq": "1", "main": 1, "materialCode": "101010001", "unitCode": "千克",
         "plannedAmount": "100"},
    ]  # fmt: skip
    assert body["inputMaterials"][0]["seq"] == "10"


def test_only_the_first_output_is_the_product_whatever_is_mapped():
    rows = [{"materialCode": code, "plannedAmount": "1", "mainFlag": "1", "mainFlagInt": "1"} for code in "AB"]
    assert [(row["mainFlagInt"], row["mainFlag"]) for row in completed(outputs=rows)["outputs"]] == [(1, "1"), (0, "0")]


@pytest.mark.parametrize("amount", [None, "", "0", "-1", "many", 0.0])
def test_amounts_must_be_above_zero(amount):
    with pytest.raises(DocumentRejected, match="plannedAmount"):
        completed(outputs=[{"materialCode": "A", "plannedAmount": amount}])


def test_dates():
    start, finish = "2023-09-20 00:00:00", "2023-09-25 00:00:00"
    assert completed(order={"planFinishTime": finish})["order"]["planStartTime"] == finish
    assert completed(order={"planStartTime": start})["order"]["planFinishTime"] == start
    reversed_ = completed(order={"planStartTime": finish, "planFinishTime": start})["order"]
    assert reversed_["planFinishTime"] == finish
    with pytest.raises(DocumentRejected):
        completed(order={})


def test_an_order_without_outputs_or_of_disassembly_is_refused():
    with pytest.raises(DocumentRejected):
        completed(outputs=[])
    body = order_bodies.mapped_from({**ORDER, "ProductionOrderType": "bopotDisassembly"})
    with pytest.raises(DocumentRejected):
        order_bodies.completed("478", body, payload())
