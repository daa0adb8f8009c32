"""Demo master data: users and approval stages, warehouses and bins, partners, items."""

from __future__ import annotations

from typing import Any

PASSWORD = "sandbox"

# InternalKey, code, name, department, FaxNumber (WeCom user id, as the seed has it), DingTalk user id, e-cology user id
USERS = [
    (1, "manager", "系统管理员", 1, "zhang.san", "manager0001", "1"),
    (12, "approver1", "采购经理：李四", 2, "li.si", "user0002", "2979"),
    (13, "approver2", "财务经理：赵六", 3, "zhao.liu", "user0004", "2980"),
    (14, "approver3", "仓储主管：王五", 4, "wang.wu", "user0003", "2980"),
    (38, "A001", "销售经理：张涛", 2, "zhang.san", "manager0001", "2978"),
    (39, "A002", "销售经理：王五", 2, "wang.wu", "user0003", "2980"),
    (40, "CSFZ0431021", "接口用户", 1, "", "", "15273"),
    (41, "locked1", "已停用用户", 4, "", "", "4000"),
]
# code, name, approvals needed, refusals that end it, approvers
STAGES = [
    (1, "采购审批", 1, 1, [12]),
    (2, "财务复核", 1, 1, [13]),
    (3, "仓储审批", 1, 1, [12, 14]),
    (13, "超额会签", 2, 1, [12, 13, 14]),
]
# code, name, stages, document types
TEMPLATES = [
    (3, "采购申请审批", [1], ["atdtPurchaseRequest"]),
    (4, "采购申请两级审批", [1, 2], []),
    (5, "库存审批", [3], ["atdtGoodsReceipt", "atdtGoodsIssue", "atdtInventoryTransfer"]),
    (6, "采购订单会签", [13], ["atdtPurchaseOrder"]),
    (7, "销售订单审批", [2], ["atdtOrder"]),
]
GROUPS = [(100, "原材料"), (101, "成品"), (102, "打印设备"), (103, "辅料"), (104, "包装材料"), (105, "半成品")]
WAREHOUSES = [
    ("01", "原料仓", "tNO"),
    ("02", "成品仓", "tNO"),
    ("03", "包材仓", "tNO"),
    ("W05001", "条码仓", "tYES"),
    ("W05002", "待检仓", "tYES"),
]
BINS = [(n, "W05001", f"W05001-A-{n - 10:02d}") for n in range(11, 19)] + [
    (n, "W05002", f"W05002-B-{n - 20:02d}") for n in range(21, 25)
]
# code, name, type, short name, phone, valid, frozen
PARTNERS = [
    ("C26000", "上海华东塑料有限公司", "C", "华东塑料", "021-68880001", "Y", "N"),
    ("C100056", "深圳市创新电子有限公司", "C", "创新电子", "0755-26880002", "Y", "N"),
    ("C30001", "北京恒信科技股份有限公司", "C", "恒信科技", "010-82880003", "Y", "N"),
    ("C30002", "O'Neil 贸易（中国）有限公司", "C", "奥尼尔", "020-38880004", "Y", "N"),
    ("C99999", "已冻结客户", "C", "冻结", "", "Y", "Y"),
    ("V10000", "中石化化工销售华东分公司", "S", "中石化华东", "021-63210005", "Y", "N"),
    ("V10001", "宁波万华化学有限公司", "S", "万华化学", "0574-86990006", "Y", "N"),
    ("V10002", "苏州金属材料有限公司", "S", "苏州金属", "0512-67770007", "Y", "N"),
    ("V10003", "东莞包装制品厂", "S", "东莞包装", "0769-22330008", "Y", "N"),
    ("V10004", "停用供应商", "S", "停用", "", "N", "N"),
]
# code, name, specification, group, unit, flags: b batch-managed, m made, n not for purchase, f frozen, x not valid,
# c backflushed
_SPECIAL = [
    ("11028", "聚氯乙烯", "SG-5 型 25kg/袋", 100, "kg", ""),
    ("14003", "聚丙烯", "T30S 25kg/袋", 100, "kg", ""),
    ("A00006", "HP 600 Series Inc 喷墨打印机", "HP600", 102, "台", ""),
    ("XN0001", "XN0001", "", 103, "个", ""),
    ("XN0004", "XN0004", "", 103, "个", ""),
    ("101010001", "成品A", "A型 100x200mm", 101, "个", "bmn"),
    ("101010002", "成品B", "B型 150x300mm", 101, "个", "mn"),
    ("101010003", "成品C", "C型 80x80mm", 101, "个", "bmn"),
    ("102040001", "控制器主板", "V2.1", 105, "块", "m"),
    ("201010001", "外壳组件", "ABS 黑色", 105, "套", ""),
    ("201010002", "电源模块", "24V/5A", 105, "个", "b"),
    ("201010003", "螺丝 M3x8", "304 不锈钢", 103, "个", "c"),
    ("201010004", "导热硅脂", "1kg/罐", 103, "kg", "bc"),
    ("11007510-01", "精密轴套", "Φ50x75", 101, "件", "bmn"),
    ("Q'10", "引号试验物料 O'Ring 密封圈", "Φ10'", 103, "个", ""),
    ("PVC/管-20", "聚氯乙烯管 20/25", "DN20/25", 101, "根", "b"),
    ("物料+50%&#1", "特殊编码物料", "100% 棉", 103, "个", ""),
    ("F00001", "已冻结物料", "旧型号", 103, "个", "f"),
    ("F00002", "已停用物料", "旧型号", 103, "个", "x"),
    ("F00003", "已冻结成品", "停产", 101, "个", "bfm"),
]
_RAW = [
    "聚乙烯",
    "聚苯乙烯",
    "ABS 树脂",
    "尼龙 66",
    "聚碳酸酯",
    "环氧树脂",
    "炭黑",
    "钛白粉",
    "增塑剂",
    "稳定剂",
    "阻燃剂",
    "色母粒",
]
_PARTS = ["接插件", "继电器", "保险丝", "散热片", "线束", "按键", "显示屏", "传感器", "电机", "轴承", "齿轮", "弹簧"]
_PACKING = ["纸箱", "泡沫垫", "封箱胶带", "标签纸", "说明书", "缠绕膜", "木托盘", "干燥剂"]
_AUXILIARY = ["清洗剂", "润滑油", "焊锡丝", "手套", "防静电袋", "研磨膏"]
UNDEFINED_FLAGS = {"11028", "14003", "A00006"}  # U_ISSYN was never set: NULL in the database
SYNCED = {"XN0001"}


def _yes(value: bool) -> str:
    return "tYES" if value else "tNO"


def user_bodies() -> dict[int, dict[str, Any]]:
    found = {}
    for key, code, name, department, fax, ding, oa in USERS:
        body = {"InternalKey": key, "UserCode": code, "UserName": name, "Superuser": "tYES" if key == 1 else "tNO"}
        body |= {
            "eMail": f"{code.lower()}@example.com",
            "MobilePhoneNumber": f"138000000{key:02d}",
            "FaxNumber": fax or None,
        }
        body |= {"Branch": 1, "Department": department, "LanguageCode": "ln_Chinese", "_password": PASSWORD}
        body |= {
            "Locked": "tYES" if code == "locked1" else "tNO",
            "U_DingUserId": ding or None,
            "U_WxUserId": fax or None,
        }
        found[key] = {**body, "U_OAUserId": oa or None}
    return found


def stage_bodies() -> dict[int, dict[str, Any]]:
    return {
        code: {"Code": code, "Name": name, "NoOfApproversRequired": needed, "_refusals": refusals,
               "ApprovalStageApprovers": [{"UserID": user} for user in users]}
        for code, name, needed, refusals, users in STAGES
    }  # fmt: skip


def template_bodies() -> dict[int, dict[str, Any]]:
    return {
        code: {"Code": code, "Name": name, "IsActive": "tYES", "UseTerms": "tNO",
               "ApprovalTemplateStages": [{"SortID": n, "ApprovalStageCode": s} for n, s in enumerate(stages, 1)],
               "ApprovalTemplateDocuments": [{"DocumentType": kind} for kind in kinds],
               "ApprovalTemplateUsers": [{"UserID": 38}, {"UserID": 39}]}
        for code, name, stages, kinds in TEMPLATES
    }  # fmt: skip


def partner_bodies() -> list[dict[str, Any]]:
    return [
        {"CardCode": code, "CardName": name, "CardType": "cCustomer" if kind == "C" else "cSupplier",
         "Currency": "RMB", "Phone1": phone or None, "Valid": _yes(valid == "Y"), "Frozen": _yes(frozen == "Y"),
         "CardForeignName": short, "U_CardShortName": short, "ContactPerson": "联系人", "SalesPersonCode": -1,
         "U_ISSYN": None if code in ("C26000", "V10000") else "N",
         "BPAddresses": [{"AddressName": "收货地址", "Street": "示范路 1 号", "City": name[:2], "Country": "CN",
                          "AddressType": "bo_ShipTo"}],
         "ContactEmployees": [{"CardCode": code, "Name": "联系人", "MobilePhone": "13900000000", "InternalCode": None}]}
        for code, name, kind, short, phone, valid, frozen in PARTNERS
    ]  # fmt: skip


def item_bodies() -> list[dict[str, Any]]:
    rows = list(_SPECIAL)
    for prefix, group, unit, names, flags in (
        ("1200", 100, "kg", _RAW, ""), ("2020", 105, "个", _PARTS, ""), ("3010", 104, "个", _PACKING, ""),
        ("4010", 103, "个", _AUXILIARY, ""),
    ):  # fmt: skip
        for number, name in enumerate(names, 1):
            rows.append(
                (f"{prefix}{number:02d}", name, f"规格 {number}", group, unit, "b" if number % 5 == 0 else flags)
            )
    return [_item(*row) for row in rows]


def _item(code: str, name: str, specification: str, group: int, unit: str, flags: str) -> dict[str, Any]:
    synced = None if code in UNDEFINED_FLAGS else "Y" if code in SYNCED else "N"
    return {
        "ItemCode": code, "ItemName": name, "ForeignName": None, "ItemsGroupCode": group, "InventoryUOM": unit,
        "PurchaseUnit": unit, "SalesUnit": unit, "PurchaseItem": _yes("n" not in flags),
        "ProcurementMethod": "bom_Make" if "m" in flags else "bom_Buy", "ManageBatchNumbers": _yes("b" in flags),
        "Mainsupplier": None if "m" in flags else "V10000", "Frozen": _yes("f" in flags),
        "Valid": _yes("x" not in flags), "DefaultWarehouse": "02" if group == 101 else "01",
        "IssueMethod": "im_Backflush" if "c" in flags else "im_Manual", "MinOrderQuantity": 10.0, "LeadTime": 7,
        "PurchaseVATGroup": "J1", "SalesVATGroup": "X1", "User_Text": f"{name}（演示）",
        "U_Specifications": specification, "U_Z20_SPEC": specification, "U_ISSYN": synced, "U_SYN": None,
    }  # fmt: skip
