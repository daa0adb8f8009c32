"""The tenant's objects: each has a code (what people and the ERP use) and a 64-bit id (what the API uses)."""

from __future__ import annotations

import time
from typing import Any

from sandbox import store
from sandbox.blacklake.switches import SYSTEM

Object = dict[str, Any]

# Materials have 16 digits, the others 17: those lie beyond 2**53, where a double loses the last digit.
FIRST_IDS = {
    "Material": 1734569511470476,
    "ProductionOrder": 17345695114704761,
    "ProcessReport": 17445695114704763,
    "ReportRow": 17545695114704765,
    "OrderProcess": 17645695114704767,
}
OTHERS = "others"  # every other kind draws from one row of numbers
FIRST_IDS[OTHERS] = 1634569511470001
NUMBERS = "number"


def now_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


def new_id(kind: str) -> int:
    """The next id of a kind."""
    row = kind if kind in FIRST_IDS else OTHERS
    with store.transaction():
        try:
            number = store.get(SYSTEM, NUMBERS, row)["next"]
        except store.Missing:
            number = FIRST_IDS[row]
        store.put(SYSTEM, NUMBERS, row, {"next": number + 2})
        return number


def by_code(kind: str, code: str) -> Object | None:
    """The object with this code, None when there is none."""
    try:
        return store.get(SYSTEM, kind, code)
    except store.Missing:
        return None


def by_id(kind: str, number: Any) -> Object | None:
    """The object with this id (int, or its digits as text)."""
    try:
        return store.get(SYSTEM, kind, store.get(SYSTEM, f"{kind}.id", number)["code"])
    except store.Missing:
        return None


def save(kind: str, body: Object) -> Object:
    """Insert or replace by ``code``; a new object gets an id and its times (ms)."""
    with store.transaction():
        moment = now_ms()
        if "id" not in body:
            body = {**body, "id": new_id(kind), "createdAt": moment}
            store.put(SYSTEM, f"{kind}.id", body["id"], {"code": body["code"]})
        return store.put(SYSTEM, kind, body["code"], {**body, "updatedAt": moment})


def all_of(kind: str) -> list[Object]:
    """Every object of a kind in the order they were made."""
    return sorted(store.find(SYSTEM, kind), key=lambda body: body["id"])
