"""ecology.push_master_data against the sandbox, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalog.checking import check
from core.models import FlowInstance, RunStep
from integrations.ecology.client import EcologyClient
from tests.integrations.ecology.house import ITEMS, House

TWO = "ItemCode eq '11028' or ItemCode eq '14003'"


def saving_calls() -> int:
    return RunStep.objects.filter(name__startswith="saveOrUpdateModeData").count()


def marked(house: House, code: str) -> str | None:
    return house.sandbox.erp_object("Items", code)["U_ISSYN"]


def test_a_page_of_items_goes_in_one_call_and_each_is_marked(house: House) -> None:
    house.items()

    first, second = house.run(ITEMS), house.run(ITEMS)

    assert (first.status, first.succeeded) == ("succeeded", 19)
    assert (second.status, second.total) == ("succeeded", 0)
    assert saving_calls() == 1
    assert len(house.made("ecology")) == 19
    assert marked(house, "11028") == "Y", "a field that was never set counts as not synchronised"
    assert house.records("material", wlbm="11028")[0]["wlmc"] == "聚氯乙烯"
    assert house.deliveries(ITEMS)["11028"].target_key == house.records("material", wlbm="11028")[0]["id"]


def test_a_refused_row_fails_alone_with_the_oas_words_and_is_tried_again_when_it_changed(house: House) -> None:
    house.items(filter=TWO)
    house.switch(cube_refuse=[{"method": "material", "column": "wlmc", "value": "聚丙烯", "message": "名称已停用"}])

    first, second = house.run(ITEMS), house.run(ITEMS)

    assert (first.status, first.succeeded, first.failed) == ("partial", 1, 1)
    assert "名称已停用" in house.deliveries(ITEMS)["14003"].error
    assert (marked(house, "11028"), marked(house, "14003")) == ("Y", None)
    assert (second.succeeded, saving_calls()) == (0, 1)

    house.sandbox.erp_act("PATCH", "Items('14003')", {"ItemName": "聚丙烯 T30S"})

    assert house.run(ITEMS).succeeded == 1
    assert marked(house, "14003") == "Y"


def test_a_changed_item_changes_its_row(house: House) -> None:
    house.items(filter=TWO)
    house.run(ITEMS)
    house.sandbox.erp_act("PATCH", "Items('11028')", {"ItemName": "聚氯乙烯 SG-5", "U_ISSYN": "N"})

    assert house.run(ITEMS).succeeded == 1

    assert [row["wlmc"] for row in house.records("material", wlbm="11028")] == ["聚氯乙烯 SG-5"]
    assert house.made("ecology", "update") == [f"material/{house.deliveries(ITEMS)['11028'].target_key}"]


def test_an_unchanged_item_that_is_unmarked_is_only_marked(house: House) -> None:
    house.items(filter=TWO)
    house.run(ITEMS)
    house.sandbox.erp_act("PATCH", "Items('11028')", {"U_ISSYN": "N"})

    house.run(ITEMS)

    assert (marked(house, "11028"), saving_calls()) == ("Y", 1)


def test_rows_whose_answer_was_lost_are_found_and_not_made_again(house: House) -> None:
    house.items(filter=TWO)
    house.sandbox.fault(system="ecology", op="create", when="after", action="drop")

    first = house.run(ITEMS)
    assert first.status == "failed"
    assert {row.state for row in house.deliveries(ITEMS).values()} == {"uncertain"}

    house.settle(ITEMS)
    second = house.run(ITEMS)

    assert (second.status, second.succeeded) == ("succeeded", 2)
    assert len(house.made("ecology")) == 2
    assert marked(house, "11028") == marked(house, "14003") == "Y"


def test_rows_that_never_arrived_are_sent_again_after_being_missed_twice(house: House) -> None:
    house.items(filter=TWO)
    house.sandbox.fault(system="ecology", op="create", when="before", action="drop")
    house.run(ITEMS)

    for _ in range(2):
        house.settle(ITEMS)
        house.run(ITEMS)
    house.run(ITEMS)

    assert len(house.made("ecology")) == 2
    assert marked(house, "11028") == marked(house, "14003") == "Y"


def test_rows_that_cannot_be_found_again_wait_for_a_person(house: House) -> None:
    house.items(filter=TWO, key_field="ItemCode")
    flow = FlowInstance.objects.get(name=ITEMS)
    flow.mappings.filter(target="wlbm").update(source="ItemCode || ItemName")  # not recognisable as the key
    house.sandbox.fault(system="ecology", op="create", when="after", action="drop")
    house.run(ITEMS)
    house.settle(ITEMS)

    house.run(ITEMS)

    assert {row.state for row in house.deliveries(ITEMS).values()} == {"held"}
    assert len(house.made("ecology")) == 2
    assert any("Map the key field" in problem.text or "主键" in problem.text for problem in check(flow, strict=False))


def test_an_item_changed_while_it_was_sent_is_sent_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.items(filter="ItemCode eq '11028'")
    send = EcologyClient.save_records

    def save_and_meanwhile(self: EcologyClient, *args: Any) -> Any:
        answers = send(self, *args)
        monkeypatch.undo()
        house.sandbox.erp_act("PATCH", "Items('11028')", {"ItemName": "新名称"})
        return answers

    monkeypatch.setattr(EcologyClient, "save_records", save_and_meanwhile)

    house.run(ITEMS)
    assert marked(house, "11028") != "Y", "our mark must not hide the change"

    house.run(ITEMS)
    assert [row["wlmc"] for row in house.records("material", wlbm="11028")] == ["新名称"]
    assert marked(house, "11028") == "Y"


def test_partners_bring_their_addresses_as_detail_rows(house: House) -> None:
    config = {"method": "partner", "operator": "15273", "filter": "CardCode eq 'C26000'"}
    house.flow("客户", "ecology.push_master_data.partners", "erp oa", config)
    street = {"AddressName": "工厂", "Street": "沪青平公路 1 号", "City": "上海", "Country": "CN"}
    house.sandbox.erp_put("BusinessPartners", {"CardCode": "C26000", "BPAddresses": [street]})

    run = house.run("客户")

    assert run.status == "succeeded", run.message
    assert [row["hbmc"] for row in house.records("partner", hbbm="C26000")] == ["上海华东塑料有限公司"]
    step = RunStep.objects.filter(name__startswith="saveOrUpdateModeData").get()
    assert '"detail1":[{"operate":{"action":"SaveOrUpdate"' in step.input.replace("\\", "")
    assert "沪青平公路" in step.input


def test_the_check_before_switching_on_says_what_is_wrong(house: House) -> None:
    house.items(method="materiel", synced_field="U_NOT_THERE")

    texts = " ".join(problem.text for problem in check(FlowInstance.objects.get(name=ITEMS), strict=False))

    assert "U_NOT_THERE" in texts
    assert "materiel" in texts


@pytest.mark.parametrize("shape", ["plain", "double", "code"])
def test_every_shape_of_answer_is_understood(house: House, shape: str) -> None:
    house.items(filter=TWO)
    house.switch(cube_shape=shape)

    assert house.run(ITEMS).succeeded == 2


def test_a_token_that_ends_is_renewed(house: House) -> None:
    house.items(filter=TWO)
    house.run(ITEMS)
    house.sandbox.press("ecology", "expire_tokens")
    house.sandbox.erp_act("PATCH", "Items('11028')", {"ItemName": "x", "U_ISSYN": "N"})

    assert house.run(ITEMS).status == "succeeded"


def test_since_leaves_old_items_alone(house: House) -> None:
    house.items(filter=TWO, since="2999-01-01")

    assert house.run(ITEMS).total == 0


def test_a_wrong_key_field_is_named(house: House) -> None:
    house.items(filter=TWO, key_field="/CardCode")

    run = house.run(ITEMS)

    assert run.status == "failed"
    assert "CardCode" in run.message
    assert not house.made("ecology")
