"""Faults around the ERP's operations, the controls of tests, the pages."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest
import requests

from tests.sandbox.erp_caller import Caller
from tests.sandbox_server import SandboxServer

ORDER = {"CardCode": "C26000", "NumAtCard": "OA-9", "DocumentLines": [{"ItemCode": "11028"}]}
APPROVED = {"ApprovalRequestDecisions": [{"Status": "ardApproved"}]}


@pytest.fixture
def caller(sandbox: SandboxServer) -> Caller:
    return Caller(sandbox)


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_connection_dropped_around_a_creation(sandbox: SandboxServer, caller: Caller, when: str, created: int) -> None:
    sandbox.fault(system="erp", op="create", when=when, action="drop")

    with pytest.raises(requests.ConnectionError):
        caller.send("POST", "Orders", ORDER)

    effects = sandbox.effects("erp", "create")
    assert [effect["source"] for effect in effects] == ["OA-9"] * created
    assert caller.done("POST", "Orders", ORDER)["DocEntry"] == 5 + created


@pytest.mark.parametrize(
    ("op", "method", "path", "body"),
    [
        ("query", "GET", "Items('11028')", None),
        ("create", "POST", "Orders", ORDER),
        ("mark", "PATCH", "Drafts(16)", {"U_SyncStatus": "Y"}),
        ("decide", "PATCH", "ApprovalRequests(17)", APPROVED),
        ("delete", "DELETE", "Drafts(19)", None),
        ("action", "POST", "Orders(1)/Close", None),
        ("action", "POST", "DraftsService_SaveDraftToDocument", {"Document": {"DocEntry": 16}}),
    ],
)
def test_each_operation_has_its_name(
    sandbox: SandboxServer, caller: Caller, op: str, method: str, path: str, body: dict | None
) -> None:
    sandbox.fault(system="erp", op=op, action="status", status=503)

    reply = caller.send(method, path, body)

    assert (reply.status_code, reply.content) == (503, b"")
    assert sandbox.effects("erp", op) == []


@pytest.mark.parametrize(
    ("op", "method", "path"), [("query", "GET", "Items('11028')"), ("mark", "PATCH", "Drafts(16)")]
)
def test_a_process_is_killed_after_the_answer_left(
    sandbox: SandboxServer, caller: Caller, op: str, method: str, path: str
) -> None:
    victim = subprocess.Popen(["sleep", "60"])
    sandbox.fault(system="erp", op=op, when="answered", action="kill", pid=victim.pid)

    reply = caller.send(method, path, {"U_SyncStatus": "Y"} if op == "mark" else None)

    assert reply.ok
    assert victim.wait(5) == -signal.SIGKILL


def test_login_fails_at_the_second_try_only(sandbox: SandboxServer) -> None:
    sandbox.fault(system="erp", op="login", action="status", status=502, nth=2)
    url, body = (
        f"{sandbox.url}/erp/b1s/v1/Login",
        {"CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox"},
    )

    assert [requests.post(url, json=body, timeout=10).status_code for _ in range(3)] == [200, 502, 200]


def test_latency_of_everything(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.switch("*", "latency_ms", 120)

    start = time.monotonic()
    caller.get("Items('11028')")

    assert time.monotonic() - start >= 0.12
    sandbox.reset()  # the controls are never slow


def test_connections_are_kept(caller: Caller) -> None:
    for reply in (caller.send("GET", "Items('11028')"), caller.send("PATCH", "Drafts(16)", {"U_SYN": "Y"})):
        assert reply.headers.get("Connection") != "close"


def test_reset_brings_everything_back(sandbox: SandboxServer, caller: Caller) -> None:
    caller.done("DELETE", "Drafts(16)")
    caller.done("POST", "UserFieldsMD", {"Name": "ZZ", "TableName": "OITM"})
    sandbox.switch("erp", "batch", 501)
    sandbox.fault(action="drop")

    sandbox.reset()

    assert sandbox.erp_object("Drafts", 16)["U_SyncStatus"] == "N"
    assert sandbox.effects() == []
    assert "U_ZZ" not in caller.get("Items('11028')")


def test_bulk_with_overrides_and_requests(sandbox: SandboxServer, caller: Caller) -> None:
    made = sandbox.erp_bulk("Drafts", 30, template=3, Comments="批量 {n}", U_SyncStatus=None)
    orders = sandbox.erp_bulk("ProductionOrders", 5)

    assert (made["count"], made["last"] - made["first"]) == (30, 29)
    last = caller.get(f"Drafts({made['last']})")
    assert (last["Comments"], last["U_SyncStatus"]) == (f"批量 {made['last']}", None)
    assert [line["DocEntry"] for line in last["DocumentLines"]] == [made["last"]] * 2
    pending = caller.rows("ApprovalRequests", filter=f"DraftEntry eq {made['last']} and Status eq 'arsPending'")
    assert len(pending) == 1
    assert caller.get(f"ProductionOrders({orders['last']})")["DocumentNumber"] == 10000 + orders["last"]


def test_objects_by_hand(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.erp_put("Items", {"ItemCode": "手工", "ItemName": "x", "UpdateDate": "2001-01-01"})

    assert caller.get("Items('%E6%89%8B%E5%B7%A5')")["UpdateDate"] == "2001-01-01"
    assert [item["ItemCode"] for item in sandbox.erp_objects("Items", "UpdateDate eq '2001-01-01'")] == ["手工"]
    sandbox.erp_act("PATCH", "ApprovalRequests(17)", APPROVED, user=12)
    assert sandbox.erp_object("Drafts", 16)["AuthorizationStatus"] == "dasApproved"


def test_data_outlives_a_restart(sandbox: SandboxServer, caller: Caller) -> None:
    caller.done("PATCH", "Drafts(16)", {"U_SyncStatus": "Y"})
    sandbox.stop()
    sandbox.start(fresh=False)

    again = Caller(sandbox)
    assert again.get("Drafts(16)")["U_SyncStatus"] == "Y"
    assert again.done("POST", "Orders", ORDER)["DocEntry"] == 5


def test_a_frozen_server_hangs(sandbox: SandboxServer) -> None:
    with sandbox.frozen(), pytest.raises(requests.Timeout):
        requests.get(f"{sandbox.url}/", timeout=0.3)

    assert requests.get(f"{sandbox.url}/", timeout=10).ok


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/erp/", ["草稿与审批", "聚氯乙烯", "审批中", "新建采购申请"]),
        ("/erp/?show=Items", ["新建物料", "Q&#x27;10"]),
        ("/erp/?show=ProductionOrders", ["已下达", "已取消"]),
        ("/erp/?show=Orders&company=SBODEMO2", ["S2-0001"]),
        ("/erp/draft/16", ["采购申请", "同意", "拒绝"]),
        ("/_control/page", ["沙箱开关", "page_link", "断开连接"]),
        ("/diapi/", ["OITM"]),
    ],
)
def test_pages_show_what_is_there(sandbox: SandboxServer, path: str, words: list[str]) -> None:
    text = requests.get(sandbox.url + path, timeout=10).text

    assert [word for word in words if word not in text] == []


def test_page_makes_a_draft_edits_it_and_decides(sandbox: SandboxServer) -> None:
    http = requests.Session()
    form = {"user": "38", "template": "3", "date": "2022-08-23", "item": ["11028", ""], "quantity": ["5", ""]}
    http.post(f"{sandbox.url}/erp/new/request", data={**form, "price": ["2", ""]}, timeout=10)
    draft = sandbox.erp_objects("Drafts")[-1]
    first = sandbox.erp_objects("ApprovalRequests")[-1]["Code"]

    page = f"{sandbox.url}/erp/draft/{draft['DocEntry']}"
    http.post(page, data={"quantity-0": "6", "comments": "改"}, timeout=10)
    second = sandbox.erp_objects("ApprovalRequests")[-1]["Code"]
    body = '{"ApprovalRequestDecisions":[{"Status":"ardApproved"}]}'
    decision = {"user": "12", "path": f"ApprovalRequests({second})", "body": body, "back": "/erp/"}
    http.post(f"{sandbox.url}/erp/new/act", data=decision, timeout=10)

    after = sandbox.erp_object("Drafts", draft["DocEntry"])
    assert (draft["DocTotal"], second > first) == (10.0, True)
    assert (after["DocumentLines"][0]["Quantity"], after["AuthorizationStatus"]) == (6.0, "dasApproved")


def test_page_tells_a_refusal(sandbox: SandboxServer) -> None:
    form = {"code": "11028", "name": "x", "group": "100"}
    text = requests.post(f"{sandbox.url}/erp/new/item", data=form, timeout=10).text

    assert "already exists" in text
