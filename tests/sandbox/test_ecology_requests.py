"""The pretended e-cology: the life of a request, lists, forms (protocol: A7)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.sandbox.ecology_caller import (
    PORT,
    TABLE,
    Client,
    change,
    effects,
    lines,
)
from tests.sandbox.served import Served, serve


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[Served]:
    with serve("ecology", PORT) as served:
        yield served


@pytest.fixture(autouse=True)
def fresh(server: Served) -> None:
    server.reset()


# --- the life of a request -----------------------------------------------------------------------------------------


def test_reject_back_to_the_creator_and_submit_again() -> None:
    creator, approver = Client(), Client("2979")
    number = creator.create()["data"]["requestid"]
    wrong = creator.post("rejectRequest", requestId=str(number))
    assert (wrong["code"], wrong["reqFailMsg"]["msgType"]) == ("NO_PERMISSION", "NO_REQUEST_SUBMIT_PERMISSION")
    assert approver.post("rejectRequest", requestId=str(number), remark="数量不对")["code"] == "SUCCESS"
    log = creator.get("getRequestLog", requestId=number)["data"]
    assert [(row["logtype"], row["operator"]) for row in log] == [("3", "2979"), ("2", "1")]
    assert log[0]["remarkHtml"] == "<p>数量不对</p>"
    assert [r["requestId"] for r in creator.post("getBeRejectWorkflowRequestList")] == [str(number)]
    fields = [{"fieldName": "bz", "fieldValue": "改好了"}]
    assert creator.post("submitRequest", requestId=str(number), mainData=fields)["code"] == "SUCCESS"
    assert approver.post("submitRequest", requestId=str(number))["code"] == "SUCCESS"
    status = creator.get("getRequestStatus", requestId=number)
    assert (status["data"]["currentNodeType"], status["data"]["workflowId"]) == ("3", 781)
    assert "currentNodeName" not in status["data"]
    assert [e["source"] for e in effects("decide")] == ["N", "Y"]


def test_a_countersign_node_moves_after_the_last_signer() -> None:
    client = Client()
    values = {"djbh": "1", "djrq": "2026-01-01", "zcck": "01", "zrck": "02"}
    main = [{"fieldName": name, "fieldValue": value} for name, value in values.items()]
    made = client.post("doCreateRequest", workflowId="782", requestName="库存转储 1", mainData=main)
    number = str(made["data"]["requestid"])
    assert Client("2979").post("submitRequest", requestId=number)["code"] == "SUCCESS"
    assert client.get("getRequestStatus", requestId=number)["data"]["currentNodeType"] == "1"
    people = client.get("getRequestOperatorInfo", requestid=number)["data"]
    assert {row["userid"]: row["isremark"] for row in people} == {1: 2, 2979: 2, 2980: 0}
    assert Client("2980").post("submitRequest", requestId=number)["code"] == "SUCCESS"
    assert client.get("getRequestStatus", requestId=number)["data"]["currentNodeType"] == "3"


def test_withdraw_force_over_delete_and_a_wrong_id() -> None:
    client = Client()
    number = str(client.create()["data"]["requestid"])
    assert client.post("withdrawRequest", requestId=number)["code"] == "SUCCESS"
    assert client.get("getRequestStatus", requestId=number)["data"]["currentNodeType"] == "0"
    assert Client("2979").post("doForceOver", requestId=number)["code"] == "NO_PERMISSION"
    assert client.post("doForceOver", requestId=number)["code"] == "SUCCESS"
    assert client.post("withdrawRequest", requestId=number)["code"] == "NO_PERMISSION"
    assert client.post("deleteRequest", requestId=number)["code"] == "SUCCESS"
    assert client.get("getRequestStatus", requestId=number)["errMsg"] == {"errorParam_requestid": 0}
    assert effects("decide") == []


def test_src_save_only_saves_and_rows_are_replaced() -> None:
    client = Client()
    number = str(client.create(detailData=lines("A1", "A2"), otherParams={"isnextflow": "0"})["data"]["requestid"])
    table = {**lines("A3")[0], "deleteKeys": "1"}
    client.post("submitRequest", requestId=number, otherParams={"src": "save"}, detailData=[table])
    whole = client.get("getWorkflowRequest", requestId=number)["data"]
    assert whole["currentNodeName"] == "创建"
    rows = whole["workflowDetailTableInfos"][0]["workflowRequestTableRecords"]
    assert [row["workflowRequestTableFields"][0]["fieldValue"] for row in rows] == ["A2", "A3"]


# --- lists ---------------------------------------------------------------------------------------------------------


def test_lists_are_bare_arrays_with_conditions_and_paging() -> None:
    client = Client()
    made = [client.create(f"采购申请 {n}")["data"]["requestid"] for n in (5, 55, 6)]
    found = client.post("getMyWorkflowRequestList", conditions={"requestname": "采购申请 5", "workflowIds": "781"})
    assert [row["requestName"] for row in found] == ["采购申请 55", "采购申请 5"]
    assert found[0]["workflowBaseInfo"]["formId"] == "-1356"
    assert client.post("getMyWorkflowRequestCount", conditions={"workflowIds": "781"}) == 3
    pages = [client.post("getMyWorkflowRequestList", pageNo=str(n), pageSize="2") for n in (1, 2, 3)]
    assert [row["requestId"] for page in pages for row in page] == [str(n) for n in reversed(made)]
    assert client.post("getMyWorkflowRequestList", conditions={"workflowIds": "782"}) == []


def test_creation_date_counts_only_with_the_range_choice() -> None:
    client = Client()
    client.create()
    future = {"createdatefrom": "2999-01-01", "createdateto": "2999-12-31"}
    assert client.post("getMyWorkflowRequestList", conditions={**future, "createdateselect": "6"}) == []
    assert len(client.post("getMyWorkflowRequestList", conditions=future)) == 1
    assert len(client.post("getMyWorkflowRequestList", conditions={"createdateselect": "1"})) == 1
    assert client.post("getMyWorkflowRequestList", conditions={"createdateselect": "7"}) == []


def test_which_list_holds_what() -> None:
    creator, approver = Client(), Client("2979")
    number = str(creator.create()["data"]["requestid"])

    def holding(client: Client) -> set[str]:
        names = ("ToDo", "Handled", "Processed", "My")
        return {n for n in names if number in [r["requestId"] for r in client.post(f"get{n}WorkflowRequestList")]}

    assert holding(creator) == {"Handled", "My"}
    assert holding(approver) == {"ToDo"}
    approver.post("submitRequest", requestId=number)
    assert holding(creator) == {"Handled", "Processed", "My"}
    assert creator.post("getHandledWorkflowRequestList", conditions={"archivestatus": "2"}) == []


def test_a_new_request_becomes_visible_late() -> None:
    client = Client()
    change(index_delay_ms=700)
    number = client.create("慢 1")["data"]["requestid"]
    assert client.post("getHandledWorkflowRequestList") == []
    assert client.get("getRequestStatus", requestId=number)["code"] == "SUCCESS"
    time.sleep(0.8)
    assert len(client.post("getHandledWorkflowRequestList")) == 1


def test_workflows_and_the_form_definition() -> None:
    client = Client()
    listed = client.post("getCreateWorkflowList", conditions={"wfIds": "781"})
    assert [(row["workflowId"], row["formId"]) for row in listed] == [("781", "-1356")]
    data = client.get("getCreateWorkflowRequestInfo", workflowId="781")["data"]
    assert data["workflowMainTableInfo"]["tableDBName"] == "formtable_main_1356"
    fields = data["workflowMainTableInfo"]["requestRecords"][0]["workflowRequestTableFields"]
    by_name = {field["fieldName"]: field for field in fields}
    assert (by_name["djbh"]["mand"], by_name["bz"]["mand"]) == (True, False)
    assert by_name["jjcd"]["selectnames"] == ["普通", "重要", "紧急"]
    assert by_name["jjcd"]["selectvalues"] == ["0", "1", "2"]
    assert data["workflowDetailTableInfos"][0]["tableDBName"] == TABLE
