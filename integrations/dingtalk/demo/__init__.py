"""The DingTalk flows, driven as an ERP's users and a DingTalk's people would."""

from __future__ import annotations

from typing import Any

import requests

from core.demo.steps import Demo, DemoStep, Moved
from core.models import Delivery

CALLBACK = "d1000000000000000000000000000001"
PUSH, ISSUE, DECIDE = "钉钉 采购申请审批", "钉钉 库存发货审批", "钉钉 审批结果"
QUOTE, PRICES = "钉钉 业务报价", "钉钉 采购核价"
QUOTATION = "PROC-11111111-2222-3333-4444-555555555502"
PURCHASE_PRICE = "PROC-11111111-2222-3333-4444-555555555503"


def environment(sandbox: str) -> dict[str, str]:
    """The pretended app's keys, for demo.yaml."""
    keys = requests.get(f"{sandbox}/dingtalk/keys", timeout=30).json()
    names = ("app_key", "app_secret", "agent_id", "corp_id", "callback_token", "callback_aes_key")
    return {f"DINGTALK_{name.upper()}": str(keys[name]) for name in names}


def act(demo: Demo, do: str, **more: Any) -> dict[str, Any]:
    """What a person does in DingTalk."""
    found: dict[str, Any] = demo.ask_sandbox("POST", "dingtalk/act", {"do": do, **more})
    return found


def erp_object(demo: Demo, name: str, key: Any) -> dict[str, Any]:
    """An object of the ERP as stored."""
    found: dict[str, Any] = demo.ask_sandbox("GET", f"_control/erp/object?set={name}&key={key}")["body"]
    return found


def push_requests(demo: Demo) -> Moved:
    """Three purchase requests are submitted; each becomes an approval in its submitter's name."""
    for user in (38, 39, 38):
        # The demonstration's e-cology flow takes what is not marked as sent: these are DingTalk's.
        lines = [{"ItemCode": "11028", "Quantity": 10 + user, "UnitPrice": 300, "RequiredDate": "2026-12-31"}]
        body = {"Requester": "A001", "ReqType": 12, "DocDate": "2026-12-01", "DocDueDate": "2026-12-31", "U_ISSYN": "Y",
                "RequriedDate": "2026-12-31", "U_SyncStatus": "Y", "DocumentLines": lines}  # fmt: skip
        asked = {"code": 1470000113, "user": user, "remarks": "钉钉审批", "body": body}
        demo.ask_sandbox("POST", "_control/erp/submit", asked)
    moved = demo.moved(PUSH, documents=3)
    made = demo.ask_sandbox("GET", "_control/effects?system=dingtalk&op=create")["effects"]
    demo.expect(len(made) == 3, f"DingTalk has {len(made)} approvals, 3 were sent")
    return moved


def push_issue(demo: Demo) -> Moved:
    """A goods issue becomes an approval too."""
    return demo.moved(ISSUE, documents=1)


def decide(demo: Demo) -> Moved:
    """DingTalk checks the address; one approval is agreed, one refused, one withdrawn; the ERP follows."""
    answer = act(demo, "save_url", callback_url=f"{demo.web}/dingtalk/{CALLBACK}/")
    demo.expect(answer.get("callback_url"), f"the address was not taken: {answer}")
    demo.ask_sandbox("POST", "dingtalk/settings", {"terminate_wait_seconds": 0})
    sent = list(Delivery.objects.filter(flow=demo.flow(PUSH)).order_by("pk"))
    wanted = [("agree", "arsApproved"), ("refuse", "arsNotApproved"), ("terminate", "arsNotApproved")]
    for row, (do, _status) in zip(sent, wanted, strict=True):
        act(demo, do, instanceId=row.target_key, remark="同意" if do == "agree" else "请核对数量")
    open_ones = Delivery.objects.filter(flow=demo.flow(PUSH)).exclude(decision_state="applied")
    demo.wait("three decisions", lambda: not open_ones.exists())
    for row, (do, status) in zip(sent, wanted, strict=True):
        found = erp_object(demo, "ApprovalRequests", row.recall["request"])
        demo.expect(found["Status"] == status, f"{do}: request {row.recall['request']} is {found['Status']}")
    return Moved(3, 3, note="agreed, refused, withdrawn")


def quotations(demo: Demo) -> Moved:
    """A quotation of two rows is agreed by all: two special prices."""
    rows = [price_row("A00006", "88.50"), price_row("101010002", "126.00")]
    values = {"报价主题": "十二月报价", "报价明细": rows}
    agreed(demo, QUOTE, QUOTATION, values, 2)
    found = erp_object(demo, "SpecialPrices", "C26000|A00006")
    demo.expect(found["SpecialPriceDataAreas"][0]["SpecialPrice"] == 88.5, f"the ERP has {found}")
    return Moved(2, 2, note="2 special prices with their dates")


def price_row(item: str, price: str) -> list[dict[str, str]]:
    """A row of the quotation form."""
    row = {"物料代码": item, "业务伙伴代码": "C26000", "价格": price, "币种": "RMB", "价格清单编号": "1",
           "可用起始日期": "2026-12-01", "可用结束日期": "2026-12-31"}  # fmt: skip
    return [{"name": name, "value": value} for name, value in row.items()]


def purchase_prices(demo: Demo) -> Moved:
    """An agreed purchase price changes the special price that is there."""
    values = {"物料代码": "11028", "业务伙伴代码": "V10000", "价格": "12.30", "币种": "RMB", "价格清单编号": "1"}
    agreed(demo, PRICES, PURCHASE_PRICE, values, 1)
    found = erp_object(demo, "SpecialPrices", "V10000|11028")
    demo.expect(found["Price"] == 12.3, f"the ERP has {found}")
    return Moved(1, 1, note="6.80 became 12.30")


def agreed(demo: Demo, flow: str, process_code: str, values: dict[str, Any], count: int) -> None:
    """Somebody starts this approval, everybody agrees, and its prices are saved."""
    number = act(demo, "start", processCode=process_code, originatorUserId="user0003", values=values)["instanceId"]
    act(demo, "agree", instanceId=number)
    saved = Delivery.objects.filter(flow=demo.flow(flow), key__startswith=f"{number}/", state="done")
    demo.wait(f"{count} saved prices", lambda: saved.count() == count)


STEPS = [
    DemoStep(PUSH, push_requests),
    DemoStep(ISSUE, push_issue),
    DemoStep(DECIDE, decide),
    DemoStep(QUOTE, quotations),
    DemoStep(PRICES, purchase_prices),
]
