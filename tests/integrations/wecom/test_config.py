"""Global config, and what is submitted because of it."""

from __future__ import annotations

from typing import Any

import pytest

from core import registry
from core.errors import ConfigurationError
from integrations.wecom.application import Application, Process


def clean(key: str, **values: Any) -> dict[str, Any]:
    return registry.flow_type(f"wecom.{key}").clean_config(values)


def wrong(key: str, **values: Any) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        clean(key, **values)
    return caught.value.fields


def test_defaults_are_those_of_the_seed() -> None:
    config = clean("push_draft", template_id="T")
    assert config["filter"] == "DocObjectCode eq '1470000113'"
    assert config["synced_field"] == "U_SyncStatus"
    assert config["user_id_field"] == "FaxNumber"
    assert config["summary"] == "申请理由: {Remarks}"
    assert (config["use_template_approver"], config["notify_type"]) == ("1", "1")
    assert config["stage_approver_ids"] == config["notifyers"] == []
    document = clean("push_document", template_id="T", object_type="EXCESSISSUE")
    names = ("key_field", "number_field", "lines_name", "user_field", "synced_field")
    assert [document[name] for name in names] == ["DocEntry", "DocNum", "", "UserSign", "U_SyncStatus"]
    assert clean("decide_draft")["key_control"] == "草稿单号"
    decide = clean("decide_document", object_type="EXCESSISSUE")
    names = ("key_control", "status_field", "approved_value", "refused_value")
    assert [decide[name] for name in names] == ["单据编号", "U_ApprovalStatus", "Y", "N"]


@pytest.mark.parametrize("key", ["push_draft", "push_document"])
@pytest.mark.parametrize("value, cleaned", [(1, "1"), ("1", "1"), (True, "1"), (0, "0"), ("0", "0"), (False, "0")])
def test_use_template_approver_as_the_interface_writes_it(key: str, value: Any, cleaned: str) -> None:
    more = {"object_type": "X"} if key == "push_document" else {}
    assert (
        clean(key, template_id="T", use_template_approver=value, approvers="a", **more)["use_template_approver"]
        == cleaned
    )


def test_without_the_templates_flow_somebody_must_approve() -> None:
    assert "approvers" in wrong("push_draft", template_id="T", use_template_approver=0)


def test_stage_approvers_are_numbers() -> None:
    assert clean("push_draft", template_id="T", stage_approver_ids="12, 13")["stage_approver_ids"] == ["12", "13"]
    assert clean("push_draft", template_id="T", stage_approver_ids=[12])["stage_approver_ids"] == ["12"]
    assert "felix" in wrong("push_draft", template_id="T", stage_approver_ids="felix")["stage_approver_ids"]


def test_braces_of_the_summary_are_pairs() -> None:
    assert "summary" in wrong("push_draft", template_id="T", summary="{Remarks")


def test_the_template_id_is_needed() -> None:
    assert "template_id" in wrong("push_draft")


def body(process: Process, summary: tuple[str, ...] = ("x",)) -> dict[str, Any]:
    return Application("T", "zhang.san", [{"id": "a"}], summary, process).body()


def test_the_body_with_the_templates_approvers() -> None:
    assert body(Process(True, ["ignored"], ["ignored"])) == {
        "creator_userid": "zhang.san",
        "template_id": "T",
        "use_template_approver": 1,
        "apply_data": {"contents": [{"id": "a"}]},
        "summary_list": [{"summary_info": [{"text": "x", "lang": "zh_CN"}]}],
    }


def test_the_body_with_approvers_of_our_own() -> None:
    found = body(Process(False, ["li.si | wang.wu", "zhao.liu&qian.qi", "sun.ba"], ["zhang.san"], 3))
    assert found["use_template_approver"] == 0
    assert found["approver"] == [
        {"attr": 1, "userid": ["li.si", "wang.wu"]},
        {"attr": 2, "userid": ["zhao.liu", "qian.qi"]},
        {"attr": 1, "userid": ["sun.ba"]},
    ]
    assert (found["notifyer"], found["notify_type"]) == (["zhang.san"], 3)


def test_a_summary_is_three_lines_of_twenty_characters() -> None:
    lines = body(Process(), ("申" * 30, "b", "c", "d"))["summary_list"]
    assert [line["summary_info"][0]["text"] for line in lines] == ["申" * 20, "b", "c"]
