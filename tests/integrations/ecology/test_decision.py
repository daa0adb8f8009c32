"""Approval results as the OA sends them, and as its signatures tell them."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import CannotTell
from integrations.ecology import decision, request_state
from integrations.ecology.flows.config import APPROVE_VALUES, REFUSE_VALUES
from integrations.ecology.inbound import BadBody
from tests.integrations.ecology import oa

WORDS = (list(APPROVE_VALUES), list(REFUSE_VALUES))


def test_an_approval_names_approver_and_time_in_its_remark() -> None:
    verdict = decision.read(oa.recorded("decision_approved"), *WORDS).verdict()

    assert (verdict.decision, verdict.instance_id) == ("approved", "3038137")
    assert verdict.remark == "[李四 2024-03-01 10:00:00] 同意"
    assert (verdict.approver, verdict.time) == ("李四", "2024-03-01 10:00:00")
    assert verdict.source({})["oa_remark"] == "同意"


def test_a_refusals_remark_loses_the_oas_tags() -> None:
    decided = decision.read(oa.recorded("decision_refused"), *WORDS)

    assert (decided.request_id, decided.decision) == ("3038137", "refused")
    assert decided.remark == "数量 不对\n请修改"


@pytest.mark.parametrize("word", [*APPROVE_VALUES, "y", "APPROVED", " Agree ", 1])
def test_words_for_approved_in_any_case(word: Any) -> None:
    assert decision.read({"requestid": "1", "status": word}, *WORDS).decision == "approved"


@pytest.mark.parametrize("word", [*REFUSE_VALUES, "n", "Rejected", 0])
def test_words_for_refused_in_any_case(word: Any) -> None:
    assert decision.read({"requestid": "1", "status": word}, *WORDS).decision == "refused"


@pytest.mark.parametrize("word", ["maybe", "", None, True, [], {"status": "Y"}, "YES", "2", "同 意"])
def test_any_other_word_decides_nothing(word: Any) -> None:
    with pytest.raises(BadBody) as caught:
        decision.read({"requestid": "1", "status": word}, *WORDS)
    assert caught.value.code == 40008


def test_a_remark_longer_than_the_erps_field_is_cut() -> None:
    decided = decision.read({"requestid": "1", "status": "Y", "remark": "长" * 400, "approverName": "李四"}, *WORDS)

    assert len(decided.verdict().remark) == 254
    assert decided.verdict().remark.startswith("[李四] 长")


def line(kind: str, person: str = "李四", time: str = "10:00:00", remark: str = "") -> dict[str, str]:
    date = {"operateDate": "2026-11-24", "operateTime": time}
    return {"operateType": kind, "operatorName": person, "operatorId": "2979", "remark": remark, **date}


def test_an_archived_request_was_approved_by_all_its_signers() -> None:
    logs = [line("提交", "张三"), line("批准", "李四"), line("批准", "王五", "11:00:00", "可以")]

    verdict = request_state.verdict("7", "3", logs)

    assert verdict is not None
    assert (verdict.decision, verdict.approver, verdict.approvers) == ("approved", "王五", "李四、王五")
    assert verdict.remark == "[王五 2026-11-24 11:00:00] 可以"


def test_one_archived_by_force_was_approved_by_nobody() -> None:
    with pytest.raises(CannotTell, match=r"by force|强制归档"):
        request_state.verdict("7", "3", [line("提交"), line("强制归档", "系统管理员")])


def test_back_at_its_creator_it_was_returned() -> None:
    verdict = request_state.verdict("7", "0", [line("提交", "张三"), line("退回", remark="重填")])

    assert verdict is not None
    assert (verdict.decision, verdict.remark) == ("refused", "[李四 2026-11-24 10:00:00] 重填")


def test_or_withdrawn() -> None:
    verdict = request_state.verdict("7", "0", [line("提交"), line("退回"), line("提交"), line("撤回", "张三")])

    assert verdict is not None
    assert verdict.decision == "withdrawn"


@pytest.mark.parametrize("node", ["1", "2", ""])
def test_at_an_approvers_node_it_is_open(node: str) -> None:
    assert request_state.verdict("7", node, [line("提交"), line("退回"), line("提交")]) is None


def test_a_request_that_never_left_its_creator_is_open() -> None:
    assert request_state.verdict("7", "0", []) is None
