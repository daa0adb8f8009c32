"""The pretended e-cology: login and the creation of requests (protocol: A2-A6)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.sandbox.ecology_caller import (
    BASE,
    CONTROL,
    PA,
    PORT,
    Client,
    apply,
    change,
    effects,
    encrypted,
    licence,
    lines,
    public_key,
)
from tests.sandbox.served import Served, serve


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[Served]:
    with serve("ecology", PORT) as served:
        yield served


@pytest.fixture(autouse=True)
def fresh(server: Served) -> None:
    server.reset()


# --- login ---------------------------------------------------------------------------------------------------------


def test_a_token_for_the_encrypted_secret() -> None:
    keys = licence()
    assert keys["appid"] == "EEAA5436"
    assert len(keys["spk"]) == 392
    answer = apply(keys)
    assert (answer["status"], answer["code"], answer["msg"]) == (True, 0, "获取成功!")
    assert [effect["key"] for effect in effects("login")] == [answer["token"]]


def test_the_demo_licence_survives_a_reset() -> None:
    before = licence()
    requests.post(f"{CONTROL}/reset", timeout=10)
    assert licence() == before


def test_wrong_secret_unknown_appid_and_plain_secret_are_told_apart() -> None:
    keys = licence()
    assert apply({**keys, "secret": "wrong"})["msg"] == "认证信息错误！"
    assert apply({**keys, "appid": "NOBODY"})["msg"] == "认证信息错误！"
    plain = {"appid": keys["appid"], "secret": keys["secret"]}
    answer = requests.post(f"{BASE}/api/ec/dev/auth/applytoken", headers=plain, timeout=10).json()
    assert answer == {"msg": "secret解密失败,请检查加密内容.", "code": -1, "msgShowType": "none", "status": False}


def test_oaep_is_refused() -> None:
    keys = licence()
    key = public_key(keys["spk"])
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    secret = base64.b64encode(key.encrypt(keys["secret"].encode(), oaep)).decode()
    headers = {"appid": keys["appid"], "secret": secret}
    assert requests.post(f"{BASE}/api/ec/dev/auth/applytoken", headers=headers, timeout=10).json()["status"] is False


def test_regist_rotates_and_locks_out_the_old_keys() -> None:
    old = licence()
    url = f"{BASE}/api/ec/dev/auth/regist"
    answer = requests.post(url, headers={"appid": old["appid"], "cpk": "anything"}, timeout=10).json()
    assert answer["status"] is True
    assert answer["spk"] != old["spk"]
    assert apply(old)["status"] is False
    assert apply({**old, "secret": answer["secrit"], "spk": answer["spk"]})["status"] is True
    failed = requests.post(url, headers={"appid": "NOBODY", "cpk": "x"}, timeout=10).json()
    assert (failed["code"], failed["status"]) == (0, False)
    assert failed["errmsg"] == "注册失败没有在找到正确的APPID:NOBODY"


def test_an_expired_token_is_named_in_the_answer() -> None:
    client = Client()
    requests.post(f"{BASE}/expire_tokens", timeout=10)
    answer = client.create()
    token = client.headers["token"]
    assert answer == {"msg": f"token不存在或者超时：{token}", "code": -1, "msgShowType": "none", "status": False}
    change(session_timeout_text=True)
    assert client.create() == {"msg": "登录信息超时", "errorCode": "002", "status": False}
    assert effects("create") == []


def test_a_token_lives_as_long_as_was_asked() -> None:
    keys = licence()
    token = apply(keys, time="1")["token"]
    headers = {"appid": keys["appid"], "token": token, "userid": encrypted(keys["spk"], "1")}
    url = BASE + PA + "getCreateWorkflowList"
    assert isinstance(requests.post(url, headers=headers, timeout=10).json(), list)
    time.sleep(1.1)
    assert requests.post(url, headers=headers, timeout=10).json()["status"] is False


def test_a_cookie_makes_the_call_somebody_elses() -> None:
    client = Client()
    client.headers["Cookie"] = "ecology_JSessionid=abc"
    assert client.create()["code"] == "NO_PERMISSION"
    assert client.post("getMyWorkflowRequestList") == []
    assert len(effects("cookie_sent")) == 2


def test_plain_userid_and_locked_user() -> None:
    client = Client()
    client.headers["userid"] = "1"
    assert client.create()["msg"] == "userid解密失败,请检查加密内容."
    assert Client("4000").create()["msg"] == "该账号存在异常,单点登录失败"


# --- create --------------------------------------------------------------------------------------------------------


def test_create_answers_a_number_and_flows_to_the_approver() -> None:
    client = Client()
    answer = client.create(detailData=lines("A00006", "B1"))
    assert answer["code"] == "SUCCESS"
    number = answer["data"]["requestid"]
    assert isinstance(number, int)
    assert answer["reqFailMsg"]["otherParams"] == {"doAutoApprove": "0"}
    whole = client.get("getWorkflowRequest", requestId=number)["data"]
    assert whole["currentNodeName"] == "审批"
    rows = whole["workflowDetailTableInfos"][0]["workflowRequestTableRecords"]
    assert [row["workflowRequestTableFields"][0]["fieldValue"] for row in rows] == ["A00006", "B1"]
    mine = [e for e in effects("create") if e["key"] == str(number)]
    assert [e["source"] for e in mine] == ["采购申请 51"]


def test_create_with_one_json_body() -> None:
    client = Client()
    main = [{"fieldName": name, "fieldValue": value} for name, value in [("djbh", "1"), ("sqr", "a")]]
    main.append({"fieldName": "djrq", "fieldValue": "2026-01-01"})
    body = {"workflowId": 781, "requestName": "json", "mainData": main, "detailData": lines("A1")}
    answer = requests.post(BASE + PA + "doCreateRequest", json=body, headers=client.headers, timeout=10).json()
    assert answer["code"] == "SUCCESS"


@pytest.mark.parametrize(
    ("main", "field"),
    [
        ({"nosuch": "1"}, "nosuch"),
        ({"requestname": "x"}, "requestname"),
        ({"sqr": ""}, "sqr"),
        ({"hjje": "1,200"}, "hjje"),
        ({"djrq": "2026/11/24"}, "djrq"),
        ({"djrq": "2026-02-30"}, "djrq"),
        ({"jjcd": "紧急"}, "jjcd"),
        ({"jjcd": "3"}, "jjcd"),
        ({"sprq": "张三"}, "sprq"),
    ],
)
def test_a_field_that_does_not_fit_rejects_the_request(main: dict[str, str], field: str) -> None:
    before = len(effects("create"))
    answer = Client().create(main=main)
    assert answer["code"] == "PARAM_ERROR"
    assert list(answer["errMsg"]) == [f"error_param_{field}"]
    assert len(effects("create")) == before


def test_empty_malformed_and_unknown_parameters() -> None:
    client = Client()
    empty = client.post("doCreateRequest", workflowId="781", requestName="x")
    assert empty["errMsg"] == {"mainData": "新建流程主表数据不允许为空"}
    broken = client.post("doCreateRequest", workflowId="781", requestName="x", mainData="[{}]}")
    assert broken["errMsg"] == {"workflowId": 0}
    unknown = client.post("doCreateRequest", workflowId="9", requestName="x", mainData="[]")
    assert (unknown["code"], unknown["errMsg"]) == ("PARAM_ERROR", {"workflowId": "9"})
    table = [{"tableDBName": "", "workflowRequestTableRecords": []}]
    assert client.create(detailData=table)["code"] == "PARAM_ERROR"
    stranger = Client("2980").create()
    assert (stranger["code"], stranger["errMsg"]) == ("NO_PERMISSION", {})


def test_attachments() -> None:
    good = [{"filePath": "base64:QUJD", "fileName": "a.pdf"}]
    assert Client().create(main={"fj": json.dumps(good)})["code"] == "SUCCESS"
    assert Client().create(main={"fj": good})["code"] == "SUCCESS"
    assert Client().create(main={"fj": "a.pdf"})["code"] == "PARAM_ERROR"


def test_isnextflow_zero_stays_with_the_creator_and_a_blank_in_the_key_is_ignored() -> None:
    client = Client()
    stays = client.create(otherParams={"isnextflow": "0"})["data"]["requestid"]
    goes = client.create(otherParams={"isnextflow ": "0"})["data"]["requestid"]
    assert client.get("getRequestStatus", requestId=stays)["data"]["currentNodeType"] == "0"
    assert client.get("getRequestStatus", requestId=goes)["data"]["currentNodeType"] == "1"


def test_the_code_as_an_object_and_failing_calls() -> None:
    client = Client()
    change(code_shape="object", fail_next=1)
    assert client.create()["code"] == {"name": "SYSTEM_INNER_ERROR", "statusCode": 4}
    assert client.create()["code"] == {"name": "SUCCESS", "statusCode": 1}


def test_an_answer_lost_after_the_create() -> None:
    client = Client()
    rule = {"system": "ecology", "op": "create", "when": "after", "action": "drop"}
    requests.post(f"{CONTROL}/faults", json=rule, timeout=10)
    with pytest.raises(requests.ConnectionError):
        client.create("采购申请 77")
    found = client.post("getHandledWorkflowRequestList", conditions={"requestname": "采购申请 77"})
    assert [row["requestName"] for row in found] == ["采购申请 77"]


def test_a_login_page_instead_of_json() -> None:
    change(login_page=True)
    answer = requests.post(BASE + PA + "doCreateRequest", timeout=10)
    assert answer.status_code == 200
    assert "<html>" in answer.text
