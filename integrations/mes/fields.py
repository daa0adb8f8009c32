"""Fields of the MES's imports and report rows, by the vendor's names and labels (protocol B5; seed 4.3.1, 4.4.1).

The vendor's interface describes no form, so they stand here; a tenant's own fields can be typed in by hand.
"""

from __future__ import annotations

from core.connectors.base import FieldInfo

YES_NO = ("是", "否")


def _fields(*rows: tuple[str, str] | tuple[str, str, str]) -> list[FieldInfo]:
    """(name, label[, type]); a name with a star is required."""
    return [
        FieldInfo(row[0].rstrip("*"), row[1], row[2] if len(row) > 2 else "text", row[0].endswith("*")) for row in rows
    ]


MATERIAL = [
    *_fields(
        ("materialCode*", "物料编号"),
        ("materialName*", "物料名称"),
        ("unitName*", "物料主单位"),
    ),
    FieldInfo("bizType", "物料类型", "choice", options=("默认", "虚拟件", "在制品")),
    *_fields(
        ("bizRange", "业务范围"),
        ("materialCategory", "物料分类"),
        ("materialAttribute", "物料属性"),
        ("specification", "物料规格"),
    ),
    FieldInfo("batchManagementEnable", "是否启用批次管理", "choice", options=YES_NO),
    *_fields(
        ("remark", "备注"),
        ("manufactureQualityStatus", "投料质量状态"),
        ("feedUnitName", "投料单位"),
        ("convertUnitName", "转换单位"),
        ("defaultWarehouseCode", "默认仓库"),
        ("defaultLocationCode", "默认仓位"),
        ("validityTime", "存储有效期", "number"),
        ("validityUnit", "存储有效期单位"),
    ),
    FieldInfo("fifoEnabled", "先进先出", "choice", options=YES_NO),
    *_fields(
        ("fifoAttr", "先进先出属性"),
        ("purchaseUnitName", "采购单位"),
        ("purchaseAmount", "采购批量", "number"),
        ("purchaseAmountMin", "最小采购量", "number"),
    ),
    FieldInfo("sourceControl", "货源控制", "choice", options=YES_NO),
    *_fields(
        ("taxRate", "税率"),
        ("transferUnitName", "调拨单位"),
        ("productionUnitName", "生产单位"),
        ("transferBatch", "调拨批量"),
        ("orderBatchRule", "下单批量规则"),
        ("controlLevel", "管控级别"),
    ),
]

ORDER = _fields(
    ("planStartTime*", "计划开始时间", "date"),
    ("planFinishTime*", "计划完成时间", "date"),
    ("workOrderType", "工单类型"),
    ("status", "工单状态"),
    ("externalOrderCode", "外部订单编号"),
    ("identifier", "标识"),
    ("planningDepartmentCode", "计划部门编号"),
    ("remark", "备注"),
    ("enableSopInt", "是否启用SOP", "number"),
    ("specifiedMaterialInt", "是否指定用料", "number"),
    ("useBomFlag", "是否使用物料清单"),
    ("useProcessRouteFlag", "是否使用工艺路线"),
)
OUTPUTS = _fields(
    ("materialCode*", "产出物料编号"),
    ("plannedAmount*", "计划数量", "number"),
    ("unitName", "单位"),
    ("version", "物料清单版本"),
    ("processRouteCode", "工艺路线编号"),
    ("outputProcessCode", "产出工序编号"),
    ("warehousing", "是否入库"),
    ("autoWarehousingFlag", "是否自动入库"),
    ("lineSeq", "行号"),
)
INPUTS = _fields(
    ("materialCode*", "组件编号"),
    ("materialName", "物料名称"),
    ("unitName", "单位"),
    ("subInputAmountNumerator", "单位用量分子", "number"),
    ("subInputAmountDenominator", "单位用量分母", "number"),
    ("seq", "行号"),
    ("inputProcessNum", "投料工序号"),
    ("specificProcessInput", "是否指定工序投料", "number"),
    ("suppliers", "供应商"),
    ("version", "版本"),
)
REPORT = _fields(
    ("id", "报工明细ID", "number"),
    ("reportRecordCode", "报工记录编号"),
    ("workOrderCode", "工单编号"),
    ("taskCode", "任务编号"),
    ("processCode", "工序编号"),
    ("processName", "工序名称"),
    ("mainMaterialCode", "主产出物料编号"),
    ("mainMaterialName", "主产出物料名称"),
    ("materialInfo.baseInfo.code", "物料编号"),
    ("materialInfo.baseInfo.name", "物料名称"),
    ("batchNo", "批次号"),
    ("reportBaseAmount.amount", "入库数量", "number"),
    ("reportBaseAmount.unit.name", "单位"),
    ("qcStatus.code", "质量状态", "number"),
    ("qcStatus.message", "质量状态名称"),
    ("reportTime", "报工时间", "date"),
    ("startTime", "开始时间", "date"),
    ("endTime", "结束时间", "date"),
    ("qrCode", "标识码"),
    ("remark", "备注"),
    ("executors[0].name", "执行人"),
    ("producers[0].name", "生产人"),
    ("equipments[0].code", "设备编号"),
    ("order.AbsoluteEntry", "生产订单号", "number"),
    ("order.DocumentNumber", "生产订单单号", "number"),
    ("order.Warehouse", "仓库"),
    ("order.Project", "项目"),
    ("item.ItemCode", "物料编码"),
    ("item.InventoryUOM", "库存单位"),
    ("item.ManageBatchNumbers", "是否启用批次管理"),
)
OBJECTS: dict[str, list[FieldInfo]] = {
    "material": MATERIAL,
    "order": ORDER,
    "outputs": OUTPUTS,
    "inputs": INPUTS,
    "report": REPORT,
}
