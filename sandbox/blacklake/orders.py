"""Work orders as the API shows them: code to id, list, detail (protocol B5, B6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.blacklake import objects, reading, units
from sandbox.blacklake.switches import CODE_TO_ID_EMPTY
from sandbox.blacklake.wire import Body, Refused, endpoint

KIND = "ProductionOrder"
DRAFT, CREATED, DISPATCHED, EXECUTING, FINISHED, CLOSED = range(6)
STATES = {
    DRAFT: "草稿",
    CREATED: "新建",
    DISPATCHED: "已下发",
    EXECUTING: "执行中",
    FINISHED: "已完成",
    CLOSED: "已关闭",
}
TYPES = {"普通": 1, "返工": 2, "改制": 3, "维修": 4}
CLOSE_TYPES = {1: "正常关闭", 2: "异常关闭"}
OPERATOR = {"id": 1634569511469999, "code": "jiekou001", "name": "接口账号001", "avatarUrl": None}
# objectCode of _code_to_id -> our kind
OBJECTS = {
    "ProductionOrder": KIND,
    "Material": "Material",
    "MaterialCategory": "MaterialCategory",
    "Unit": "UnitName",
    "Warehouse": "Warehouse",
    "StorageLocation": "StorageLocation",
    "Process": "Process",
    "ProgressReportRecord": "ProcessReport",
}


def named(code: int, names: Any) -> Body:
    """A number with its word."""
    return {"code": code, "message": names[code]}


def found(body: Body) -> Body:
    """The order meant by workOrderId or workOrderCode; raises Refused."""
    number, code = reading.whole(body, "workOrderId"), reading.text(body, "workOrderCode")
    order = objects.by_id(KIND, number) if number else objects.by_code(KIND, code)
    if order is None:
        raise Refused("工单不存在", "MED-DOMAIN/WORK_ORDER_NOT_EXIST", 330011)
    return order


def displayed(amount: str, unit_name: str) -> Body:
    """An amount as the API displays it."""
    unit = units.unit_named(unit_name)
    number = _number(amount)
    return {
        "amount": number,
        "amountDisplay": amount,
        "unitCode": unit["unitCode"],
        "unitId": unit["id"],
        "unitName": unit_name,
    }


def _number(amount: str) -> int | float:
    exact = Decimal(amount)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


@endpoint("find")
def code_to_id(body: Body) -> Any:
    """The id of a code; an unknown code is an error, or id null, as the switch says."""
    code, kind = reading.needed(body, "code"), reading.needed(body, "objectCode")
    if kind not in OBJECTS:
        raise Refused(f"对象【{kind}】不存在", "CUSTOM-OBJECT/OBJECT_NOT_EXIST", 400403)
    known = objects.by_code(OBJECTS[kind], code)
    if known:
        return {"id": known["id"]}
    if CODE_TO_ID_EMPTY():
        return {"id": None}
    raise Refused("对象不存在", "CUSTOM-OBJECT/NOT_EXIST", 400404)


@endpoint("read")
def detail(body: Body) -> Any:
    """The head of an order."""
    order = found(body)
    return {
        "id": order["id"],
        "code": order["code"],
        "identifier": order["identifier"],
        "status": named(order["status"], STATES),
        "workOrderType": {"code": TYPES[order["type"]], "message": order["type"]},
        "workOrderCloseType": named(order["closeType"], CLOSE_TYPES) if order["closeType"] else None,
        "pauseFlag": order["paused"],
        "specifiedMaterial": order["specifiedMaterial"],
        "plannedStartTime": order["start"],
        "plannedFinishTime": order["finish"],
        "externalOrderCode": order["externalOrderCode"],
        "remark": order["remark"],
        "createdAt": order["createdAt"],
        "updatedAt": order["updatedAt"],
        "creator": OPERATOR,
        "operator": OPERATOR,
        "resource": None,
        "shift": None,
        "files": [],
        "customFields": [],
        "sonObjects": [],
    }


def _listed(order: Body) -> Body:
    main = next(row for row in order["outputs"] if row["main"])
    material = objects.by_code("Material", main["materialCode"]) or {}
    return {
        "workOrderId": order["id"],
        "workOrderCode": order["code"],
        "workOrderStatus": named(order["status"], STATES),
        "workOrderType": {"code": TYPES[order["type"]], "message": order["type"]},
        "workOrderCloseType": named(order["closeType"], CLOSE_TYPES) if order["closeType"] else None,
        "pauseFlag": order["paused"],
        "mainMaterialInfo": {"id": material.get("id"), "code": main["materialCode"], "name": material.get("name")},
        "plannedAmount": displayed(main["plannedAmount"], main["unitName"]),
        "plannedStartTime": order["start"],
        "plannedFinishTime": order["finish"],
        "specifiedMaterial": order["specifiedMaterial"],
        "createdAt": order["createdAt"],
        "updatedAt": order["updatedAt"],
        "creator": OPERATOR,
    }


@endpoint("find")
def order_list(body: Body) -> Any:
    """By exact code, by a part of it, by states, or all."""
    exact, part = reading.text(body, "exactWorkOrderCode"), reading.text(body, "workOrderCode")
    part = part or reading.text(body, "quickSearch")
    states = {str(state) for state in reading.items(body, "workOrderStatusList")}
    paused = reading.whole(body, "pauseFlag")
    candidates = [objects.by_code(KIND, exact)] if exact else objects.all_of(KIND)
    rows = (
        _listed(order)
        for order in candidates
        if order
        and part in order["code"]
        and (not states or str(order["status"]) in states)
        and (paused is None or paused == order["paused"])
    )
    return reading.page_of(body, rows)


@endpoint("read")
def outputs(body: Body) -> Any:
    """What the order makes."""
    order = found(body)
    rows = [{**row, "plannedAmount": displayed(row["plannedAmount"], row["unitName"])} for row in order["outputs"]]
    return {"workOrderId": order["id"], "outputMaterials": rows}


@endpoint("read")
def inputs(body: Body) -> Any:
    """What the order takes."""
    order = found(body)
    return {"workOrderId": order["id"], "inputMaterials": order["inputs"], "controlInfos": order["controls"]}
