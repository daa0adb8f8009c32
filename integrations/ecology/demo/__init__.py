"""The e-cology flows, driven as an OA and its people would."""

from __future__ import annotations

import requests

from core.demo.steps import Demo, DemoStep, Moved
from core.models import Delivery

CODE = "demo-app-code-of-the-oa"
DECISIONS, ORDERS = "ec000000000000000000000000000001", "ec000000000000000000000000000002"
PUSH = "泛微 采购申请审批"


def environment(sandbox: str) -> dict[str, str]:
    """The pretended OA's keys, for demo.yaml."""
    keys = requests.get(f"{sandbox}/ecology/keys", timeout=30).json()
    return {"ECOLOGY_SECRET": keys["secret"], "ECOLOGY_SPK": keys["spk"]}


def push_items(demo: Demo) -> Moved:
    """Unmarked items into the OA's modelling table."""
    moved = demo.moved("泛微 物料主数据")
    demo.expect(moved.ok > 20, f"only {moved.ok} items moved")
    rows = demo.ask_sandbox("GET", "_control/effects?system=ecology&op=create")["effects"]
    demo.expect(len(rows) == moved.ok, f"the OA has {len(rows)} rows, {moved.ok} were sent")
    return moved


def push_requests(demo: Demo) -> Moved:
    """Drafts that wait for approval become requests of the OA."""
    moved = demo.moved(PUSH)
    demo.expect(moved.ok >= 2, "no draft was sent")
    return moved


def decide(demo: Demo) -> Moved:
    """A person approves one request and returns another; the ERP follows."""
    demo.ask_sandbox(
        "POST", "ecology/settings", {"decision_url": f"{demo.web}/ecology/{DECISIONS}/", "decision_app_code": CODE}
    )
    wanted = {"16": ("Y", "同意", "arsApproved"), "17": ("N", "数量过大，退回", "arsNotApproved")}
    for draft, (status, remark, outcome) in wanted.items():
        number = Delivery.objects.get(flow=demo.flow(PUSH), label=draft).target_key
        answer = demo.ask_sandbox("POST", "ecology/act", {"requestid": number, "status": status, "remark": remark})
        demo.expect(answer["answer"]["body"]["success"] == "Y", f"draft {draft}: {answer['answer']}")
        request = Delivery.objects.get(flow=demo.flow(PUSH), label=draft).recall["request"]
        found = demo.ask_sandbox("GET", f"_control/erp/object?set=ApprovalRequests&key={request}")["body"]
        demo.expect(found["Status"] == outcome, f"request {request} of draft {draft} is {found['Status']}")
    return Moved(2, 2, note="one approved, one returned")


def push_order(demo: Demo) -> Moved:
    """An order that the OA sends out is created in the ERP, once."""
    address = {"push_url": f"{demo.web}/ecology/{ORDERS}/", "push_app_code": CODE}
    demo.ask_sandbox("POST", "ecology/settings", address)
    first, second = (demo.ask_sandbox("POST", "ecology/push", {"requestid": "3038137"})["answer"] for _ in range(2))
    demo.expect(first["body"]["success"] == "Y", f"refused: {first}")
    demo.expect(second["body"]["duplicate"], "the second request was not recognised")
    return Moved(1, 1, note=f"order {first['body']['docNum']}; its repeat created nothing")


STEPS = [
    DemoStep("泛微 物料主数据", push_items),
    DemoStep(PUSH, push_requests),
    DemoStep("泛微 审批结果", decide),
    DemoStep("泛微 销售订单", push_order),
]
