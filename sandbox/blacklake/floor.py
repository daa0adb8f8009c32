"""What people do in the factory: the acts behind the page and behind POST /blacklake/act."""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.blacklake import objects, orders, planning, plans, reports, tokens, units
from sandbox.blacklake.switches import SYSTEM
from sandbox.blacklake.wire import Refused
from sandbox.desk import Act, Fields, Impossible, required


def _order(fields: Fields) -> Fields:
    code = required(fields, "order")
    order = objects.by_code(orders.KIND, code)
    if order is None:
        raise Impossible(f"工单不存在：{code}")
    return order


def _move(fields: Fields, state: int, allowed: tuple[int, ...]) -> Fields:
    """Status by status, as the status machine allows."""
    with store.transaction():
        order = _order(fields)
        if order["status"] not in allowed:
            raise Impossible(f"工单现在是{orders.STATES[order['status']]}，不能变为{orders.STATES[state]}")
        closed = {"closeType": int(fields.get("type") or 1)} if state == orders.CLOSED else {}
        saved = objects.save(orders.KIND, {**order, "status": state, **closed})
        if state == orders.CLOSED:
            store.effect(SYSTEM, "close", saved["id"], saved["code"])
    return {"id": saved["id"], "status": state, "message": f"工单 {saved['code']}：{orders.STATES[state]}"}


def create(fields: Fields) -> Fields:
    """An order born in the factory: ``order``, ``material``, ``amount``; the ERP knows nothing of it."""
    output = {"lineSeq": "1", "mainFlag": "1", "plannedAmount": str(fields.get("amount") or "10")}
    output["materialCode"] = required(fields, "material")
    times = {"planStartTime": "2026-01-05 00:00:00", "planFinishTime": "2026-01-09 00:00:00"}
    try:
        made = planning.create({"code": required(fields, "order"), **times, "outputMaterialOpenCOs": [output]})
    except Refused as problem:
        raise Impossible(problem.message) from None
    return {"id": made["id"], "message": f"已创建工单 {made['code']}"}


def plan(fields: Fields) -> Fields:
    """Give an order other processes: ``processes`` [{"num", "code", "name"}] ([] = none), ``connect`` true for
    processConnections. In a form: ``processes`` as text ``10 XL 下料; 20 ZP 装配``.
    """
    given = fields.get("processes") or []
    if isinstance(given, str):
        given = [
            dict(zip(("num", "code", "name"), line.split(), strict=False)) for line in given.split(";") if line.strip()
        ]
    steps = [(required(s, "num"), required(s, "code"), str(s.get("name") or s["code"])) for s in given]
    with store.transaction():
        order = _order(fields)
        objects.save(orders.KIND, {**order, "plan": plans.made(steps, bool(fields.get("connect")))})
    return {"message": f"工单 {order['code']} 有 {len(steps)} 道工序"}


def report(fields: Fields) -> Fields:
    """Report production: the fields of ``reports.report``."""
    made = reports.report(fields)
    return {**made, "message": f"已报工：{made['reportRecordCode']}"}


def change_report(fields: Fields) -> Fields:
    """Adjust a reported row in place: ``id``, ``amount`` and/or ``qc``; its id and time stay."""
    number = required(fields, "id")
    with store.transaction():
        try:
            row = store.get(SYSTEM, reports.ROW, number)
        except store.Missing:
            raise Impossible(f"没有这条报工记录：{number}") from None
        if fields.get("amount") is not None:
            amount = float(required(fields, "amount"))
            unit = row["reportBaseAmount"]["unit"]
            row["reportBaseAmount"] = {"amount": amount, "unit": unit}
            row["reportBaseAmountDisplay"] = orders.displayed(str(amount), unit["name"])
        if fields.get("qc"):
            code = reports.qc_code(fields["qc"])
            row["qcStatus"] = {"code": code, "message": reports.QC[code]}
        store.put(SYSTEM, reports.ROW, row["id"], row)
    return {"message": f"报工记录 {number} 已调整"}


def pause(fields: Fields) -> Fields:
    """Pause an order, or let it go on."""
    with store.transaction():
        order = _order(fields)
        objects.save(orders.KIND, {**order, "paused": 0 if order["paused"] else 1})
    return {"message": f"工单 {order['code']} 已{'恢复' if order['paused'] else '暂停'}"}


def add_unit(fields: Fields) -> Fields:
    """A unit that the ERP has and the MES has not."""
    unit = units.add_unit(required(fields, "name"), str(fields.get("code") or ""))
    return {"id": unit["id"], "message": f"单位 {unit['name']}"}


def add_warehouse(fields: Fields) -> Fields:
    """A warehouse likewise."""
    code = required(fields, "code")
    saved = objects.save("Warehouse", {"code": code, "name": str(fields.get("name") or code)})
    return {"id": saved["id"], "message": f"仓库 {code}"}


def material_switch(fields: Fields) -> Fields:
    """Stop or start a material by hand: ``material``."""
    code = required(fields, "material")
    with store.transaction():
        material = objects.by_code("Material", code)
        if material is None:
            raise Impossible(f"物料不存在：{code}")
        objects.save("Material", {**material, "enabled": 1 - material["enabled"]})
    return {"message": f"物料 {code} 已{'停用' if material['enabled'] else '启用'}"}


def expire_tokens(_: Fields) -> Fields:
    """Every token is dead."""
    tokens.forget_all()
    return {"message": "所有token已失效"}


ACTS: dict[str, Act] = {
    "report": report,
    "change_report": change_report,
    "create_order": create,
    "plan": plan,
    "dispatch": lambda f: _move(f, orders.DISPATCHED, (orders.DRAFT, orders.CREATED)),
    "start": lambda f: _move(f, orders.EXECUTING, (orders.CREATED, orders.DISPATCHED)),
    "finish": lambda f: _move(f, orders.FINISHED, (orders.DISPATCHED, orders.EXECUTING)),
    "close": lambda f: _move(f, orders.CLOSED, tuple(range(orders.CLOSED))),
    "pause": pause,
    "switch_material": material_switch,
    "add_unit": add_unit,
    "add_warehouse": add_warehouse,
    "expire_tokens": expire_tokens,
}


def everything() -> Any:
    """What the page shows: orders newest first with their processes and reports, materials."""
    rows = store.find(SYSTEM, reports.ROW)
    shown = []
    for order in reversed(objects.all_of(orders.KIND)[-100:]):
        main = next(row for row in order["outputs"] if row["main"])
        mine = [row for row in rows if row["workOrderId"] == order["id"]]
        shown.append({**order, "state": orders.STATES[order["status"]], "main": main, "reports": mine})
    return {"orders": shown, "materials": objects.all_of("Material")[-200:]}
