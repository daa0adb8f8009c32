"""Production reports (报工): made by persons on the page, read by the API (protocol B5)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from sandbox import store
from sandbox.blacklake import objects, orders, planning, reading, units
from sandbox.blacklake.switches import SYSTEM
from sandbox.blacklake.wire import Body, endpoint
from sandbox.desk import Fields, Impossible, required

ROW = "ReportRow"
QC = {1: "合格", 2: "让步合格", 3: "待检", 4: "不合格"}
PERSON = {"id": 1634569511469997, "code": "SF0006", "name": "车间报工员", "username": "SF0006", "avatarUrl": None}


def qc_code(given: Any) -> int:
    """A quality state by its number or its name; raises Impossible."""
    for code, name in QC.items():
        if str(given or 1).strip() in (str(code), name):
            return code
    raise Impossible(f"质量状态不对：{given}；可选：{'、'.join(QC.values())}")


def _amount(given: str) -> Decimal:
    """Any number: a correction is negative."""
    try:
        number = Decimal(given)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Impossible(f"数量不对：{given}")
    return number


def _process(order: Body, wanted: str) -> Body | None:
    """The order's process by number or code; with an empty name the largest number; None without a plan."""
    processes = order["plan"]["processes"]
    if not processes:
        return None
    if not wanted:
        return max(processes, key=lambda p: p["processSeq"])
    known = [p for p in processes if wanted in (p["processNum"], p["processCode"])]
    if not known:
        raise Impossible(f"工单没有工序 {wanted}")
    return known[0]


def _material_info(material: Body, unit: Body) -> Body:
    return {
        "baseInfo": {
            "id": material["id"],
            "code": material["code"],
            "name": material["name"],
            "specification": material["specification"],
            "remark": material["remark"],
        },
        "batchManagementEnable": units.ON if material["batchManagementEnable"] == "是" else units.OFF,
        "masterUnit": unit,
        "productionUnit": unit,
        "unitList": [unit],
        "unitConversionInfo": [],
        "attribute": [],
        "category": None,
    }


def _row(order: Body, process: Body | None, report: Body, line: Body) -> Body:
    """One detail row of a report, in the shape of the API's list."""
    material, main = line["material"], next(row for row in order["outputs"] if row["main"])
    unit = units.shown(units.unit_named(line["unitName"]))
    number = line["amount"]
    shown = int(number) if number == number.to_integral_value() else float(number)
    batch = units.batch(material, line["batch"]) if line["batch"] else None
    return {
        "id": objects.new_id(ROW),
        "reportRecordId": report["id"],
        "reportRecordCode": report["code"],
        "lineId": objects.new_id(ROW),
        "workOrderId": order["id"],
        "workOrderCode": order["code"],
        "taskId": report["taskId"],
        "taskCode": report["taskCode"],
        "processId": process["processId"] if process else None,
        "processCode": process["processCode"] if process else None,
        "processName": process["processName"] if process else None,
        "mainMaterialId": main["materialId"],
        "mainMaterialCode": main["materialCode"],
        "mainMaterialName": main["materialName"],
        "materialInfo": _material_info(material, unit),
        "batchNo": line["batch"] or None,
        "batchNoId": batch["id"] if batch else None,
        "reportBaseAmount": {"amount": shown, "unit": unit},
        "reportBaseAmountDisplay": orders.displayed(str(number), unit["name"]),
        "qcStatus": {"code": line["qc"], "message": QC[line["qc"]]},
        "reportTime": report["time"],
        "startTime": report["time"] - 3_600_000,
        "endTime": report["time"],
        "qrCode": line["qrCode"] or None,
        "remark": report["remark"],
        "producers": [PERSON],
        "executors": [PERSON],
        "equipments": [],
        "salesOrderCode": [],
        "workHour": 1,
    }


def _line(order: Body, fields: Fields) -> Body:
    main = next(row for row in order["outputs"] if row["main"])
    code = str(fields.get("material") or main["materialCode"])
    material = objects.by_code("Material", code)
    if material is None:
        raise Impossible(f"物料不存在：{code}")
    unit_name = str(fields.get("unit") or material["unitName"])
    if objects.by_code("UnitName", unit_name) is None:
        raise Impossible(f"单位不存在：{unit_name}")
    return {
        "material": material,
        "amount": _amount(required(fields, "amount")),
        "batch": str(fields.get("batch") or "").strip(),
        "qc": qc_code(fields.get("qc")),
        "unitName": unit_name,
        "qrCode": str(fields.get("qrCode") or ""),
    }


def _time(fields: Fields) -> int:
    given = str(fields.get("time") or "")
    if given and not given.isdigit():
        raise Impossible("time 应为毫秒数")
    return int(given) if given else objects.now_ms()


def _record(order: Body, process: Body | None, fields: Fields) -> Body:
    """The report above its rows."""
    number = objects.new_id("ProcessReport")
    task = f"{order['code']}-{process['processNum'] if process else '1'}"
    about = {"taskId": number + 1, "taskCode": task, "time": _time(fields), "remark": str(fields.get("remark") or "")}
    return objects.save("ProcessReport", {"id": number, "code": f"BG{number % 10**10:010d}", **about})


def report(fields: Fields) -> Body:
    """Report production of an order: ``order``, ``amount``; optional ``process`` (number or code), ``batch``, ``qc``,
    ``material`` (a by-product), ``unit``, ``time`` (ms), ``remark``, ``lines`` (several rows in one report).
    """
    code = required(fields, "order")
    with store.transaction():
        order = objects.by_code(orders.KIND, code)
        if order is None:
            raise Impossible(f"工单不存在：{code}")
        if order["status"] == orders.CLOSED and not fields.get("late"):
            raise Impossible("工单已关闭，不能报工")
        lines = [_line(order, line) for line in fields.get("lines") or [fields]]
        process = _process(order, str(fields.get("process") or "").strip())
        record = _record(order, process, fields)
        rows = [_row(order, process, record, line) for line in lines]
        for row in rows:
            store.put(SYSTEM, ROW, row["id"], row)
            store.effect(SYSTEM, "report", row["id"], order["code"])
        _executing(order, lines)
    return {"reportRecordId": record["id"], "reportRecordCode": record["code"], "ids": [row["id"] for row in rows]}


def _executing(order: Body, lines: list[Body]) -> None:
    main = next(row["materialCode"] for row in order["outputs"] if row["main"])
    total = sum((line["amount"] for line in lines if line["material"]["code"] == main), Decimal(0))
    if order["status"] < orders.EXECUTING:
        order = {**order, "status": orders.EXECUTING}
    planning.count_report(order, total)


LIST_FILTERS = {
    "taskIds": "taskId",
    "workOrderIdList": "workOrderId",
    "processIdList": "processId",
    "processDefIdList": "processId",
    "mainMaterialIdList": "mainMaterialId",
    "progressReportRecordIds": "reportRecordId",
}
TIME_FILTERS = ("reportTime", "startTime", "endTime")


def _tests(body: Body) -> list[Callable[[Body], bool]]:
    """What the request asks of a row, one test a filter that is present."""
    tests: list[Callable[[Body], bool]] = []
    for name, field in LIST_FILTERS.items():
        if wanted := reading.ids(body, name):
            tests.append(partial(_is_in, field, wanted))
    for name in TIME_FILTERS:
        since, until = reading.whole(body, f"{name}From"), reading.whole(body, f"{name}To")
        tests.append(partial(_is_within, name, since, until))
    if materials := reading.ids(body, "reportMaterialIdList"):
        tests.append(lambda row: row["materialInfo"]["baseInfo"]["id"] in materials)
    if states := reading.ids(body, "qcStatusList"):
        tests.append(lambda row: row["qcStatus"]["code"] in states)
    return tests + _text_tests(body)


def _is_in(field: str, wanted: set[int], row: Body) -> bool:
    return row[field] in wanted


def _is_within(field: str, since: int | None, until: int | None, row: Body) -> bool:
    """The end is not part of the window."""
    return (since is None or row[field] >= since) and (until is None or row[field] < until)


def _is(field: str, wanted: str, row: Body) -> bool:
    return row[field] == wanted


def _text_tests(body: Body) -> list[Callable[[Body], bool]]:
    tests: list[Callable[[Body], bool]] = []
    for name in ("batchNo", "qrCode"):
        if wanted := reading.text(body, name):
            tests.append(partial(_is, name, wanted))
    if fuzzy := reading.text(body, "quickSearch"):
        tests.append(lambda row: fuzzy in row["workOrderCode"] or fuzzy in row["reportRecordCode"])
    return tests


@endpoint("find")
def report_list(body: Body) -> Any:
    """Rows, not reports: a report of a main product and a by-product is two rows with one reportRecordId."""
    tests = _tests(body)
    return reading.page_of(body, store.find(SYSTEM, ROW, lambda row: all(test(row) for test in tests)))
