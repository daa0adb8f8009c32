"""The WeCom flows, driven as an ERP's users and the people of a WeCom corp would."""

from __future__ import annotations

from typing import Any

import requests

from core.demo.steps import Demo, DemoStep, Moved
from core.models import Delivery

CALLBACK = "fc000000000000000000000000000001"
PUSH, DECIDE = "企业微信 采购申请", "企业微信 审批结果"
DOCUMENTS, DECIDE_DOCUMENT = "企业微信 超领料单", "企业微信 超领料单审批结果"
MARK = "企业微信演示"
ONE_STAGE, TWO_STAGES = 3, 4  # approval templates of the ERP


def environment(sandbox: str) -> dict[str, str]:
    """The pretended corp's keys, for demo.yaml."""
    keys = requests.get(f"{sandbox}/wecom/settings", timeout=30).json()["settings"]
    names = ("corp_id", "secret", "agent_id", "token", "aes_key")
    return {f"WECOM_{name.upper()}": str(keys[name]) for name in names}


def act(demo: Demo, do: str, sp_no: str, **more: Any) -> None:
    """What a person does in WeCom."""
    demo.ask_sandbox("POST", "wecom/act", {"do": do, "sp_no": sp_no, **more})


def erp_object(demo: Demo, name: str, key: Any) -> dict[str, Any]:
    """An object of the ERP as stored."""
    found: dict[str, Any] = demo.ask_sandbox("GET", f"_control/erp/object?set={name}&key={key}")["body"]
    return found


def made(demo: Demo) -> list[str]:
    """Source numbers of the approvals that WeCom really has."""
    found = demo.ask_sandbox("GET", "_control/effects?system=wecom&op=create")["effects"]
    return [str(effect["source"]) for effect in found]


def push_drafts(demo: Demo) -> Moved:
    """Three purchase requests wait for approval, one of them by two stages; each becomes an approval in WeCom."""
    for user, template in ((38, ONE_STAGE), (39, ONE_STAGE), (38, TWO_STAGES)):
        # The demonstration's e-cology flow takes what is not marked as sent: these are WeCom's.
        lines = [{"ItemCode": "11028", "Quantity": 5, "UnitPrice": 300, "RequiredDate": "2026-12-31"}]
        body = {"Requester": "A001", "ReqType": 12, "DocDate": "2026-12-01", "DocDueDate": "2026-12-31", "U_ISSYN": "Y",
                "RequriedDate": "2026-12-31", "Comments": MARK, "DocumentLines": lines}  # fmt: skip
        asked = {"code": 1470000113, "user": user, "template": template, "remarks": "生产急用", "body": body}
        demo.ask_sandbox("POST", "_control/erp/submit", asked)
    moved = demo.moved(PUSH, documents=3)
    labels = sorted(Delivery.objects.filter(flow=demo.flow(PUSH)).values_list("label", flat=True))
    demo.expect(sorted(made(demo)) == labels, f"WeCom has approvals of {made(demo)}, sent were {labels}")
    return moved


def decide(demo: Demo) -> Moved:
    """WeCom checks the address; one is agreed, one refused; the third goes through both stages of the ERP."""
    demo.ask_sandbox("POST", "wecom/settings", {"url": f"{demo.web}/wecom/{CALLBACK}/", "check": True})
    agreed, refused, staged = Delivery.objects.filter(flow=demo.flow(PUSH)).order_by("key")[:3]
    act(demo, "approve", str(agreed.target_key), speech="同意采购")
    act(demo, "refuse", str(refused.target_key), speech="请核对数量")
    act(demo, "approve", str(staged.target_key), speech="采购部同意")
    applied = Delivery.objects.filter(flow=demo.flow(PUSH), decision_state="applied")
    demo.wait("three decisions", lambda: applied.count() == 3)
    demo.moved(PUSH, documents=1)
    second = Delivery.objects.filter(flow=demo.flow(PUSH), label=staged.label).order_by("-pk")[0]
    act(demo, "approve", str(second.target_key), speech="财务部同意")
    demo.wait("the second stage", lambda: applied.count() == 4)
    expected = [(agreed, "arsApproved"), (refused, "arsNotApproved"), (staged, "arsApproved")]
    for row, status in expected:
        found = erp_object(demo, "ApprovalRequests", row.recall["request"])
        demo.expect(found["Status"] == status, f"request {found['Code']} of draft {row.label} is {found['Status']}")
    words = erp_object(demo, "ApprovalRequests", agreed.recall["request"])["ApprovalRequestLines"][0]["Remarks"]
    demo.expect(words == "同意采购", f"the approver's words are {words!r}")
    return Moved(4, 4, note="agreed, refused, two stages")


def push_documents(demo: Demo) -> Moved:
    """Excess issues, which the ERP's own approvals do not know, become approvals too."""
    return demo.moved(DOCUMENTS, documents=1)


def decide_documents(demo: Demo) -> Moved:
    """The outcome is written into the document."""
    row = Delivery.objects.get(flow=demo.flow(DOCUMENTS))
    act(demo, "approve", str(row.target_key), speech="同意超领")
    key = row.recall["key"]
    demo.wait("the decision", lambda: erp_object(demo, "EXCESSISSUE", key).get("U_ApprovalStatus") == "Y")
    found = erp_object(demo, "EXCESSISSUE", key)
    demo.expect(found["U_Approver"] == "wang.wu", f"the approver is {found['U_Approver']}")
    return Moved(1, 1, note="U_ApprovalStatus = Y")


STEPS = [
    DemoStep(PUSH, push_drafts),
    DemoStep(DECIDE, decide),
    DemoStep(DOCUMENTS, push_documents),
    DemoStep(DECIDE_DOCUMENT, decide_documents),
]
