"""Units, material categories and attributes, batch numbers: the small master data around materials."""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.blacklake import objects, reading
from sandbox.blacklake.switches import SYSTEM
from sandbox.blacklake.wire import Body, Refused, endpoint

ON = {"code": 1, "message": "启用"}
OFF = {"code": 0, "message": "停用"}


def unit_named(name: str) -> Body:
    """The unit that people call so; raises Refused when the factory has no such unit."""
    unit = objects.by_code("UnitName", name)
    if unit is None:
        raise Refused(f"单位【{name}】不存在", "MATERIAL-DOMAIN/UNIT_NOT_EXIST", 310021)
    return unit


def add_unit(name: str, code: str = "") -> Body:
    """Units are looked up by name, so the name is their key."""
    known = objects.by_code("UnitName", name) or {}
    return objects.save("UnitName", {"enableFlag": ON, "unitCode": code or name, **known, "code": name, "name": name})


def shown(unit: Body) -> Body:
    """A unit as the API tells it."""
    return {"id": unit["id"], "code": unit["unitCode"], "name": unit["name"], "enableFlag": unit["enableFlag"]}


@endpoint("find")
def unit_list(body: Body) -> Any:
    """By a part of the name."""
    wanted = reading.text(body, "name") or reading.text(body, "quickSearch")
    return reading.page_of(body, (shown(u) for u in objects.all_of("UnitName") if wanted in u["name"]))


@endpoint("create")
def unit_import(body: Body) -> None:
    """Create a unit by name."""
    unit = add_unit(reading.needed(body, "name"), reading.text(body, "code"))
    store.effect(SYSTEM, "create", unit["id"], unit["name"])


def _named(kind: str, body: Body) -> None:
    """Create or rename by code."""
    code = reading.needed(body, "code")
    known = objects.by_code(kind, code) or {"enableFlag": ON}
    saved = objects.save(kind, {**known, "code": code, "name": reading.needed(body, "name")})
    store.effect(SYSTEM, "create", saved["id"], code)


@endpoint("create")
def category_import(body: Body) -> None:
    """Create or rename a category by code."""
    _named("MaterialCategory", body)


@endpoint("create")
def attribute_import(body: Body) -> None:
    """Create or rename an attribute by code."""
    _named("MaterialAttribute", body)


@endpoint("find")
def category_list(body: Body) -> Any:
    """By code or a part of the name."""
    wanted = reading.text(body, "name") or reading.text(body, "code") or reading.text(body, "quickSearch")
    found = (c for c in objects.all_of("MaterialCategory") if wanted in c["name"] or wanted == c["code"])
    return reading.page_of(body, found)


def batch(material: Body, number: str) -> Body:
    """The batch of a material, made when it is reported for the first time."""
    code = f"{material['code']}|{number}"
    known = objects.by_code("BatchNo", code)
    return known or objects.save("BatchNo", {"code": code, "batchNo": number, "materialId": material["id"]})


def _shown_batch(entry: Body) -> Body:
    material = objects.by_id("Material", entry["materialId"]) or {}
    about = {"id": entry["materialId"], "code": material.get("code"), "name": material.get("name")}
    return {"id": entry["id"], "batchNo": entry["batchNo"], "code": entry["batchNo"], "materialInfo": about}


@endpoint("find")
def batch_list(body: Body) -> Any:
    """By exact number and materials."""
    number, materials = reading.text(body, "batchNo"), reading.ids(body, "materialIdList")
    found = [
        _shown_batch(entry)
        for entry in objects.all_of("BatchNo")
        if (not number or number == entry["batchNo"]) and (not materials or entry["materialId"] in materials)
    ]
    return reading.page_of(body, found)
