"""The process plan of a work order: which processes, in which order (protocol B5, B8)."""

from __future__ import annotations

import itertools
from typing import Any

from sandbox.blacklake import objects, reading
from sandbox.blacklake.switches import ROUTE_CONNECTIONS
from sandbox.blacklake.wire import Body, Refused, endpoint

# The factory's own route. As text "20" is the largest number, and the last one made is not the last to run.
ROUTE = (("10", "XL", "下料"), ("100", "BZ", "包装"), ("20", "ZP", "装配"))


def process_named(code: str, name: str = "") -> Body:
    """The process definition; one that is used for the first time is made."""
    known = objects.by_code("Process", code)
    return known or objects.save("Process", {"code": code, "name": name or code})


def _process(number: str, code: str, name: str, sequence: int) -> Body:
    definition = process_named(code, name)
    return {
        "id": objects.new_id("OrderProcess"),
        "processId": definition["id"],
        "processNum": number,
        "processSeq": sequence,
        "preProcessNum": "",
        "processCode": definition["code"],
        "processName": definition["name"],
        "identifier": f"{number}-{code}",
        "workCenterId": None,
    }


def _by_number(process: Body) -> tuple[int, str]:
    number = process["processNum"]
    return (int(number), number) if number.isdigit() else (0, number)


def _connections(processes: list[Body]) -> list[Body]:
    chain = sorted(processes, key=_by_number)
    return [connection(before, after) for before, after in itertools.pairwise(chain)]


def connection(before: Body, after: Body) -> Body:
    """One runs after the other."""
    return {
        "prevProcessNum": before["processNum"],
        "nextProcessNum": after["processNum"],
        "prevProcessId": before["id"],
        "nextProcessId": after["id"],
        "connectionType": 1,
    }


def made(steps: Any, connect: bool | None = None) -> Body:
    """A plan of ``steps`` (number, code, name), listed as given and sequenced by number."""
    processes = [_process(number, code, name, 0) for number, code, name in steps]
    for sequence, process in enumerate(sorted(processes, key=_by_number), start=1):
        process["processSeq"] = sequence
    wanted = ROUTE_CONNECTIONS() if connect is None else connect
    return {"processes": processes, "connections": _connections(processes) if wanted else []}


def ordered(body: Body) -> Body:
    """The plan that an import brings (``processPlanOpenCOs``), else the factory's route."""
    given = reading.rows(body, "processPlanOpenCOs")
    if not given:
        return made(ROUTE)
    return made([_step(row) for row in given], True if body.get("processPlanNodeRelationOpenCOs") else None)


def _step(row: Body) -> tuple[str, str, str]:
    code = reading.needed(row, "code")
    return reading.needed(row, "processNum"), code, (objects.by_code("Process", code) or {}).get("name", code)


@endpoint("read")
def detail(body: Body) -> Any:
    """By workOrderId."""
    number = reading.whole(body, "workOrderId")
    order = objects.by_id("ProductionOrder", number) if number else None
    if order is None:
        raise Refused("工单不存在", "MED-DOMAIN/WORK_ORDER_NOT_EXIST", 330011)
    plan = order["plan"]
    return {
        "originalProcessRoute": {"code": "GYLX001", "name": "标准工艺路线"},
        "processRouteSnapshotId": None,
        "enableSop": 0,
        "processes": plan["processes"],
        "processConnections": plan["connections"],
    }
