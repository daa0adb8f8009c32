"""Settings, connection test, discovery, actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import responses

from core.errors import ConfigurationError, ConnectionBroken, DocumentRejected
from integrations.wecom.client import WeComClient
from integrations.wecom.connector import WeCom
from tests.integrations.wecom import wire


@pytest.fixture(autouse=True)
def _wire() -> Iterator[None]:
    WeComClient._blocked.clear()
    with responses.mock:
        yield


@pytest.fixture
def connector() -> WeCom:
    wire.issue_token()
    return WeCom(wire.target())


def test_the_connection_test_reads_as_the_flows_will(connector: WeCom) -> None:
    wire.answer("oa/getapprovalinfo", sp_no_list=[])
    responses.get(f"{wire.API}agent/get", json={"errcode": 0, "agentid": 1000002, "name": "ERP集成"})
    check = connector.check()
    assert check.ok
    assert check.facts["app"] == "ERP集成"
    assert "EncodingAESKey" in check.text, "without callback secrets no decision can come"


def test_a_missing_right_is_found_by_the_test(connector: WeCom) -> None:
    wire.refuse("oa/getapprovalinfo", 48002)
    with pytest.raises(ConnectionBroken, match="可调用接口的应用"):
        connector.check()


def test_a_fresh_token_is_asked_for(connector: WeCom) -> None:
    connector.client.tokens.keep("old", 7200)
    responses.replace(responses.GET, f"{wire.API}gettoken", json={"errcode": 40001, "errmsg": "no"})
    with pytest.raises(ConnectionBroken, match="secret"):
        connector.check()


@pytest.mark.parametrize(
    "values, field",
    [
        ({"corp_id": ""}, "corp_id"),
        ({"callback_token": "t", "callback_aes_key": "short"}, "callback_aes_key"),
        ({"callback_token": "t"}, "callback_aes_key"),
        ({"callback_aes_key": "A" * 43}, "callback_token"),
        ({"callback_token": "t" * 33, "callback_aes_key": "A" * 43}, "callback_token"),
        ({"callback_window": -1}, "callback_window"),
    ],
)
def test_settings_say_what_is_wrong(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        WeCom.clean({"corp_id": "ww1", **values}, {"corp_secret": "x"})
    assert field in caught.value.fields


def test_the_official_address_is_the_default() -> None:
    assert WeCom.default_base_url == "https://qyapi.weixin.qq.com"


def test_discovery_finds_controls_and_columns(connector: WeCom) -> None:
    wire.answer("oa/gettemplatedetail", **wire.recorded("template"))
    found = {field.name: field for field in connector.discover("form", template_id="T1")}
    assert (found["Text-1"].label, found["Text-1"].required, found["Text-1"].each) == ("草稿单号", True, "")
    assert found["Selector-7"].options == ("部门领用", "报废")
    assert (found["Number-222"].each, found["Number-222"].type) == ("物料明细", "number")
    assert "Table-22" not in found
    assert "Tips-20" not in found
    assert connector.discover("form") == connector.discover("nothing") == []


def test_discovery_finds_members(connector: WeCom) -> None:
    responses.get(f"{wire.API}user/simplelist", json={"errcode": 0, "userlist": [{"userid": "li.si", "name": "李四"}]})
    (user,) = connector.discover("users")
    assert (user.name, user.label) == ("li.si", "李四")


def run(connector: WeCom, name: str, **inputs: Any) -> Any:
    return WeCom.actions()[name].run(connector, connector.client, **inputs)


def test_an_approval_is_submitted_by_hand(connector: WeCom) -> None:
    wire.answer("oa/gettemplatedetail", **wire.recorded("template"))
    wire.answer("oa/applyevent", sp_no="202601010009")
    form, rows = {"草稿单号": "16", "发货类型": "报废"}, [{"品号": "A1", "数量": 5}]
    answer = run(connector, "submit_approval", template_id="T1", creator_userid="a", form=form, table=rows, summary="")
    assert answer == {"sp_no": "202601010009"}
    assert wire.sent()["summary_list"][0]["summary_info"][0]["text"] == "全部控件"
    with pytest.raises(DocumentRejected, match="is required"):
        run(connector, "submit_approval", template_id="T1", creator_userid="a", form={}, table=rows)
    with pytest.raises(ConfigurationError):
        run(connector, "submit_approval", template_id="T1", creator_userid="a", form=form, table=["A1"])


def test_only_submitting_writes() -> None:
    assert [name for name, action in WeCom.actions().items() if action.writes] == ["submit_approval"]


def test_the_reading_actions(connector: WeCom) -> None:
    wire.answer("oa/gettemplatedetail", **wire.recorded("template"))
    wire.answer("oa/getapprovaldetail", info={"sp_no": "1"})
    wire.answer("oa/getapprovalinfo", sp_no_list=["1"])
    wire.answer("user/getuserid", userid="a")
    responses.get(f"{wire.API}user/get", json={"errcode": 0, "userid": "a"})
    assert run(connector, "read_template", template_id="T1")["controls"][0]["title"] == "草稿单号"
    assert run(connector, "read_approval", sp_no="1") == {"sp_no": "1"}
    assert run(connector, "list_approvals", template_id="", days=1) == ["1"]
    assert run(connector, "find_user", mobile="13800000001") == {"userid": "a"}
    assert run(connector, "read_user", userid="a")["userid"] == "a"
