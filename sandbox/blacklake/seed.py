"""Demo data: units, warehouses, processes, categories. Materials and orders come from the ERP."""

from __future__ import annotations

from sandbox.blacklake import objects, plans, units

UNITS = {
    "个": "PCS",
    "件": "JIAN",
    "千克": "KG",
    "公斤": "GJ",
    "克": "G",
    "吨": "T",
    "米": "M",
    "升": "L",
    "台": "TAI",
    "套": "SET",
    "箱": "BOX",
    "卷": "ROLL",
    "张": "SHEET",
    "PCS": "PCS-EN",
    "kg": "KG-EN",
    "块": "KUAI",
    "根": "GEN",
}
WAREHOUSES = {"01": "原料仓", "02": "成品仓", "03": "包材仓", "W05001": "条码仓", "W05002": "待检仓"}
PROCESSES = {"XL": "下料", "ZP": "装配", "BZ": "包装", "ZS": "注塑", "ZJ": "质检"}


def seed() -> None:
    """Units, warehouses, processes, categories: no materials, no orders."""
    for name, code in UNITS.items():
        units.add_unit(name, code)
    for code, name in WAREHOUSES.items():
        objects.save("Warehouse", {"code": code, "name": name})
    objects.save("StorageLocation", {"code": "01-SYSTEM-BIN", "name": "默认仓位"})
    for code, name in PROCESSES.items():
        plans.process_named(code, name)
    objects.save("MaterialCategory", {"code": "CP", "name": "产成品", "enableFlag": units.ON})
    objects.save("MaterialCategory", {"code": "YCL", "name": "原材料", "enableFlag": units.ON})
