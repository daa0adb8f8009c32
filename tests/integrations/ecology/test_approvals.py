"""ecology.push_approval and ecology.receive_decision against the sandbox, over real HTTP."""

from __future__ import annotations

import time
from typing import Any

import pytest

from core.catalog.checking import check
from core.models import FlowInstance
from tests.integrations.ecology.house import DECISIONS, PURCHASES, TABLE, House

ONLY_16 = "DocObjectCode eq '1470000113' and DocEntry eq 16"


@pytest.fixture
def sent(house: House) -> str:
    """Draft 16 is with the OA; the number of its request."""
    house.purchases(filter=ONLY_16)
    house.decisions()
    assert house.run(PURCHASES).status == "succeeded"
    return house.deliveries(PURCHASES)["16/17/1"].target_key or ""


def decided(house: House, number: str, status: str = "Y", **more: Any) -> dict[str, Any]:
    """What the OA is answered for its decision."""
    body = {"requestid": number, "status": status, "remark": "同意", "approverName": "李四"}
    return house.post(DECISIONS, {**body, "approveTime": "2026-11-24 10:05:00", **more})


def request(house: House, number: str) -> dict[str, Any]:
    return house.client().request(number)


# -- sending


def test_drafts_with_a_pending_approval_become_requests_and_are_marked(house: House) -> None:
    house.purchases()

    first, second = house.run(PURCHASES), house.run(PURCHASES)

    assert (first.status, first.succeeded) == ("succeeded", 3), "16, 17, 18; 19 waits for nothing, 24 is approved"
    assert (second.total, len(house.made("ecology"))) == (0, 3)
    number = house.deliveries(PURCHASES)["16/17/1"].target_key
    draft = house.draft()
    assert (draft["U_ISSYN"], draft["U_REQUESTID"]) == ("Y", number)
    assert house.draft(19).get("U_ISSYN") is None


def test_a_request_has_the_mapped_fields_lines_and_title(house: House, sent: str) -> None:
    found = request(house, sent)

    assert found["requestName"] == "采购申请 16"
    (main,) = found["workflowMainTableInfo"]["requestRecords"]
    values = {entry["fieldName"]: entry["fieldValue"] for entry in main["workflowRequestTableFields"]}
    assert (values["djbh"], values["sqr"], values["djrq"]) == ("16", "销售经理：张涛", "2022-08-20")
    (table,) = found["workflowDetailTableInfos"]
    rows = [
        {entry["fieldName"]: entry["fieldValue"] for entry in record["workflowRequestTableFields"]}
        for record in table["workflowRequestTableRecords"]
    ]
    assert table["tableDBName"] == TABLE
    assert [(row["wlbm"], row["sl"], row["xqrq"]) for row in rows] == [
        ("11028", "55", "2022-08-23"),
        ("14003", "11", "2022-08-23"),
    ]


def test_a_title_without_a_field_gets_the_number(house: House) -> None:
    house.purchases(filter=ONLY_16, request_name="采购申请")
    house.run(PURCHASES)

    assert house.sandbox.effects(system="ecology", op="create")[0]["source"] == "采购申请 16"


def test_a_field_that_the_form_lacks_is_refused_by_the_oa_and_named(house: House) -> None:
    rows = [{"section": "mainData", "source": "DocEntry", "target": "wrong"}]
    house.flow(PURCHASES, "ecology.push_approval", "erp oa", {"workflow_id": "781", "filter": ONLY_16}, mappings=rows)

    run = house.run(PURCHASES)

    assert (run.status, run.failed) == ("failed", 1)
    assert "wrong" in house.deliveries(PURCHASES)["16/17/1"].error
    assert house.draft().get("U_ISSYN") is None


def test_the_check_compares_mapping_and_form(house: House) -> None:
    rows = [{"section": "mainData", "source": "DocEntry", "target": "wrong"}]
    config = {"workflow_id": "781", "detail_table": "formtable_main_1356_dt2"}
    house.flow(PURCHASES, "ecology.push_approval", "erp oa", config, mappings=rows)

    texts = [problem.text for problem in check(FlowInstance.objects.get(name=PURCHASES), strict=False)]

    assert any("wrong" in text for text in texts)
    assert any("djbh" in text for text in texts)
    assert any("formtable_main_1356_dt2" in text and TABLE in text for text in texts)


def test_a_workflow_that_may_not_be_created_stops_the_run_in_words(house: House) -> None:
    house.purchases(workflow_id="999")

    run = house.run(PURCHASES)

    assert run.status == "failed"
    assert "workflow" in run.message
    assert not house.made("ecology")


@pytest.mark.parametrize("when", ["after", "before"])
def test_a_lost_answer_makes_no_second_request(house: House, when: str) -> None:
    house.purchases(filter=ONLY_16)
    house.sandbox.fault(system="ecology", op="create", when=when, action="drop")
    house.run(PURCHASES)
    assert house.deliveries(PURCHASES)["16/17/1"].state == "uncertain"

    for _ in range(3):
        house.settle(PURCHASES)
        house.run(PURCHASES)

    assert len(house.made("ecology")) == 1
    assert house.draft()["U_REQUESTID"] == house.deliveries(PURCHASES)["16/17/1"].target_key == house.made("ecology")[0]


def test_a_request_that_shows_up_late_is_not_made_again(house: House) -> None:
    house.switch(index_delay_ms=1500)
    house.purchases(filter=ONLY_16)
    house.sandbox.fault(system="ecology", op="create", when="after", action="drop")
    house.run(PURCHASES)

    house.settle(PURCHASES)
    house.run(PURCHASES)
    assert house.deliveries(PURCHASES)["16/17/1"].state == "uncertain", "not there once proves nothing"
    house.switch(index_delay_ms=0)
    time.sleep(1.6)
    house.settle(PURCHASES)
    house.run(PURCHASES)

    assert house.deliveries(PURCHASES)["16/17/1"].state == "done"
    assert len(house.made("ecology")) == 1


def test_an_inner_error_is_tried_again(house: House) -> None:
    house.purchases(filter=ONLY_16)
    house.switch(fail_next=1)

    assert house.run(PURCHASES).status == "failed"
    assert house.run(PURCHASES).status == "succeeded"


def test_files_of_the_draft_go_along(house: House) -> None:
    house.purchases(filter=ONLY_16, attachments="fj")

    run = house.run(PURCHASES)

    assert run.status == "succeeded", run.message
    (main,) = request(house, house.made("ecology")[0])["workflowMainTableInfo"]["requestRecords"]
    (files,) = [e["fieldValue"] for e in main["workflowRequestTableFields"] if e["fieldName"] == "fj"]
    assert [file["fileName"] for file in files] == ["询价单.txt", "图纸.png"]
    assert files[0]["filePath"].startswith("base64:")


def test_transfers_come_from_their_own_set_of_drafts(house: House) -> None:
    config = {"workflow_id": "782", "detail_table": "formtable_main_1357_dt1"}
    house.flow("转储", "ecology.push_approval.transfers", "erp oa", config)

    run = house.run("转储")

    assert (run.status, run.succeeded) == ("succeeded", 1), run.message
    assert house.sandbox.erp_object("StockTransferDrafts", 20)["U_REQUESTID"] == house.made("ecology")[0]


# -- deciding


def test_an_approval_decides_the_draft_in_the_erp(house: House, sent: str) -> None:
    answer = decided(house, sent, objType="1470000113")

    assert (answer["success"], answer["code"], answer["duplicate"]) == ("Y", 0, False)
    assert (answer["requestid"], answer["draftEntry"], answer["approvalCode"]) == (sent, 16, 17)
    approval = house.approval()
    assert approval["Status"] == "arsApproved"
    assert approval["ApprovalRequestLines"][0]["Remarks"] == "[李四 2026-11-24 10:05:00] 同意"


def test_a_refusal_gives_the_draft_back_to_its_user(house: House, sent: str) -> None:
    answer = decided(house, sent, "退回", remark="价格太高")

    assert answer["success"] == "Y"
    assert house.approval()["Status"] == "arsNotApproved"
    assert "价格太高" in house.approval()["ApprovalRequestLines"][0]["Remarks"]
    assert house.draft()["U_ISSYN"] == "N"
    assert house.run(PURCHASES).total == 0, "it goes out again only when its user submits it again"


def test_the_same_decision_again_is_a_duplicate_and_the_opposite_a_refusal(house: House, sent: str) -> None:
    decided(house, sent)

    again, opposite = decided(house, sent), decided(house, sent, "N")

    assert (again["success"], again["duplicate"]) == ("Y", True)
    assert (opposite["success"], opposite["code"]) == ("N", 40904)
    assert house.approval()["Status"] == "arsApproved"
    assert len(house.made("erp", "decide")) == 1


def test_a_decision_is_written_back_into_the_draft(house: House, sent: str) -> None:
    rows = [
        {"section": "draft", "source": "decision", "target": "U_ApprovalStatus"},
        {"section": "draft_approved", "source": "approver", "target": "U_Approver"},
        {"section": "draft_approved", "source": "time", "target": "U_ApprovalDate"},
        {"section": "draft_approved", "source": "oa_remark", "target": "U_ApprovalRemark"},
    ]
    config = {"approver_connections": {"12": "approver1"}}
    house.flow(DECISIONS, "ecology.receive_decision", "erp", config, mappings=rows)

    decided(house, sent)

    draft = house.draft()
    assert (draft["U_Approver"], draft["U_ApprovalDate"]) == ("李四", "2026-11-24 10:05:00")
    assert draft["U_ApprovalRemark"] == "同意"
    assert not draft.get("U_ApprovalStatus"), "the special section goes before the general one"


def test_a_field_to_write_back_that_the_erp_lacks_is_named_before_switching_on(house: House) -> None:
    rows = [{"section": "draft", "source": "approver", "target": "U_NOT_THERE"}]
    house.flow(DECISIONS, "ecology.receive_decision", "erp", {}, mappings=rows)

    problems = check(FlowInstance.objects.get(name=DECISIONS), strict=False)

    assert any("U_NOT_THERE" in problem.text for problem in problems)


def test_an_unknown_word_decides_nothing(house: House, sent: str) -> None:
    answer = decided(house, sent, "maybe")

    assert (answer["success"], answer["code"]) == ("N", 40008)
    assert house.approval()["Status"] == "arsPending"


def test_an_unknown_request_has_its_own_answer(house: House, sent: str) -> None:
    answer = decided(house, "999999")

    assert (answer["success"], answer["code"], answer["requestid"]) == ("N", 40401, "999999")


def test_a_wrong_document_type_decides_nothing(house: House, sent: str) -> None:
    answer = decided(house, sent, objType="67")

    assert (answer["success"], answer["code"]) == ("N", 40002)
    assert house.approval()["Status"] == "arsPending"


def test_a_request_that_another_system_made_is_found_by_the_drafts_field(house: House) -> None:
    house.decisions()
    house.sandbox.erp_put("Drafts", {"DocEntry": 16, "U_REQUESTID": "555"})

    assert decided(house, "555")["success"] == "Y"
    assert house.approval()["Status"] == "arsApproved"


def test_two_drafts_with_the_same_number_decide_nothing(house: House) -> None:
    house.decisions()
    for entry in (16, 17):
        house.sandbox.erp_put("Drafts", {"DocEntry": entry, "U_REQUESTID": "555"})

    assert decided(house, "555")["code"] == 40903


def test_a_draft_that_waits_for_nothing_is_told_so(house: House) -> None:
    house.decisions()
    house.sandbox.erp_put("Drafts", {"DocEntry": 19, "U_REQUESTID": "556"})

    assert decided(house, "556")["code"] == 40402


def test_decided_by_hand_the_same_way_is_a_success(house: House, sent: str) -> None:
    body = {"ApprovalRequestDecisions": [{"Status": "ardApproved", "Remarks": "手工"}]}
    house.sandbox.erp_act("PATCH", "ApprovalRequests(17)", body, user=12)

    assert decided(house, sent)["success"] == "Y"
    assert house.approval()["ApprovalRequestLines"][0]["Remarks"] == "手工"


def test_a_wrong_approver_is_named(house: House, sent: str) -> None:
    house.decisions(approver_connections={"13": "approver1"})

    answer = decided(house, sent)

    assert answer["success"] == "N"
    assert "not authorized" in answer["message"]
    assert house.approval()["Status"] == "arsPending"


def test_while_the_erp_is_away_the_oa_is_told_to_come_again(house: House, sent: str) -> None:
    house.sandbox.fault(system="erp", op="*", action="status", status=503, times=0)

    answer = decided(house, sent)

    assert (answer["success"], answer["code"], answer["retryable"]) == ("N", 50300, True)
    house.sandbox.clear_faults()
    assert decided(house, sent)["success"] == "Y"


def test_a_lost_answer_of_the_erp_decides_once(house: House, sent: str) -> None:
    house.sandbox.fault(system="erp", op="decide", when="after", action="drop")

    first = decided(house, sent)
    answer = first if first["success"] == "Y" else decided(house, sent)

    assert answer["success"] == "Y"
    assert house.approval()["Status"] == "arsApproved"


def test_an_edited_draft_is_not_released_and_goes_out_again(house: House, sent: str) -> None:
    line = {"LineNum": 0, "Quantity": 550.0}
    house.sandbox.erp_act("PATCH", "Drafts(16)", {"DocumentLines": [line]}, user=38)

    answer = decided(house, sent)

    assert (answer["success"], answer["code"]) == ("N", 40905)
    assert "55" in answer["message"]
    assert "550" in answer["message"]
    assert house.draft()["U_ISSYN"] == "N"

    assert house.run(PURCHASES).succeeded == 1
    newest = house.made("ecology")[-1]
    assert house.made("ecology", "withdraw") == [sent], "the old request is taken back"
    assert newest != sent
    assert house.draft()["U_REQUESTID"] == newest
    assert decided(house, newest)["success"] == "Y"
    assert decided(house, sent)["success"] == "N"


# -- decisions whose callback never came


def test_an_approval_that_was_not_told_is_asked_for(house: House, sent: str) -> None:
    house.oa("POST", "act", {"requestid": sent, "status": "Y", "remark": "可以", "callback": False})

    run = house.reconcile(PURCHASES)

    assert run.status == "succeeded", run.message
    assert house.approval()["Status"] == "arsApproved"
    assert "可以" in house.approval()["ApprovalRequestLines"][0]["Remarks"]


def test_a_return_that_was_not_told_is_asked_for(house: House, sent: str) -> None:
    house.oa("POST", "act", {"requestid": sent, "status": "N", "callback": False})

    house.reconcile(PURCHASES)

    assert house.approval()["Status"] == "arsNotApproved"
    assert house.draft()["U_ISSYN"] == "N"


def test_an_open_request_stays_open(house: House, sent: str) -> None:
    assert house.reconcile(PURCHASES).status == "succeeded"
    assert house.approval()["Status"] == "arsPending"


def test_a_withdrawn_request_refuses_the_draft(house: House, sent: str) -> None:
    house.client().withdraw(sent, "")

    house.reconcile(PURCHASES)

    assert house.approval()["Status"] == "arsNotApproved"
    assert house.approval()["ApprovalRequestLines"][0]["Remarks"] == "发起人撤销"


def test_a_request_archived_by_force_is_for_a_person(house: House, sent: str) -> None:
    house.client().force_over(sent, "")

    run = house.reconcile(PURCHASES)

    assert run.status != "succeeded"
    assert sent in run.message
    assert house.approval()["Status"] == "arsPending"


def test_an_open_request_of_an_edited_draft_is_withdrawn_and_replaced(house: House, sent: str) -> None:
    line = {"LineNum": 0, "Quantity": 550.0}
    house.sandbox.erp_act("PATCH", "Drafts(16)", {"DocumentLines": [line]}, user=38)

    house.reconcile(PURCHASES)

    assert house.made("ecology", "withdraw") == [sent]
    assert house.draft()["U_ISSYN"] == "N"
    assert house.run(PURCHASES).succeeded == 1
    assert len(house.made("ecology")) == 2
