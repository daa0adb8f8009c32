"""What the pretended e-cology sends, and its page (protocol: A9, A10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.ecology_caller import (
    BASE,
    PORT,
    Client,
    change,
    lines,
)
from tests.sandbox.json_receiver import JsonReceiver
from tests.sandbox.served import Served, serve


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[Served]:
    with serve("ecology", PORT) as served:
        yield served


@pytest.fixture(autouse=True)
def fresh(server: Served) -> None:
    server.reset()


@pytest.fixture
def receiver() -> Iterator[JsonReceiver]:
    made = JsonReceiver()
    made.reply = lambda path, body: (200, {"success": "Y", "code": 0, "message": "OK"})
    yield made
    made.close()


# --- what the OA sends ---------------------------------------------------------------------------------------------


def act(number: int, **fields: Any) -> dict[str, Any]:
    return requests.post(f"{BASE}/act", json={"requestid": str(number), **fields}, timeout=20).json()


def test_an_approval_posts_the_decision_and_archives(receiver: JsonReceiver) -> None:
    change(decision_url=receiver.url, decision_app_code="code-1")
    number = Client().create()["data"]["requestid"]
    answer = act(number, status="Y", remark="同意", objType="1470000113")
    assert (answer["node"], answer["moved"], answer["answer"]["success"]) == ("archive", True, True)
    _, headers, body = receiver.received[0]
    assert headers["X-Apig-AppCode"] == "code-1"
    assert body["approveTime"][:2] == "20"
    expected = {"requestid": str(number), "status": "Y", "remark": "同意", "approver": "2979", "approverName": "李四"}
    assert {**body, **expected, "objType": "1470000113"} == body


def test_a_failing_action_blocks_the_node(receiver: JsonReceiver) -> None:
    change(decision_url=receiver.url)
    receiver.reply = lambda path, body: (200, {"success": "N", "code": 40401, "message": "没有找到草稿"})
    number = Client().create()["data"]["requestid"]
    answer = act(number, status="N", remark="不行")
    assert (answer["node"], answer["moved"]) == ("approve", False)
    assert answer["answer"]["body"]["message"] == "没有找到草稿"
    change(block_on_failure=False)
    assert act(number, status="N")["moved"] is True
    assert act(number, status="Y") == {"error": "流程不在审批节点：审批 至 创建"}


def test_an_unknown_word_is_only_sent(receiver: JsonReceiver) -> None:
    change(decision_url=receiver.url)
    number = Client().create()["data"]["requestid"]
    assert act(number, status="也许")["moved"] is False
    assert receiver.received[0][2]["status"] == "也许"


def test_a_decision_whose_callback_is_lost() -> None:
    change(decision_url="http://127.0.0.1:1/nobody")
    number = Client().create()["data"]["requestid"]
    assert "ConnectionError" in act(number, status="Y")["answer"]["error"]
    assert act(number, status="Y", callback=False) == {
        "requestid": str(number),
        "node": "archive",
        "moved": True,
        "answer": None,
    }


def test_a_document_in_three_variants(receiver: JsonReceiver) -> None:
    change(push_targets={"783": {"url": receiver.url, "app_code": "orders"}})
    order = Client("2978").post("getMyWorkflowRequestList", conditions={"workflowIds": "783"})[0]["requestId"]
    for variant in (1, 2, 3):
        sent = {"requestid": order, "variant": variant}
        assert requests.post(f"{BASE}/push", json=sent, timeout=20).json()["answer"]["success"] is True
    one, two, three = [body for _, _, body in receiver.received]
    assert {headers["X-Apig-AppCode"] for _, headers, _ in receiver.received} == {"orders"}
    assert (one["objType"], one["mainData"]["CardCode"], one["detailData"][0]["Quantity"]) == ("Orders", "C26000", "2")
    assert two["mainData"][0] == {"fieldName": "CardCode", "fieldValue": "C26000"}
    assert two["detailData"][0]["workflowRequestTableRecords"][0]["recordOrder"] == 0
    assert (three["CardCode"], three["DocumentLines"][0]["ItemCode"]) == ("C26000", "A00006")
    other = {"body": {"requestid": "1", "mainData": {}}, "url": receiver.url, "app_code": "x"}
    assert requests.post(f"{BASE}/push", json=other, timeout=20).json()["answer"]["sent"] == other["body"]


def test_the_approval_of_the_oas_own_document_is_no_decision_of_ours(receiver: JsonReceiver) -> None:
    change(decision_url=receiver.url)
    order = Client("2978").post("getMyWorkflowRequestList", conditions={"workflowIds": "783"})[0]["requestId"]
    answer = act(order, status="Y")
    assert (answer["moved"], answer["answer"], receiver.received) == (True, None, [])


def test_a_request_that_a_person_makes_in_the_oa() -> None:
    body = {"workflowId": "784", "requestName": "供应商准入-2", "creator": "2979", "main": {"CardCode": "V1"}}
    number = requests.post(f"{BASE}/new", json=body, timeout=10).json()["requestid"]
    mine = Client("2979").post("getMyWorkflowRequestList")
    assert [(row["requestId"], row["requestName"]) for row in mine] == [(number, "供应商准入-2")]


def test_unknown_switches_are_refused() -> None:
    assert change(nosuch=1).status_code == 400


def test_the_page_shows_and_decides(receiver: JsonReceiver) -> None:
    number = Client().create(detailData=lines("A00006"))["data"]["requestid"]
    page = requests.get(f"{BASE}/", timeout=10).text
    assert "采购申请 51" in page
    assert "同意" in page
    assert "数据外发" in page
    assert "A00006" in page
    form = {"button": "settings", "decision_url": receiver.url, "decision_app_code": "c"}
    requests.post(f"{BASE}/", data=form, timeout=10).raise_for_status()
    pressed = requests.post(f"{BASE}/", data={"button": "N", "requestid": number, "remark": "退"}, timeout=10).text
    assert "处理结果" in pressed
    assert "&quot;success&quot;: &quot;Y&quot;" in pressed
    assert receiver.received[0][2]["remark"] == "退"
