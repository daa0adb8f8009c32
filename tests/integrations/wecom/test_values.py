"""Each kind of control: what a mapping gives, what is sent (page 91853; shapes as two other clients send them)."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.wecom import values
from integrations.wecom.template import Control
from tests.integrations.wecom import wire

ZONE = ZoneInfo("Asia/Shanghai")
FORM = wire.template()


def control(title: str) -> Control:
    return next(each for each in FORM.controls if each.title == title)


def write(title: str, value: Any) -> Any:
    return values.written(control(title), value, ZONE)


DAY = "1660924800"  # 2022-08-20 00:00 in Shanghai


@pytest.mark.parametrize(
    "title, value, expected",
    [
        ("草稿单号", "16", {"text": "16"}),
        ("草稿单号", 16, {"text": "16"}),
        ("草稿单号", 55.0, {"text": "55"}),
        ("草稿单号", ["a", "b"], {"text": "a、b"}),
        ("申请理由", "一\n二", {"text": "一\n二"}),
        ("数量合计", "1,200.50", {"new_number": "1200.5"}),
        ("数量合计", 0.0000001, {"new_number": "0.0000001"}),
        ("数量合计", "０", {"new_number": "0"}),
        ("金额", 1234567.0, {"new_money": "1234567"}),
        ("单据日期", "2022-08-20", {"date": {"type": "day", "s_timestamp": DAY}}),
        ("单据日期", "2022-08-20T00:00:00Z", {"date": {"type": "day", "s_timestamp": DAY}}),
        ("单据日期", "2022-08-20 15:30:00", {"date": {"type": "day", "s_timestamp": DAY}}),
        ("单据日期", int(DAY) * 1000, {"date": {"type": "day", "s_timestamp": DAY}}),
        ("单据日期", DAY, {"date": {"type": "day", "s_timestamp": DAY}}),
        ("到货时间", "2022-08-20 15:30:00", {"date": {"type": "hour", "s_timestamp": "1660980600"}}),
        ("发货类型", "部门领用", {"selector": {"type": "single", "options": [{"key": "option-1"}]}}),
        ("发货类型", "Department", {"selector": {"type": "single", "options": [{"key": "option-1"}]}}),
        ("发货类型", "option-2", {"selector": {"type": "single", "options": [{"key": "option-2"}]}}),
        ("标签", "急、大额", {"selector": {"type": "multi", "options": [{"key": "option-3"}, {"key": "option-4"}]}}),
        ("标签", ["大额", "大额"], {"selector": {"type": "multi", "options": [{"key": "option-4"}]}}),
        ("标签", '["急"]', {"selector": {"type": "multi", "options": [{"key": "option-3"}]}}),
        ("经办人", "li.si", {"members": [{"userid": "li.si", "name": "li.si"}]}),
        (
            "部门",
            "2,3",
            {"departments": [{"openapi_id": "2", "name": "2"}, {"openapi_id": "3", "name": "3"}]},
        ),
        ("附件", ["m1", "m2"], {"files": [{"file_id": "m1"}, {"file_id": "m2"}]}),
        (
            "期间",
            "2022-08-20 ~ 2022-08-21",
            {
                "date_range": {
                    "type": "halfday",
                    "new_begin": 1660924800,
                    "new_end": 1661054400,
                    "new_duration": 2 * 86400,
                }
            },
        ),
        (
            "期间",
            ["2022-08-20 14:00", "2022-08-20 16:00"],
            {
                "date_range": {
                    "type": "halfday",
                    "new_begin": 1660968000,
                    "new_end": 1660968000,
                    "new_duration": 43200,
                }
            },
        ),
        (
            "时段",
            "2022-08-20 09:00至2022-08-20 10:30",
            {
                "date_range": {
                    "type": "hour",
                    "new_begin": 1660957200,
                    "new_end": 1660962600,
                    "new_duration": 5400,
                }
            },
        ),
        (
            "地点",
            {"latitude": 30.28, "longitude": "120.02", "title": "厂区", "address": "杭州", "time": DAY},
            {
                "location": {
                    "latitude": "30.28",
                    "longitude": "120.02",
                    "title": "厂区",
                    "address": "杭州",
                    "time": int(DAY),
                }
            },
        ),
        ("关联审批", "202601010001", {"related_approval": [{"sp_no": "202601010001"}]}),
        ("合计", 5.0, {"formula": {"value": "5"}}),
        (
            "假期",
            {"selector": {"type": "single"}, "attendance": {"type": 1}},
            {"vacation": {"selector": {"type": "single"}, "attendance": {"type": 1}}},
        ),
        (
            "外出",
            '{"attendance": {"date_range": {"type": "hour"}, "type": 4}}',
            {"attendance": {"date_range": {"type": "hour"}, "type": 4}},
        ),
        (
            "收款账户",
            {"account_type": 1, "account_name": "甲", "account_number": "6222", "bank": {"bank_alias": "工行"}},
            {
                "bank_account": {
                    "account_type": 1,
                    "account_name": "甲",
                    "account_number": "6222",
                    "bank": {"bank_alias": "工行"},
                }
            },
        ),
        ("单据日期", {"date": {"type": "day", "s_timestamp": "1"}}, {"date": {"type": "day", "s_timestamp": "1"}}),
        ("经办人", {"members": [{"userid": "a", "name": "甲"}]}, {"members": [{"userid": "a", "name": "甲"}]}),
    ],
)
def test_the_value_as_it_is_sent(title: str, value: Any, expected: Any) -> None:
    assert write(title, value) == expected


def test_a_place_as_text_takes_the_present_time() -> None:
    place = write("地点", "30.28, 120.02, 厂区, 浙江省, 杭州市")["location"]
    assert place["address"] == "浙江省, 杭州市"
    assert isinstance(place["time"], int)


@pytest.mark.parametrize(
    "title, value, words",
    [
        ("数量合计", "abc", "not a number"),
        ("数量合计", "1,5", "not a number"),
        ("金额", {"a": 1}, "not a number"),
        ("单据日期", "soon", "not a date"),
        ("发货类型", "借用", "部门领用、报废"),
        ("发货类型", ["部门领用", "报废"], "only one option"),
        ("标签", "急,缓", "急、大额"),
        ("经办人", "a,b", "only one person"),
        ("附件", [str(n) for n in range(7)], "7 files; WeCom takes 6"),
        ("期间", "2022-08-20", "two dates"),
        ("时段", "2022-08-21 ~ 2022-08-20", "ends before"),
        ("地点", "杭州", "latitude"),
        ("地点", {"title": "杭州"}, "latitude"),
        ("假期", "年假", "missing: selector, attendance"),
        ("收款账户", {"account_type": 1}, "missing: account_name"),
        ("说明", "x", "takes no value"),
        ("补卡", "x", "does not take this kind"),
    ],
)
def test_what_does_not_fit_is_said_in_words(title: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        write(title, value)


def test_a_kind_that_is_not_known_takes_json_only() -> None:
    unknown = Control("Hologram", "Hologram-1", "全息")
    assert values.written(unknown, {"hologram": 1}, ZONE) == {"hologram": 1}
    with pytest.raises(ValueError, match="Hologram"):
        values.written(unknown, "x", ZONE)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@given(value=ANYTHING, each=st.sampled_from([c for c in FORM.controls if not c.is_table]))
def test_any_value_becomes_a_value_or_words(value: Any, each: Control) -> None:
    if values.is_empty(value):
        return
    try:
        written = values.written(each, value, ZONE)
    except ValueError:
        return
    assert isinstance(written, dict)
    json.dumps(written)
