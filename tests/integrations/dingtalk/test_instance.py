"""Reading an instance: only COMPLETED with agree approves, and the traps of real answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.dingtalk.instance import APPROVED, OPEN, REFUSED, WITHDRAWN, Instance, outcome_of, rows_of

RANGE = '["2026-01-01","2026-01-05"]'


@pytest.mark.parametrize(
    ("status", "result", "expected"),
    [
        ("COMPLETED", "agree", APPROVED),
        ("COMPLETED", "refuse", REFUSED),
        ("TERMINATED", "", WITHDRAWN),
        ("TERMINATED", "agree", WITHDRAWN),
        ("CANCELED", "", WITHDRAWN),
        ("RUNNING", "", OPEN),
        ("RUNNING", "agree", OPEN),
        ("NEW", "", OPEN),
        ("COMPLETED", "", OPEN),
        ("COMPLETED", "redirect", OPEN),
        ("WHATEVER", "agree", OPEN),
    ],
)
def test_a_request_is_approved_by_one_answer_only(status: str, result: str, expected: str) -> None:
    assert outcome_of(status, result) == expected


def made(**changes: Any) -> Instance:
    table = [{"rowNumber": "TableField_1", "rowValue": [
        {"label": "品号", "value": "A1", "key": "TextField_2", "componentType": "TextField"},
        {"label": "备注", "value": "null", "key": "TextField_3"},
    ]}]  # fmt: skip
    body = {
        "title": "张三提交的采购申请", "businessId": "202601010930000412345", "status": "COMPLETED", "result": "agree",
        "createTime": "2026-01-01T01:30Z", "finishTime": "2026-01-01T02:05Z", "originatorUserId": "manager0001",
        "operationRecords": [
            {"userId": "manager0001", "type": "START_PROCESS_INSTANCE", "result": "NONE", "date": "2026-01-01T01:30Z"},
            {"userId": "u2", "type": "EXECUTE_TASK_NORMAL", "result": "AGREE", "remark": "好"},
            {"userId": "u9", "type": "ADD_REMARK", "result": "NONE", "remark": "我只是看看"},
            {"userId": "u3", "type": "EXECUTE_TASK_AGENT", "result": "AGREE", "date": "2026-01-01T02:05Z"},
        ],
        "tasks": [{"taskId": 1, "pcUrl": "https://x/1"}], "bizAction": "NONE", "mainProcessInstanceId": "",
        "formComponentValues": [
            {"name": "来源单号", "value": "17", "componentType": "TextField"},
            {"name": "空", "value": "null", "componentType": "TextField"},
            {"name": '["开始时间","结束时间"]', "value": RANGE, "componentType": "DDDateRangeField"},
            {"name": "多选", "value": '["甲","乙"]', "componentType": "DDMultiSelectField"},
            {"name": "明细", "value": json.dumps(table), "componentType": "TableField"},
            {"name": "空表", "value": "null", "componentType": "TableField"},
        ],
    }  # fmt: skip
    return Instance.of("i-1", {**body, **changes})


def test_the_form_reads_back_by_label() -> None:
    form = made().form
    assert (form["来源单号"], form["空"], form["多选"]) == ("17", "", ["甲", "乙"])
    assert (form["开始时间"], form["结束时间"]) == ("2026-01-01", "2026-01-05")
    assert form["明细"] == [{"品号": "A1", "备注": ""}]
    assert form["空表"] == []


def test_decisions_are_those_who_decided() -> None:
    instance = made()
    assert [(d.user, d.remark) for d in instance.decisions] == [("u2", "好"), ("u3", "")]
    assert f"{instance.finished:%Y-%m-%d %H:%M %z}" == "2026-01-01 02:05 +0000"
    assert instance.url == "https://x/1"


def test_a_revocation_points_at_what_it_takes_back() -> None:
    instance = made(bizAction="REVOKE", mainProcessInstanceId="i-0")
    assert instance.revokes
    assert instance.main_id == "i-0"


def test_rows_as_they_are_sent_are_read_too() -> None:
    assert rows_of('[[{"name":"品号","value":"A"}],[{"name":"品号","value":"B"}]]') == [{"品号": "A"}, {"品号": "B"}]
    assert rows_of("null") == []
    assert rows_of("系统错误") == []


@pytest.mark.parametrize("body", [{}, {"status": ""}, {"status": None}])
def test_what_is_no_instance(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Instance.of("i-1", body)


@pytest.mark.parametrize("missing", ["operationRecords", "tasks", "formComponentValues", "finishTime", "title"])
def test_absent_parts_do_no_harm(missing: str) -> None:
    assert made(**{missing: None}).outcome == APPROVED
