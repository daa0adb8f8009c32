"""``manage.py apply``: what a file says becomes so; applying it again changes nothing."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalog import flows
from core.catalog.yaml_text import dump, parse
from core.models import (
    AlertChannel,
    AppCredential,
    Company,
    Connection,
    DomainFile,
    FieldMapping,
    FlowInstance,
    FlowTemplate,
    Person,
    TemplateShare,
    Tenant,
    ValueMap,
)
from core.models.credential import digest
from tests.core import fakes

pytestmark = pytest.mark.django_db
KEY = "0123456789abcdef0123456789abcdef"

FULL = f"""
tenants:
  - slug: acme
    name: 示例制造
    time_zone: Asia/Shanghai
    public_base_url: https://flow.acme.example
    companies: [{{code: C1, name: 演示账套}}]
    connections:
      - {{name: ERP, connector: fake.erp, company: C1, base_url: "http://127.0.0.1:9100/erp",
         settings: {{company_db: C1}}, secrets: {{password: "${{ERP_PASSWORD}}"}}}}
      - {{name: OA, connector: fake.oa, secrets: {{secret: "oa-secret-0123"}}}}
    value_maps: [{{name: departments, rows: {{"1": D001, 2: D002}}}}]
    people: {{fake.oa: {{"1": zhangsan}}}}
    domain_files: {{WW_verify_x.txt: x}}
    alerts: [{{name: ops, kind: email, target: ops@acme.example, quiet_from: 22:00, quiet_to: 07:00}}]
    app_credentials: [{{name: oa, app_code: "a-code-of-16-characters", flows: [供应商]}}]
    flows:
      - name: 回调
        template: fake.receive
        connections: {{oa: OA}}
        endpoint_key: {KEY}
        routes: {{C4UE: 库存发货审批, 3001: 库存发货审批}}
        enabled: true
      - name: 库存发货审批
        template: fake.decide
        company: C1
        connections: {{erp: ERP, oa: OA}}
        enabled: true
      - name: 物料主数据
        template: fake.push
        company: C1
        connections: {{erp: ERP, oa: OA}}
        config: {{workflow_id: 17, page_size: 70, approvers: [u1, u2], active: no, since: 2024-01-01}}
        mappings:
          - {{section: main, source: ItemCode, target: code, required: true}}
          - {{section: main, source: Dept, target: dept, transform: "lookup:departments", default: 0}}
        schedule: {{every: 1, unit: day, start: 02:30, weekdays: [1, 5]}}
        enabled: true
      - {{name: 供应商, template: fake.ask@1, connections: {{erp: ERP}}, enabled: true}}
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("ERP_PASSWORD", "from-environment")


def flow(name: str = "物料主数据") -> FlowInstance:
    return FlowInstance.objects.get(tenant__slug="acme", name=name)


def rows_of_all_tables() -> dict[str, list[dict]]:
    models = (
        Tenant, Company, Connection, ValueMap, Person, DomainFile, AlertChannel, AppCredential, FlowTemplate,
        TemplateShare, FlowInstance, FieldMapping,
    )  # fmt: skip
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_a_whole_file_becomes_so(apply):
    out = apply(FULL)
    tenant = Tenant.objects.get(slug="acme")
    assert (tenant.name, tenant.public_base_url) == ("示例制造", "https://flow.acme.example")
    erp = tenant.connections.get(name="ERP")
    assert (erp.company.code, erp.base_url, erp.secrets) == (
        "C1", "http://127.0.0.1:9100/erp", {"password": "from-environment"},
    )  # fmt: skip
    assert tenant.value_maps.get().rows == {"1": "D001", "2": "D002"}
    assert tenant.people.get().outside_user == "zhangsan"
    assert tenant.domain_files.get().content == "x"
    channel = tenant.alert_channels.get()
    assert (channel.target, channel.quiet_from.hour) == ("ops@acme.example", 22)
    push = flow()
    assert (push.enabled, push.company.code, push.template.tenant) == (True, "C1", tenant)
    assert push.config == {
        "object_type": "Items", "page_size": 70, "workflow_id": 17, "approvers": ["u1", "u2"], "active": False,
        "since": "2024-01-01",
    }  # fmt: skip
    assert push.schedule == {"every": 1, "unit": "day", "start": "02:30", "weekdays": [1, 5]}
    assert push.next_run_at is not None
    assert [(row.section, row.source, row.target, row.default) for row in push.mappings.all()] == [
        ("lines", "Quantity", "qty", ""), ("main", "ItemCode", "code", ""), ("main", "Dept", "dept", "0"),
    ]  # fmt: skip
    router = flow("回调")
    assert (router.endpoint_key, router.enabled) == (KEY, True)
    assert {r.match: r.target.name for r in router.routes.all()} == {"C4UE": "库存发货审批", "3001": "库存发货审批"}
    assert len(flow("供应商").endpoint_key) == 32
    credential = tenant.app_credentials.get()
    assert (credential.code_hash, list(credential.flows.all())) == (digest("a-code-of-16-characters"), [flow("供应商")])
    assert Tenant.objects.get(is_provider=True).templates.filter(slug="fake.push").exists()
    assert "created   acme: flow 物料主数据" in out
    assert "warning: acme: flow 物料主数据: connection ERP was not tested yet" in out
    assert "from-environment" not in out
    assert "oa-secret" not in out


def test_applying_again_changes_nothing(apply):
    apply(FULL)
    before = rows_of_all_tables()
    assert apply(FULL) == "0 created, 0 changed, 13 unchanged\n"
    assert rows_of_all_tables() == before


FILE_PARTS = ["companies", "value_maps", "people", "domain_files", "alerts", "app_credentials"]
FLOW_PARTS = ["company", "config", "mappings", "schedule", "endpoint_key", "enabled"]
some = st.lists(st.sampled_from(FILE_PARTS), unique=True), st.lists(st.sampled_from(FLOW_PARTS), unique=True)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(*some, st.lists(st.integers(0, 3), unique=True), st.booleans())
def test_any_part_of_it_applied_again_changes_nothing(apply, left_out, flows_without, which, whole_first):
    """Whatever is left out of the file or of its flows; on an empty platform, or over the whole file."""
    document = parse(FULL)
    tenant = document["tenants"][0]
    for name in left_out:
        del tenant[name]
    for number in which:
        for name in flows_without:
            tenant["flows"][number].pop(name, None)
    with transaction.atomic():
        if whole_first:
            apply(FULL)
        before = rows_of_all_tables()
        try:
            apply(dump(document))
        except CommandError:  # a part that says too little is refused, and changes nothing
            assert rows_of_all_tables() == before
        else:
            before = rows_of_all_tables()
            assert "0 created, 0 changed" in apply(dump(document))
            assert rows_of_all_tables() == before
        transaction.set_rollback(True)


def test_a_dry_run_tells_and_changes_nothing(apply):
    out = apply(FULL, "--dry-run")
    assert "created   acme: flow 物料主数据" in out
    assert out.endswith("dry run: nothing was changed\n")
    assert not Tenant.objects.exists()
    assert not FlowTemplate.objects.exists()


def test_an_error_leaves_nothing_behind(refusal):
    text = refusal(FULL.replace("fake.ask@1", "fake.ask@9"))
    assert text == "tenants[0].flows[3].template: template 'fake.ask' has no version 9; it has: 1"
    assert not Tenant.objects.exists()


def test_what_a_file_does_not_name_is_left_alone(apply):
    apply(FULL)
    push = flow()
    flows.update_config(push, {"lines_name": "Rows"})
    flows.update_mappings(push, [{"section": "lines", "source": "Qty", "target": "qty"}])
    flows.switch_connection(push, "oa", fakes.oa(push.tenant, "OA2"))
    out = apply(
        """
        tenants:
          - slug: acme
            connections: [{name: ERP, settings: {language: 3}}]
            value_maps: [{name: departments, rows: {"3": D003}}]
            flows:
              - {name: 物料主数据, config: {page_size: 71}, mappings: [{section: main, source: A, target: code}]}
        """
    )
    push = flow()
    assert (push.config["page_size"], push.config["lines_name"], push.config["workflow_id"]) == (71, "Rows", 17)
    assert [(row.source, row.target) for row in push.mappings.all()] == [("Qty", "qty"), ("A", "code")]
    assert push.bindings.get(slot="oa").connection.name == "OA2"
    assert (push.enabled, push.tenant.name, push.schedule["unit"]) == (True, "示例制造", "day")
    erp = Connection.objects.get(name="ERP")
    assert (erp.settings, erp.secrets) == ({"company_db": "C1", "language": 3}, {"password": "from-environment"})
    assert ValueMap.objects.get().rows == {"1": "D001", "2": "D002", "3": "D003"}
    assert out.splitlines() == [
        "changed   acme: connection ERP (settings.language: - -> 3)",
        "changed   acme: value map departments (rows.3: - -> D003)",
        "changed   acme: flow 物料主数据 (config.page_size: 70 -> 71; mappings: 3 -> 2 rows)",
        "warning: acme: flow 物料主数据: connection ERP was not tested yet: test it first",
        "0 created, 3 changed, 1 unchanged",
    ]


WRONG = [
    ("page_size: 70", "page_size: 0", "tenants[0].flows[2].config.page_size: "),
    ("page_size: 70", "page_siez: 70", "tenants[0].flows[2].config.page_siez: unknown setting; known: "),
    ("workflow_id: 17, ", "", "tenants[0].flows[2].config.workflow_id: "),
    ("section: main, source: Dept", "section: head, source: Dept", "tenants[0].flows[2].mappings[1]: "),
    ("lookup:departments", "lookup:nothing", "tenants[0].flows[2].mappings: "),
    ("lookup:departments", "luukup:departments", "tenants[0].flows[2].mappings[1]: "),
    ("start: 02:30", "start: 26:30", "tenants[0].flows[2].schedule.start: "),
    ("schedule: {", "schedules: {", "tenants[0].flows[2].schedules: is not known here; known: name, template"),
    ("template: fake.push", "template: fake.psh", "tenants[0].flows[2].template: there is no template fake.psh"),
    (f"endpoint_key: {KEY}", "endpoint_key: short", "flows[0].endpoint_key: an endpoint_key is 16 to 64"),
    ("3001: 库存发货审批", "3001: 库存发货", "tenants[0].flows[0].routes.3001: tenant acme has no flow '库存发货'"),
    ("3001: 库存发货审批", "3001: 物料主数据", "flows[0].routes.3001: route 3001: flow '物料主数据' is of fake.push"),
    ("connections: {oa: OA}", "connections: {oa: EOA}", "flows[0].connections.oa: tenant acme has no connection 'EOA'"),
    ("connections: {oa: OA}", "connections: {oa: ERP}", "flows[0].connections.oa: slot oa of fake.receive needs"),
    (
        "connections: {oa: OA}",
        "connections: {mes: OA}",
        "flows[0].connections.mes: fake.receive has no connection slot",
    ),
    ("connections: {oa: OA}\n", "connections: {}\n", "tenants[0].flows[0].connections.oa: no connection is bound"),
    (
        "company: C1\n        connections",
        "company: C9\n        connections",
        "flows[1].company: tenant acme has no company 'C9'",
    ),
    ("connector: fake.oa", "connector: fake.ao", "connections[1].connector: unknown connector 'fake.ao'"),
    ("settings: {company_db: C1}", "settings: {}", "tenants[0].connections[0].settings.company_db: "),
    ("settings: {company_db: C1}", "settings: {password: x}", "connections[0].settings.password: is a secret"),
    ("secrets: {secret:", "secrets: {app: x, secret:", "connections[1].secrets.app: belongs under 'settings'"),
    ("secrets: {secret:", "secrets: {sekret:", "connections[1].secrets.sekret: unknown setting of fake.oa"),
    ("http://127.0.0.1:9100/erp", "ftp://x", "connections[0].base_url: the address 'ftp://x' must start with"),
    (
        "http://127.0.0.1:9100/erp",
        "http://169.254.169.254/",
        "connections[0].base_url: calls to 169.254.169.254 are forbidden",
    ),
    ("http://127.0.0.1:9100/erp", "", "connections[0].base_url: needs 'base_url'"),
    ("${ERP_PASSWORD}", "${NOT_SET}", "connections[0].secrets.password: the environment variable NOT_SET is not set"),
    ("a-code-of-16-characters", "short", "tenants[0].app_credentials[0].app_code: an AppCode needs at least 16"),
    (
        "flows: [供应商]",
        "flows: [库存发货审批]",
        "app_credentials[0].flows[0]: flow '库存发货审批' (fake.decide) is no API flow",
    ),
    ("flows: [供应商]", "flows: [供应]", "app_credentials[0].flows[0]: tenant acme has no flow '供应'"),
    ("kind: email", "kind: emial", "tenants[0].alerts[0].kind: must be one of: email"),
    ("22:00", "25:00", "tenants[0].alerts[0].quiet_from: must be a time of day"),
    ("WW_verify_x.txt", "../x.txt", "tenants[0].domain_files.../x.txt.name: "),
    ("https://flow.acme.example", "flow.acme", "tenants[0].public_base_url: "),
    ("slug: acme", "slug: a b", "tenants[0].slug: "),
    ("slug: acme", "slag: acme", "tenants[0]: needs 'slug'"),
    ("enabled: true", "enabled: perhaps", "tenants[0].flows[0].enabled: must be true or false"),
    ("- name: 库存发货审批", "- name: 物料主数据", "tenants[0].flows[2]: '物料主数据' is named twice"),
    ("        template: fake.decide\n", "", "tenants[0].flows[1]: needs 'template'"),
    ("tenants:", "tenant:", "tenant: is not known here; known: tenants"),
    ("slug: acme", "slug: acme\n    slug: b", "file.yaml line 4, column 5: 'slug' is written twice"),
]


@pytest.mark.parametrize("old, new, words", WRONG)
def test_a_wrong_file_is_refused_with_its_place(refusal, old, new, words):
    assert old in FULL
    assert words in refusal(FULL.replace(old, new, 1))
    assert not Tenant.objects.exists()


def test_texts_that_are_no_mapping_are_refused(refusal):
    assert "file.yaml: must begin with 'tenants:'" in refusal("just words")
    assert "tenants: must be a list" in refusal("tenants: {slug: acme}")
    assert "tenants[0].flows: must be a list" in refusal("tenants: [{slug: acme, flows: {}}]")


def test_a_file_that_is_not_there_says_so():
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("apply", "/nowhere/x.yaml")


def test_variables_are_filled_in_anywhere(apply, monkeypatch):
    monkeypatch.setenv("SLUG", "acme")
    monkeypatch.setenv("ON", "true")
    apply("tenants: [{slug: '${SLUG}', name: 'A ${SLUG} $${SLUG} ${ SLUG }', active: '${ON}'}]")
    assert Tenant.objects.get(slug="acme").name == "A acme ${SLUG} acme"


def test_nothing_of_another_tenant_is_reached(apply, refusal):
    apply(FULL)
    other = "tenants: [{slug: rival, %s}]"
    ask = "flows: [{name: F, template: fake.receive, %s}]"
    assert "rival has no connection 'OA'; it has: none" in refusal(other % (ask % "connections: {oa: OA}"))
    assert "in use by another flow" in refusal(other % (ask % f"endpoint_key: {KEY}"))
    assert "rival has no flow '库存发货审批'" in refusal(other % (ask % "routes: {X: 库存发货审批}"))
    assert "rival has no company 'C1'" in refusal(
        other
        % """connections: [{name: E, connector: fake.erp, company: C1, base_url: http://e,
                            settings: {company_db: x}, secrets: {password: x}}]"""
    )
    assert "rival has no flow '供应商'" in refusal(other % "app_credentials: [{name: c, flows: [供应商]}]")
    assert "another tenant has a domain file" in refusal(other % "domain_files: {WW_verify_x.txt: y}")
    assert "the config names connections that tenant rival does not have: ERP" in refusal(
        other % "flows: [{name: F, template: fake.push, config: {workflow_id: 1, approver_connections: {'1': ERP}}}]"
    )
    assert not Tenant.objects.filter(slug="rival").exists()
    apply(other % "flows: [{name: 供应商, template: fake.ask}]")
    assert FlowInstance.objects.filter(name="供应商").count() == 2


def test_a_newer_template_comes_in_with_the_next_apply(apply, shipped):
    apply(FULL)
    file = shipped / "push.yaml"
    changed = file.read_text(encoding="utf-8").replace("object_type: Items", "object_type: Orders")
    file.write_text(changed.replace("page_size: 50", "page_size: 60"), encoding="utf-8")
    call_command("load_templates", verbosity=0)
    flows.update_config(flow(), {"lines_name": "Rows"})
    out = apply(FULL)
    push = flow()
    assert push.template.version == 2
    assert (push.config["object_type"], push.config["page_size"], push.config["lines_name"]) == ("Orders", 70, "Rows")
    assert "template: fake.push v1 -> fake.push v2; config.object_type: Items -> Orders" in out
    pinned = FULL.replace("template: fake.push", "template: fake.push@1")
    apply(pinned)
    assert flow().config["object_type"] == "Items"
    assert "0 created, 0 changed" in apply(pinned)


def test_a_flow_keeps_its_type(apply, refusal):
    apply(FULL)
    assert "tenants[0].flows[2].template: flow '物料主数据' is of fake.push" in refusal(
        FULL.replace("template: fake.push", "template: fake.other")
    )


def test_a_flow_is_switched_off_and_on(apply):
    apply(FULL)
    off = "tenants: [{slug: acme, flows: [{name: 物料主数据, enabled: %s}]}]"
    assert "enabled: True -> False" in apply(off % "false")
    assert (flow().enabled, flow().next_run_at) == (False, None)
    assert "enabled: False -> True" in apply(off % "yes")
    assert flow().next_run_at is not None


def test_a_running_flow_is_checked_whole_and_reschedules(apply, refusal):
    apply(FULL)
    before = flow().next_run_at
    one = "tenants: [{slug: acme, flows: [{name: 物料主数据, %s}]}]"
    assert "config.workflow_id: " in refusal(one % "config: {workflow_id: ''}")
    apply(one % "schedule: {every: 1, unit: minute}")
    assert flow().enabled
    assert flow().next_run_at != before


def test_a_router_is_not_switched_on_before_its_targets(apply, refusal):
    text = FULL.replace("connections: {erp: ERP, oa: OA}\n        enabled: true", "connections: {erp: ERP, oa: OA}")
    assert "tenants[0].flows[0].routes.3001: route 3001 leads to 库存发货审批, which is switched off" in refusal(text)


def test_a_company_may_be_left_out_where_the_connections_say_it(apply):
    apply(FULL.replace("        company: C1\n", ""))
    assert flow().company.code == "C1"


def test_a_flow_moves_to_another_company_with_its_connections(apply, refusal):
    apply(FULL)
    text = """
        tenants:
          - slug: acme
            companies: [{code: C2}]
            connections: [{name: ERP2, connector: fake.erp, company: C2, base_url: "http://e",
                           settings: {company_db: C2}, secrets: {password: x}}]
            flows: [{name: 物料主数据, company: C2, connections: {erp: %s}}]
    """
    assert "flows[0].connections.erp: connection 'ERP' belongs to company C1" in refusal(text % "ERP")
    apply(text % "ERP2")
    assert (flow().company.code, flow().bindings.get(slot="erp").connection.name) == ("C2", "ERP2")


def test_changed_credentials_end_the_word_of_the_last_test(apply, monkeypatch):
    apply(FULL)
    erp = Connection.objects.filter(name="ERP")
    erp.update(status="broken", status_text="password wrong")
    FlowInstance.objects.filter(name="物料主数据").update(paused="ERP: password wrong", paused_by=erp.get())
    monkeypatch.setenv("ERP_PASSWORD", "another-password")
    out = apply(FULL)
    assert "connection ERP (secrets.password changed)" in out
    assert "another-password" not in out
    assert (erp.get().status, erp.get().secrets, flow().paused) == ("untested", {"password": "another-password"}, "")


def test_a_connection_in_use_keeps_its_kind(apply, refusal):
    apply(FULL)
    text = "tenants: [{slug: acme, connections: [{name: OA, connector: fake.erp}]}]"
    assert "flows use this connection as fake.oa" in refusal(text)


def test_a_code_is_shown_once_and_rotated_with_an_overlap(apply):
    made = FULL.replace('app_code: "a-code-of-16-characters", ', "")
    out = apply(made)
    credential = AppCredential.objects.get()
    shown = out.splitlines()[-1]
    assert shown.startswith("acme: AppCode oa, shown only now: ")
    assert credential.code_hash == digest(shown.rsplit(" ", 1)[1])
    assert "shown only now" not in apply(made)
    out = apply(FULL)
    assert "AppCode oa (another code; the one before works for 24 hours more)" in out
    assert "a-code-of" not in out
    rotated = AppCredential.objects.get()
    assert (rotated.previous_hash, rotated.hint) == (credential.code_hash, "ters")
    assert rotated.previous_until is not None


def test_a_dry_run_makes_no_code(apply):
    out = apply(FULL.replace('app_code: "a-code-of-16-characters", ', ""), "--dry-run")
    assert "shown only now" not in out


def test_the_flows_of_a_code_are_taken_as_they_stand(apply):
    apply(FULL)
    text = "tenants: [{slug: acme, app_credentials: [{name: oa, flows: [], active: false}]}]"
    assert "(active: True -> False; flows: 供应商 -> -)" in apply(text)
    credential = AppCredential.objects.get()
    assert (credential.is_active, credential.flows.count()) == (False, 0)


def test_silence_is_golden(apply):
    assert apply(FULL, "--verbosity=0") == ""


def test_long_forms_of_people(apply):
    entry = "{connector: fake.oa, erp_user: 1, outside_user: lisi, name: 李四}"
    apply(f"tenants: [{{slug: acme, people: [{entry}]}}]")
    assert (Person.objects.get().outside_user, Person.objects.get().name) == ("lisi", "李四")
    assert "0 created, 0 changed" in apply(f"tenants: [{{slug: acme, people: [{entry}]}}]")
