"""Drafts that wait for approval become approval instances, against the sandbox over real HTTP."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from core.catalog.checking import check
from core.connectors.target import Target
from core.models import Delivery, FlowInstance, Person, Tenant
from integrations.dingtalk import wire
from integrations.dingtalk.connector import DingTalk
from tests.integrations.dingtalk.house import PURCHASE, PUSH, TRANSFER, House, again

MAPPING = [
    {"section": "form", "source": "RequesterName", "target": "请购人员"},
    {"section": "form", "source": "DocDate", "target": "单据日期"},
    {"section": "table", "source": "ItemCode", "target": "品号"},
    {"section": "table", "source": "Quantity", "target": "需求数量"},
]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAUSES", (0.05, 0.05, 0.05))


def read(house: House, number: str) -> dict[str, Any]:
    """An instance through a client of its own."""
    (given,) = [each for each in house.tenant["connections"] if each["name"] == "OA"]
    settings, secrets = DingTalk.clean(given["settings"], given["secrets"])
    client = DingTalk(Target(None, None, "dingtalk.oa", "", given["base_url"], settings, secrets)).client
    return dict(client.get_json("v1.0/workflow/processInstances", params={"processInstanceId": number})["result"])


def form(found: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in found["formComponentValues"]}


def test_drafts_go_out_once_in_their_submitters_names(house: House) -> None:
    house.approvals()

    first, second = house.run(), house.run()

    assert (first.status, first.succeeded) == ("succeeded", 3), first.message
    assert second.total == 0
    effects = house.sandbox.effects(system="dingtalk", op="create")
    assert sorted(effect["source"] for effect in effects) == ["17", "18", "19"]
    sent = read(house, house.instance_of(16))
    assert (sent["originatorUserId"], sent["originatorDeptId"]) == ("manager0001", "-1")
    other = read(house, house.instance_of(17))
    assert (other["originatorUserId"], other["originatorDeptId"]) == ("user0003", "1002"), "his own department"


def test_header_and_lines_arrive_in_the_form(house: House) -> None:
    house.approvals()
    house.run()

    found = form(read(house, house.instance_of(16)))

    assert (found["来源单号"], found["请购单别"], found["请购人员"]) == ("17", "计划请购", "销售经理：张涛")
    assert (found["单据日期"], found["合计金额"]) == ("2022-08-20", "16863")
    rows = json.loads(found["请购明细"])
    cells = [{cell["label"]: cell["value"] for cell in row["rowValue"]} for row in rows]
    assert [(row["品号"], row["需求数量"], row["需求日期"]) for row in cells] == [
        ("11028", "55", "2022-08-23"),
        ("14003", "11", "2022-08-23"),
    ]


def test_the_fallback_originator_where_no_field_is_named(house: House) -> None:
    house.approvals(originator_from="", originator_user_id="user0004")
    assert house.run().succeeded == 3
    assert {read(house, house.instance_of(d))["originatorUserId"] for d in (16, 17, 18)} == {"user0004"}


def test_people_of_the_tenant_go_before_the_user_field(house: House) -> None:
    house.approvals()
    tenant = Tenant.objects.get(slug="acme")
    Person.objects.create(tenant=tenant, connector="dingtalk.oa", erp_user="38", outside_user="user0002")
    house.run()
    assert read(house, house.instance_of(16))["originatorUserId"] == "user0002"
    assert read(house, house.instance_of(17))["originatorUserId"] == "user0003"


def test_a_submitter_whom_nobody_knows_fails_alone(house: House) -> None:
    house.approvals(originator_from="U_DingUserId", originator_user_id="")
    house.sandbox.erp_put("Users", {"InternalKey": 39, "U_DingUserId": None})
    run = house.run()
    assert (run.status, run.succeeded, run.failed) == ("partial", 2, 1)
    assert "39" in run.message
    assert "U_DingUserId" in run.message


def test_an_originator_who_left_is_named(house: House) -> None:
    house.approvals(originator_from="", originator_user_id="user0009")
    run = house.run()
    assert run.failed == 3
    assert "user0009" in run.message
    assert not house.made()


# -- the answer is lost


def test_a_created_approval_whose_answer_was_lost_is_found_by_its_source_number(house: House) -> None:
    house.approvals()
    house.fault(op="create", when="after", action="drop", nth=2)

    run = house.run()
    assert run.succeeded == 2
    assert [d.state for d in Delivery.objects.all()].count("uncertain") == 1
    assert len(house.made()) == 3

    house.settle()
    assert house.run().succeeded == 1
    assert len(house.made()) == 3, "adopted, not created again"
    assert {house.instance_of(d) for d in (16, 17, 18)} == set(house.made())


@pytest.mark.parametrize(
    "rule",
    [
        {"when": "after", "action": "status", "status": 500},
        {"when": "after", "action": "status", "status": 504},
        {"when": "after", "action": "status", "status": 502, "body": "<html>bad gateway</html>"},
        {"when": "after", "action": "status", "status": 200, "body": "<html>proxy</html>"},
    ],
)
def test_unreadable_answers_to_a_creation_are_asked_about(house: House, rule: dict[str, Any]) -> None:
    house.approvals()
    house.fault(op="create", times=3, **rule)
    house.run()
    assert {d.state for d in Delivery.objects.all()} == {"uncertain"}
    house.settle()
    assert house.run().succeeded == 3
    assert len(house.made()) == 3


def test_what_was_cut_before_it_arrived_is_sent_again_after_two_looks(house: House) -> None:
    house.approvals(filter="Code eq 17")
    house.fault(op="create", when="before", action="drop")
    house.run()
    assert not house.made()
    for _look in range(2):
        house.settle()
        house.run()
    Delivery.objects.filter(state="failed").update(due_at="2020-01-01T00:00:00Z")
    house.run()
    assert len(house.made()) == 1
    assert house.delivery(16).state == "done"


def test_a_list_that_lags_makes_no_second_approval(house: House) -> None:
    house.approvals(filter="Code eq 17")
    house.settings(index_delay_ms=1500)
    house.fault(op="create", when="after", action="drop")
    house.run()
    house.settle()
    house.run()  # not in the list yet: said once, that does not count
    assert house.delivery(16).state == "uncertain"
    time.sleep(1.6)
    house.settle()
    house.run()
    assert (house.delivery(16).state, len(house.made())) == ("done", 1)


def test_only_the_instance_with_exactly_this_number_is_adopted(house: House) -> None:
    house.approvals(filter="Code eq 17")
    for number in ("170", "1", " 17a"):
        values = {"来源单号": number, "请购人员": "x", "单据日期": "2026-01-01", "请购明细": LINES}
        house.act("start", processCode=PURCHASE, originatorUserId="manager0001", values=values)
    house.fault(op="create", when="before", action="drop")
    house.run()
    house.settle()
    house.run()
    assert house.delivery(16).state == "uncertain", "none of them is ours"


LINES = [[{"name": "品号", "value": "A"}, {"name": "需求数量", "value": "1"}]]


# -- limits, tokens, permissions


def test_a_burst_limit_is_waited_for_within_the_call(house: House) -> None:
    house.approvals()
    house.settings(qps_limit_next=2, busy_next=1)
    assert house.run().succeeded == 3


def test_a_token_that_dies_early_is_renewed_once(house: House) -> None:
    house.approvals(filter="Code eq 17")
    house.run()
    house.sandbox.press("dingtalk", "expire_tokens")
    house.sandbox.forget_effects()
    house.apply(house.push(filter="Code eq 18"))
    assert house.run().succeeded == 1
    assert len(house.made(op="login")) == 1


def test_a_missing_permission_is_named_and_nothing_is_refused(house: House) -> None:
    house.approvals()
    house.settings(missing_scopes=["Workflow.Instance.Write"])
    run = house.run()
    assert (run.status, run.succeeded) == ("failed", 0)
    assert "Workflow.Instance.Write" in run.message
    house.settings(missing_scopes=[])
    assert house.run().succeeded == 3


def test_an_address_that_is_not_allowed_stops_the_run(house: House) -> None:
    house.approvals()
    house.settings(address_refused=True)
    run = house.run()
    assert run.status == "failed"
    assert "IpNotInWhiteList" in run.message


def test_a_blocked_address_is_left_in_peace(house: House) -> None:
    house.approvals(filter="Code eq 17")
    house.settings(block_next=1)
    run = house.run()
    assert run.succeeded == 0
    assert not house.made()


def test_a_form_that_may_not_be_read_is_filled_as_text_with_a_warning(house: House) -> None:
    house.approvals(filter="Code eq 17")
    house.settings(missing_scopes=["Workflow.Form.Read", "qyapi_get_member"])
    run = house.run()
    assert run.succeeded == 1
    row = house.delivery(16)
    assert "Workflow.Form.Read" in row.recall["warning"]
    assert run.steps.filter(ok=False, output__contains="Workflow.Form.Read").exists()
    assert form(read(house, row.target_key or ""))["来源单号"] == "17"


# -- what does not fit is said before it is sent


def test_a_value_that_is_no_option_names_control_and_options(house: House) -> None:
    rows = [*MAPPING, {"section": "form", "source": "", "target": "请购单别", "default": "紧急"}]
    house.approvals(mappings=rows, filter="Code eq 17")
    run = house.run()
    assert "请购单别" in run.message
    assert "紧急" in run.message
    assert "计划请购" in run.message
    assert not house.made()
    house.apply(house.push(mappings=MAPPING, filter="Code eq 17"))
    assert house.run().succeeded == 1, "sent again once the mapping is right"


def test_all_that_is_missing_is_named_at_once(house: House) -> None:
    house.approvals(mappings=[MAPPING[1], MAPPING[2]], filter="Code eq 17")
    run = house.run()
    assert "请购人员" in run.message
    assert "需求数量" in run.message


def test_a_control_or_column_that_the_form_has_not(house: House) -> None:
    house.approvals(mappings=[*MAPPING, {"section": "table", "source": "Price", "target": "单价"}], filter="Code eq 17")
    assert "单价" in house.run().message
    house.apply(house.push(mappings=MAPPING, filter="Code eq 17", table_control="明细表"))
    assert "请购明细" in house.run().message, "names the tables there are"
    assert not house.made()


def test_a_form_without_the_source_number_stops_the_flow_in_words(house: House) -> None:
    house.approvals(source_number_control="单号")
    run = house.run()
    assert run.status == "failed"
    assert "单号" in run.message
    house.apply(house.push(source_number_control="来源单号"))
    assert house.run().succeeded == 3, "nothing was refused for good"


def test_a_template_that_is_switched_off_or_unknown_stops_the_flow(house: House) -> None:
    house.approvals(process_code="PROC-11111111-2222-3333-4444-555555555506")
    assert "已停用模板" in house.run().message
    house.apply(house.push(process_code="PROC-NONE"))
    assert "process_code" in house.run().message
    house.apply(house.push())
    assert house.run().succeeded == 3


def test_the_enable_check_compares_mapping_and_form(house: House) -> None:
    house.approvals()
    assert not [p.text for p in check(FlowInstance.objects.get(name=PUSH), strict=False) if p.blocking]
    house.apply(house.push(mappings=[*MAPPING[1:], {"section": "form", "source": "x", "target": "没有"}],
                           instance_id_field="U_Nowhere"))  # fmt: skip
    words = " ".join(p.text for p in check(FlowInstance.objects.get(name=PUSH), strict=False) if p.blocking)
    assert "没有" in words
    assert "请购人员" in words
    assert "U_Nowhere" in words


# -- more of it


def test_the_instance_id_is_written_into_the_draft(house: House) -> None:
    house.approvals(instance_id_field="U_InstanceId", filter="Code eq 17")
    house.run()
    assert house.draft(16)["U_InstanceId"] == house.instance_of(16)
    assert house.approval(17)["Status"] == "arsPending"


def test_named_approvers_and_copies(house: House) -> None:
    house.approvals(approvers=["user0002", "OR:user0003|user0004"], cc="manager0001", filter="Code eq 17")
    assert house.run().succeeded == 1
    found = read(house, house.instance_of(16))
    assert found["approverUserIds"] == ["user0002", "user0003", "user0004"]
    assert found["ccUserIds"] == ["manager0001"]


def test_approvers_chosen_by_the_applicant(house: House) -> None:
    everything = "PROC-11111111-2222-3333-4444-555555555505"
    rows = [{"section": "form", "source": "DocDate", "target": "DDDateField"}]
    config = {"process_code": everything, "mappings": rows, "table_control": "", "filter": "Code eq 17"}
    house.approvals(source_number_control="TextField", **config)
    assert "select_actioners" in house.run().message
    house.apply(house.push(source_number_control="TextField", **config, select_actioners={"manual_0001": "user0002"}))
    assert house.run().succeeded == 1


def test_stock_documents(house: House) -> None:
    flows = []
    for name, template in (("发货", "goods_issue"), ("收货", "goods_receipt"), ("转储", "stock_transfer")):
        config = {"process_code": TRANSFER, "originator_user_id": "user0002"}
        flows.append(house.flow(name, f"dingtalk.push_approval.{template}", "erp oa", config))
    house.apply(*flows)
    for name, draft in (("发货", "21"), ("收货", "22"), ("转储", "20")):
        run = house.run(name)
        assert (run.status, run.succeeded) == ("succeeded", 1), (name, run.message)
        row = Delivery.objects.get(flow__name=name)
        assert row.label == draft
        assert form(read(house, row.target_key or ""))["来源单号"] == draft


def test_nothing_is_sent_again_when_only_the_code_is_new(house: House) -> None:
    house.approvals(filter="DraftEntry eq 16")
    house.run()
    again(house, 17, 95)
    assert house.run().total == 0
    assert len(house.made()) == 1
