"""The pretended DingTalk's API: tokens and the creation of approvals (protocol: sections 1.1, 1.2)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.dingtalk_caller import Caller
from tests.sandbox.json_receiver import free_port
from tests.sandbox.served import Served, serve


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


# --- tokens --------------------------------------------------------------------------------------------------------


def test_the_token_stays_the_same_while_it_is_valid(caller: Caller) -> None:
    again = caller.login().json()
    assert again == {"accessToken": caller.token, "expireIn": 7200}
    key, secret = caller.keys["app_key"], caller.keys["app_secret"]
    old = requests.get(f"{caller.base}/gettoken", params={"appkey": key, "appsecret": secret}, timeout=20).json()
    assert (old["errcode"], old["access_token"], old["expires_in"]) == (0, caller.token, 7200)
    body = {"client_id": key, "client_secret": secret, "grant_type": "client_credentials"}
    address = f"{caller.base}/v1.0/oauth2/{caller.keys['corp_id']}/token"
    assert requests.post(address, json=body, timeout=20).json()["access_token"] == caller.token
    assert [e["key"] for e in caller.served.effects("dingtalk", "login")] == [caller.token] * 4


def test_bad_credentials_are_told_in_each_hosts_way(caller: Caller) -> None:
    assert refusal(caller.login(appSecret="no")) == (400, "invalidClientIdOrSecret")
    assert caller.login(appSecret="").status_code == 400
    old = requests.get(f"{caller.base}/gettoken", params={"appkey": "a", "appsecret": "b"}, timeout=20)
    assert (old.status_code, old.json()["errcode"]) == (200, 40096)
    assert requests.get(f"{caller.base}/gettoken", timeout=20).json()["errcode"] == 40035
    address = f"{caller.base}/v1.0/oauth2/{caller.keys['corp_id']}/token"
    assert refusal(requests.post(address, json={"grant_type": "password"}, timeout=20)) == (
        400,
        "unsupported.grant.type",
    )


def test_bad_tokens(caller: Caller) -> None:
    good = caller.token
    caller.token = "gone"
    answer = caller.create()
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["message"]) == ("InvalidAuthentication", "不合法的access_token")
    assert caller.old("topapi/v2/user/get", {"userid": "manager0001"})["sub_code"] == "40014"
    assert caller.old("topapi/v2/user/get", {}, token="")["sub_code"] == "40000"
    bare = requests.post(f"{caller.base}/v1.0/workflow/processInstances", json={}, timeout=20)
    assert refusal(bare) == (400, "AuthenticationFailed.MissingParameter")
    caller.served.post("/_control/press", {"system": "dingtalk", "name": "expire_tokens"})
    caller.token = good
    assert refusal(caller.create())[1] == "InvalidAuthentication"


def test_a_short_token_runs_out(caller: Caller) -> None:
    caller.served.post("/_control/press", {"system": "dingtalk", "name": "expire_tokens"})
    caller.change(token_seconds=1)
    caller.token = caller.login().json()["accessToken"]
    assert caller.create().status_code == 200
    time.sleep(1.1)
    assert refusal(caller.create()) == (400, "InvalidAuthentication")


def test_unknown_addresses(caller: Caller) -> None:
    answer = requests.get(f"{caller.base}/v1.0/gettoken", timeout=20)
    assert (answer.status_code, answer.json()["errcode"]) == (200, 404)
    assert caller.old("topapi/nothing", {})["errcode"] == 22


@pytest.mark.parametrize(
    ("switch", "status", "code"),
    [
        ({"qps_limit_next": 1}, 403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
        ({"busy_next": 1}, 429, "system.busy"),
        ({"timeout_next": 1}, 504, "ServiceTimeout"),
        ({"address_refused": True}, 403, "Forbidden.AccessDenied.IpNotInWhiteList"),
    ],
)
def test_refusals_that_are_nobodys_form(caller: Caller, switch: dict[str, Any], status: int, code: str) -> None:
    caller.change(**switch)
    assert refusal(caller.create()) == (status, code)
    assert caller.served.effects("dingtalk", "create") == []
    if "address_refused" not in switch:
        assert caller.create().status_code == 200


def test_a_missing_permission_names_the_scope(caller: Caller) -> None:
    caller.change(missing_scopes=["Workflow.Instance.Write"])
    answer = caller.create()
    assert refusal(answer) == (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied")
    assert answer.json()["accessdenieddetail"]["requiredScopes"] == ["Workflow.Instance.Write"]


def test_calls_a_second_are_limited(caller: Caller) -> None:
    caller.change(qps_limit=3)
    codes = [caller.api("GET", "processInstances", processInstanceId="x").status_code for _ in range(6)]
    assert codes == [400, 400, 400, 403, 403, 403]


def test_the_firewalls_page(caller: Caller) -> None:
    caller.change(block_next=1)
    answer = caller.create()
    assert answer.status_code == 405
    assert answer.text.startswith("<!doctype html>")


# --- create --------------------------------------------------------------------------------------------------------


def test_create_is_not_idempotent_and_names_its_source(caller: Caller) -> None:
    first, second = (caller.made(RequestId="same") for _ in range(2))
    assert first != second
    assert "=" in first
    assert [(e["key"], e["source"]) for e in caller.served.effects("dingtalk", "create")] == [
        (first, "51"),
        (second, "51"),
    ]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"processCode": "PROC-none"}, "processCodeError"),
        ({"processCode": ""}, "invalidParameter"),
        ({"processCode": "PROC-11111111-2222-3333-4444-555555555506"}, "processGetFailed"),
        ({"originatorUserId": "nobody"}, "invalidParameter"),
        ({"originatorUserId": "user0009"}, "invalidParameter"),
        ({"deptId": None}, "processInstanceInvalidParameter"),
        ({"deptId": 1002}, "processInstanceInvalidParameter"),
        ({"deptId": 99}, "processInstanceInvalidParameter"),
        ({"originatorUserId": "user0002"}, "processInstanceInvalidParameter"),
        ({"microappAgentId": 5}, "invalidAgentId"),
        ({"ccList": ["nobody"]}, "processInstanceInvalidParameter"),
        (
            {"approvers": [{"actionType": "NONE", "userIds": ["user0002", "user0003"]}]},
            "processInstanceInvalidParameter",
        ),
        ({"approvers": [{"actionType": "AND", "userIds": ["nobody"]}]}, "processInstanceInvalidParameter"),
        ({"bizDetailPageUrl": "https://x"}, "benefitStatusInvalid"),
        ({"formComponentValues": []}, "invalidParameter"),
        ({"formComponentValues": [{"name": "来源单号", "value": 5}]}, "illegalComponent"),
    ],
)
def test_bad_parameters(caller: Caller, more: dict[str, Any], code: str) -> None:
    assert refusal(caller.create(**more)) == (400, code)
    assert caller.served.effects("dingtalk", "create") == []


def test_dept_is_not_needed_with_approvers_and_root_has_two_numbers(caller: Caller) -> None:
    approvers = [{"actionType": "NONE", "userIds": ["user0003"]}]
    number = caller.made(deptId=None, approvers=approvers)
    assert caller.detail(number)["approverUserIds"] == ["user0003"]
    assert caller.detail(caller.made(deptId=1))["originatorDeptId"] == "-1"
    assert caller.detail(caller.made(deptId=1001))["originatorDeptName"] == "采购部"


def rows(*rows: Any) -> dict[str, str]:
    return {"请购明细": json.dumps(rows, ensure_ascii=False)}


def cell(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


@pytest.mark.parametrize(
    ("values", "control"),
    [
        ({"没有的控件": "x"}, "没有的控件"),
        ({"来源单号": ""}, "来源单号"),
        ({"合计金额": "1,200.00"}, "合计金额"),
        ({"单据日期": "2026/11/24"}, "单据日期"),
        ({"单据日期": "2026-02-30"}, "单据日期"),
        ({"请购单别": "别的请购"}, "请购单别"),
        ({"附件": '[{"fileName":"a.pdf"}]'}, "附件"),
        ({"请购明细": "[]"}, "请购明细"),
        (rows({"品号": "A1", "需求数量": "5"}), "请购明细"),
        (rows([cell("品号", "A1")]), "请购明细"),
        (rows([cell("品号", "A1"), cell("需求数量", "五")]), "请购明细"),
        (rows([cell("品号", "A1"), cell("需求数量", "5"), cell("没有的列", "x")]), "请购明细"),
    ],
)
def test_a_control_that_does_not_fit_is_named(caller: Caller, values: dict[str, str], control: str) -> None:
    answer = caller.create(values)
    assert refusal(answer) == (400, "formConverterError")
    assert answer.json()["message"] == f"表单数据校验失败，失败控件：{control}"


GOOD = {
    "NumberField": "3.5",
    "DDDateField": "2026-01-31 10:00",
    "PhoneField": "15700000000",
    "DDPhotoField": '["https://example.com/a.png"]',
    "DepartmentField": "1001,1002",
    "StarRatingField": "5",
    "单选": "乙",
    "多选": '["甲","丙"]',
    '["开始时间","结束时间"]': '["2026-01-01","2026-01-05"]',
    "多人": '["user0002","user0003"]',
    '["当前时间","当前地点"]': '["2026-01-03 14:27:20",120.02,30.28,"地址",100]',
    "DDAttachment": '[{"spaceId":"1","fileName":"a","fileSize":"2","fileType":"pdf","fileId":"3"}]',
}
BAD = {
    "NumberField": "三",
    "DepartmentField": "77",
    "DDPhotoField": "a.png",
    "StarRatingField": "6",
    "单选": "丙",
    "多选": "甲",
    '["开始时间","结束时间"]': '["2026-01-01"]',
    "多人": '["nobody"]',
    "RelateField": '["nothing"]',
    "PhoneField": "电话",
}


def everything(caller: Caller, values: dict[str, str], **more: Any) -> requests.Response:
    chosen = [{"actionerKey": "manual_0001", "actionerUserIds": ["user0004"]}]
    form = [{"name": name, "value": value} for name, value in values.items()]
    code = caller.keys["process_codes"]["全部控件（自选审批人）"]
    more = {"targetSelectActioners": chosen, "processCode": code, "formComponentValues": form, **more}
    return caller.create(**more)


def test_every_kind_of_control(caller: Caller) -> None:
    assert everything(caller, GOOD).status_code == 200
    for label, value in BAD.items():
        answer = everything(caller, {"TextField": "x", label: value})
        assert answer.json()["message"].endswith(f"失败控件：{label}"), label
    for label in ("公式", "流水号", "说明文字"):
        assert refusal(everything(caller, {label: "1"})) == (400, "illegalComponent")


def test_a_node_that_the_applicant_chooses(caller: Caller) -> None:
    missing = everything(caller, GOOD, targetSelectActioners=[])
    assert refusal(missing) == (400, "targetSelectApproverMissing")
    wrong = [{"actionerKey": "manual_0001", "actionerUserIds": ["user0003"]}]
    assert refusal(everything(caller, GOOD, targetSelectActioners=wrong)) == (400, "targetSelectApproverScopeError")
    body = {
        "processCode": caller.keys["process_codes"]["全部控件（自选审批人）"],
        "deptId": -1,
        "userId": "manager0001",
        "formComponentValues": [{"name": "TextField", "value": "x"}],
    }
    rules = caller.api("POST", "processes/forecast", body).json()["result"]["workflowActivityRules"]
    assert [(r["isTargetSelect"], r["workflowActor"]["actorKey"]) for r in rules] == [(True, "manual_0001")]


def test_the_old_create(caller: Caller) -> None:
    values = [{"name": v["name"], "value": v["value"]} for v in caller.body()["formComponentValues"]]
    body = {
        "process_code": caller.keys["process_codes"]["采购申请"],
        "originator_user_id": "manager0001",
        "dept_id": -1,
        "form_component_values": values,
    }
    answer = caller.old("topapi/processinstance/create", body)
    assert answer["errcode"] == 0
    assert caller.detail(answer["process_instance_id"])["status"] == "RUNNING"
    assert caller.old("topapi/processinstance/create", {**body, "process_code": "PROC-x"})["errcode"] == 820001


def test_an_answer_lost_after_the_create_and_a_504(caller: Caller) -> None:
    caller.served.fault(system="dingtalk", op="create", when="after", action="drop")
    with pytest.raises(requests.ConnectionError):
        caller.create({"来源单号": "77"})
    caller.served.fault(system="dingtalk", op="create", when="after", action="status", status=504)
    assert caller.create({"来源单号": "78"}).status_code == 504
    assert [e["source"] for e in caller.served.effects("dingtalk", "create")] == ["77", "78"]
