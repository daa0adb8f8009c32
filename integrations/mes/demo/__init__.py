"""The MES's flows, driven as people in the ERP and in the factory would."""

from __future__ import annotations

from typing import Any

from core.demo.steps import Demo, DemoStep, Moved

ITEMS, ORDERS, RECEIPTS = "黑湖 物料", "黑湖 生产工单", "黑湖 生产收货"
ORDER = 73  # a released order of an item without batches


def _effects(demo: Demo, op: str) -> list[dict[str, Any]]:
    """What the MES really did."""
    found: list[dict[str, Any]] = demo.ask_sandbox("GET", f"_control/effects?system=blacklake&op={op}")["effects"]
    return found


def _in_the_erp(demo: Demo, path: str, body: dict[str, Any]) -> None:
    """A person changes something in the ERP's client."""
    demo.ask_sandbox("POST", "_control/erp/act", {"method": "PATCH", "path": path, "user": 1, "body": body})


def _report(demo: Demo, process: str, amount: float) -> str:
    """A person reports production; the row's id."""
    fields = {"do": "report", "order": str(ORDER), "process": process, "amount": amount}
    return str(demo.ask_sandbox("POST", "blacklake/act", fields)["ids"][0])


def push_items(demo: Demo) -> Moved:
    """All items of the ERP become materials."""
    moved = demo.moved(ITEMS)
    demo.expect(moved.ok > 50, f"only {moved.ok} items moved")
    made = len(_effects(demo, "create"))
    demo.expect(made == moved.ok, f"the MES has {made} materials, {moved.ok} were sent")
    return moved


def stop_item(demo: Demo) -> Moved:
    """An item that is frozen in the ERP is stopped in the MES."""
    _in_the_erp(demo, "Items('14003')", {"Frozen": "tYES"})
    moved = demo.moved(ITEMS, documents=1)
    demo.expect([e["source"] for e in _effects(demo, "stop")].count("14003") == 1, "14003 was not stopped")
    return moved


def push_orders(demo: Demo) -> Moved:
    """Released orders become work orders; a cancelled one that the MES never had is only marked."""
    moved = demo.moved(ORDERS)
    demo.expect(moved.ok >= 5, f"only {moved.ok} orders moved")
    order = demo.ask_sandbox("GET", f"_control/erp/object?set=ProductionOrders&key={ORDER}")["body"]
    demo.expect(order["U_SyncStatus"] == "Y", f"order {ORDER} is not marked")
    return moved


def cancel_order(demo: Demo) -> Moved:
    """An order that is cancelled in the ERP is closed in the MES; one that was edited is changed there."""
    _in_the_erp(demo, "ProductionOrders(72)", {"ProductionOrderStatus": "boposCancelled"})
    _in_the_erp(demo, "ProductionOrders(71)", {"PlannedQuantity": 120})
    moved = demo.moved(ORDERS, documents=2)
    demo.expect([e["source"] for e in _effects(demo, "close")] == ["72"], "order 72 was not closed")
    return Moved(moved.documents, moved.ok, note="one closed, one changed")


def pull_receipts(demo: Demo) -> Moved:
    """Reports of the last process are received, each once; those of earlier processes are not."""
    last = [_report(demo, "100", 10), _report(demo, "100", 2.5)]
    _report(demo, "10", 10)
    _report(demo, "20", 10)
    moved = demo.moved(RECEIPTS, documents=2)
    demo.moved(RECEIPTS, documents=0)
    made = demo.ask_sandbox("GET", "_control/erp/objects?set=InventoryGenEntries&filter=U_MESReportId%20ne%20null")
    found = sorted(receipt["U_MESReportId"] for receipt in made["objects"])
    demo.expect(found == sorted(last), f"received {found}, reported {last}")
    return Moved(moved.documents, moved.ok, note="4 reports, 2 of the last process")


STEPS = [
    DemoStep(ITEMS, push_items),
    DemoStep(ITEMS, stop_item, title="黑湖 物料停用"),
    DemoStep(ORDERS, push_orders),
    DemoStep(ORDERS, cancel_order, title="黑湖 工单关闭与修改"),
    DemoStep(RECEIPTS, pull_receipts),
]
