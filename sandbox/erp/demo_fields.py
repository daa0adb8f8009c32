"""The demo companies' user fields: those that the seed's scenarios name, on the tables where it has them."""

from __future__ import annotations

from typing import Any

# name, type, size, default, description
_SYNC = [
    ("SyncStatus", "db_Alpha", 1, "N", "同步状态"),
    ("SyncFlag", "db_Alpha", 1, "N", "主动更新同步状态"),
]
_OA_SYNC = [("ISSYN", "db_Alpha", 1, None, "是否同步OA"), ("SYN", "db_Alpha", 1, None, "是否同步"), *_SYNC]
_APPROVAL = [
    ("Approver", "db_Alpha", 50, None, "审批者"),
    ("ApprovalStatus", "db_Alpha", 20, None, "OA审批状态"),
    ("ApprovalDate", "db_Alpha", 30, None, "审批日期"),
    ("ApprovalRemark", "db_Alpha", 254, None, "审批意见"),
    ("IsSubmit", "db_Alpha", 1, "N", "提交审批"),
    ("REQUESTID", "db_Alpha", 50, None, "OA流程ID"),
    ("InstanceId", "db_Alpha", 100, None, "审批实例"),
]
_HEADER = [
    *_OA_SYNC,
    *_APPROVAL,
    ("MESReportId", "db_Alpha", 50, None, "MES报工ID"),
    ("InboundType", "db_Alpha", 10, None, "入库类型"),
    ("PurReqType", "db_Alpha", 20, "计划请购", "请购单别"),
    ("Origin", "db_Alpha", 20, "MRP", "来源"),
    ("BaseDocNo", "db_Alpha", 50, None, "来源单号"),
    ("ProjectCode", "db_Alpha", 20, "0000", "项目编号"),
    ("SUCCESS", "db_Alpha", 1, None, "推送成功"),
    ("DATE", "db_Alpha", 30, None, "推送日期"),
    ("CZR", "db_Alpha", 50, None, "操作人"),
    ("CZSJ", "db_Alpha", 30, None, "操作时间"),
    *((f"BFY{n}", "db_Alpha", 100, None, f"备用{n}") for n in range(1, 7)),
    *((f"FGY{n}", "db_Alpha", 100, None, f"分公司{n}") for n in range(1, 6)),
]
_LINE = [
    ("Specifications", "db_Alpha", 120, None, "规格型号"),
    ("IsBoM", "db_Alpha", 1, "N", "是否为BoM物料"),
    ("SafetyStock", "db_Float", 0, None, "安全库存"),
    ("Onhand", "db_Float", 0, None, "库存量"),
    ("MinRepQty", "db_Float", 0, None, "最低补量"),
    ("MinResQty", "db_Float", 0, None, "最低存量"),
    ("CardShortName", "db_Alpha", 100, None, "参考供应商简称"),
    ("ItemType", "db_Alpha", 10, "2", "类型：1-工程品号 2-正式品号"),
    ("IsUrgentItem", "db_Alpha", 1, "N", "急料"),
    ("SCRKLX", "db_Alpha", 30, None, "生产入库类型"),
    ("FJDSJ", "db_Alpha", 30, None, "附加时间"),
    ("FJDRQ", "db_Alpha", 30, None, "附加日期"),
    ("FJDNR", "db_Alpha", 100, None, "附加内容"),
    ("BGR1", "db_Alpha", 50, None, "报工人"),
    ("SBXH", "db_Alpha", 50, None, "设备序号"),
]
_PRICE = [
    ("DocEntry", "db_Alpha", 20, None, "来源单号"),
    ("MinRepQty", "db_Float", 0, None, "最低补量"),
    ("FreeTxt", "db_Alpha", 254, None, "备注"),
    ("PymntGroup", "db_Alpha", 50, None, "付款条件"),
    ("Rate", "db_Float", 0, None, "税率"),
]
_CONTRACT = [
    ("Subject", "db_Alpha", 100, None, "合同名称"),
    ("CardCode", "db_Alpha", 15, None, "对方代码"),
    ("CardName", "db_Alpha", 100, None, "对方名称"),
    ("Amount", "db_Float", 0, None, "金额"),
    ("SignDate", "db_Date", 0, None, "签订日期"),
    *_SYNC,
    *_APPROVAL,
]
_EXCESS = [
    ("ProdOrder", "db_Numeric", 0, None, "生产订单"),
    ("Reason", "db_Alpha", 254, None, "超领原因"),
    *_SYNC,
    *_APPROVAL,
]
_OBJECT_LINE = [
    ("ItemCode", "db_Alpha", 50, None, "物料编号"),
    ("ItemName", "db_Alpha", 100, None, "物料名称"),
    ("Quantity", "db_Float", 0, None, "数量"),
    ("Price", "db_Float", 0, None, "单价"),
]
FIELDS: dict[str, list[tuple]] = {
    "OITM": [
        *_OA_SYNC,
        ("Z20_SPEC", "db_Alpha", 120, None, "规格型号"),
        ("Specifications", "db_Alpha", 120, None, "规格"),
        ("SFJY", "db_Alpha", 1, None, "是否检验"),
        ("CX", "db_Alpha", 20, None, "产线"),
        ("CC", "db_Alpha", 20, None, "尺寸"),
    ],
    "OCRD": [*_OA_SYNC, ("CardShortName", "db_Alpha", 100, None, "简称")],
    "ODRF": _HEADER,
    "DRF1": _LINE,
    "OWOR": [
        *_SYNC,
        ("Z20_SPEC", "db_Alpha", 120, None, "规格型号"),
        ("JGCJ", "db_Alpha", 50, None, "加工车间"),
        ("UpdateDate", "db_Date", 0, None, "更新日期"),
        ("UpdateTime", "db_Alpha", 8, None, "更新时间"),
    ],
    "OSPP": _PRICE,
    "SPP1": _PRICE,
    "OUSR": [
        ("DingUserId", "db_Alpha", 64, None, "钉钉用户ID"),
        ("WxUserId", "db_Alpha", 64, None, "企业微信用户ID"),
        ("OAUserId", "db_Alpha", 32, None, "泛微用户ID"),
    ],
    "@CONTRACT": _CONTRACT,
    "@CONTRACTLINES": _OBJECT_LINE,
    "@EXCESSISSUE": _EXCESS,
    "@EXCESSISSUELINES": _OBJECT_LINE,
    "@SCANLOG": [("ItemCode", "db_Alpha", 50, None, "物料编号"), ("Quantity", "db_Float", 0, None, "数量")],
}
_VALID = {
    "PurReqType": ("自产请购", "零星请购", "计划请购"),
    "IsSubmit": ("Y", "N"),
}
TABLES = [
    ("CONTRACT", "合同", "bott_Document"),
    ("CONTRACTLINES", "合同明细", "bott_DocumentLines"),
    ("EXCESSISSUE", "超领料单", "bott_Document"),
    ("EXCESSISSUELINES", "超领料单明细", "bott_DocumentLines"),
    ("SCANLOG", "扫码记录", "bott_NoObject"),
]
OBJECTS = [("CONTRACT", "合同", "CONTRACTLINES"), ("EXCESSISSUE", "超领料单", "EXCESSISSUELINES")]


def field_bodies() -> dict[str, dict[str, Any]]:
    """Key -> body of UserFieldsMD."""
    found = {}
    for table, rows in FIELDS.items():
        for number, (name, kind, size, default, description) in enumerate(rows):
            valid = [{"Value": value, "Description": value} for value in _VALID.get(name, ())]
            body = {"TableName": table, "FieldID": number, "Name": name, "Type": kind, "Size": size or None}
            body |= {"Description": description, "SubType": "st_None", "DefaultValue": default, "Mandatory": "tNO"}
            found[f"{table}|{number}"] = {**body, "ValidValuesMD": valid}
    return found


def object_bodies() -> dict[str, dict[str, Any]]:
    """Code -> body of UserObjectsMD."""
    fixed = {"ObjectType": "boud_Document", "CanCancel": "tYES", "CanClose": "tYES", "CanDelete": "tYES"}
    found = {}
    for code, name, lines in OBJECTS:
        child = {"SonNumber": 1, "TableName": lines, "ObjectName": lines, "Code": code}
        found[code] = {"Code": code, "Name": name, "TableName": code, **fixed, "UserObjectMD_ChildTables": [child]}
    return found
