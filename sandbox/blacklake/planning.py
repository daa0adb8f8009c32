"""Work orders as they are made, edited and closed (protocol B5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox import store
from sandbox.blacklake import objects, plans, reading, units
from sandbox.blacklake.orders import CLOSE_TYPES, CLOSED, CREATED, DRAFT, KIND, TYPES
from sandbox.blacklake.switches import SYSTEM
from sandbox.blacklake.wire import Body, Refused, endpoint

OPEN = {"status": CREATED, "closeType": None, "closeReason": "", "paused": 0, "reported": "0"}


def _invalid(message: str, reason: str = "PARAM_INVALID", code: int = 330001) -> Refused:
    return Refused(message, f"MED-DOMAIN/{reason}", code)


def _material(row: Body) -> Body:
    code = reading.needed(row, "materialCode")
    material = objects.by_code("Material", code)
    if material is None:
        raise _invalid(f"物料【{code}】不存在", "MATERIAL_NOT_EXIST", 330021)
    if not material["enabled"]:
        raise _invalid(f"物料【{code}】已停用", "MATERIAL_DISABLED", 330022)
    return material


def _belongs(row: Body, code: str) -> None:
    given = reading.text(row, "workOrderCode")
    if given and given != code:
        raise _invalid(f"行上的工单编号【{given}】与工单编号【{code}】不一致")


def _unit(row: Body, material: Body) -> str:
    return units.unit_named(reading.text(row, "unitName") or material["unitName"])["name"]


def _output(row: Body, code: str, main: bool) -> Body:
    _belongs(row, code)
    material = _material(row)
    return {
        "lineSeq": reading.needed(row, "lineSeq"),
        "main": int(main),
        "materialId": material["id"],
        "materialCode": material["code"],
        "materialName": material["name"],
        "unitName": _unit(row, material),
        "plannedAmount": str(reading.amount(row, "plannedAmount")),
    }


def _is_main(row: Body) -> bool:
    """``mainFlagInt`` 1 or ``mainFlag`` "1"; ``main`` in the edit."""
    return "1" in (str(row.get("mainFlagInt")), str(row.get("mainFlag")), str(row.get("main")))


def _outputs(rows: list[Body], code: str) -> list[Body]:
    if not rows:
        raise _invalid("产出物料不能为空")
    if sum(_is_main(row) for row in rows) != 1:
        raise _invalid("必须有且只有一个主产出物料")
    return [_output(row, code, _is_main(row)) for row in rows]


def _input(row: Body, code: str) -> Body:
    _belongs(row, code)
    material = _material(row)
    counts = {}
    for name in ("subInputAmountNumerator", "subInputAmountDenominator"):
        counts[name] = str(reading.amount(row, name)) if reading.text(row, name) else "1"
    seq = reading.needed(row, "seq")
    about = {"materialId": material["id"], "materialCode": material["code"], "materialName": material["name"]}
    return {"seq": seq, **about, "unitName": _unit(row, material), **counts}


def _inputs(rows: list[Body], code: str) -> list[Body]:
    checked = [_input(row, code) for row in rows]
    if len({row["seq"] for row in checked}) < len(checked):
        raise _invalid("投料物料行号seq重复")
    return checked


def _controls(rows: list[Body], code: str) -> list[Body]:
    for row in rows:
        _belongs(row, code)
        reading.needed(row, "lineSeq")
        reading.amount(row, "inputAmountNumerator")
    return rows


def _times(body: Body) -> Body:
    start, finish = reading.moment(body, "planStartTime"), reading.moment(body, "planFinishTime")
    if finish < start:
        raise _invalid("计划完成时间不能早于计划开始时间", "PLAN_TIME_ERROR", 330031)
    return {"start": start, "finish": finish}


def _kind_of_order(body: Body) -> str:
    given = reading.text(body, "workOrderType") or "普通"
    if given not in TYPES:
        raise _invalid(f"工单类型【{given}】不正确，可选：{'、'.join(TYPES)}")
    return given


def _first_state(body: Body) -> int:
    given = reading.text(body, "status") or "新建"
    if given not in ("草稿", "新建"):
        raise _invalid(f"工单状态【{given}】不正确，可选：草稿、新建")
    return DRAFT if given == "草稿" else CREATED


def _checked(body: Body) -> Body:
    """An import's order; raises Refused."""
    code = reading.needed(body, "code")
    return {
        "code": code,
        "identifier": reading.text(body, "identifier") or code,
        "type": _kind_of_order(body),
        **_times(body),
        "remark": reading.text(body, "remark", 1000),
        "externalOrderCode": reading.text(body, "externalOrderCode", 255),
        "specifiedMaterial": reading.whole(body, "specifiedMaterialInt") or 0,
        "outputs": _outputs(reading.rows(body, "outputMaterialOpenCOs"), code),
        "inputs": _inputs(reading.rows(body, "inputMaterialOpenCOs"), code),
        "controls": _controls(reading.rows(body, "inputMaterialControlOpenCOs"), code),
    }


def _not_closed(order: Body) -> None:
    if order["status"] == CLOSED:
        raise _invalid(f"工单【{order['code']}】已关闭，不能编辑", "WORK_ORDER_CLOSED", 330041)


def create(body: Body) -> Body:
    """Create or update by code, one effect; raises Refused."""
    checked, state = _checked(body), _first_state(body)
    with store.transaction():
        known = objects.by_code(KIND, checked["code"])
        if known:
            _not_closed(known)
            saved = objects.save(KIND, {**known, **checked})
        else:
            saved = objects.save(KIND, {**OPEN, "status": state, "plan": plans.ordered(body), **checked})
        store.effect(SYSTEM, "update" if known else "create", saved["id"], saved["code"])
    return saved


def _import_op(body: Body) -> str:
    return "update" if objects.by_code(KIND, str(body.get("code"))) else "create"


@endpoint(_import_op)
def do_import(body: Body) -> None:
    """The answer's data is opaque: ask _code_to_id for the id."""
    create(body)


def _edited(order: Body, body: Body) -> Body:
    """The parts that an edit names replace the order's; raises Refused."""
    code, changed = order["code"], dict(order)
    base = body.get("workOrderBaseCO") or {}
    if not isinstance(base, dict):
        raise _invalid("workOrderBaseCO格式错误")
    if reading.text(base, "code") not in ("", code):
        raise _invalid("workOrderBaseCO.code与工单编号不一致")
    if "remark" in base:
        changed["remark"] = reading.text(base, "remark", 1000)
    if "planStartTime" in base or "planFinishTime" in base:
        changed |= _times(base)
    if body.get("outputMaterials") is not None:
        changed["outputs"] = _outputs(reading.rows(body, "outputMaterials"), code)
    if body.get("inputMaterials") is not None:
        changed["inputs"] = _inputs(reading.rows(body, "inputMaterials"), code)
    if body.get("controlInfos") is not None:
        changed["controls"] = _controls(reading.rows(body, "controlInfos"), code)
    return changed


@endpoint("update")
def update(body: Body) -> None:
    """The edit under its own prefix: by code."""
    code = reading.needed(body, "code")
    with store.transaction():
        order = objects.by_code(KIND, code)
        if order is None:
            raise _invalid(f"工单【{code}】不存在", "WORK_ORDER_NOT_EXIST", 330011)
        _not_closed(order)
        saved = objects.save(KIND, _edited(order, body))
        store.effect(SYSTEM, "update", saved["id"], saved["code"])


def _close(number: Any, kind: int, reason: str) -> Body | None:
    """Close one order; what failed, or None."""
    order = objects.by_id(KIND, number)
    if order is None:
        return {"workOrderId": number, "workOrderCode": None, "failedReason": "工单不存在"}
    if order["status"] == CLOSED:
        return {"workOrderId": number, "workOrderCode": order["code"], "failedReason": "工单已关闭，不能重复关闭"}
    objects.save(KIND, {**order, "status": CLOSED, "closeType": kind, "closeReason": reason})
    store.effect(SYSTEM, "close", order["id"], order["code"])
    return None


def _ids_to_close(body: Body) -> list[Any]:
    """``workOrderIdList``; the codes of the second generation only when there are no ids."""
    given = reading.items(body, "workOrderIdList")
    if not given:
        codes = [str(code) for code in reading.items(body, "workOrderCodeList")]
        given = [(objects.by_code(KIND, code) or {"id": code})["id"] for code in codes]
    if not given:
        raise _invalid("workOrderIdList不能为空")
    return given


@endpoint("close")
def batch_close(body: Body) -> Any:
    """Answers 200 also when some or all could not be closed: read failAmount."""
    given, kind = _ids_to_close(body), reading.whole(body, "workOrderCloseType") or 1
    if kind not in CLOSE_TYPES:
        raise _invalid("workOrderCloseType不正确，1正常关闭，2异常关闭")
    with store.transaction():
        outcomes = [_close(number, kind, reading.text(body, "operateReason")) for number in given]
    failures = [outcome for outcome in outcomes if outcome]
    return {"successAmount": len(given) - len(failures), "failAmount": len(failures), "failResults": failures}


def count_report(order: Body, amount: Decimal) -> Body:
    """Add a report of the main material to the order's total."""
    total = Decimal(order.get("reported", "0")) + amount
    return objects.save(KIND, {**order, "reported": str(total)})
