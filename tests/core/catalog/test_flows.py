"""Creating, changing, duplicating and deleting flows."""

from __future__ import annotations

import pytest

from core.catalog import flows, updating
from core.models import AppCredential, Delivery, FieldMapping, FlowInstance
from tests.core import fakes

pytestmark = pytest.mark.django_db


@pytest.fixture
def erp(acme, companies):
    return fakes.erp(acme, companies[0], "ERP1")


@pytest.fixture
def oa(acme):
    return fakes.oa(acme)


@pytest.fixture
def push(acme, push_template, erp, oa, companies) -> FlowInstance:
    return flows.create_flow(
        acme, push_template, "物料", company=companies[0], connections={"erp": erp, "oa": oa},
        config={"workflow_id": "17"},
    )  # fmt: skip


def rows(flow, section):
    return [(row.source, row.target) for row in flow.mappings.filter(section=section)]


def bound(flow):
    return {binding.slot: binding.connection.name for binding in flow.bindings.select_related("connection")}


def test_a_flow_starts_with_its_templates_words_and_its_own(acme, push_template, erp, companies):
    flow = flows.create_flow(
        acme,
        push_template,
        "  物料 ",
        connections={"erp": erp},
        config={"page_size": 70, "active": "no"},
        mappings=[{"section": "lines", "source": "Price", "target": "price"}],
    )
    assert (flow.name, flow.enabled, flow.company, flow.endpoint_key) == ("物料", False, companies[0], None)
    assert flow.config == {"object_type": "Items", "page_size": 70, "active": False}
    assert flow.schedule == {"every": 5, "unit": "minute"}
    assert rows(flow, "main") == [("ItemCode", "code"), ("ItemName", "name")]
    assert rows(flow, "lines") == [("Price", "price")]
    assert FieldMapping.objects.filter(template=push_template).count() == 3


@pytest.mark.parametrize(
    "options, words",
    [
        ({"config": {"page_siez": 1}}, "page_siez: unknown setting"),
        ({"config": {"page_size": 0}}, "page_size: "),
        ({"config": {"approver_connections": {"1": "nobody"}, "workflow_id": "1"}}, "does not have: nobody"),
        ({"mappings": [{"section": "head", "target": "x"}]}, "no mapping section 'head'"),
        ({"mappings": [{"section": "main"}]}, "mappings[0]: needs 'target'"),
        ({"schedule": {"every": 0, "unit": "minute"}}, "every: "),
        ({"endpoint_key": "0123456789abcdef"}, "has no endpoint_key"),
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 121}, "at most 120"),
    ],
)
def test_wrong_words_are_refused_and_nothing_is_made(acme, push_template, options, words):
    name = options.pop("name", "F")
    assert words in fakes.refused(flows.create_flow, acme, push_template, name, **options)
    assert not FlowInstance.objects.exists()


def test_what_is_missing_is_no_mistake_while_the_flow_is_off(acme, push_template):
    flow = flows.create_flow(acme, push_template, "F")
    assert "workflow_id" not in flow.config


def test_a_name_is_taken_once_in_a_tenant(acme, rival, push_template, own, push):
    assert "has a flow '物料' already" in fakes.refused(flows.create_flow, acme, push_template, "物料")
    assert flows.unused_name(acme, "物料") == "物料 2"
    assert flows.unused_name(rival, "物料") == "物料"


def test_nothing_of_another_tenant_is_taken(acme, rival, own, push_template, companies):
    foreign, company = fakes.erp(rival), companies[0].__class__.objects.create(tenant=rival, code="R")
    assert "is not one of tenant rival" in fakes.refused(flows.create_flow, rival, push_template, "F")
    assert "does not belong to tenant acme" in fakes.refused(
        flows.create_flow, acme, push_template, "F", connections={"erp": foreign}
    )
    assert "does not belong" in fakes.refused(flows.create_flow, acme, push_template, "F", company=company)
    flow = flows.create_flow(acme, push_template, "F")
    assert "does not belong" in fakes.refused(flows.switch_connection, flow, "erp", foreign)
    assert "does not belong" in fakes.refused(flows.update_company, flow, company)
    assert "does not belong" in fakes.refused(flows.duplicate, flow, "G", company=company)
    assert "does not belong" in fakes.refused(flows.duplicate, flow, "G", connections={"erp": foreign})
    assert "does not belong" in fakes.refused(flows.duplicate_set, [flow], company)
    router = flows.create_flow(acme, own("fake.receive"), "R")
    theirs = FlowInstance.objects.create(tenant=rival, name="D", flow_type="fake.decide")
    assert "does not belong" in fakes.refused(flows.update_routes, router, {"T1": theirs})


def test_a_connection_must_fit_its_slot(acme, push, oa, companies):
    other = fakes.erp(acme, companies[1], "ERP2")
    assert "needs a connection of fake.erp" in fakes.refused(flows.switch_connection, push, "erp", oa)
    assert "it has: erp, oa" in fakes.refused(flows.switch_connection, push, "mes", oa)
    assert "duplicate the flow for C2" in fakes.refused(flows.switch_connection, push, "erp", other)
    spare = fakes.erp(acme, companies[0], "ERP3")
    assert flows.switch_connection(push, "erp", spare) == {"erp": ("ERP1", "ERP3")}
    assert flows.switch_connection(push, "erp", spare) == {}
    assert flows.switch_connection(push, "oa", None) == {"oa": ("OA", None)}
    assert bound(push) == {"erp": "ERP3"}
    FlowInstance.objects.filter(pk=push.pk).update(enabled=True)
    push.refresh_from_db()
    assert "switched on" in fakes.refused(flows.switch_connection, push, "erp", None)


def test_endpoints_get_a_key_of_their_own(acme, rival, own):
    router = flows.create_flow(acme, own("fake.receive"), "R")
    assert len(router.endpoint_key) == 32
    assert int(router.endpoint_key, 16)
    api = flows.create_flow(acme, own("fake.ask"), "A", endpoint_key="0123456789abcdef")
    assert "in use by another flow" in fakes.refused(
        flows.create_flow, acme, own("fake.ask"), "B", endpoint_key="0123456789abcdef"
    )
    assert "in use" in fakes.refused(flows.update_endpoint_key, router, "0123456789abcdef")
    assert flows.update_endpoint_key(api, "0123456789abcdef") == {}
    assert "16 to 64" in fakes.refused(flows.update_endpoint_key, api, "short")
    flows.update_endpoint_key(api)
    assert api.endpoint_key != "0123456789abcdef"


def test_companions_are_created_with_their_connections_and_routes(acme, own, erp, oa, companies):
    made = flows.create_with_companions(
        acme,
        own("fake.receive"),
        "企业微信回调",
        company=companies[0],
        connections={"oa": oa, "erp": erp},
        companions={
            "fake.decide": flows.Companion(name="库存发货审批", routes=("T1", "T2")),
            "fake.notify": flows.Companion(),
        },
    )
    router, decide = made[:2]
    assert [flow.name for flow in made] == ["企业微信回调", "库存发货审批", "企业微信回调 - 通知"]
    assert [bound(flow) for flow in made] == [{"oa": "OA"}, {"oa": "OA", "erp": "ERP1"}, {"oa": "OA"}]
    assert (router.company, decide.company) == (None, companies[0])
    assert {route.match: route.target for route in router.routes.all()} == {"T1": decide, "T2": decide}
    again = flows.create_with_companions(acme, own("fake.receive"), "第二个")
    assert len(again) == 3
    assert "has no companion fake.push" in fakes.refused(
        flows.create_with_companions, acme, own("fake.receive"), "R", companions={"fake.push": flows.Companion()}
    )
    assert "no connection slot 'mes'" in fakes.refused(
        flows.create_with_companions, acme, own("fake.receive"), "R", connections={"mes": oa}
    )


def test_a_refused_companion_leaves_nothing_behind(acme, own):
    companions = {"fake.decide": flows.Companion(config={"nothing": 1})}
    fakes.refused(flows.create_with_companions, acme, own("fake.receive"), "R", companions=companions)
    assert not FlowInstance.objects.exists()


def test_routes_lead_only_to_flows_that_take_events(acme, own, push):
    router, decide = (flows.create_flow(acme, own(key), key) for key in ("fake.receive", "fake.decide"))
    assert "routes to: fake.decide, fake.notify" in fakes.refused(flows.update_routes, router, {"T": push})
    assert "routes no events" in fakes.refused(flows.update_routes, push, {"T": decide})
    assert "needs the template id" in fakes.refused(flows.update_routes, router, {" ": decide})
    assert flows.update_routes(router, {"T": decide}) == {"T": (None, "fake.decide")}
    assert flows.update_routes(router, {"U": decide}, replace=False) == {"U": (None, "fake.decide")}
    assert flows.update_routes(router, {"U": decide}) == {"T": ("fake.decide", None)}


def test_config_changes_are_merged_and_told(push):
    assert flows.update_config(push, {"page_size": 80, "workflow_id": "17"}) == {"page_size": (50, 80)}
    assert "page_size: " in fakes.refused(flows.update_config, push, {"page_size": -1})
    push.refresh_from_db()
    assert push.config["page_size"] == 80
    flows.update_config(push, {"workflow_id": ""})
    FlowInstance.objects.filter(pk=push.pk).update(enabled=True)
    push.refresh_from_db()
    assert "workflow_id: " in fakes.refused(flows.update_config, push, {"page_size": 90})


def test_mappings_replace_the_sections_they_name(push):
    assert not flows.update_mappings(
        push, [{"section": "lines", "source": "Quantity", "target": "qty", "transform": "number"}]
    )
    assert flows.update_mappings(push, [{"section": "main", "source": "A", "target": "b"}])
    assert (rows(push, "main"), rows(push, "lines")) == ([("A", "b")], [("Quantity", "qty")])
    assert flows.update_mappings(push, [], sections=("lines",))
    assert (rows(push, "main"), rows(push, "lines")) == ([("A", "b")], [])


def test_a_running_flow_takes_up_its_new_schedule(push):
    flows.update_schedule(push, {"every": 2, "unit": "hour"})
    assert push.next_run_at is None
    push.enabled = True
    push.save()
    flows.update_schedule(push, {"every": 3, "unit": "hour"})
    assert push.next_run_at is not None
    flows.update_schedule(push, {})
    assert push.next_run_at is None


def test_a_flow_without_a_trigger_of_its_own_has_no_schedule(acme, own):
    router = flows.create_flow(acme, own("fake.receive"), "R")
    assert "has no schedule" in fakes.refused(flows.update_schedule, router, {"every": 1, "unit": "day"})


def test_a_copy_is_off_and_has_its_own_address_and_ledger(acme, own, push, oa):
    Delivery.objects.create(flow=push, key="1", state="done")
    flows.update_config(push, {"page_size": 80})
    FlowInstance.objects.filter(pk=push.pk).update(enabled=True, state={"cursor": "x"})
    push.refresh_from_db()
    copy = flows.duplicate(push, "客户")
    assert (copy.enabled, copy.state, copy.deliveries.count(), copy.template) == (False, {}, 0, push.template)
    assert (copy.config, copy.schedule, copy.company) == (push.config, push.schedule, push.company)
    assert (bound(copy), rows(copy, "main")) == (bound(push), rows(push, "main"))
    api = flows.create_flow(acme, own("fake.ask"), "A")
    AppCredential.objects.create(tenant=acme, name="c", code_hash="x").flows.add(api)
    second, third = flows.duplicate(api, "B"), flows.duplicate(api, "C", keep_credentials=True)
    assert len({api.endpoint_key, second.endpoint_key, third.endpoint_key}) == 3
    assert (second.app_credentials.count(), third.app_credentials.count()) == (0, 1)


def test_a_copy_for_another_company_takes_that_companys_connection(acme, push, erp, companies):
    assert "C2 has no connection of fake.erp" in fakes.refused(flows.duplicate, push, "G", company=companies[1])
    second = fakes.erp(acme, companies[1], "ERP2")
    copy = flows.duplicate(push, "G", company=companies[1])
    assert (copy.company, bound(copy)) == (companies[1], {"erp": "ERP2", "oa": "OA"})
    third = fakes.erp(acme, companies[1], "ERP3")
    assert "C2 has several connections" in fakes.refused(flows.duplicate, push, "H", company=companies[1])
    copy = flows.duplicate(push, "H", company=companies[1], connections={"erp": third})
    assert bound(copy)["erp"] == "ERP3"
    assert "bind a connection of C2" in fakes.refused(
        flows.duplicate, push, "I", company=companies[1], connections={"erp": erp}
    )
    assert second.bindings.count() == 1


def test_a_whole_set_moves_to_another_company_in_one_action(acme, own, push, erp, oa, companies):
    """Seed 5.5.8: connections, the references between the flows and the AppCodes, nothing by hand."""
    router, decide, notify = flows.create_with_companions(
        acme,
        own("fake.receive"),
        "回调",
        company=companies[0],
        connections={"oa": oa, "erp": erp},
        companions={"fake.decide": flows.Companion(name="审批", routes=("T1",))},
    )
    outside = flows.create_flow(acme, own("fake.decide"), "外部")
    flows.update_routes(router, {"T9": outside}, replace=False)
    boss1 = fakes.erp(acme, companies[0], "Boss1")
    boss2, erp2 = fakes.erp(acme, companies[1], "Boss2"), fakes.erp(acme, companies[1], "ERP2")
    flows.update_config(push, {"approver_connections": {"7": "Boss1", "8": "OA"}})
    AppCredential.objects.create(tenant=acme, name="c", code_hash="x").flows.add(router)
    chosen = [push, router, decide]
    words = fakes.refused(flows.duplicate_set, chosen, companies[1])
    assert "several connections of fake.erp: which stands in for 'ERP1'?" in words
    assert "'Boss1'" in words
    assert FlowInstance.objects.count() == 5
    copies = flows.duplicate_set(chosen, companies[1], {erp: erp2, boss1: boss2})
    push2, router2, decide2 = (copies[flow.pk] for flow in chosen)
    assert [flow.name for flow in copies.values()] == ["物料 C2", "回调 C2", "审批 C2"]
    assert (bound(push2), bound(decide2)) == ({"erp": "ERP2", "oa": "OA"}, {"erp": "ERP2", "oa": "OA"})
    assert push2.config["approver_connections"] == {"7": "Boss2", "8": "OA"}
    assert {r.match: r.target.name for r in router2.routes.all()} == {"T1": "审批 C2", "T9": "外部"}
    assert {r.match: r.target.name for r in router.routes.all()} == {"T1": "审批", "T9": "外部"}
    assert router2.app_credentials.count() == 1
    push.refresh_from_db()
    assert push.config["approver_connections"] == {"7": "Boss1", "8": "OA"}
    assert "cannot stand in" in fakes.refused(flows.duplicate_set, chosen, companies[1], {erp: oa})
    assert notify.pk not in copies


def test_a_flow_that_others_need_is_not_deleted(acme, own, push):
    router, decide = (flows.create_flow(acme, own(key), key) for key in ("fake.receive", "fake.decide"))
    flows.update_routes(router, {"T": decide})
    assert "routed to it by fake.receive" in fakes.refused(flows.delete_flow, decide)
    flows.delete_flow(router)
    flows.delete_flow(decide)
    Delivery.objects.create(flow=push, key="1", state="done")
    FlowInstance.objects.filter(pk=push.pk).update(enabled=True)
    push.refresh_from_db()
    words = fakes.refused(flows.delete_flow, push)
    assert "switch it off first" in words
    assert "its ledger knows 1 documents" in words
    assert FlowInstance.objects.filter(pk=push.pk).exists()


def test_a_ledger_is_taken_over_by_the_flow_that_replaces_it(acme, push, companies):
    Delivery.objects.create(flow=push, key="1", state="done")
    FlowInstance.objects.filter(pk=push.pk).update(state={"cursor": "2024"})
    push.refresh_from_db()
    copy = flows.duplicate(push, "新")
    Delivery.objects.create(flow=push, key="2", state="failed", due_at="2024-01-01T00:00Z")
    assert "under way" in fakes.refused(flows.take_over_ledger, push, copy)
    Delivery.objects.filter(key="2").delete()
    fakes.erp(acme, companies[1])
    elsewhere = flows.duplicate(push, "C2", company=companies[1])
    assert "same tenant, type and company" in fakes.refused(flows.take_over_ledger, push, elsewhere)
    assert flows.take_over_ledger(push, copy) == 1
    assert (copy.deliveries.get().key, copy.state) == ("1", {"cursor": "2024"})
    flows.delete_flow(push)


def test_a_company_changes_only_before_anything_was_sent(acme, push, companies):
    words = fakes.refused(flows.update_company, push, companies[1])
    assert "bind a connection of C2" in words
    push.refresh_from_db()
    assert push.company == companies[0]
    Delivery.objects.create(flow=push, key="1", state="done")
    assert "its ledger would mix companies" in fakes.refused(flows.update_company, push, companies[1])


def test_connections_in_use_are_kept_and_renamed_everywhere(acme, push, erp):
    boss = fakes.erp(acme, name="Boss")
    flows.update_config(push, {"approver_connections": {"7": "Boss"}, "object_type": "Boss"})
    for connection in (erp, boss):
        assert "these flows use it: 物料" in fakes.refused(flows.delete_connection, connection)
    assert "already" in fakes.refused(flows.rename_connection, boss, "OA")
    flows.rename_connection(boss, "老板")
    push.refresh_from_db()
    assert (push.config["approver_connections"], push.config["object_type"]) == ({"7": "老板"}, "Boss")
    spare = fakes.erp(acme, name="Spare")
    flows.delete_connection(spare)


def test_a_template_that_flows_were_made_of_is_kept(push, push_template):
    assert "物料" in fakes.refused(flows.delete_template, push_template)
    flows.delete_flow(push)
    flows.delete_template(push_template)


def test_who_did_it_is_in_the_audit_log(acme, push, django_user_model):
    from auditlog.models import LogEntry

    person = django_user_model.objects.create(username="li")
    updating.rename(push, "材料", user=person)
    flows.update_mappings(push, [], sections=("lines",), user=person)
    entries = LogEntry.objects.filter(object_pk=str(push.pk), content_type__model="flowinstance", actor=person)
    assert [list(entry.changes) for entry in entries.order_by("pk")] == [["name"], ["mappings"]]
