"""Switching flows on: what is checked, what the first run would send, what a baseline does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.catalog import enabling, flows
from core.errors import ConnectionBroken
from core.flows.execute import run_in_this_process
from core.models import AppCredential, Connection, Delivery, FlowInstance, ValueMap
from core.models.delivery import DeliveryState
from tests.core import fakes

pytestmark = pytest.mark.django_db

DOCUMENTS = [
    {"id": "1", "ItemCode": "A1", "day": "2023-05-01"},
    {"id": "2", "ItemCode": "A2", "day": "2024-05-01"},
    {"id": "3", "day": "2024-06-01"},
]


@pytest.fixture
def push(acme, push_template, companies) -> FlowInstance:
    connections = {"erp": fakes.erp(acme, companies[0]), "oa": fakes.oa(acme)}
    return flows.create_flow(acme, push_template, "物料", connections=connections, config={"workflow_id": "17"})


@pytest.fixture
def documents(monkeypatch):
    monkeypatch.setattr(fakes.Push, "documents", DOCUMENTS)


def words(flow, **options):
    return {problem.place: problem.text for problem in enabling.check(flow, **options) if problem.blocking}


def test_a_flow_that_has_all_it_needs_is_switched_on(push):
    before = timezone.now()
    assert enabling.check(push) == []
    enabling.enable(push)
    push.refresh_from_db()
    assert push.enabled
    assert before < push.next_run_at <= before + timedelta(minutes=5, seconds=1)
    first = push.first_enabled_at
    assert first
    assert enabling.disable(push) == []
    push.refresh_from_db()
    assert (push.enabled, push.next_run_at) == (False, None)
    enabling.enable(push)
    assert push.first_enabled_at == first


def test_switching_on_clears_what_the_platform_held_against_it(push):
    FlowInstance.objects.filter(pk=push.pk).update(paused="broken", failures_in_a_row=4, last_error="x")
    push.refresh_from_db()
    enabling.enable(push)
    push.refresh_from_db()
    assert (push.paused, push.failures_in_a_row, push.last_error) == ("", 0, "")


def test_everything_that_is_missing_is_said_at_once(acme, push_template):
    flow = flows.create_flow(acme, push_template, "F", config={"page_size": 20})
    flows.update_mappings(flow, [{"section": "main", "source": "A", "target": "b", "value_map": "departments"}])
    found = words(flow)
    assert set(found) == {"slot:erp", "slot:oa", "config:workflow_id", "mapping"}
    assert "Fake ERP" in found["slot:erp"]
    texts = " ".join(str(problem) for problem in enabling.check(flow))
    assert "departments" in texts
    assert "code" in texts
    refusal = fakes.refused(enabling.enable, flow)
    assert all(text in refusal for text in found.values())
    flow.refresh_from_db()
    assert not flow.enabled


def test_a_value_map_of_the_tenant_is_found(acme, push):
    flows.update_mappings(
        push, [{"section": "main", "source": "A", "target": "code", "required": True, "value_map": "departments"}]
    )
    assert "mapping" in words(push)
    ValueMap.objects.create(tenant=acme, name="departments")
    assert words(push) == {}


@pytest.mark.parametrize("status", ["untested", "broken"])
def test_connections_must_have_been_tested_unless_one_only_warns(acme, push, status):
    Connection.objects.filter(tenant=acme, name="ERP").update(status=status, status_text="password wrong")
    assert set(words(push)) == {"slot:erp"}
    assert words(push, strict=False) == {}
    assert [p.place for p in enabling.enable(push, strict=False) if not p.blocking] == ["slot:erp"]


def test_connections_that_the_config_names_are_looked_at_too(acme, push, companies):
    boss = fakes.erp(acme, companies[0], "Boss", status="untested")
    flows.update_config(push, {"approver_connections": {"7": "Boss"}})
    assert "Boss" in words(push)["config"]
    Connection.objects.filter(pk=boss.pk).update(name="Renamed by hand")
    assert "does not have: Boss" in words(push)["config"]


def test_a_connection_whose_settings_are_wrong_is_named(acme, push):
    Connection.objects.filter(tenant=acme, name="ERP").update(settings={})
    assert "company_db" in words(push)["slot:erp"]


def test_the_flow_type_looks_for_what_only_it_knows(push, monkeypatch):
    monkeypatch.setattr(fakes.Push, "problems", ["user field U_ISSYN of OITM is missing: create it"])
    assert words(push) == {"erp": "user field U_ISSYN of OITM is missing: create it"}
    assert words(push, calls=False) == {}

    def broken(self, ctx):
        raise ConnectionBroken("password wrong", code="305")

    monkeypatch.setattr(fakes.Push, "check", broken)
    assert words(push) == {"erp": "[305] password wrong"}


def test_a_switched_off_tenant_runs_nothing(acme, push):
    acme.is_active = False
    acme.save()
    push.refresh_from_db()
    assert "switched off" in words(push)["flow"]


def test_route_targets_go_first(acme, own, companies):
    connections = {"erp": fakes.erp(acme, companies[0]), "oa": fakes.oa(acme)}
    router, decide, notify = flows.create_with_companions(
        acme,
        own("fake.receive"),
        "R",
        connections=connections,
        companions={"fake.decide": flows.Companion(routes=("T1",)), "fake.notify": flows.Companion(routes=("T2",))},
    )
    assert set(words(router)) == {"route:T1", "route:T2"}
    assert "R - 审批回调" in words(router)["route:T1"]
    enabling.enable_set([router, notify, decide])
    assert all(FlowInstance.objects.values_list("enabled", flat=True))
    assert enabling.disable(decide) == ["R"]


def test_two_routers_for_the_same_form_are_told(acme, own):
    connections = {"oa": fakes.oa(acme)}
    decide = FlowInstance.objects.create(tenant=acme, name="D", flow_type="fake.decide", enabled=True)
    one, two = (flows.create_flow(acme, own("fake.receive"), name, connections=connections) for name in "AB")
    for router in (one, two):
        flows.update_routes(router, {"T": decide})
    assert enabling.enable(one) == []
    assert [str(problem) for problem in enabling.enable(two)] == ["T is also routed by A"]


def test_a_circle_of_routes_ends(acme, own):
    one, two = (flows.create_flow(acme, own("fake.receive"), name) for name in "AB")
    for router, target in ((one, two), (two, one)):
        router.routes.create(match="T", target=target)
    assert {flow.pk for flow in enabling.in_dependency_order([one, two])} == {one.pk, two.pk}


def test_a_router_without_routes_and_an_api_without_callers_only_warn(acme, own, companies):
    router = flows.create_flow(acme, own("fake.receive"), "R", connections={"oa": fakes.oa(acme)})
    api = flows.create_flow(acme, own("fake.ask"), "A", connections={"erp": fakes.erp(acme, companies[0])})
    assert [problem.place for problem in enabling.enable(router)] == ["route"]
    assert "AppCode" in enabling.enable(api)[0].text
    AppCredential.objects.create(tenant=acme, name="c", code_hash="x").flows.add(api)
    assert enabling.check(api) == []


def test_a_flow_of_a_type_that_is_gone_says_so(acme):
    flow = FlowInstance.objects.create(tenant=acme, name="F", flow_type="gone.flow")
    assert "unknown flow type 'gone.flow'" in fakes.refused(enabling.enable, flow)


def test_the_first_run_is_counted_without_sending(push, documents):
    found = enabling.first_run_count(push)
    assert (found.count, found.refused, found.known, found.more) == (2, 1, 0, False)
    assert found.examples == ["No. 1", "No. 2"]
    assert "No. 3" in found.problems[0]
    assert "code" in found.problems[0]
    assert enabling.first_run_count(push, since="2024-01-01").count == 1
    assert not Delivery.objects.exists()


def test_counting_stops_at_its_limit_and_leaves_out_what_was_sent(push, monkeypatch):
    many = [{"id": str(number), "ItemCode": "X"} for number in range(1200)]
    monkeypatch.setattr(fakes.Push, "documents", many)
    Delivery.objects.create(flow=push, key="7", state="done")
    found = enabling.first_run_count(push)
    assert (found.count, found.known, found.more) == (1199, 1, False)
    found = enabling.first_run_count(push, limit=600)
    assert found.more
    assert found.count < 1199
    assert enabling.first_run_count(push, seconds=0).more


def test_only_flows_that_push_have_a_first_run(acme, own):
    flow = flows.create_flow(acme, own("fake.ask"), "A")
    assert not enabling.can_count(flow)
    assert "sends nothing by itself" in fakes.refused(enabling.first_run_count, flow)


def test_the_first_run_may_begin_with_a_day(push):
    assert "which day" in fakes.refused(enabling.enable, push, "since")
    assert "'all', 'since' or 'baseline'" in fakes.refused(enabling.enable, push, "none")
    enabling.enable(push, "since", since="2024-01-01")
    push.refresh_from_db()
    assert push.config["since"] == "2024-01-01"


def test_a_baseline_counts_what_is_there_as_sent_and_touches_nothing(push, documents, monkeypatch):
    monkeypatch.setattr(fakes.Push, "next_cursor", "2024-06-01")
    sent, marked = [], []
    monkeypatch.setattr(
        fakes.Push, "deliver", lambda self, ctx, out: sent.append(out.key) or fakes.Receipt(f"T{out.key}")
    )
    monkeypatch.setattr(fakes.Push, "acknowledge", lambda self, ctx, recalls: marked.extend(recalls) or {})
    told = []
    assert enabling.baseline(push, progress=told.append) == 3
    assert (enabling.baseline(push), told) == (0, [3])
    rows = Delivery.objects.order_by("key")
    assert [(row.key, row.state, row.target_key, row.due_at) for row in rows] == [
        (key, DeliveryState.DONE, None, None) for key in "123"
    ]
    assert [bool(row.fingerprint) for row in rows] == [True, True, False]
    push.refresh_from_db()
    assert push.state == {"cursor": "2024-06-01"}
    enabling.enable(push, "baseline")
    assert "switch it off first" in fakes.refused(enabling.baseline, push)


@pytest.mark.django_db(transaction=True)
def test_a_run_after_a_baseline_sends_only_what_is_new(push, documents, monkeypatch):
    sent, marked = [], []
    monkeypatch.setattr(
        fakes.Push, "deliver", lambda self, ctx, out: sent.append(out.key) or fakes.Receipt(f"T{out.key}")
    )
    monkeypatch.setattr(
        fakes.Push, "acknowledge", lambda self, ctx, recalls: marked.extend(r.key for r in recalls) or {}
    )
    enabling.enable(push, "baseline")
    monkeypatch.setattr(fakes.Push, "documents", [*DOCUMENTS, {"id": "4", "ItemCode": "A4"}])
    run = run_in_this_process(push)
    assert (run.status, sent, marked) == ("succeeded", ["4"], ["4"])
