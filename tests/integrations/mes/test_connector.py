"""The connector: its test, its fields, its actions, its transform; the config of its flows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses

from core import registry
from core.errors import ConfigurationError, NotFound
from core.mapping.transforms import Scope, transform
from integrations.mes.connector import Blacklake
from integrations.mes.flows.config import unit_of
from tests.integrations.mes.wire import answers, envelope, sent, signs_in, target

BIG = 17345695114704761


@pytest.fixture(autouse=True)
def wire() -> Iterator[None]:
    with responses.mock:
        yield


def act(name: str, **inputs: Any) -> Any:
    """Run an action as the console does."""
    connector = Blacklake(target())
    action = Blacklake.actions()[name]
    form = action.form(inputs)
    assert form.is_valid(), form.errors
    return action.run(connector, connector.client, **form.cleaned_data)


def test_the_connection_test_logs_in_afresh_and_asks_one_question():
    signs_in("T1", "T2")
    answers("material_list", {"list": [], "total": 58}, {"list": [], "total": 58})
    connector = Blacklake(target())
    connector.check()

    check = connector.check()

    assert check.ok
    assert (check.facts["account"], check.facts["materials"], check.facts["factory"]) == ("接口账号001", 58, "34133123")
    assert len(sent("login")) == 2
    assert "T1" not in str(check)


def test_fields_for_the_mapping_editor():
    connector = Blacklake(target())
    material = {field.name: field for field in connector.discover("fields", object="material")}
    assert {name for name, field in material.items() if field.required} == {"materialCode", "materialName", "unitName"}
    for name in ("order", "outputs", "inputs", "report"):
        found = connector.discover("fields", object=name)
        assert found
        assert len({field.name for field in found}) == len(found)
    assert connector.discover("fields", object="nothing") == connector.discover("nothing") == []


def test_every_action_of_the_seed_is_there():
    """4.4.3.5 to 4.4.3.12."""
    actions = Blacklake.actions()
    assert {
        "import_material", "stop_material", "start_material", "read_material", "import_work_order", "update_work_order",
        "close_work_order", "work_order_id", "list_reports", "read_work_order",
    } <= set(actions)  # fmt: skip
    assert {name for name, action in actions.items() if action.writes} == {
        "import_material", "stop_material", "start_material", "import_work_order", "update_work_order",
        "close_work_order",
    }  # fmt: skip


def test_actions():
    signs_in()
    row = {"id": 7, "code": "A", "enableFlag": {"code": 1}}
    for _ in range(3):
        answers("material_list", {"list": [row], "total": 1})
    answers("material_import", None)
    answers("material_stop", None)
    answers("code_to_id", *[{"id": BIG}] * 4)
    answers("work_order_close", {"successAmount": 1, "failAmount": 0, "failResults": []})
    answers("work_order_detail", {"id": BIG})
    answers("process_plan", {"processes": []})
    answers("report_list", {"list": [{"id": 1}], "total": 1})

    assert act("import_material", content='{"materialCode": "A"}') == row
    assert act("stop_material", code="A") == row
    assert sent("material_stop") == [{"ids": [7]}]
    assert act("work_order_id", code="478") == {"id": BIG}
    assert act("close_work_order", code="478", kind="1", reason="") == {"failed": []}
    assert act("read_work_order", code="478") == {"order": {"id": BIG}, "plan": {"processes": []}}
    assert act("list_reports", minutes=5, order="478") == [{"id": 1}]


def test_actions_on_what_is_not_there_say_so():
    signs_in()
    answers("material_list", {"list": [], "total": 0})
    answers("code_to_id", envelope({"id": None}))
    answers("work_order_list", {"list": [], "total": 0})

    with pytest.raises(NotFound, match="X9"):
        act("stop_material", code="X9")
    with pytest.raises(NotFound, match="X9"):
        act("close_work_order", code="X9", kind="1", reason="")
    assert not Blacklake.actions()["import_material"].form({"content": "[1]"}).is_valid()


def test_same_as():
    function = transform("same_as").function
    scope = Scope({"InventoryUOM": "个"}, {}, ZoneInfo("UTC"))
    assert function("个", "InventoryUOM", scope) == "个"
    assert function("箱", "InventoryUOM", scope) is None


@pytest.mark.parametrize(
    ("text", "factor", "unit"),
    [
        ("kg", "1", "kg"),
        ("12 个", "12", "个"),
        ("0.001  t", "0.001", "t"),
        ("12个", "1", "12个"),
        ("", "0", ""),
        (" ", "0", ""),
    ],
)
def test_units(text, factor, unit):
    assert unit_of(text) == (Decimal(factor), unit)


def test_configs_name_the_wrong_field():
    for key, values, field in (
        ("mes.pull_receipts", {"qc_statuses": ["5"]}, "qc_statuses"),
        ("mes.pull_receipts", {"qc_statuses": []}, "qc_statuses"),
        ("mes.pull_receipts", {"units": {"箱": "0 个"}}, "units"),
        ("mes.push_items", {"overlap_seconds": -1}, "overlap_seconds"),
        ("mes.push_work_orders", {"synced_field": ""}, "synced_field"),
        ("mes.push_work_orders", {"close_type": 3}, "close_type"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            registry.flow_type(key).clean_config(values)
        assert field in caught.value.fields


def test_configs_have_the_documented_defaults():
    """The names and defaults that configuration files rely on."""
    items = registry.flow_type("mes.push_items").clean_config({})
    orders = registry.flow_type("mes.push_work_orders").clean_config({})
    receipts = registry.flow_type("mes.pull_receipts").clean_config({})
    assert (items["overlap_seconds"], items["defaults"]["bizType"], items["filter"]) == (120, "默认", "")
    assert orders["filter"] == "ProductionOrderStatus eq 'R' or ProductionOrderStatus eq 'C'"
    assert (orders["synced_field"], orders["flag_field"], orders["number_field"]) == (
        "U_SyncStatus", "U_SyncFlag", "AbsoluteEntry",
    )  # fmt: skip
    assert (receipts["last_process_only"], receipts["qc_statuses"], receipts["inbound_type"]) == (True, [1, 2], "1")
    assert (receipts["base_type"], receipts["report_id_field"], receipts["overlap_seconds"]) == (
        202, "U_MESReportId", 120,
    )  # fmt: skip
