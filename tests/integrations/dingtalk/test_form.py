"""Every control's value as DingTalk takes it (protocol page 1.2), and what does not fit, in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import DocumentRejected
from integrations.dingtalk.form.filling import as_text, filled
from integrations.dingtalk.form.schema import Form, UnreadableSchema, parse

RECORDED = json.loads((Path(__file__).with_name("fixtures") / "form_schema.json").read_text())
FORM = parse(RECORDED["result"])


def sent(name: str, value: Any) -> str:
    """What goes out for this control."""
    values = {entry["name"]: entry["value"] for entry in filled(FORM, {"来源单号": "17", name: value})}
    assert values.pop("来源单号") == "17"
    (text,) = values.values()
    return text


def refused(fields: dict[str, Any], **more: Any) -> str:
    with pytest.raises(DocumentRejected) as caught:
        filled(FORM, {"来源单号": "17", **fields}, **more)
    return caught.value.message


FILE = {"spaceId": "1", "fileName": "a.pdf", "fileSize": 12, "fileType": "pdf", "fileId": "9"}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("备注", "第一行\n第二行", "第一行\r\n第二行"),
        ("备注", 55.0, "55"),
        ("数量", 55.0, "55"),
        ("数量", "1,200.50", "1200.5"),
        ("金额", "１２", "12"),
        ("金额", 0.1 + 0.2, "0.3"),
        ("金额", 0, "0"),
        ("单选", "乙", "乙"),
        ("单选", "option_1", "乙"),
        ("单选", "丙,丁", "丙,丁"),
        ("多选", "甲,乙", '["甲","乙"]'),
        ("多选", ["乙"], '["乙"]'),
        ("多选", "丙,丁", '["丙,丁"]'),
        ("多选", '["甲"]', '["甲"]'),
        ("日期", "2022-08-23T00:00:00Z", "2022-08-23"),
        ("日期", "2022/8/3", "2022-08-03"),
        ("日期", "20220823", "2022-08-23"),
        ("时刻", "2022-08-23 09:05:30", "2022-08-23 09:05"),
        ("时刻", "2022-08-23", "2022-08-23 00:00"),
        ("开始时间", ["2026-01-01", "2026-01-05"], '["2026-01-01","2026-01-05"]'),
        ('["开始时间","结束时间"]', "2026-01-01 ~ 2026-01-05", '["2026-01-01","2026-01-05"]'),
        ("结束时间", "2026-01-01,2026-01-05", None),
        ("电话", "157 0000 0000", "15700000000"),
        ("身份证", "11010119900307123X", "11010119900307123X"),
        ("图片", "https://a/1.png,https://a/2.png", '["https://a/1.png","https://a/2.png"]'),
        ("联系人", "user0002", '["user0002"]'),
        ("多人", "user0002;user0003", '["user0002","user0003"]'),
        ("部门", [1001, 1002], "1001,1002"),
        ("关联", "abc==", '["abc=="]'),
        ("地址", "北京,北京市,东城区", "北京,北京市,东城区"),
        ("地址", ["北京", "北京市", "东城区"], "北京,北京市,东城区"),
        ("评分", "5", "5"),
        ("评分", 4.0, "4"),
        ("当前时间", ["2026-01-03 14:27:20", 120.02, 30.28, "地址", 100],
         '["2026-01-03 14:27:20",120.02,30.28,"地址",100]'),
        ("新控件", {"a": 1}, '{"a":1}'),
        ("memo", "按别名", "按别名"),
        ("NumberField_1", 3, "3"),
    ],
)  # fmt: skip
def test_values(name: str, value: Any, expected: str | None) -> None:
    if expected is None:
        assert "结束时间" in refused({name: value})
    else:
        assert sent(name, value) == expected


def test_a_range_from_two_mapping_rows() -> None:
    values = filled(FORM, {"来源单号": "1", "结束时间": "2026-01-05", "开始时间": "2026-01-01"})
    assert values[1] == {"name": '["开始时间","结束时间"]', "value": '["2026-01-01","2026-01-05"]'}
    assert filled(FORM, {"来源单号": "1", "结束时间": None, "开始时间": ""}) == [{"name": "来源单号", "value": "1"}]


def test_files_need_all_their_parts() -> None:
    assert json.loads(sent("附件", [FILE])) == [{**FILE, "fileSize": "12"}]
    assert "附件" in refused({"附件": "a.pdf"})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("数量", "很多", ["数量", "很多"]),
        ("单选", "戊", ["单选", "戊", "甲, 乙"]),
        ("多选", "甲,戊", ["多选", "戊"]),
        ("日期", "明天", ["日期", "明天"]),
        ("开始时间", ["2026-01-05", "2026-01-01"], ["2026-01-05"]),
        ("开始时间", "2026-01-05", ["开始时间"]),
        ("电话", "abc", ["电话", "abc"]),
        ("图片", "a.png", ["图片", "http"]),
        ("联系人", "a,b", ["联系人", "2"]),
        ("部门", "采购部", ["部门", "采购部"]),
        ("评分", "6", ["评分", "5"]),
        ("评分", "4.5", ["评分"]),
        ("当前时间", ["2026-01-01"], ["当前时间"]),
        ("合计", "5", ["合计"]),
        ("发票识别", "5", ["发票识别"]),
        ("备注", "长" * 65_536, ["备注", "65535"]),
        ("没有的控件", "x", ["没有的控件", "来源单号"]),
        ("明细", "不是表格", ["明细"]),
        ("明细", [{"品号": "A", "单价": 1}], ["明细", "单价", "需求数量"]),
        ("明细", [{"品号": "A"}, {"需求数量": 2}], ["明细", "2", "品号"]),
        ("明细", [{"品号": "A", "需求数量": "多"}], ["明细", "1", "需求数量", "多"]),
        ("明细", [{"品号": "A"}] * 151, ["明细", "151"]),
    ],
)
def test_what_does_not_fit_names_control_and_value(name: str, value: Any, words: list[str]) -> None:
    message = refused({name: value})
    for word in words:
        assert word in message


def test_everything_wrong_is_said_at_once() -> None:
    message = refused({"来源单号": "", "数量": "x", "评分": 9})
    assert all(word in message for word in ("来源单号", "数量", "评分"))


def test_notes_and_hidden_controls_are_not_required() -> None:
    assert filled(FORM, {"来源单号": "1"}) == [{"name": "来源单号", "value": "1"}]


def test_rows_of_a_table_have_the_one_shape_that_dingtalk_takes() -> None:
    """Rows as objects are answered 系统错误."""
    rows = [{"品号": "A1", "需求数量": 5.0, "类型": "正式"}, {"品号": "B2", "需求数量": None}]
    values = {e["name"]: e["value"] for e in filled(FORM, {"来源单号": "1"}, "明细", rows)}
    assert json.loads(values["明细"]) == [
        [{"name": "品号", "value": "A1"}, {"name": "需求数量", "value": "5"}, {"name": "类型", "value": "正式"}],
        [{"name": "品号", "value": "B2"}],
    ]


def test_a_table_control_that_is_none_names_the_tables() -> None:
    with pytest.raises(DocumentRejected, match="明细"):
        filled(FORM, {"来源单号": "1"}, "备注", [{"品号": "A"}])


def test_without_a_schema_everything_is_text() -> None:
    fields = {"来源单号": 17, "日期": "2022-08-23T00:00:00Z", "多选": ["甲"], "空": None}
    assert as_text(fields, "明细", [{"品号": "A1", "数量": 5.0, "空": ""}]) == [
        {"name": "来源单号", "value": "17"},
        {"name": "日期", "value": "2022-08-23"},
        {"name": "多选", "value": '["甲"]'},
        {"name": "明细", "value": '[[{"name":"品号","value":"A1"},{"name":"数量","value":"5"}]]'},
    ]


def test_every_value_is_a_text() -> None:
    fields = {"来源单号": "1", "数量": 5, "部门": [1], "评分": 5, "多人": ["a"], "明细": [{"品号": "x", "需求数量": 1}]}
    assert all(isinstance(entry["value"], str) for entry in filled(FORM, fields))


@pytest.mark.parametrize("answer", [None, {}, [], {"schemaContent": None}, {"schemaContent": {"items": None}}, "x"])
def test_what_is_no_schema(answer: Any) -> None:
    with pytest.raises(UnreadableSchema):
        parse(answer)


def test_a_schema_whose_content_is_a_json_text() -> None:
    found = parse({**RECORDED["result"], "schemaContent": json.dumps(RECORDED["result"]["schemaContent"])})
    assert isinstance(found, Form)
    assert found.find("明细") is not None
