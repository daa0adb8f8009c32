"""The barcode flows, driven by the sandbox's scanner."""

from __future__ import annotations

from typing import Any

from core.demo.steps import Demo, DemoStep, Moved

CODE = "demo-app-code-of-the-scanner"
QUERY, SAVE, METHODS, COMPANIES = (f"bc{'0' * 29}{number}" for number in range(1, 5))
OK = "RIS.10000000"
SAMPLES = (
    "seed", "production_issue", "production_return", "purchase_receipt", "purchase_return", "delivery", "return",
    "transfer", "stock_issue", "stock_receipt", "user_table",
)  # fmt: skip


def scan(demo: Demo, call: str, **fields: Any) -> dict[str, Any]:
    """What the scanner's button ``call`` does and is answered."""
    return dict(demo.ask_sandbox("POST", "scanner/act", {"do": call, **fields}))


def created(demo: Demo) -> int:
    """Documents that the ERP has made."""
    return len(demo.ask_sandbox("GET", "_control/effects?system=erp&op=create")["effects"])


def set_up(demo: Demo) -> None:
    """The barcode system's screen: four addresses and an AppCode."""
    keys = {"query": QUERY, "save": SAVE, "methods": METHODS, "companies": COMPANIES}
    addresses = {call: f"{demo.web}/barcode/{key}/" for call, key in keys.items()}
    demo.ask_sandbox("POST", "scanner/settings", {**addresses, "app_code": CODE})


def lists(demo: Demo) -> Moved:
    """Methods by GET, companies by POST."""
    set_up(demo)
    methods = scan(demo, "methods", http="GET")["answer"]["data"]["value"]
    companies = scan(demo, "companies")["answer"]["data"]["value"]
    demo.expect(len(methods) == 11, f"{len(methods)} methods")
    demo.expect(companies[0]["CompanyDB"] == "SBODEMOCN", f"companies: {companies}")
    return Moved(2, 2, note=f"11 methods, company {companies[0]['CompanyName']}")


def query(demo: Demo) -> Moved:
    """A query is answered; what is not for reading never reaches the database."""
    found = scan(demo, "query", sample="stock")["answer"]
    demo.expect(found["code"] == OK and found["data"]["value"], f"refused: {found}")
    refused = scan(demo, "query", sample="forbidden")["answer"]
    demo.expect(refused["code"] == "BC.4031", f"not refused: {refused}")
    return Moved(2, 2, note=f"{len(found['data']['value'])} rows; a DELETE was refused")


def save(demo: Demo) -> Moved:
    """Every method; the guide's sample issues its components first."""
    before = created(demo)
    for sample in SAMPLES:
        answer = scan(demo, "save", sample=sample)["answer"]
        demo.expect(answer["code"] == OK, f"{sample}: {answer}")
    made = created(demo) - before
    demo.expect(made == len(SAMPLES) + 1, f"{made} documents of {len(SAMPLES)} scans and one issue")
    return Moved(made, made, note=f"{len(SAMPLES)} scans, one with backflush")


def repeat(demo: Demo) -> Moved:
    """A trigger held too long: five equal requests at once, and the guide's sample once more."""
    before = created(demo)
    row = {"ItemCode": "11028", "Quantity": "1", "WarehouseCode": "01"}
    body = {"method": "StockGenExit", "data": [row], "MainTable": {"U_CZSJ": "2024-01-02 03:04:05"}}
    answers = [each["answer"] for each in scan(demo, "save", body=body, times=5)["answers"]]
    demo.expect(all(answer["code"] == OK for answer in answers), f"refused: {answers}")
    again = scan(demo, "save", sample="seed")["answer"]
    demo.expect(again.get("duplicate"), f"not recognised: {again}")
    made = created(demo) - before
    demo.expect(made == 1, f"{made} documents of five equal requests")
    return Moved(6, 6, note="six requests, one document")


def refresh(demo: Demo) -> Moved:
    """The DI API's sessions are kept warm; the run moves nothing."""
    demo.moved("条码 刷新会话", documents=0)
    return Moved(0, 0, note="session kept alive")


STEPS = [
    DemoStep("条码 可用方法", lists, title="条码 可用方法、返回账套"),
    DemoStep("条码 查询", query),
    DemoStep("条码 保存", save),
    DemoStep("条码 保存", repeat, title="条码 重复扫描"),
    DemoStep("条码 刷新会话", refresh),
]
