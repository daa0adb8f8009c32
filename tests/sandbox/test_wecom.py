"""The pretended WeCom, over real HTTP: calls, templates, the approval's life, and callbacks to a real receiver."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.wecom import crypto
from tests.sandbox.receiver import Receiver, listening, opened
from tests.sandbox.served import Served, serve

API = "/wecom/cgi-bin"
CORP, SECRET = "ww0a1b2c3d4e5f6071", "wecom-demo-secret-of-the-self-built-app-0001"
APPROVAL_SECRET = "wecom-demo-secret-of-the-approval-app-00001"
PURCHASE = "C4RbQ7mPurchaseRequest0001demoTemplateId9v"
ISSUE = "C4UeK2nInventoryIssue00002demoTemplateId7w"
CONTRACT = "C4WdT5pContract0000000003demoTemplateId5x"
NUMBER = {"control": "Text", "id": "Text-1027548918936", "value": {"text": "12"}}
LINE = [
    {"control": "Text", "id": "Text-1027731034830", "value": {"text": "A00006"}},
    {"control": "Number", "id": "Number-1027731947210", "value": {"new_number": "5"}},
    {"control": "Date", "id": "Date-1027731032300", "value": {"date": {"type": "day", "s_timestamp": "1767225600"}}},
]
TABLE = {"control": "Table", "id": "Table-1027695342485", "value": {"children": [{"list": LINE}, {"list": LINE}]}}
VECTORS = json.loads((Path(__file__).parent / "fixtures" / "wecom_vectors.json").read_text())["vectors"]


class WeCom:
    """A bare client of the calls, and the hands of a person."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.token = self.get_token()["access_token"]

    def get_token(self, corp: str = CORP, secret: str = SECRET) -> dict:
        return self.served.get(f"{API}/gettoken", params={"corpid": corp, "corpsecret": secret})

    def call(self, path: str, body: dict | None = None) -> dict:
        return self.served.post(f"{API}/{path}?access_token={self.token}", body or {})

    def read(self, path: str, **query: object) -> dict:
        return self.served.get(f"{API}/{path}", params={"access_token": self.token, **query})

    def submit(self, contents: list | None = None, **fields: object) -> dict:
        contents = [NUMBER, TABLE] if contents is None else contents
        return self.call("oa/applyevent", {**request(), "apply_data": {"contents": contents}, **fields})

    def submitted(self, **fields: object) -> str:
        answer = self.submit(**fields)
        assert answer["errcode"] == 0, answer
        return answer["sp_no"]

    def detail(self, number: str) -> dict:
        return self.call("oa/getapprovaldetail", {"sp_no": number})["info"]

    def act(self, do: str, **fields: object) -> dict:
        return self.served.post("/wecom/act", {"do": do, **fields})

    def settle(self) -> None:
        """Until no event is on its way."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if all(event["state"] != "waiting" for event in self.served.get("/wecom/events")["events"]):
                return
            time.sleep(0.02)

    def set(self, **settings: object) -> dict:
        return self.served.post("/wecom/settings", settings)


def request(template: str = PURCHASE) -> dict:
    return {
        "creator_userid": "zhang.san",
        "template_id": template,
        "use_template_approver": 1,
        "summary_list": [{"summary_info": [{"text": "采购申请 12", "lang": "zh_CN"}]}],
    }


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve("wecom", 9132) as running:
        yield running


@pytest.fixture
def wecom(served: Served) -> WeCom:
    served.reset()
    return WeCom(served)


@pytest.fixture
def receiver(wecom: WeCom) -> Iterator[Receiver]:
    """Events go to a receiver that checks and decrypts them; retries come at once."""
    with listening(9133) as running:
        wecom.set(url=running.url, scale=0.01)
        yield running


class TestCrypto:
    @pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
    def test_seals_and_signs_as_the_reference_library(self, vector: dict) -> None:
        salt = vector["random16"].encode()
        assert crypto.seal(vector["encoding_aes_key"], vector["id"], vector["plaintext"], salt) == vector["encrypt"]
        signed = crypto.signature(vector["token"], vector["timestamp"], vector["nonce"], vector["encrypt"])
        assert signed == vector["signature"]
        assert opened(vector["encrypt"], vector["encoding_aes_key"]) == (vector["plaintext"], vector["id"])


class TestToken:
    def test_same_token_while_it_is_valid_and_one_for_each_secret(self, wecom: WeCom) -> None:
        assert wecom.get_token()["access_token"] == wecom.token
        assert wecom.get_token(secret=APPROVAL_SECRET)["access_token"] != wecom.token
        assert len(wecom.token) > 200

    @pytest.mark.parametrize(
        "corp, secret, code", [("", SECRET, 41002), (CORP, "", 41004), ("wwx", SECRET, 40013), (CORP, "x", 40001)]
    )
    def test_wrong_credentials(self, wecom: WeCom, corp: str, secret: str, code: int) -> None:
        assert wecom.get_token(corp, secret)["errcode"] == code

    def test_dead_tokens(self, wecom: WeCom) -> None:
        wecom.act("expire_tokens", expired=True)
        assert wecom.submit()["errcode"] == 42001
        wecom.act("expire_tokens")
        assert wecom.submit()["errcode"] == 40014
        wecom.token = ""
        assert wecom.submit()["errcode"] == 41001

    def test_errors_are_http_200_with_a_tail_that_differs(self, wecom: WeCom) -> None:
        url = f"{wecom.served.url}{API}/oa/getapprovaldetail?access_token=x"
        first, second = (requests.post(url, json={}, timeout=5) for _ in range(2))
        assert first.status_code == 200
        assert first.json()["errmsg"].startswith("invalid access_token, hint: [")
        assert first.json()["errmsg"].endswith("more info at https://open.work.weixin.qq.com/devtool/query?e=40014")
        assert "from ip: 127.0.0.1" in first.json()["errmsg"]
        assert first.headers["error-code"] == "40014"
        assert first.json()["errmsg"] != second.json()["errmsg"]


class TestAdmission:
    def test_address_not_trusted(self, wecom: WeCom) -> None:
        wecom.set(trusted_ips="203.0.113.1")
        answer = wecom.submit()
        assert answer["errcode"] == 60020
        assert "from ip: 127.0.0.1" in answer["errmsg"]

    def test_call_not_permitted(self, wecom: WeCom) -> None:
        wecom.set(denied="applyevent")
        assert wecom.submit()["errcode"] == 48002

    def test_rate(self, wecom: WeCom) -> None:
        wecom.set(rate_per_minute=2)
        codes = [wecom.submit()["errcode"] for _ in range(3)]
        assert codes == [0, 0, 45009]
        assert len(wecom.served.effects("wecom", "create")) == 2

    @pytest.mark.parametrize("code", [-1, 45033, 301057])
    def test_any_errcode_can_be_forced(self, wecom: WeCom, code: int) -> None:
        wecom.set(errcode=code)
        assert wecom.submit()["errcode"] == code
        assert wecom.served.effects("wecom", "create") == []

    def test_approval_app_disabled(self, wecom: WeCom) -> None:
        wecom.set(approval_disabled="true")
        assert wecom.submit()["errcode"] == 301056

    def test_dropped_after_the_effect(self, wecom: WeCom) -> None:
        wecom.served.fault(system="wecom", op="create", when="after", action="drop")
        with pytest.raises(requests.ConnectionError):
            wecom.submit()
        assert [e["source"] for e in wecom.served.effects("wecom", "create")] == ["12"]


class TestSubmit:
    def test_number_is_the_day_and_a_count(self, wecom: WeCom) -> None:
        first, second = wecom.submitted(), wecom.submitted()
        assert len(first) == 12
        assert int(second) == int(first) + 1
        effects = wecom.served.effects("wecom", "create")
        assert [(e["key"], e["source"]) for e in effects] == [(first, "12"), (second, "12")]

    @pytest.mark.parametrize(
        "fields, code",
        [
            ({"template_id": "x"}, 301026),
            ({"creator_userid": "niemand"}, 60111),
            ({"creator_userid": "zhou.jiu"}, 301025),
            ({"contents": []}, 301025),
            ({"contents": [TABLE]}, 301025),
            ({"contents": [{**NUMBER, "value": {"text": ""}}, TABLE]}, 301025),
            ({"contents": [NUMBER, TABLE, {**NUMBER, "id": "Text-1"}]}, 301025),
            ({"summary_list": []}, 301025),
            ({"summary_list": [{"summary_info": [{"text": "长" * 21, "lang": "zh_CN"}]}]}, 301025),
            ({"use_template_approver": 0}, 301025),
        ],
    )
    def test_refusals(self, wecom: WeCom, fields: dict, code: int) -> None:
        assert wecom.submit(**fields)["errcode"] == code
        assert wecom.served.effects("wecom", "create") == []

    def test_the_words_of_301025(self, wecom: WeCom) -> None:
        wrong = wecom.submit([NUMBER, TABLE, {**NUMBER, "id": "Text-1"}])["errmsg"]
        missing = wecom.submit([NUMBER])["errmsg"]
        assert wrong.startswith("get approval param error:invalid control id Text-1,")
        assert missing.startswith("get approval param error:Table-1027695342485 has no require control,")

    @pytest.mark.parametrize(
        "cell",
        [
            {"id": "Text-1027548918936", "value": {"text": "12"}},
            {**NUMBER, "control": "Textarea"},
            {**NUMBER, "value": {"text": 12}},
        ],
    )
    def test_strictness_can_be_switched_off(self, wecom: WeCom, cell: dict) -> None:
        assert wecom.submit([cell, TABLE])["errcode"] == 301025
        if "control" not in cell:
            wecom.set(strict="false")
            assert wecom.submit([cell, TABLE])["errcode"] == 0

    @pytest.mark.parametrize(
        "line",
        [
            LINE[:1],
            [*LINE, {"control": "Text", "id": "Text-9", "value": {"text": "x"}}],
            [LINE[0], {**LINE[1], "value": {"text": "5"}}],
            [LINE[0], {**LINE[1], "value": {"new_number": 5}}],
            [LINE[0], {**LINE[1], "value": {"new_number": "1,200"}}],
            [*LINE[:2], {**LINE[2], "value": {"date": {"type": "day", "s_timestamp": "1767225600000"}}}],
            [*LINE[:2], {**LINE[2], "value": {"date": {"type": "hour", "s_timestamp": "1767225600"}}}],
            {"品号": "A00006"},
        ],
    )
    def test_table_rows_are_checked(self, wecom: WeCom, line: object) -> None:
        answer = wecom.submit([NUMBER, {**TABLE, "value": {"children": [{"list": line}]}}])
        assert answer["errcode"] == 301025

    def test_selector_wants_the_option_key(self, wecom: WeCom) -> None:
        number = {**NUMBER, "id": "Text-1690000000010"}
        line = [
            {"control": "Text", "id": "Text-1690000100001", "value": {"text": "A"}},
            {"control": "Number", "id": "Number-1690000100002", "value": {"new_number": "1"}},
        ]
        table = {"control": "Table", "id": "Table-1690000000013", "value": {"children": [{"list": line}]}}

        def chosen(key: str) -> dict:
            choice = {"selector": {"type": "single", "options": [{"key": key}]}}
            cell = {"control": "Selector", "id": "Selector-1690000000012", "value": choice}
            return wecom.submit([number, table, cell], template_id=ISSUE)

        assert chosen("部门领用")["errcode"] == 301025
        cells = wecom.detail(chosen("option-1690000000001")["sp_no"])["apply_data"]["contents"]
        selector = next(cell["value"]["selector"] for cell in cells if cell["control"] == "Selector")
        assert selector["options"][0]["value"] == [{"text": "部门领用", "lang": "zh_CN"}]

    def test_money_contact_and_optional_blanks(self, wecom: WeCom) -> None:
        cells = [
            {**NUMBER, "id": "Text-1700000000001"},
            {"control": "Money", "id": "Money-1700000000003", "value": {"new_money": "1200.50"}},
            {"control": "Contact", "id": "Contact-1700000000005", "value": {"members": [{"userid": "li.si"}]}},
            {"control": "Textarea", "id": "Textarea-1700000000006", "value": {"text": ""}},
        ]
        number = wecom.submit(cells, template_id=CONTRACT)["sp_no"]
        read = {c["id"]: c["value"] for c in wecom.detail(number)["apply_data"]["contents"]}
        assert read["Money-1700000000003"]["new_money"] == "1200.50"
        assert read["Contact-1700000000005"]["members"] == [{"userid": "li.si", "name": "李四"}]
        assert read["Date-1700000000004"] == {**read["Date-1700000000004"], "members": [], "children": []}

    def test_file_must_be_uploaded_first(self, wecom: WeCom) -> None:
        cell = {"control": "File", "id": "File-1027695342499", "value": {"files": [{"file_id": "x"}]}}
        assert wecom.submit([NUMBER, TABLE, cell])["errcode"] == 301025
        url = f"{wecom.served.url}{API}/media/upload?access_token={wecom.token}&type=file"
        up = requests.post(url, files={"media": ("合同.pdf", b"%PDF-1.7", "application/pdf")}, timeout=5).json()
        cell["value"] = {"files": [{"file_id": up["media_id"]}]}
        number = wecom.submit([NUMBER, TABLE, cell])["sp_no"]
        cells = wecom.detail(number)["apply_data"]["contents"]
        file = next(c["value"]["files"][0] for c in cells if c["control"] == "File")
        assert file["file_id"].startswith("WWCISP_")
        assert file["file_name"] == "合同.pdf"
        query = {"access_token": wecom.token, "media_id": file["file_id"]}
        got = requests.get(f"{wecom.served.url}{API}/media/get", params=query, timeout=5)
        assert got.content == b"%PDF-1.7"

    def test_own_approvers_in_both_forms(self, wecom: WeCom) -> None:
        new = {"node_list": [{"type": 1, "apv_rel": 1, "userid": ["li.si", "zhao.liu"]}]}
        number = wecom.submitted(use_template_approver=0, process=new)
        assert wecom.detail(number)["sp_record"][0]["approverattr"] == 2
        old = [{"attr": 1, "userid": ["li.si", "zhao.liu"]}]
        number = wecom.submitted(use_template_approver=0, approver=old, notifyer=["sun.ba"])
        detail = wecom.detail(number)
        assert (detail["sp_record"][0]["approverattr"], detail["notifyer"]) == (1, [{"userid": "sun.ba"}])


class TestTemplate:
    def test_detail_tells_controls_and_table_children(self, wecom: WeCom) -> None:
        answer = wecom.call("oa/gettemplatedetail", {"template_id": PURCHASE})
        controls = answer["template_content"]["controls"]
        titles = [control["property"]["title"][0]["text"] for control in controls]
        assert titles[:2] == ["草稿单号", "申请理由"]
        assert controls[0]["property"]["require"] == 1
        assert "config" not in controls[0]
        table = next(c for c in controls if c["property"]["control"] == "Table")
        kinds = [child["property"]["control"] for child in table["config"]["table"]["children"]]
        assert kinds == ["Text", "Text", "Number", "Date"]

    def test_unknown_template(self, wecom: WeCom) -> None:
        assert wecom.call("oa/gettemplatedetail", {"template_id": "x"})["errcode"] == 301026

    def test_created_template_is_used(self, wecom: WeCom) -> None:
        title = [{"text": "单据编号", "lang": "zh_CN"}]
        control = {"property": {"control": "Text", "id": "Text-01", "title": title, "require": 1}}
        body = {"template_name": [{"text": "超领料单", "lang": "zh_CN"}], "template_content": {"controls": [control]}}
        template = wecom.call("oa/approval/create_template", body)["template_id"]
        cell = {"control": "Text", "id": "Text-01", "value": {"text": "7"}}
        assert wecom.submit([cell], template_id=template)["errcode"] == 0
        assert wecom.served.effects("wecom", "create")[0]["source"] == "7"


class TestPeople:
    def test_users_and_departments(self, wecom: WeCom) -> None:
        assert wecom.read("user/get", userid="li.si")["name"] == "李四"
        assert wecom.read("user/get", userid="x")["errcode"] == 60111
        assert wecom.call("user/getuserid", {"mobile": "13800000002"})["userid"] == "li.si"
        assert len(wecom.read("department/list")["department"]) == 6
        assert len(wecom.read("user/simplelist", department_id=1, fetch_child=1)["userlist"]) == 8


class TestLife:
    def test_two_nodes_one_any_one_all(self, wecom: WeCom) -> None:
        number = wecom.act("submit", template_id=ISSUE, creator="zhang.san", values={"草稿单号": "9"})["sp_no"]
        wecom.act("approve", sp_no=number, user="li.si")
        first, second = wecom.detail(number)["sp_record"]
        assert [d["sp_status"] for d in first["details"]] == [1, 2]
        assert (first["sp_status"], second["sp_status"]) == (2, 1)
        wecom.act("approve", sp_no=number, user="qian.qi")
        assert wecom.detail(number)["sp_status"] == 1
        wecom.act("approve", sp_no=number, user="zhao.liu", speech="OK")
        detail = wecom.detail(number)
        assert detail["sp_status"] == 2
        assert detail["sp_record"][1]["details"][1]["speech"] == "OK"
        assert [(e["key"], e["source"]) for e in wecom.served.effects("wecom", "decide")] == [(number, "9")]

    def test_refusal_ends_it(self, wecom: WeCom) -> None:
        number = wecom.submitted()
        wecom.act("refuse", sp_no=number, speech="太贵")
        detail = wecom.detail(number)
        assert (detail["sp_status"], detail["sp_record"][0]["details"][0]["speech"]) == (3, "太贵")
        assert wecom.act("approve", sp_no=number)["ok"] is False

    def test_withdraw_and_revoke(self, wecom: WeCom) -> None:
        first, second = wecom.submitted(), wecom.submitted()
        wecom.act("withdraw", sp_no=first)
        assert wecom.act("revoke", sp_no=second)["ok"] is False
        wecom.act("approve", sp_no=second)
        wecom.act("revoke", sp_no=second)
        assert [wecom.detail(number)["sp_status"] for number in (first, second)] == [4, 6]

    def test_added_signer_and_transfer(self, wecom: WeCom) -> None:
        number = wecom.submitted()
        wecom.act("add_sign", sp_no=number, who="zhao.liu")
        assert wecom.act("approve", sp_no=number, user="li.si")["ok"] is False
        wecom.act("approve", sp_no=number, user="zhao.liu")
        wecom.act("transfer", sp_no=number, who="sun.ba")
        wecom.act("approve", sp_no=number, user="sun.ba")
        detail = wecom.detail(number)
        assert detail["sp_status"] == 2
        assert [d["sp_status"] for record in detail["sp_record"] for d in record["details"]] == [12, 2, 4, 2]

    def test_unknown_number(self, wecom: WeCom) -> None:
        assert wecom.call("oa/getapprovaldetail", {"sp_no": "1"})["errcode"] == 301025

    def test_unhandled_sptime(self, wecom: WeCom) -> None:
        number = wecom.submitted()
        assert wecom.detail(number)["sp_record"][0]["details"][0]["sptime"] == 0
        wecom.set(empty_sptime="true")
        assert wecom.detail(number)["sp_record"][0]["details"][0]["sptime"] == ""


class TestList:
    def window(self, **fields: object) -> dict:
        now = int(time.time())
        return {"starttime": str(now - 120), "endtime": str(now + 60), "new_cursor": "", "size": 100, **fields}

    def listed(self, wecom: WeCom, **fields: object) -> dict:
        return wecom.call("oa/getapprovalinfo", self.window(**fields))

    def test_filters(self, wecom: WeCom) -> None:
        number = wecom.submitted()
        mine = [{"key": "template_id", "value": PURCHASE}, {"key": "creator", "value": "zhang.san"}]
        assert self.listed(wecom, filters=mine)["sp_no_list"] == [number]
        assert self.listed(wecom, filters=[{"key": "creator", "value": "li.si"}])["sp_no_list"] == []
        assert self.listed(wecom, filters=[mine[0], mine[0]])["errcode"] == 301025

    def test_pages_end_without_a_cursor(self, wecom: WeCom) -> None:
        numbers = [wecom.submitted() for _ in range(3)]
        first = self.listed(wecom, size=2)
        second = self.listed(wecom, size=2, new_cursor=first["new_next_cursor"])
        assert first["sp_no_list"] + second["sp_no_list"] == numbers
        assert "new_next_cursor" not in second

    def test_limits(self, wecom: WeCom) -> None:
        assert self.listed(wecom, size=101)["errcode"] == 40058
        assert self.listed(wecom, starttime="1", endtime=str(32 * 86400))["errcode"] == 301025
        assert self.listed(wecom, starttime=1)["errcode"] == 40058

    def test_index_delay(self, wecom: WeCom) -> None:
        wecom.set(index_delay_seconds=60)
        wecom.submitted()
        assert self.listed(wecom)["sp_no_list"] == []
        wecom.set(index_delay_seconds=0)
        assert len(self.listed(wecom)["sp_no_list"]) == 1


class TestCallbacks:
    def test_events_of_a_life(self, wecom: WeCom, receiver: Receiver) -> None:
        number = wecom.submitted()
        answer = wecom.act("approve", sp_no=number, wait=True)
        assert answer["events"][0]["state"] == "delivered"
        wecom.settle()
        assert sorted(receiver.changes()) == [(1, 1), (2, 2)]
        approved = next(root for root in receiver.posts if root.findtext("ApprovalInfo/SpStatus") == "2")
        info = approved.find("ApprovalInfo")
        assert info is not None
        assert approved.findtext("Event") == "sys_approval_change"
        assert info.findtext("SpNoStr") == info.findtext("SpNo") == number
        assert info.findtext("TemplateId") == PURCHASE
        assert info.findtext("SpRecord/Details/Approver/UserId") == "li.si"
        assert [n.findtext("UserId") for n in info.findall("Notifyer")] == ["qian.qi"]

    def test_one_approver_is_not_the_request(self, wecom: WeCom, receiver: Receiver) -> None:
        number = wecom.act("submit", template_id=ISSUE, creator="zhang.san", values={"草稿单号": "9"})["sp_no"]
        wecom.act("approve", sp_no=number, user="wang.wu", wait=True)
        assert (2, 1) in receiver.changes()
        info = receiver.posts[receiver.changes().index((2, 1))].find("ApprovalInfo")
        assert info is not None
        assert len(info.findall("SpRecord")) == 2
        assert len(info.findall("SpRecord")[1].findall("Details")) == 2

    @pytest.mark.parametrize(
        "acts, change",
        [
            ([("refuse", {})], (3, 3)),
            ([("withdraw", {})], (6, 4)),
            ([("approve", {}), ("revoke", {})], (8, 6)),
            ([("comment", {"text": "看一下"})], (10, 1)),
            ([("add_sign", {"who": "zhao.liu"})], (12, 1)),
            ([("add_sign", {"who": "zhao.liu", "agree": True})], (13, 1)),
            ([("transfer", {"who": "zhao.liu"})], (4, 1)),
            ([("return", {})], (11, 1)),
            ([("urge", {})], (5, 1)),
        ],
    )
    def test_every_change_has_its_code(self, wecom: WeCom, receiver: Receiver, acts: list, change: tuple) -> None:
        number = wecom.submitted()
        wecom.settle()
        for name, fields in acts:
            assert wecom.act(name, sp_no=number, wait=True, **fields)["ok"]
        assert receiver.changes()[-1] == change

    def test_failures_are_repeated_with_a_new_envelope(self, wecom: WeCom, receiver: Receiver) -> None:
        number = wecom.submitted()
        wecom.settle()
        receiver.posts.clear()
        receiver.envelopes.clear()
        receiver.statuses = [500, 204]
        event = wecom.act("approve", sp_no=number, wait=True)["events"][0]
        assert [attempt["status"] for attempt in event["attempts"]] == [500, 204, 200]
        assert receiver.changes() == [(2, 2)] * 3
        assert len(set(receiver.envelopes)) == 3

    def test_it_gives_up_after_three_repeats(self, wecom: WeCom) -> None:
        wecom.set(url="http://127.0.0.1:9139/nobody", scale=0.01)
        number = wecom.submitted()
        event = wecom.act("approve", sp_no=number, wait=True)["events"][0]
        assert (event["state"], len(event["attempts"])) == ("failed", 4)
        assert wecom.detail(number)["sp_status"] == 2

    def test_deadline(self, wecom: WeCom, receiver: Receiver) -> None:
        wecom.set(deadline_seconds=0.2, retries=0)
        receiver.sleep = 0.6
        event = wecom.act("approve", sp_no=wecom.submitted(), wait=True)["events"][0]
        assert event["attempts"][0]["problem"] == "ReadTimeout"

    def test_lost_answer_is_repeated(self, wecom: WeCom, receiver: Receiver) -> None:
        number = wecom.submitted()
        wecom.settle()
        wecom.served.fault(system="wecom", op="callback", when="after", action="drop")
        event = wecom.act("approve", sp_no=number, wait=True)["events"][0]
        assert [attempt["status"] for attempt in event["attempts"]] == [0, 200]
        assert receiver.changes()[-2:] == [(2, 2), (2, 2)]

    def test_resent_five_times(self, wecom: WeCom, receiver: Receiver) -> None:
        number = wecom.submitted()
        wecom.act("approve", sp_no=number, wait=True)
        wecom.settle()
        receiver.posts.clear()
        wecom.act("resend", sp_no=number, wait=True)
        assert receiver.changes() == [(2, 2)] * 5

    def test_out_of_order(self, wecom: WeCom, receiver: Receiver) -> None:
        wecom.set(hold_events="true")
        number = wecom.submitted()
        wecom.act("approve", sp_no=number, wait=True)
        assert receiver.posts == []
        wecom.act("release", order="reversed")
        assert receiver.changes() == [(2, 2), (1, 1)]
        wecom.set(hold_events="false")
        wecom.act("out_of_order", sp_no=number)
        assert receiver.changes()[2:] == [(2, 2), (1, 1)]

    def test_forged_calls_are_refused_by_a_right_receiver(self, wecom: WeCom, receiver: Receiver) -> None:
        number = wecom.submitted()
        answers = {
            flaw: wecom.act("forge", sp_no=number, flaw=flaw)["status"]
            for flaw in ("signature", "timestamp", "corp_id")
        }
        assert set(answers.values()) == {403}

    def test_other_events_on_the_same_address(self, wecom: WeCom, receiver: Receiver) -> None:
        assert wecom.act("noise", wait=True)["ok"]
        assert receiver.posts[0].findtext("Event") == "change_contact"

    def test_numbers_beyond_integers(self, wecom: WeCom, receiver: Receiver) -> None:
        wecom.set(long_numbers="true")
        number = wecom.submitted()
        wecom.settle()
        wecom.act("approve", sp_no=number, wait=True)
        assert len(number) == 20
        assert receiver.posts[-1].findtext("ApprovalInfo/SpNoStr") == number
        assert receiver.posts[-1].findtext("ApprovalInfo/SpNo") == "0"

    def test_batch_in_one_second(self, wecom: WeCom, receiver: Receiver) -> None:
        for _ in range(3):
            wecom.submitted()
        answer = wecom.act("approve", sp_no="*", wait=True)
        assert len(answer["events"]) == 3
        assert receiver.changes().count((2, 2)) == 3


class TestUrlCheck:
    def test_saved_when_the_echo_is_right(self, wecom: WeCom, receiver: Receiver) -> None:
        answer = wecom.set(url=receiver.url, check=True)
        assert answer["ok"], answer
        assert answer["settings"]["url"] == receiver.url

    def test_not_saved_when_it_is_not(self, wecom: WeCom, receiver: Receiver) -> None:
        wecom.set(url="http://127.0.0.1:9139/old")
        receiver.echo_suffix = "\n"
        assert wecom.set(url=receiver.url, check=True)["ok"] is False
        assert wecom.served.get("/wecom/settings")["settings"]["url"] == "http://127.0.0.1:9139/old"

    def test_one_second(self, wecom: WeCom, receiver: Receiver) -> None:
        receiver.sleep = 1.3
        answer = wecom.set(url=receiver.url, check=True)
        assert answer == {"ok": False, "message": "回调地址在1秒内没有应答"}

    def test_key_and_token_have_a_form(self, wecom: WeCom) -> None:
        assert wecom.set(aes_key="short")["ok"] is False
        assert wecom.set(token="x" * 33)["ok"] is False


class TestPage:
    def test_a_person_approves(self, wecom: WeCom) -> None:
        number = wecom.submitted()
        page = wecom.served.page("/wecom/")
        assert number in page
        assert "A00006" in page
        form = {"do": "approve", "sp_no": number, "speech": "同意采购"}
        answer = requests.post(f"{wecom.served.url}/wecom/act", data=form, timeout=5)
        assert "已通过" in answer.text
        assert "同意采购" in answer.text
        assert wecom.served.get("/wecom/approvals", params={"sp_no": number})["approvals"][0]["source"] == "12"
