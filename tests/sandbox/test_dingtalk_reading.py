"""The pretended DingTalk's API: detail, lists, schema, people, decisions (protocol: sections 1.2, 1.3)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.dingtalk_caller import LINES, Caller
from tests.sandbox.json_receiver import free_port
from tests.sandbox.served import Served, serve

DAY = 24 * 3600 * 1000


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve("dingtalk", free_port()) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Caller:
    served.reset()
    return Caller(served)


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def cell(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


# --- read ----------------------------------------------------------------------------------------------------------


def test_the_detail_with_its_traps(caller: Caller) -> None:
    number = caller.made({"请购单别": "零星请购"})
    answer = caller.api("GET", "processInstances", processInstanceId=number).json()
    assert answer["success"] == "true"
    shown = answer["result"]
    assert (shown["status"], shown["result"], shown["bizAction"]) == ("RUNNING", "", "NONE")
    assert "finishTime" not in shown
    assert shown["createTime"].endswith("Z")
    assert len(shown["createTime"]) == 17
    assert [(t["userId"], t["status"]) for t in shown["tasks"]] == [("user0002", "RUNNING"), ("user0003", "RUNNING")]
    values = {v["name"]: v for v in shown["formComponentValues"]}
    assert (values["备注"]["value"], values["来源单号"]["value"]) == ("null", "51")
    table = json.loads(values["请购明细"]["value"])
    assert table[0]["rowNumber"].startswith("TableField_")
    assert {c["label"]: c["value"] for c in table[0]["rowValue"]} == {c["name"]: c["value"] for c in LINES[0]}
    assert {c["componentType"] for c in table[0]["rowValue"]} == {"TextField", "NumberField"}
    caller.change(null_strings=False)
    again = caller.detail(number)["formComponentValues"]
    assert {v["value"] for v in again if v["name"] == "备注"} == {""}


def test_a_wrong_id(caller: Caller) -> None:
    assert refusal(caller.api("GET", "processInstances", processInstanceId="x")) == (400, "processInstanceNotExist")
    assert refusal(caller.api("GET", "processInstances")) == (400, "invalidParameter")


def query(caller: Caller, **more: Any) -> requests.Response:
    now = int(time.time() * 1000)
    code = caller.keys["process_codes"]["采购申请"]
    body = {"processCode": code, "startTime": now - 60_000, "nextToken": 0, "maxResults": 20, **more}
    return caller.api("POST", "processes/instanceIds/query", body)


def test_lists_come_in_pages(caller: Caller) -> None:
    made = [caller.made({"来源单号": str(n)}) for n in range(5)]
    token, pages = 0, []
    while token is not None:
        result = query(caller, maxResults=2, nextToken=token).json()["result"]
        pages.append(result["list"])
        token = result.get("nextToken")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [number for page in pages for number in page] == made
    assert query(caller, userIds=["user0002"]).json()["result"]["list"] == []
    caller.act("refuse", made[0])
    assert query(caller, statuses=["COMPLETED"]).json()["result"]["list"] == [made[0]]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"processCode": "PROC-x"}, "invalidProcessCode"),
        ({"maxResults": 21}, "invalidMaxResults"),
        ({"nextToken": None}, "invalidNextToken"),
        ({"startTime": int(time.time() * 1000) - 366 * DAY}, "invalidInstanceListIdsStartTime"),
        ({"startTime": int(time.time() * 1000) - 121 * DAY}, "invalidEndTime"),
        ({"endTime": 1}, "invalidEndTime"),
        ({"userIds": ["u"] * 11}, "invalidUserIds"),
    ],
)
def test_bad_spans_and_pages(caller: Caller, more: dict[str, Any], code: str) -> None:
    assert refusal(query(caller, **more)) == (400, code)


def test_a_new_instance_is_listed_late_but_read_at_once(caller: Caller) -> None:
    caller.change(index_delay_ms=700)
    number = caller.made()
    assert query(caller).json()["result"]["list"] == []
    assert caller.detail(number)["status"] == "RUNNING"
    time.sleep(0.8)
    assert query(caller).json()["result"]["list"] == [number]


def test_schema_and_templates(caller: Caller) -> None:
    code = caller.keys["process_codes"]["采购申请"]
    result = caller.api("GET", "forms/schemas/processCodes", processCode=code).json()["result"]
    items = {item["props"]["label"]: item for item in result["schemaContent"]["items"]}
    assert result["status"] == "PUBLISHED"
    assert items["来源单号"]["props"]["required"] is True
    assert [c["props"]["label"] for c in items["请购明细"]["children"]][:2] == ["品号", "品名"]
    assert "children" not in items["请购明细"]["props"]
    assert refusal(caller.api("GET", "forms/schemas/processCodes", processCode="PROC-x")) == (400, "formNotExist")
    assert refusal(caller.api("GET", "forms/schemas/processCodes", processCode="x")) == (400, "aflowProcessCodeIsError")
    found = caller.api("GET", "processCentres/schemaNames/processCodes", name="采购申请").json()
    assert found["result"]["processCode"] == code
    listed = caller.api("GET", "processes/userVisibilities/templates").json()["result"]["processList"]
    assert "已停用模板" not in {t["name"] for t in listed}
    assert len(listed) == 5


def test_people(caller: Caller) -> None:
    person = caller.old("topapi/v2/user/get", {"userid": "manager0001"})
    assert (person["errcode"], person["result"]["dept_id_list"]) == (0, [1, 1001])
    assert caller.old("topapi/v2/user/getbymobile", {"mobile": "13800000003"})["result"] == {"userid": "user0003"}
    assert caller.old("topapi/v2/user/getbymobile", {"mobile": "1"})["errcode"] == 60121
    assert caller.old("topapi/v2/user/get", {"userid": "user0009"})["errcode"] == 60121
    assert caller.old("topapi/user/listid", {"dept_id": 1001})["result"]["userid_list"] == ["manager0001", "user0002"]


# --- act -----------------------------------------------------------------------------------------------------------


def test_one_of_two_decides(caller: Caller) -> None:
    number = caller.made()
    assert caller.act("agree", number, remark="可以")["status"] == "COMPLETED"
    shown = caller.detail(number)
    assert (shown["result"], shown["finishTime"][-1]) == ("agree", "Z")
    assert [(t["status"], t["result"]) for t in shown["tasks"]] == [("COMPLETED", "AGREE"), ("CANCELED", "NONE")]
    kinds = [(r["type"], r["result"], r.get("remark")) for r in shown["operationRecords"]]
    assert kinds[1] == ("EXECUTE_TASK_NORMAL", "AGREE", "可以")
    assert [(e["key"], e["source"]) for e in caller.served.effects("dingtalk", "decide")] == [(number, "agree")]
    assert caller.act("refuse", number)["ok"] is False


def test_execute_for_an_approver_and_all_must_sign(caller: Caller) -> None:
    approvers = [{"actionType": "AND", "userIds": ["user0002", "user0003"]}]
    number = caller.made(approvers=approvers)
    for left in (1, 0):
        task = next(t for t in caller.detail(number)["tasks"] if t["status"] == "RUNNING")
        body = {"processInstanceId": number, "taskId": task["taskId"], "result": "agree"}
        answer = caller.api("POST", "processInstances/execute", {**body, "actionerUserId": task["userId"]}).json()
        assert answer == {"result": True, "success": True}
        assert len([t for t in caller.detail(number)["tasks"] if t["status"] == "RUNNING"]) == left
    assert caller.detail(number)["result"] == "agree"
    again = caller.api("POST", "processInstances/execute", {**body, "actionerUserId": task["userId"]})
    assert refusal(again) == (400, "aflowProcessInstStatusException")


def test_one_by_one_and_redirect(caller: Caller) -> None:
    values = [{"name": "来源单号", "value": "1"}]
    code = caller.keys["process_codes"]["库存单据审批"]
    number = caller.made(processCode=code, formComponentValues=values)
    assert [t["userId"] for t in caller.detail(number)["tasks"]] == ["user0002"]
    caller.act("agree", number, userId="user0002")
    caller.act("redirect", number, to="user0003")
    tasks = caller.detail(number)["tasks"]
    assert [(t["userId"], t["result"]) for t in tasks] == [
        ("user0002", "AGREE"),
        ("user0004", "REDIRECTED"),
        ("user0003", "NONE"),
    ]
    assert caller.act("agree", number)["result"] == "agree"


def test_terminate_not_at_once_and_only_by_the_originator(caller: Caller) -> None:
    number = caller.made()
    body = {"processInstanceId": number, "isSystem": False, "remark": "撤", "operatingUserId": "manager0001"}
    early = caller.api("POST", "processInstances/terminate", body)
    assert refusal(early) == (400, "aflowProcessInstStatusException")
    assert "15秒" in early.json()["message"]
    caller.change(terminate_wait_seconds=0)
    other = caller.api("POST", "processInstances/terminate", {**body, "operatingUserId": "user0002"})
    assert refusal(other) == (400, "processInstanceInvalidParameter")
    assert caller.api("POST", "processInstances/terminate", body).json()["result"] is True
    shown = caller.detail(number)
    assert (shown["status"], shown["result"]) == ("TERMINATED", "")
    assert refusal(caller.api("POST", "processInstances/terminate", body)) == (400, "aflowProcessInstStatusException")


def test_comment_delete_revoke(caller: Caller) -> None:
    number = caller.made()
    body = {"processInstanceId": number, "text": "请尽快", "commentUserId": "user0002"}
    assert caller.api("POST", "processInstances/comments", body).json()["success"] is True
    assert caller.detail(number)["operationRecords"][-1]["type"] == "ADD_REMARK"
    assert caller.act("revoke", number)["ok"] is False
    caller.act("agree", number)
    revoked = caller.detail(caller.act("revoke", number)["instanceId"])
    assert (revoked["bizAction"], revoked["mainProcessInstanceId"], revoked["result"]) == ("REVOKE", number, "agree")
    caller.act("delete", number)
    assert refusal(caller.api("GET", "processInstances", processInstanceId=number)) == (400, "processInstanceNotExist")


def test_a_person_starts_a_quotation_on_the_page(caller: Caller) -> None:
    code = caller.keys["process_codes"]["业务报价"]
    table = [[cell("物料代码", "A1"), cell("业务伙伴代码", "C1"), cell("价格", "9.5")]]
    values = {"报价主题": "十二月", "报价明细": table}
    made = caller.act("start", processCode=code, originatorUserId="user0003", values=values)
    assert made["ok"] is True
    assert caller.detail(made["instanceId"])["originatorUserId"] == "user0003"
    bad = caller.act("start", processCode=code, values={"报价主题": "x"})
    assert (bad["ok"], bad["message"]) == (False, "formConverterError 表单数据校验失败，失败控件：报价明细")
    page = caller.served.page("/dingtalk/")
    assert "王五提交的业务报价" in page
    assert "十二月" in page
    assert "重发最后事件" in page


def test_the_journal_holds_the_calls(caller: Caller) -> None:
    caller.create()
    last = caller.served.get("/dingtalk/journal")["calls"][-1]
    assert (last["method"], last["status"]) == ("POST", 200)
    assert json.loads(last["body"])["originatorUserId"] == "manager0001"
    assert "instanceId" in json.loads(last["answer"])
