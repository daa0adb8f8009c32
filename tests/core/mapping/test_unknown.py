"""Values that a value map does not know: noted when a run meets them, translated by a person, few statements."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from core.errors import ConfigurationError, DocumentRejected
from core.flows import requests
from core.flows.base import RequestFlow, Section
from core.mapping import unknown
from core.models import Delivery, Tenant, UnknownValue, ValueMap
from core.registry import register_flow
from tests.core.flows import target as target_module
from tests.core.flows.target import World, make_flow, run

pytestmark = pytest.mark.django_db(transaction=True)


@register_flow
class Polite(RequestFlow):
    """Answers a refusal itself, as flows for the OA do."""

    key = "test.polite"
    has_company = False
    sections = (Section("main"),)

    def handle(self, ctx, payload):
        try:
            return ctx.map(payload)["main"]
        except DocumentRejected as error:
            return {"refused": error.message}


@pytest.fixture(autouse=True)
def world():
    target_module.WORLD = World()
    return target_module.WORLD


@pytest.fixture
def flow():
    flow = make_flow()
    flow.mappings.filter(target="name").update(value_map="departments")
    return flow


@pytest.fixture
def departments(flow):
    return ValueMap.objects.create(tenant=flow.tenant, name="departments", rows={"1": "D1"})


def met():
    return dict(UnknownValue.objects.values_list("value", "count"))


def written(queries):
    return [q for q in queries.captured_queries if "INTO core_unknownvalue" in q["sql"]]


def test_a_run_notes_what_it_could_not_translate_by_one_statement(world, flow, departments):
    world.add("A", Name="1")
    world.add("B", "C", Name=" 2 ")
    world.add("D", Name="3")
    with CaptureQueriesContext(connection) as queries:
        run(flow)

    assert met() == {"2": 2, "3": 1}
    assert {(row.flow, row.value_map) for row in UnknownValue.objects.all()} == {(flow, "departments")}
    assert len(written(queries)) == 1


def test_a_document_that_waits_is_not_counted_again(world, flow, departments):
    world.add("B", Name="2")
    run(flow)
    with CaptureQueriesContext(connection) as queries:
        run(flow)
    assert met() == {"2": 1}
    assert not written(queries)

    world.add("C", Name="2")
    run(flow)
    assert met() == {"2": 2}


def test_hits_write_nothing(world, flow, departments):
    world.add("A", Name="1")
    with CaptureQueriesContext(connection) as queries:
        run(flow)
    assert not [q for q in queries.captured_queries if "unknownvalue" in q["sql"]]


def test_a_translation_sends_the_refused_document_and_forgets_the_value(world, flow, departments):
    world.add("B", Name="2")
    run(flow)
    assert Delivery.objects.get(key="B").state == "refused"

    unknown.translate(departments, "2", "D2")

    departments.refresh_from_db()
    assert departments.rows == {"1": "D1", "2": "D2"}
    assert not UnknownValue.objects.exists()
    run(flow)
    assert Delivery.objects.get(key="B").state == "done"


def test_what_is_translated_is_not_overwritten(departments):
    with pytest.raises(ConfigurationError):
        unknown.translate(departments, "1", "other")
    with pytest.raises(ConfigurationError):
        unknown.translate(departments, "2", " ")
    departments.refresh_from_db()
    assert departments.rows == {"1": "D1"}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_refused_document_leads_to_its_value(world, flow, departments, language):
    world.add("B", Name="2")
    world.add("C", Name="22")
    with translation.override(language):
        run(flow)
    other = Delivery.objects.create(flow=flow, key="X", state="refused", error="the price is wrong: '2'")

    for key, value in (("B", "2"), ("C", "22")):
        found = unknown.behind(Delivery.objects.get(key=key))
        assert found is not None
        assert found.value == value
    assert unknown.behind(other) is None


def test_a_request_whose_flow_answers_the_refusal_is_noted(departments):
    flow = make_flow("test.polite", name="api")
    flow.mappings.all().delete()
    flow.mappings.create(section="main", source="who", target="who", value_map="departments")
    assert "refused" in requests.handle(flow, {"who": "9"})
    requests.handle(flow, {"who": "9"})
    assert requests.handle(flow, {"who": "1"}) == {"who": "D1"}
    assert met() == {"9": 2}


def test_lines_and_lists_are_noted(flow, departments):
    seen = unknown.Seen()
    try:
        try:
            raise unknown.UnknownValueError("departments", "7")
        except ValueError as error:
            raise DocumentRejected("row") from error
    except DocumentRejected as error:
        try:
            raise DocumentRejected("line 3") from error
        except DocumentRejected as outer:
            seen.note(outer)
    seen.note(DocumentRejected("something else"))
    seen.note(None)
    assert dict(seen.misses) == {("departments", "7"): 1}


def test_the_list_is_bounded(flow, departments, monkeypatch):
    seen = unknown.Seen()
    for number in range(unknown.MOST_A_RUN + 50):
        seen.note(unknown.UnknownValueError("departments", f"v{number}"))
    seen.note(unknown.UnknownValueError("departments", "x" * 300))
    assert len(seen.misses) == unknown.MOST_A_RUN

    for start in range(0, 1000, unknown.MOST_A_RUN):
        seen.clear()
        for number in range(unknown.MOST_A_RUN):
            seen.note(unknown.UnknownValueError("departments", f"v{start + number}"))
        seen.write(flow.pk)
    assert UnknownValue.objects.count() == unknown.MOST_A_FLOW

    seen.clear()
    seen.note(unknown.UnknownValueError("departments", "v0"))
    seen.write(flow.pk)
    assert met()["v0"] == 2, "a known one is counted even when there is no room"


def test_other_tenants_values_are_not_on_the_map(world, flow, departments):
    world.add("B", Name="2")
    run(flow)
    theirs = ValueMap.objects.create(tenant=Tenant.objects.create(slug="t2", name="t2"), name="departments")
    assert [row.value for row in unknown.of_map(departments)] == ["2"]
    assert not unknown.of_map(theirs)
    unknown.translate(theirs, "2", "x")
    assert met() == {"2": 1}


def test_old_ones_are_forgotten(world, flow, departments):
    from datetime import timedelta

    from django.utils import timezone

    from core import tasks

    world.add("B", Name="2")
    run(flow)
    tasks.prune()
    assert met() == {"2": 1}
    UnknownValue.objects.update(last_seen=timezone.now() - timedelta(days=91))
    tasks.prune()
    assert met() == {}


def test_a_value_that_no_database_takes_does_not_keep_receipts_out(flow, departments):
    seen = unknown.Seen()
    seen.note(unknown.UnknownValueError("departments", "x\ud83d\x00y"))
    seen.write(flow.pk)
    assert met() == {"x?y": 1}
