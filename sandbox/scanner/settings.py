"""Where the scanner's backend is: four addresses and an AppCode, as in the barcode system's own screen (seed 5.5.7)."""

from __future__ import annotations

from typing import Any

from sandbox.desk import Fields, Impossible
from sandbox.kept import Kept

SYSTEM = "scanner"
CALLS = {"query": "查询", "save": "保存", "methods": "可用方法", "companies": "返回账套"}

DEFAULTS: dict[str, Any] = {
    "address": "",  # for those of the four that are left empty
    **dict.fromkeys(CALLS, ""),
    "app_code": "",
    "company_db": "",  # sent as CompanyDB where one address serves several companies
    "timeout_seconds": 30.0,
}
SETTINGS = Kept(SYSTEM, DEFAULTS)


def change(given: Fields) -> Fields:
    """Set the named ones and tell all; raises Impossible."""
    try:
        if "timeout_seconds" in given:
            given = {**given, "timeout_seconds": float(given["timeout_seconds"])}
        SETTINGS.change({name: value.strip() if isinstance(value, str) else value for name, value in given.items()})
    except ValueError as problem:
        raise Impossible(f"设置不对：{problem}") from None
    return {"settings": SETTINGS.all(), "message": "已保存"}


def address_of(call: str) -> str:
    """The address of query, save, methods or companies; raises Impossible when none is set."""
    known = SETTINGS.all()
    address = known[call] or known["address"]
    if not address:
        raise Impossible(f"还没有设置{CALLS[call]}地址")
    return address
