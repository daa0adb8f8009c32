"""Materials: import by code, list, detail, stop and start (protocol B5)."""

from __future__ import annotations

import re
from typing import Any

from sandbox import store
from sandbox.blacklake import objects, reading, units
from sandbox.blacklake.switches import SYSTEM
from sandbox.blacklake.wire import NOTHING, Body, Refused, endpoint

KIND = "Material"
YES_NO = ("是", "否")
BIZ_TYPES = {"默认": 0, "虚拟件": 1, "在制品": 2}
BIZ_RANGES = {"仓储": 1, "采购": 2, "销售": 3, "自制": 4, "质量": 5, "投料": 6}
QUALITIES = ("合格", "让步合格", "不合格", "待检")
LENGTHS = {"materialName": 255, "specification": 255, "remark": 1000}
YES_NO_FIELDS = ("batchManagementEnable", "sourceControl", "fifoEnabled", "inventoryAttrDisplay", "batchNoAttrDisplay")
UNIT_FIELDS = ("purchaseUnitName", "convertUnitName", "transferUnitName", "productionUnitName", "feedUnitName")
TEXTS = ("specification", "remark", "taxRate", "controlLevel", "orderBatchRule", "transferBatch", "fifoAttr")
SEPARATORS = re.compile(r"[,，、;；]")


def _invalid(message: str) -> Refused:
    return Refused(message, "MATERIAL-DOMAIN/PARAM_INVALID", 310001)


def _one_of(body: Body, name: str, allowed: Any) -> str:
    given = reading.text(body, name)
    if given and given not in allowed:
        raise _invalid(f"{name}的值【{given}】不正确，可选：{'、'.join(allowed)}")
    return given


def _some_of(body: Body, name: str, allowed: Any) -> list[str]:
    given = [part.strip() for part in SEPARATORS.split(reading.text(body, name)) if part.strip()]
    wrong = [part for part in given if part not in allowed]
    if wrong:
        raise _invalid(f"{name}的值【{'、'.join(wrong)}】不正确，可选：{'、'.join(allowed)}")
    return given


def _whole_amounts(body: Body) -> Body:
    given = {name: reading.text(body, name) for name in ("purchaseAmount", "purchaseAmountMin")}
    for name, number in given.items():
        if number and not (number.isdigit() and 0 < int(number) < 1_000_000):
            raise _invalid(f"{name}应为大于0小于1000000的整数")
    return given


def _conversions(body: Body, main_unit: str) -> list[Body]:
    """``items``: other units of the material; raises Refused for an unknown unit or a zero count."""
    found = []
    for row in reading.rows(body, "items"):
        unit = units.unit_named(reading.needed(row, "unitName"))
        counts = {name: str(reading.amount(row, name)) for name in ("toUnitCount", "fromUnitCount")}
        found.append(
            {"unitName": unit["name"], "unitType": _one_of(row, "unitType", ("转换单位", "辅助单位")), **counts}
        )
    known = {main_unit, *(row["unitName"] for row in found)}
    for name in UNIT_FIELDS:
        wanted = reading.text(body, name)
        if wanted and units.unit_named(wanted)["name"] not in known:
            raise _invalid(f"{name}【{wanted}】不是该物料的单位")
    return found


def _place(body: Body) -> Body:
    warehouse = reading.text(body, "defaultWarehouseCode")
    location = reading.text(body, "defaultLocationCode")
    for kind, code, word in (("Warehouse", warehouse, "仓库"), ("StorageLocation", location, "仓位")):
        if code and objects.by_code(kind, code) is None:
            raise Refused(f"{word}【{code}】不存在", f"STORAGE-DOMAIN/{kind.upper()}_NOT_EXIST", 320021)
    return {"defaultWarehouseCode": warehouse, "defaultLocationCode": location}


def _checked(body: Body) -> Body:
    """The fields of an import; raises Refused."""
    code, name = reading.needed(body, "materialCode"), reading.needed(body, "materialName")
    for field, longest in LENGTHS.items():
        reading.text(body, field, longest)
    unit = units.unit_named(reading.needed(body, "unitName"))
    category = reading.text(body, "materialCategory")
    if category and objects.by_code("MaterialCategory", category) is None:
        raise Refused(f"物料分类【{category}】不存在", "MATERIAL-DOMAIN/CATEGORY_NOT_EXIST", 310031)
    checked: Body = {field: _one_of(body, field, YES_NO) for field in YES_NO_FIELDS}
    checked |= {
        "bizType": _one_of(body, "bizType", BIZ_TYPES) or "默认",
        "bizRange": _some_of(body, "bizRange", BIZ_RANGES),
    }
    checked["manufactureQualityStatus"] = _some_of(body, "manufactureQualityStatus", QUALITIES) or ["合格", "让步合格"]
    checked |= {"validityUnit": _one_of(body, "validityUnit", ("年", "月", "日", "时", "分"))}
    checked |= {"validityTime": reading.whole(body, "validityTime"), "category": category}
    checked |= {field: reading.text(body, field) for field in (*TEXTS, *UNIT_FIELDS)}
    checked |= _place(body) | _whole_amounts(body) | {"items": _conversions(body, unit["name"])}
    return {**checked, "code": code, "name": name, "unitName": unit["name"]}


def _import_op(body: Body) -> str:
    return "update" if objects.by_code(KIND, str(body.get("materialCode"))) else "create"


@endpoint(_import_op)
def do_import(body: Body) -> None:
    """Create or update by code; the answer's data is opaque."""
    checked = _checked(body)
    with store.transaction():
        known = objects.by_code(KIND, checked["code"])
        saved = objects.save(KIND, {**(known or {"enabled": 1}), **checked})
        store.effect(SYSTEM, "update" if known else "create", saved["id"], saved["code"])


def flag(enabled: int) -> Body:
    """enableFlag and its like."""
    return units.ON if enabled else units.OFF


def listed(material: Body) -> Body:
    """A row of ``_list``."""
    unit = units.unit_named(material["unitName"])
    return {
        "id": material["id"],
        "code": material["code"],
        "name": material["name"],
        "specification": material["specification"],
        "enableFlag": flag(material["enabled"]),
        "bizType": {"code": BIZ_TYPES[material["bizType"]], "message": material["bizType"]},
        "bizRange": [{"code": BIZ_RANGES[name], "message": name} for name in material["bizRange"]],
        "unit": units.shown(unit),
        "unitName": unit["name"],
        "batchManagementEnable": flag(material["batchManagementEnable"] == "是"),
        "orgId": 21688091,
        "createdAt": material["createdAt"],
        "updatedAt": material["updatedAt"],
    }


def _wanted(body: Body) -> Any:
    """A test of one material against the request's filters."""
    ids, codes = reading.ids(body, "idList"), {str(code) for code in reading.items(body, "codeList")}
    code, name, fuzzy = (reading.text(body, field) for field in ("code", "name", "quickSearch"))
    enabled = reading.whole(body, "enableFlag")
    since, until = reading.whole(body, "updateStartTime"), reading.whole(body, "updateEndTime")
    types = {str(entry) for entry in reading.items(body, "bizType")}

    def test(row: Body) -> bool:
        return (
            (not ids or row["id"] in ids)
            and (not codes or row["code"] in codes)
            and code.lower() in row["code"].lower()  # the vendor's `code` is fuzzy: compare the answer yourself
            and name in row["name"]
            and (not fuzzy or fuzzy in row["code"] or fuzzy in row["name"])
            and (enabled is None or row["enabled"] == enabled)
            and (since is None or row["updatedAt"] >= since)
            and (until is None or row["updatedAt"] <= until)
            and (not types or str(BIZ_TYPES[row["bizType"]]) in types)
        )

    return test


def _candidates(body: Body) -> list[Body]:
    """Exact codes and ids are looked up, everything else is read through."""
    codes = {str(code) for code in reading.items(body, "codeList")}
    if not codes:
        return objects.all_of(KIND)
    found = [objects.by_code(KIND, code) for code in codes]
    return sorted((m for m in found if m), key=lambda m: m["id"])


@endpoint("find")
def material_list(body: Body) -> Any:
    """By the request's filters, a page at a time."""
    test = _wanted(body)
    return reading.page_of(body, (listed(row) for row in _candidates(body) if test(row)))


@endpoint("read")
def detail(body: Body) -> Any:
    """By id, or by code."""
    number, code = reading.whole(body, "id"), reading.text(body, "code")
    material = objects.by_id(KIND, number) if number else objects.by_code(KIND, code)
    if material is None:
        raise Refused("物料不存在", "MATERIAL-DOMAIN/MATERIAL_NOT_EXIST", 310011)
    inventory = {name: material[name] for name in ("batchManagementEnable", "defaultWarehouseCode", "validityTime")}
    purchase = {name: material[name] for name in ("purchaseUnitName", "purchaseAmount", "purchaseAmountMin")}
    base = {**listed(material), "remark": material["remark"], "category": material["category"]}
    return {"baseInfo": base, "unitList": material["items"], "inventoryInfo": inventory, "purchaseInfo": purchase}


def _switch(body: Body, enabled: int) -> Any:
    """Enable or disable; one wrong id or one already so, and nothing is done."""
    numbers = reading.items(body, "ids")
    found = [material for number in numbers if (material := objects.by_id(KIND, number))]
    if not numbers or len(found) < len(numbers):
        raise Refused("物料不存在", "MATERIAL-DOMAIN/MATERIAL_NOT_EXIST", 310011)
    already = [m["code"] for m in found if m["enabled"] == enabled]
    if already:
        word = "启用" if enabled else "停用"
        raise Refused(f"物料【{'、'.join(already)}】已{word}", "MATERIAL-DOMAIN/STATUS_ERROR", 310012)
    with store.transaction():
        for material in found:
            objects.save(KIND, {**material, "enabled": enabled})
            store.effect(SYSTEM, "start" if enabled else "stop", material["id"], material["code"])
    return NOTHING


@endpoint("update")
def start(body: Body) -> Any:
    """Enable by ``ids``."""
    return _switch(body, 1)


@endpoint("update")
def stop(body: Body) -> Any:
    """Disable by ``ids``."""
    return _switch(body, 0)
