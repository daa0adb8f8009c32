"""Demo data: a corp with six departments, its members, and four approval templates."""

from __future__ import annotations

from sandbox import store
from sandbox.wecom import forms, limits, people
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.wire import Body

PURCHASE = "C4RbQ7mPurchaseRequest0001demoTemplateId9v"
ISSUE = "C4UeK2nInventoryIssue00002demoTemplateId7w"
EXCESS = "C4XyL8sExcessIssue000000004demoTemplateId3y"
CONTRACT = "C4WdT5pContract0000000003demoTemplateId5x"

DEPARTMENTS = {1: "示例制造", 2: "采购部", 3: "仓储部", 4: "财务部", 5: "销售部", 6: "总经办"}
MEMBERS = (
    ("zhang.san", "张三", 2, "13800000001"),
    ("li.si", "李四", 2, "13800000002"),
    ("wang.wu", "王五", 3, "13800000003"),
    ("zhao.liu", "赵六", 6, "13800000004"),
    ("qian.qi", "钱七", 4, "13800000005"),
    ("sun.ba", "孙八", 5, "13800000006"),
    ("manager", "系统管理员", 1, "13800000007"),
    ("zhou.jiu", "周九（不在应用可见范围）", 5, "13800000008"),
)
KINDS = (("option-1690000000001", "部门领用"), ("option-1690000000002", "报废"), ("option-1690000000003", "盘亏"))


def _control(number: str, title: str, require: bool = False, **config: Body) -> Body:
    return {"control": number.split("-")[0], "id": number, "title": title, "require": require, "config": config}


def _options(pairs: tuple[tuple[str, str], ...]) -> list[Body]:
    return [{"key": key, "value": forms.texts(text)} for key, text in pairs]


def _node(*userids: str, rel: int = 2, kind: int = 1) -> Body:
    return {"type": kind, "apv_rel": rel, "userid": list(userids)}


def _purchase() -> None:
    lines = [
        _control("Text-1027731034830", "品号", True),
        _control("Text-1027731287790", "品名"),
        _control("Number-1027731947210", "数量", True),
        _control("Date-1027731032300", "需求日期", date={"type": "day"}),
    ]
    controls = [
        _control("Text-1027548918936", "草稿单号", True),
        _control("Textarea-1027695303790", "申请理由"),
        _control("Text-1027695402871", "申请人"),
        _control("Date-1027695798770", "单据日期", date={"type": "day"}),
        _control("Table-1027695342485", "物料明细", True, table={"children": lines}),
        _control("File-1027695342499", "附件", file={"is_only_photo": 0}),
    ]
    forms.save(PURCHASE, "采购申请", controls, [_node("li.si"), _node("qian.qi", kind=2)])


def _issue() -> None:
    lines = [
        _control("Text-1690000100001", "品号", True),
        _control("Number-1690000100002", "数量", True),
        _control("Text-1690000100003", "仓库"),
    ]
    kinds = {"type": "single", "options": _options(KINDS)}
    controls = [
        _control("Text-1690000000010", "草稿单号", True),
        _control("Textarea-1690000000011", "申请理由"),
        _control("Selector-1690000000012", "发货类型", selector=kinds),
        _control("Table-1690000000013", "发货明细", True, table={"children": lines}),
    ]
    forms.save(ISSUE, "库存发货", controls, [_node("wang.wu", "li.si"), _node("qian.qi", "zhao.liu", rel=1)])


def _contract() -> None:
    controls = [
        _control("Text-1700000000001", "单据编号", True),
        _control("Text-1700000000002", "合同名称"),
        _control("Money-1700000000003", "合同金额"),
        _control("Date-1700000000004", "签订日期", date={"type": "day"}),
        _control("Contact-1700000000005", "经办人", contact={"type": "single", "mode": "user"}),
        _control("Textarea-1700000000006", "备注"),
    ]
    forms.save(CONTRACT, "合同", controls, [_node("zhao.liu")])


def _excess() -> None:
    lines = [
        _control("Text-1710000100001", "物料编号", True),
        _control("Text-1710000100002", "物料名称"),
        _control("Number-1710000100003", "数量", True),
    ]
    controls = [
        _control("Text-1710000000001", "单据编号", True),
        _control("Textarea-1710000000002", "超领原因"),
        _control("Table-1710000000003", "超领明细", table={"children": lines}),
    ]
    forms.save(EXCESS, "超领料单", controls, [_node("wang.wu")])


def _member(userid: str, name: str, department: int, mobile: str) -> Body:
    return {
        "userid": userid,
        "name": name,
        "department": [department],
        "main_department": department,
        "position": "",
        "mobile": mobile,
        "status": 1,
        "visible": userid != "zhou.jiu",
    }


def seed() -> None:
    """Members, departments, templates; the rate windows start anew."""
    limits.forget()
    for number, name in DEPARTMENTS.items():
        about = {"id": number, "name": name, "parentid": 0 if number == 1 else 1, "order": 100000 - number}
        store.put(SYSTEM, people.DEPARTMENT, number, about)
    for member in MEMBERS:
        store.put(SYSTEM, people.USER, member[0], _member(*member))
    _purchase()
    _issue()
    _contract()
    _excess()
