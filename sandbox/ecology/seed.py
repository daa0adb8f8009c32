"""Demo data: a licence, people, four workflows, three modelling tables, two requests made in the OA."""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.ecology import forms, keys, requests
from sandbox.ecology.switches import SYSTEM
from sandbox.models import Effect

PEOPLE: dict[str, dict[str, Any]] = {
    "1": {"name": "系统管理员", "department": "1"},
    "2978": {"name": "张三", "department": "835"},
    "2979": {"name": "李四", "department": "835"},
    "2980": {"name": "王五", "department": "836"},
    "15273": {"name": "接口用户", "department": "1"},
    "4000": {"name": "已停用用户", "department": "1", "locked": True},
}
CREATORS = ["1", "2978", "2979", "15273"]


def _field(name: str, label: str, kind: str = "text", *, mand: bool = False, options: list[str] | None = None) -> dict:
    html, number = {
        "text": (1, 1),
        "integer": (1, 2),
        "number": (1, 3),
        "area": (2, 1),
        "date": (3, 2),
        "person": (3, 1),
        "select": (5, 1),
        "file": (6, 1),
    }[kind]
    field: dict[str, Any] = {"name": name, "label": label, "html": html, "type": number, "mand": mand}
    return {**field, "options": options} if options else field


def _workflow(number: int, name: str, form: int, main: list[dict], details: dict[str, list[dict]], **more: Any) -> None:
    store.put(
        SYSTEM,
        "workflow",
        number,
        {
            "workflowId": number,
            "workflowName": name,
            "formId": str(-form),
            "workflowTypeId": "167",
            "workflowTypeName": "ERP单据审批",
            "main": main,
            "details": {f"formtable_main_{form}_{suffix}": fields for suffix, fields in details.items()},
            "creators": CREATORS,
            "approvers": ["2979"],
            "upload_dir": "/ERP附件",
            **more,
        },
    )


def _purchase_request() -> None:
    main = [
        _field("djbh", "草稿单号", mand=True),
        _field("sqr", "申请人", mand=True),
        _field("sqbm", "申请部门"),
        _field("djrq", "单据日期", "date", mand=True),
        _field("xqrq", "需求日期", "date"),
        _field("hjje", "合计金额", "number"),
        _field("jjcd", "紧急程度", "select", options=["普通", "重要", "紧急"]),
        _field("sprq", "审批负责人", "person"),
        _field("bz", "备注", "area"),
        _field("fj", "附件", "file"),
    ]
    lines = [
        _field("wlbm", "物料编码", mand=True),
        _field("wlmc", "物料名称"),
        _field("sl", "数量", "number", mand=True),
        _field("dj", "单价", "number"),
        _field("xqrq", "需求日期", "date"),
        _field("gys", "供应商"),
        _field("ck", "仓库"),
        _field("bz", "备注"),
    ]
    _workflow(781, "采购申请", 1356, main, {"dt1": lines})


def _transfer() -> None:
    main = [
        _field("djbh", "草稿单号", mand=True),
        _field("djrq", "单据日期", "date", mand=True),
        _field("zcck", "转出仓库", mand=True),
        _field("zrck", "转入仓库", mand=True),
        _field("bz", "备注", "area"),
    ]
    lines = [
        _field("wlbm", "物料编码", mand=True),
        _field("wlmc", "物料名称"),
        _field("sl", "数量", "number", mand=True),
        _field("zcck", "转出仓库"),
        _field("zrck", "转入仓库"),
    ]
    _workflow(782, "库存转储", 1357, main, {"dt1": lines}, approvers=["2979", "2980"], countersign=True)


def _own_documents() -> None:
    """Workflows whose documents the OA sends to the ERP; their columns are named as the ERP's fields."""
    order = [_field("CardCode", "客户代码", mand=True), _field("DocDueDate", "交货日期", "date", mand=True)]
    order.append(_field("Comments", "备注", "area"))
    lines = [_field("ItemCode", "物料编码", mand=True), _field("Quantity", "数量", "number", mand=True)]
    lines += [_field("UnitPrice", "单价", "number"), _field("WarehouseCode", "仓库")]
    _workflow(783, "销售订单", 1358, order, {"dt1": lines}, obj_type="Orders", line_name="DocumentLines")
    partner = [_field("CardCode", "伙伴代码", mand=True), _field("CardName", "伙伴名称", mand=True)]
    partner += [_field("CardType", "类型"), _field("Phone1", "电话"), _field("Currency", "货币")]
    _workflow(784, "供应商准入", 1359, partner, {}, obj_type="BusinessPartners", line_name="")


def _tables() -> None:
    material = {
        "wlbm": {"label": "物料编码", "mand": True},
        "wlmc": {"label": "物料名称", "mand": True},
        "wlz": {"label": "物料组"},
        "jldw": {"label": "计量单位"},
        "kcsl": {"label": "库存数量"},
        "sfyx": {"label": "是否有效"},
        "bz": {"label": "备注"},
    }
    partner = {
        "hbbm": {"label": "伙伴编码", "mand": True},
        "hbmc": {"label": "伙伴名称", "mand": True},
        "hblx": {"label": "类型"},
        "lxdh": {"label": "电话"},
        "bz": {"label": "备注"},
    }
    address = ["dzmc", "dz", "cs", "gj", "lx"]
    for method, name, columns, details, unique in [
        ("material", "物料", material, {}, []),
        ("material_unique", "物料（编码唯一）", material, {}, ["wlbm"]),
        ("partner", "业务伙伴", partner, {"detail1": address}, []),
    ]:
        table: dict[str, Any] = {
            "method": method,
            "name": name,
            "columns": columns,
            "details": details,
            "unique": unique,
        }
        store.put(SYSTEM, "mode", method, table)


def _requests() -> None:
    lines = [{"ItemCode": "A00006", "Quantity": "2", "UnitPrice": "10.50", "WarehouseCode": "02"}]
    order = {"CardCode": "C26000", "DocDueDate": "2026-12-31", "Comments": "OA 下单"}
    details = {"formtable_main_1358_dt1": lines}
    requests.create(forms.workflow(783), "2978", {"requestName": "销售订单-张三-001"}, order, details)
    partner = {"CardCode": "V90001", "CardName": "新供应商有限公司", "CardType": "cSupplier", "Phone1": "021-5555"}
    requests.create(forms.workflow(784), "2978", {"requestName": "供应商准入-张三-001"}, partner, {})


def seed() -> None:
    licence = {"appid": keys.APPID, "name": "B1Flow", "secret": keys.SECRET, "pem": keys.DEMO_PEM}
    store.put(SYSTEM, "licence", keys.APPID, licence)
    store.put(SYSTEM, "cube_system", "SYS01", {"password": "PWD01"})
    for number, person in PEOPLE.items():
        store.put(SYSTEM, "person", number, person)
    _purchase_request()
    _transfer()
    _own_documents()
    _tables()
    _requests()
    Effect.objects.filter(system=SYSTEM).delete()  # the history starts after the demo data
