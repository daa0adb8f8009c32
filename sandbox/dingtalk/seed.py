"""Demo data: departments, people, six templates."""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.dingtalk import company, stream
from sandbox.dingtalk.switches import SYSTEM

PURCHASE_REQUEST = "PROC-11111111-2222-3333-4444-555555555501"
QUOTATION = "PROC-11111111-2222-3333-4444-555555555502"
PURCHASE_PRICE = "PROC-11111111-2222-3333-4444-555555555503"
TRANSFER = "PROC-11111111-2222-3333-4444-555555555504"
EVERYTHING = "PROC-11111111-2222-3333-4444-555555555505"
STOPPED = "PROC-11111111-2222-3333-4444-555555555506"

DEPARTMENTS = [(1, "演示制造有限公司", 0), (1001, "采购部", 1), (1002, "销售部", 1), (1003, "仓储部", 1)]
PEOPLE: list[tuple[str, str, str, list[int], bool]] = [
    ("manager0001", "张三", "13800000001", [1, 1001], True),
    ("user0002", "李四", "13800000002", [1001], True),
    ("user0003", "王五", "13800000003", [1002], True),
    ("user0004", "赵六", "13800000004", [1], True),
    ("user0009", "离职员工", "13800000009", [1002], False),
]


def _item(kind: str, label: str, number: str, *, required: bool = False, **props: Any) -> dict[str, Any]:
    item = {"id": f"{kind}_{number}", "label": label, "required": required, **props}
    return {"componentName": kind, "props": {k: v for k, v in item.items() if k != "children"}, **_children(props)}


def _children(props: dict[str, Any]) -> dict[str, Any]:
    return {"children": props["children"]} if "children" in props else {}


def _node(number: int, mode: str, *users: str, **more: Any) -> dict[str, Any]:
    return {"activityId": f"act_{number:04d}", "name": f"审批人{number}", "mode": mode, "users": list(users), **more}


def _template(code: str, name: str, items: list[dict], nodes: list[dict], sample: Any = None, **more: Any) -> None:
    body = {"processCode": code, "name": name, "status": "PUBLISHED", "items": items, "nodes": nodes, "sample": sample}
    store.put(SYSTEM, "template", code, {**body, **more})


def _purchase_request() -> None:
    lines = [
        _item("TextField", "品号", "K2A1", required=True),
        _item("TextField", "品名", "K2A2"),
        _item("TextField", "规格型号", "K2A3"),
        _item("TextField", "计量单位", "K2A4"),
        _item("NumberField", "需求数量", "K2A5", required=True),
        _item("DDDateField", "需求日期", "K2A6", format="yyyy-MM-dd"),
        _item("MoneyField", "参考单价", "K2A7"),
        _item("TextField", "请购原因", "K2A8"),
    ]
    kinds = ["计划请购", "自产请购", "零星请购"]
    items = [
        _item("DDSelectField", "请购单别", "K1B1", options=kinds),
        _item("TextField", "请购部门", "K1B2"),
        _item("TextField", "请购人员", "K1B3", required=True),
        _item("DDDateField", "单据日期", "K1B4", required=True, format="yyyy-MM-dd"),
        _item("DDDateField", "有效期", "K1B5", format="yyyy-MM-dd"),
        _item("TextareaField", "备注", "K1B6"),
        _item("TextField", "来源单号", "K1B7", required=True),
        _item("MoneyField", "合计金额", "K1B8"),
        _item("DDAttachment", "附件", "K1B9"),
        _item("TableField", "请购明细", "K1C1", required=True, children=lines),
    ]
    _template(PURCHASE_REQUEST, "采购申请", items, [_node(1, "OR", "user0002", "user0003")])


def _quotation() -> None:
    lines = [
        _item("TextField", "物料代码", "Q2A1", required=True),
        _item("TextField", "业务伙伴代码", "Q2A2", required=True),
        _item("MoneyField", "价格", "Q2A3", required=True),
        _item("DDSelectField", "币种", "Q2A4", options=["RMB", "USD", "EUR"]),
        _item("DDDateField", "可用起始日期", "Q2A5", format="yyyy-MM-dd"),
        _item("DDDateField", "可用结束日期", "Q2A6", format="yyyy-MM-dd"),
        _item("NumberField", "价格清单编号", "Q2A7"),
    ]
    items = [
        _item("TextField", "报价主题", "Q1B1", required=True),
        _item("InnerContactField", "销售员", "Q1B2", choice="0"),
        _item("DepartmentField", "销售部门", "Q1B3"),
        _item("PhoneField", "客户电话", "Q1B4"),
        _item("DDMultiSelectField", "适用渠道", "Q1B5", options=["直销", "经销", "电商"]),
        _item("DDDateRangeField", '["开始时间","结束时间"]', "Q1B6"),
        _item("TextNote", "请核对价格后提交", "Q1B7"),
        _item("TableField", "报价明细", "Q1C1", required=True, children=lines),
    ]
    common = [
        ("业务伙伴代码", "C26000"),
        ("币种", "RMB"),
        ("可用起始日期", "2026-12-01"),
        ("可用结束日期", "2026-12-31"),
    ]
    prices = [("A00006", "88.50"), ("101010002", "126.00")]
    rows = [[("物料代码", item), ("价格", price), ("价格清单编号", "1"), *common] for item, price in prices]
    table = [[{"name": name, "value": value} for name, value in row] for row in rows]
    nodes = [_node(1, "OR", "user0002", "user0003"), _node(2, "AND", "user0004")]
    _template(QUOTATION, "业务报价", items, nodes, {"报价主题": "十二月报价", "报价明细": table})


def _purchase_price() -> None:
    currencies = [f'{{"value":"{name}","key":"option_{number}"}}' for number, name in enumerate(["RMB", "USD"])]
    items = [
        _item("TextField", "物料代码", "P1B1", required=True),
        _item("TextField", "业务伙伴代码", "P1B2", required=True),
        _item("MoneyField", "价格", "P1B3", required=True),
        _item("DDSelectField", "币种", "P1B4", options=currencies),
        _item("DDDateField", "可用起始日期", "P1B5", format="yyyy-MM-dd"),
        _item("DDDateField", "可用结束日期", "P1B6", format="yyyy-MM-dd"),
        _item("NumberField", "价格清单编号", "P1B7"),
        _item("StarRatingField", "供应商评级", "P1B8"),
        _item("DDPhotoField", "样品图片", "P1B9"),
        _item("AddressField", "交货地址", "P1B10"),
        _item("TextareaField", "说明", "P1B11"),
    ]
    sample = {"物料代码": "11028", "业务伙伴代码": "V10000", "价格": "12.30", "币种": "RMB", "价格清单编号": "1"}
    _template(PURCHASE_PRICE, "采购核价", items, [_node(1, "AND", "user0002", "user0004")], sample)


def _transfer() -> None:
    lines = [
        _item("TextField", "品号", "T2A1", required=True),
        _item("NumberField", "数量", "T2A2", required=True),
        _item("TextField", "转出仓库", "T2A3"),
        _item("TextField", "转入仓库", "T2A4"),
    ]
    items = [
        _item("TextField", "来源单号", "T1B1", required=True),
        _item("DDDateField", "单据日期", "T1B2"),
        _item("TextareaField", "备注", "T1B3"),
        _item("TableField", "明细", "T1C1", children=lines),
    ]
    _template(TRANSFER, "库存单据审批", items, [_node(1, "ONE_BY_ONE", "user0002", "user0004")])


def _everything() -> None:
    kinds = ["TextField", "TextareaField", "NumberField", "MoneyField", "DDDateField", "PhoneField", "IdCardField"]
    kinds += ["DDPhotoField", "DDAttachment", "DepartmentField", "RelateField", "AddressField", "StarRatingField"]
    items = [_item(kind, kind, f"E{number:03d}") for number, kind in enumerate(kinds)]
    items += [
        _item("DDSelectField", "单选", "E100", options=["甲", {"key": "option_1", "value": "乙"}]),
        _item("DDMultiSelectField", "多选", "E101", options=["甲", "乙", "丙"]),
        _item("DDDateRangeField", '["开始时间","结束时间"]', "E102"),
        _item("InnerContactField", "多人", "E103", choice="1"),
        _item("TimeAndLocationField", '["当前时间","当前地点"]', "E104"),
        _item("CalculateField", "公式", "E105"),
        _item("SeqNumberField", "流水号", "E106"),
        _item("TextNote", "说明文字", "E107"),
        _item("TableField", "明细", "E108", children=[_item("TextField", "列", "E109", required=True)]),
    ]
    chosen = _node(1, "OR", actorKey="manual_0001", scope=["user0002", "user0004"])
    _template(EVERYTHING, "全部控件（自选审批人）", items, [chosen])


def seed() -> None:
    stream.forget()
    for number, name, parent in DEPARTMENTS:
        store.put(SYSTEM, "department", number, {"dept_id": number, "name": name, "parent_id": parent})
    for userid, name, mobile, departments, active in PEOPLE:
        person = {"userid": userid, "name": name, "mobile": mobile, "dept_id_list": departments, "active": active}
        store.put(SYSTEM, "user", userid, {**person, "unionid": f"un{userid}iEiE"})
    _purchase_request()
    _quotation()
    _purchase_price()
    _transfer()
    _everything()
    items = [_item("TextField", "来源单号", "S1")]
    _template(STOPPED, "已停用模板", items, [_node(1, "OR", company.APP_KEY)], status="INVALID")
