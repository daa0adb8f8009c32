"""A newer template version comes in; what the tenant made its own stays."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalog import content, flows, templates, versions
from core.mapping.engine import Row
from tests.core import fakes

pytestmark = pytest.mark.django_db

NEXT = """
key: fake.push
name: 物料同步
changes: prices too
config: {object_type: Orders, page_size: 60, lines_name: Rows}
schedule: {every: 1, unit: hour}
mappings:
  - {section: main, source: U_Code, target: code, required: true}
  - {section: main, source: Price, target: price}
  - {section: lines, source: Quantity, target: qty, transform: integer}
"""


@pytest.fixture
def flow(acme, push_template):
    """Made of version 1; the tenant changed the page size and one row, and added a row."""
    flow = flows.create_flow(acme, push_template, "F", config={"workflow_id": "17", "page_size": 99})
    flows.update_mappings(
        flow,
        [
            {"section": "lines", "source": "Qty", "target": "qty", "transform": "number"},
            {"section": "lines", "source": "Text", "target": "remark"},
        ],
    )
    return flow


@pytest.fixture
def newer(flow, files, load, acme):
    (files / "push.yaml").write_text(NEXT, encoding="utf-8")
    load()
    return templates.newest(acme, "fake.push", provide=True)


def mapped(flow):
    return {f"{row.section}.{row.target}": row.source for row in flow.mappings.all()}


def test_the_plan_shows_base_mine_and_new(flow, newer):
    assert flows.outdated(flow, newer)
    plan = {change.id: change for change in flows.plan_upgrade(flow, newer)}
    shown = {
        name: (change.base, change.mine, change.new, change.taken, change.conflict)
        for name, change in plan.items()
        if change.kind == "config"
    }
    assert shown == {
        "config:object_type": ("Items", "Items", "Orders", "new", False),
        "config:page_size": (50, 99, 60, "mine", True),
        "config:workflow_id": (None, "17", None, "mine", False),
        "config:lines_name": (None, None, "Rows", "new", False),
    }
    assert {name for name, change in plan.items() if change.kind == "mapping" and change.conflict} == {
        "mapping:lines.qty"
    }
    assert plan["schedule:schedule"].taken == "new"


def test_the_tenants_own_values_stay(flow, newer):
    changes = flows.upgrade(flow, newer)
    assert {change.id for change in changes} == {
        "config:object_type", "config:lines_name", "mapping:main.code", "mapping:main.name", "mapping:main.price",
        "schedule:schedule",
    }  # fmt: skip
    flow.refresh_from_db()
    assert flow.config == {"object_type": "Orders", "page_size": 99, "lines_name": "Rows", "workflow_id": "17"}
    assert mapped(flow) == {
        "lines.qty": "Qty", "lines.remark": "Text", "main.code": "U_Code", "main.price": "Price",
    }  # fmt: skip
    assert (flow.schedule, flow.template) == ({"every": 1, "unit": "hour"}, newer)
    assert not flows.outdated(flow, newer)
    assert flows.upgrade(flow, newer) == []


def test_a_person_may_choose_otherwise(flow, newer):
    choices = {"config:page_size": "new", "mapping:main.name": "mine", "schedule:schedule": "mine"}
    flows.upgrade(flow, newer, choices)
    assert (flow.config["page_size"], flow.schedule) == (60, {"every": 5, "unit": "minute"})
    assert mapped(flow)["main.name"] == "ItemName"


def test_a_deleted_row_stays_deleted_and_a_deleted_key_too(flow, newer):
    flows.update_mappings(flow, [{"section": "main", "source": "ItemName", "target": "name"}])
    flows.upgrade(flow, newer)
    assert "main.code" not in mapped(flow)


def test_back_to_an_earlier_version_is_an_upgrade_too(flow, newer, push_template):
    flows.upgrade(flow, newer)
    flows.upgrade(flow, push_template)
    assert flow.config == {"object_type": "Items", "page_size": 99, "workflow_id": "17"}


def test_a_setting_that_the_type_no_longer_knows_is_dropped(flow, newer, monkeypatch):
    fields = {name: field for name, field in fakes.PushForm.base_fields.items() if name != "page_size"}
    monkeypatch.setattr(fakes.PushForm, "base_fields", fields)
    flows.upgrade(flow, newer)
    assert "page_size" not in flow.config


def test_a_flow_that_runs_is_not_upgraded_into_something_broken(flow, newer):
    flow.enabled = True
    flow.config = {"page_size": 99}
    flow.save()
    assert "workflow_id: " in fakes.refused(flows.upgrade, flow, newer)
    flow.refresh_from_db()
    assert flow.template != newer


def test_another_tenants_template_or_another_type_is_refused(flow, own, provider, rival):
    assert "is not one of tenant acme" in fakes.refused(flows.upgrade, flow, templates.own(provider, "fake.push"))
    assert "a flow keeps its type" in fakes.refused(flows.plan_upgrade, flow, own("fake.ask"))


configs = st.fixed_dictionaries(
    {},
    optional={
        "object_type": st.sampled_from(["Items", "Orders"]),
        "page_size": st.integers(1, 3),
        "lines_name": st.sampled_from(["A", "B"]),
    },
)
row_lists = st.lists(
    st.builds(
        Row,
        section=st.sampled_from(["main", "lines"]),
        source=st.sampled_from(["A", "B"]),
        target=st.sampled_from(["x", "y"]),
    ),
    max_size=4,
    unique_by=lambda row: (row.section, row.target),
)
texts = st.tuples(configs, row_lists)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts, texts, texts)
def test_untouched_follows_and_touched_stays(acme, base, mine, new):
    """For any three versions: each key is the tenant's where the tenant changed it, the new one's elsewhere."""

    def version(text):
        config, rows = text
        given = content.Content("fake.push", "fake.push", "x", config=config, rows=tuple(sorted(rows, key=str)))
        return versions.add(acme, given)

    old = version(base)
    flow = flows.create_flow(acme, old, flows.unused_name(acme, "F"))
    flow.config = mine[0]
    flow.save()
    flows.update_mappings(flow, mine[1], sections=("main", "lines"))
    flows.upgrade(flow, version(new))
    for name in {*base[0], *mine[0], *new[0]}:
        own = mine[0].get(name) != base[0].get(name)
        assert flow.config.get(name) == (mine[0] if own else new[0]).get(name)
    table = [{(row.section, row.target): row.source for row in text[1]} for text in (base, mine, new)]
    after = {(row.section, row.target): row.source for row in flow.mappings.all()}
    for key in {*table[0], *table[1], *table[2]}:
        own = table[1].get(key) != table[0].get(key)
        assert after.get(key) == table[1 if own else 2].get(key)
