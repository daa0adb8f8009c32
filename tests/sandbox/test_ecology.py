"""The pretended e-cology, spoken to over HTTP as a client would (protocol: sections A2-A12)."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

ROOT = Path(__file__).parents[2]
PORT = 9120
BASE = f"http://127.0.0.1:{PORT}/ecology"
CONTROL = f"http://127.0.0.1:{PORT}/_control"
PA = "/api/workflow/paService/"
TABLE = "formtable_main_1356_dt1"


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    database = tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite3"
    command = [sys.executable, "-m", "sandbox", "--port", str(PORT), "--db", str(database), "--fresh"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ})
    _wait_for(PORT)
    yield
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def fresh(server: None) -> None:
    requests.post(f"{CONTROL}/reset", timeout=10).raise_for_status()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {port}")


def encrypted(spk: str, text: str) -> str:
    key = load_der_public_key(base64.b64decode(spk))
    return base64.b64encode(key.encrypt(text.encode(), padding.PKCS1v15())).decode()


def licence() -> dict[str, str]:
    return requests.get(f"{BASE}/keys", timeout=10).json()


def apply(keys: dict[str, str], **headers: str) -> dict[str, Any]:
    sent = {"appid": keys["appid"], "secret": encrypted(keys["spk"], keys["secret"]), **headers}
    return requests.post(f"{BASE}/api/ec/dev/auth/applytoken", headers=sent, timeout=10).json()


class Client:
    """A caller of paService as OA user ``user``."""

    def __init__(self, user: str = "1") -> None:
        keys = licence()
        token = apply(keys, time="1800")["token"]
        self.headers = {"appid": keys["appid"], "token": token, "userid": encrypted(keys["spk"], user)}

    def get(self, name: str, **params: Any) -> Any:
        return requests.get(BASE + PA + name, params=params, headers=self.headers, timeout=10).json()

    def post(self, name: str, **form: Any) -> Any:
        data = {k: v if isinstance(v, str) else json.dumps(v) for k, v in form.items()}
        return requests.post(BASE + PA + name, data=data, headers=self.headers, timeout=10).json()

    def create(self, title: str = "采购申请 51", main: dict[str, Any] | None = None, **form: Any) -> Any:
        values = {"djbh": "51", "sqr": "manager", "djrq": "2026-11-24", **(main or {})}
        fields = [{"fieldName": name, "fieldValue": value} for name, value in values.items()]
        return self.post("doCreateRequest", workflowId="781", requestName=title, mainData=fields, **form)


def lines(*codes: str) -> list[dict[str, Any]]:
    rows = [[{"fieldName": "wlbm", "fieldValue": code}, {"fieldName": "sl", "fieldValue": "2"}] for code in codes]
    records = [{"recordOrder": 0, "workflowRequestTableFields": row} for row in rows]
    return [{"tableDBName": TABLE, "workflowRequestTableRecords": records}]


def change(**switches: Any) -> requests.Response:
    return requests.post(f"{BASE}/settings", json=switches, timeout=10)


def effects(op: str) -> list[dict[str, Any]]:
    return requests.get(f"{CONTROL}/effects", params={"system": "ecology", "op": op}, timeout=10).json()["effects"]


class Receiver:
    """Something that answers callbacks: keeps the bodies, answers ``answer``."""

    def __init__(self, port: int) -> None:
        self.bodies: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.answer: dict[str, Any] = {"success": "Y", "code": 0, "message": "OK"}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append((dict(self.headers), json.loads(body)))
                text = json.dumps(receiver.answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{port}/inbound"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(9121)
    yield made
    made.server.shutdown()
    made.server.server_close()


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
    from cryptography.hazmat.primitives import hashes

    keys = licence()
    key = load_der_public_key(base64.b64decode(keys["spk"]))
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    secret = base64.b64encode(key.encrypt(keys["secret"].encode(), oaep)).decode()
    headers = {"appid": keys["appid"], "secret": secret}
    assert requests.post(f"{BASE}/api/ec/dev/auth/applytoken", headers=headers, timeout=10).json()["status"] is False


def test_regist_rotates_and_locks_out_the_old_keys() -> None:
    old = licence()
    url = f"{BASE}/api/ec/dev/auth/regist"
    answer = requests.post(url, headers={"appid": old["appid"], "cpk": "anything"}, timeout=10).json()
    assert answer["status"] is True and answer["spk"] != old["spk"]
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
    assert answer.status_code == 200 and "<html>" in answer.text


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


# --- modelling tables ----------------------------------------------------------------------------------------------


def datajson(*rows: dict[str, Any], password: str = "PWD01", **header: str) -> dict[str, Any]:
    moment = "20230920210444"
    digest = hashlib.md5(f"SYS01{password}{moment}".encode()).hexdigest()
    info = {"operator": "15273", "operationDate": "2023-09-20", "operationTime": "21:04:44"}
    wrapped = [{"operationinfo": info, "mainTable": {}, **row} for row in rows]
    return {"header": {"systemid": "SYS01", "currentDateTime": moment, "Md5": digest, **header}, "data": wrapped}


def cube(method: str, call: dict[str, Any], name: str = "saveOrUpdateModeData", **headers: str) -> Any:
    url = f"{BASE}/api/cube/restful/interface/{name}/{method}"
    return requests.post(url, data={"datajson": json.dumps(call)}, headers=headers, timeout=10).json()


def item(code: str, **more: Any) -> dict[str, Any]:
    return {"mainTable": {"wlbm": code, "wlmc": f"物料{code}", **more}}


def bills(answer: dict[str, Any]) -> list[str]:
    return [row["billid"] for row in json.loads(answer["datajson"])["data"]]


def test_the_md5_of_the_protocol_page() -> None:
    assert datajson()["header"]["Md5"] == "e4c5396a332b8f8fc914b87ba61cf3f4"


def test_rows_are_inserted_and_updated_by_id() -> None:
    answer = cube("material", datajson(item("A1"), item("A2")))
    assert answer["status"] == "1"
    first, second = bills(answer)
    assert first != second
    again = cube("material", datajson({"mainTable": {"id": first, "wlmc": "新名称"}}))
    assert bills(again) == [first]
    assert [(e["op"], e["source"]) for e in effects("create") if "/" in e["key"]] == [
        ("create", "A1"),
        ("create", "A2"),
    ]
    query = {**datajson(), "mainTable": {"id": first}, "pageInfo": {"pageNo": "1", "pageSize": "10"}}
    rows = json.loads(cube("material", query, "getModeDataPageList")["result"])
    assert rows == [{"mainTable": {"id": first, "wlbm": "A1", "wlmc": "新名称"}}]


def test_without_a_unique_rule_the_same_code_is_doubled_and_with_it_updated() -> None:
    assert len({*bills(cube("material", datajson(item("A1")))), *bills(cube("material", datajson(item("A1"))))}) == 2
    unique = [bills(cube("material_unique", datajson(item("A1")))) for _ in range(2)]
    assert unique[0] == unique[1]


def test_one_refused_row_among_good_ones() -> None:
    change(cube_refuse=[{"method": "material", "column": "wlbm", "value": "BAD", "message": "物料组已封存"}])
    answer = cube("material", datajson(item("A1"), item("BAD"), item("A3"), item("A4", nosuch="1")))
    assert answer["status"] == "2"
    rows = json.loads(answer["datajson"])["data"]
    assert [bool(row["billid"]) for row in rows] == [True, False, True, False]
    assert [row["msg"] for row in rows] == ["", "物料组已封存", "", "字段不存在：nosuch"]
    assert cube("material", datajson(item("BAD")))["status"] == "3"


def test_required_columns_and_detail_wrappers() -> None:
    assert cube("material", datajson({"mainTable": {"wlbm": "A1"}}))["status"] == "3"
    main = {"hbbm": "C1", "hbmc": "客户"}
    bare = {"mainTable": main, "detail1": [{"dzmc": "总部"}]}
    assert "operate" in json.loads(cube("partner", datajson(bare))["datajson"])["data"][0]["msg"]
    row = {"operate": {"action": "SaveOrUpdate", "actionDescribe": ""}, "data": {"dzmc": "总部", "cs": "上海"}}
    assert cube("partner", datajson({"mainTable": main, "detail1": [row]}))["status"] == "1"
    found = json.loads(cube("partner", {**datajson(), "mainTable": {"hbbm": "C1"}}, "getModeDataPageList")["result"])
    assert found[0]["detail1"] == [{"dzmc": "总部", "cs": "上海"}]


def test_wrong_md5_unknown_method_bad_json() -> None:
    assert cube("material", datajson(item("A1"), password="no"))["status"] == "4"
    assert cube("nosuch", datajson(item("A1"))) == {"status": "4", "message": "接口标识不存在：nosuch", "datajson": ""}
    url = f"{BASE}/api/cube/restful/interface/saveOrUpdateModeData/material"
    assert requests.post(url, data={"datajson": "{"}, timeout=10).json()["status"] == "3"
    lower = datajson(item("A1"))
    lower["header"]["md5"] = lower["header"].pop("Md5")
    assert cube("material", lower)["status"] == "4"


def test_a_bad_token_is_refused_even_with_a_good_md5() -> None:
    answer = cube("material", datajson(item("A1")), appid="EEAA5436", token="gone")
    assert answer["msg"].startswith("token不存在或者超时")


def test_other_shapes_of_the_answer_and_the_count() -> None:
    change(cube_shape="double")
    assert json.loads(cube("material", datajson(item("A1"))))["status"] == "1"
    change(cube_shape="code")
    assert cube("material", datajson(item("A2")))["code"] == "success"
    assert cube("material", {**datajson(), "mainTable": {}}, "getModeDataPageCount")["result"] == "2"


# --- what the OA sends ---------------------------------------------------------------------------------------------


def act(number: int, **fields: Any) -> dict[str, Any]:
    return requests.post(f"{BASE}/act", json={"requestid": str(number), **fields}, timeout=20).json()


def test_an_approval_posts_the_decision_and_archives(receiver: Receiver) -> None:
    change(decision_url=receiver.url, decision_app_code="code-1")
    number = Client().create()["data"]["requestid"]
    answer = act(number, status="Y", remark="同意", objType="1470000113")
    assert (answer["node"], answer["moved"], answer["answer"]["success"]) == ("archive", True, True)
    headers, body = receiver.bodies[0]
    assert headers["X-Apig-AppCode"] == "code-1"
    assert body["approveTime"][:2] == "20"
    expected = {"requestid": str(number), "status": "Y", "remark": "同意", "approver": "2979", "approverName": "李四"}
    assert {**body, **expected, "objType": "1470000113"} == body


def test_a_failing_action_blocks_the_node(receiver: Receiver) -> None:
    change(decision_url=receiver.url)
    receiver.answer = {"success": "N", "code": 40401, "message": "没有找到草稿"}
    number = Client().create()["data"]["requestid"]
    answer = act(number, status="N", remark="不行")
    assert (answer["node"], answer["moved"]) == ("approve", False)
    assert answer["answer"]["body"]["message"] == "没有找到草稿"
    change(block_on_failure=False)
    assert act(number, status="N")["moved"] is True
    assert act(number, status="Y") == {"error": "流程不在审批节点：审批 至 创建"}


def test_an_unknown_word_is_only_sent(receiver: Receiver) -> None:
    change(decision_url=receiver.url)
    number = Client().create()["data"]["requestid"]
    assert act(number, status="也许")["moved"] is False
    assert receiver.bodies[0][1]["status"] == "也许"


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


def test_a_document_in_three_variants(receiver: Receiver) -> None:
    change(push_targets={"783": {"url": receiver.url, "app_code": "orders"}})
    order = Client("2978").post("getMyWorkflowRequestList", conditions={"workflowIds": "783"})[0]["requestId"]
    for variant in (1, 2, 3):
        sent = {"requestid": order, "variant": variant}
        assert requests.post(f"{BASE}/push", json=sent, timeout=20).json()["answer"]["success"] is True
    one, two, three = [body for _, body in receiver.bodies]
    assert {headers["X-Apig-AppCode"] for headers, _ in receiver.bodies} == {"orders"}
    assert (one["objType"], one["mainData"]["CardCode"], one["detailData"][0]["Quantity"]) == ("Orders", "C20000", "2")
    assert two["mainData"][0] == {"fieldName": "CardCode", "fieldValue": "C20000"}
    assert two["detailData"][0]["workflowRequestTableRecords"][0]["recordOrder"] == 0
    assert (three["CardCode"], three["DocumentLines"][0]["ItemCode"]) == ("C20000", "A00006")
    other = {"body": {"requestid": "1", "mainData": {}}, "url": receiver.url, "app_code": "x"}
    assert requests.post(f"{BASE}/push", json=other, timeout=20).json()["answer"]["sent"] == other["body"]


def test_a_request_that_a_person_makes_in_the_oa() -> None:
    body = {"workflowId": "784", "requestName": "供应商准入-2", "creator": "2979", "main": {"CardCode": "V1"}}
    number = requests.post(f"{BASE}/new", json=body, timeout=10).json()["requestid"]
    mine = Client("2979").post("getMyWorkflowRequestList")
    assert [(row["requestId"], row["requestName"]) for row in mine] == [(number, "供应商准入-2")]


def test_unknown_switches_are_refused() -> None:
    assert change(nosuch=1).status_code == 400


def test_the_page_shows_and_decides(receiver: Receiver) -> None:
    number = Client().create(detailData=lines("A00006"))["data"]["requestid"]
    page = requests.get(f"{BASE}/", timeout=10).text
    assert "采购申请 51" in page and "同意" in page and "数据外发" in page and "A00006" in page
    form = {"button": "settings", "decision_url": receiver.url, "decision_app_code": "c"}
    requests.post(f"{BASE}/", data=form, timeout=10).raise_for_status()
    pressed = requests.post(f"{BASE}/", data={"button": "N", "requestid": number, "remark": "退"}, timeout=10).text
    assert "处理结果" in pressed and "&quot;success&quot;: &quot;Y&quot;" in pressed
    assert receiver.bodies[0][1]["remark"] == "退"
