"""An approval that was read, and what it decides."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.wecom import reading
from integrations.wecom.decision import verdict_of
from tests.integrations.wecom import wire

ZONE = ZoneInfo("Asia/Shanghai")


def approval(**changes: Any) -> dict[str, Any]:
    return {**wire.recorded("approval")["info"], **changes}


def test_the_form_as_a_person_reads_it() -> None:
    assert reading.form_of(approval(), ZONE) == {
        "草稿单号": "16",
        "数量合计": "66",
        "金额": "16863.00",
        "单据日期": "2022-08-20",
        "到货时间": "2022-08-20 15:30",
        "发货类型": "部门领用",
        "经办人": "李四",
        "部门": "采购部",
        "附件": "询价单.txt",
        "期间": "2022-08-20 00:00 ~ 2022-08-21 12:00",
        "关联审批": "202601010002",
        "合计": "5.0",
        "说明": "",
        "Text-99": "无标题",
        "物料明细": [{"品号": "11028", "数量": "55"}, {"品号": "14003", "数量": "11"}],
    }


@pytest.mark.parametrize("name", ["草稿单号", "Draft", "Text-1"])
def test_the_number_is_found_by_id_and_by_title_in_any_language(name: str) -> None:
    assert reading.named_value(approval(), name) == "16"


def test_a_control_that_is_not_there_has_no_number() -> None:
    assert reading.named_value(approval(), "单据编号") == ""
    assert reading.named_value({}, "草稿单号") == ""
    assert reading.named_value({"apply_data": {"contents": None}}, "草稿单号") == ""


def test_the_verdict_with_the_names_of_the_seed() -> None:
    verdict = verdict_of(approval(), "x", ZONE)
    assert verdict is not None
    assert (verdict.decision, verdict.instance_id) == ("approved", "202601010001")
    assert (verdict.approver, verdict.remark, verdict.approvers) == ("zhao.liu", "可以", "li.si wang.wu zhao.liu")
    assert verdict.time == "2026-01-01 08:05:00"
    assert verdict.more == {
        "pass": "li.si wang.wu zhao.liu",
        "fail": "",
        "marks": "li.si:同意 zhao.liu:可以",
        "spTime": "2026-01-01 08:05:00",
    }
    assert verdict.source({})["form"]["草稿单号"] == "16"


@pytest.mark.parametrize(
    "status, decision",
    [(1, None), (2, "approved"), (3, "refused"), (4, "withdrawn"), (6, "withdrawn"), (7, "deleted"), (10, "approved")],
)
@pytest.mark.parametrize("written", [int, str])
def test_only_the_state_of_the_whole_decides(status: int, decision: str | None, written: Any) -> None:
    """Every approver below has agreed; that alone is no approval."""
    verdict = verdict_of(approval(sp_status=written(status)), "x", ZONE)
    assert (verdict.decision if verdict else None) == decision


@pytest.mark.parametrize("status", [0, 5, 99, "", None])
def test_an_unknown_state_decides_nothing(status: Any) -> None:
    assert verdict_of(approval(sp_status=status), "x", ZONE) is None


def test_words_of_agreement_do_not_go_with_a_withdrawal() -> None:
    verdict = verdict_of(approval(sp_status=4), "x", ZONE)
    assert verdict is not None
    assert (verdict.remark, verdict.approver) == ("", "")
    assert verdict.time


def test_a_refusal_takes_the_words_of_the_one_who_refused() -> None:
    record = [
        {"sp_status": 2, "approverattr": 1, "details": [_detail("a", 2, "同意", 100)]},
        {"sp_status": 3, "approverattr": 2, "details": [_detail("b", 3, "太贵", 100), _detail("c", 2, "好", 100)]},
    ]
    verdict = verdict_of(approval(sp_status=3, sp_record=record), "x", ZONE)
    assert verdict is not None
    assert (verdict.approver, verdict.remark) == ("b", "太贵")
    assert (verdict.more["pass"], verdict.more["fail"]) == ("a c", "b")


def test_the_newer_process_list_stands_in() -> None:
    info = approval(sp_record=[], process_list={"node_list": [
        {"node_type": 2, "sub_node_list": [{"userid": "copy", "speech": "读", "sp_yj": 2, "sptime": 999}]},
        {"node_type": 1, "sub_node_list": [{"userid": "b", "speech": "", "sp_yj": 2, "sptime": "200"}]},
    ]})  # fmt: skip
    verdict = verdict_of(info, "x", ZONE)
    assert verdict is not None
    assert (verdict.approver, verdict.more["pass"]) == ("b", "b")


def test_approved_by_rule_without_anybody() -> None:
    info = approval(apply_time=1767225600)
    info.pop("sp_record")
    verdict = verdict_of(info, "x", ZONE)
    assert verdict is not None
    assert (verdict.approver, verdict.time) == ("", "2026-01-01 08:00:00")


def _detail(user: str, status: int, speech: Any, at: Any) -> dict[str, Any]:
    return {"approver": {"userid": user}, "speech": speech, "sp_status": status, "sptime": at, "media_id": []}


@pytest.mark.parametrize(
    "odd", [None, "", [], {}, "x", 5, [None], [[]], [{"details": None}], [{"details": {"sptime": ""}}]]
)
def test_odd_records_do_not_stop_it(odd: Any) -> None:
    for name in ("sp_record", "process_list", "apply_data", "comments"):
        text = json.dumps(approval(**{name: odd}))
        assert verdict_of(json.loads(text), "x", ZONE) is not None
