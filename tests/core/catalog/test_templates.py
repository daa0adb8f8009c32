"""Loading, sharing, copying, finding, publishing templates."""

from __future__ import annotations

import pytest

from core.catalog import content, creating, templates, updating, versions
from core.models import FlowTemplate, TemplateShare, Tenant
from tests.core import fakes
from tests.core.catalog.conftest import PUSH

pytestmark = pytest.mark.django_db


def change(files, old, new, name="push"):
    file = files / f"{name}.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_loading_creates_once_and_a_changed_file_makes_a_version(load, files):
    assert set(load().values()) == {"created"}
    assert set(load().values()) == {"unchanged"}
    change(files, "page_size: 50", "page_size: 60")
    assert load()["fake.push"] == "changed"
    versions_ = FlowTemplate.objects.filter(slug="fake.push").order_by("version")
    assert [t.config["page_size"] for t in versions_] == [50, 60]
    assert [t.mappings.count() for t in versions_] == [3, 3]
    assert Tenant.objects.get(is_provider=True) == versions_[0].tenant


def test_an_earlier_content_is_no_new_version(load, files):
    load()
    change(files, "page_size: 50", "page_size: 60")
    load()
    change(files, "page_size: 60", "page_size: 50")
    assert load()["fake.push"] == "unchanged"


def test_the_order_of_rows_in_a_section_counts(load, files):
    load()
    lines = PUSH.strip().splitlines()
    (files / "push.yaml").write_text("\n".join([*lines[:-3], lines[-2], lines[-3], lines[-1]]), encoding="utf-8")
    assert load()["fake.push"] == "changed"
    rows = templates.own(templates.provider(), "fake.push").mappings.filter(section="main")
    assert [row.target for row in rows] == ["name", "code"]


def test_a_section_without_rows_starts_with_the_declared_ones(load, files, monkeypatch):
    section = fakes.Section("lines", each="config:lines_name", defaults=({"source": "Qty", "target": "q"},))
    monkeypatch.setattr(fakes.Push, "sections", (fakes.Push.sections[0], section))
    change(files, "  - {section: lines, source: Quantity, target: qty, transform: number}\n", "")
    load()
    row = templates.own(templates.provider(), "fake.push").mappings.get(section="lines")
    assert (row.source, row.target) == ("Qty", "q")


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("page_size: 50", "page_siez: 50", "fake/flow_templates/push.yaml.config.page_siez: unknown setting"),
        ("page_size: 50", "page_size: 5000", "push.yaml.config.page_size: "),
        ("section: lines", "section: line", "push.yaml.mappings[2]: fake.push has no mapping section 'line'"),
        ("transform: number", "transform: nummer", "push.yaml.mappings[2]: "),
        ("source: ItemName", "source: 'a['", "push.yaml.mappings[1]: "),
        ("target: name", "tarjet: name", "push.yaml.mappings[1].tarjet: is not known here"),
        ("unit: minute", "unit: minut", "push.yaml.schedule.unit: "),
        ("key: fake.push", "key: fake.psh", "push.yaml.flow_type: unknown flow type 'fake.psh'"),
        ("name: 物料同步", "nam: 物料同步", "push.yaml.nam: is not known here"),
        ("key: fake.push", "key: fake.ask\nflow_type: fake.push", "is also defined in"),
        ("name: 物料同步", "name: 物料同步\ncompanions: [fake.x]", "companions: no template fake.x"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place_and_nothing_is_loaded(load, files, old, new, words):
    change(files, old, new)
    assert words in fakes.refused(load)
    assert not FlowTemplate.objects.exists()


def test_sharing_takes_the_companions_along_and_is_revoked_one_by_one(provider, acme):
    templates.share(provider, "fake.receive", acme)
    assert templates.share(provider, "fake.receive", acme) == []
    offered = {offer.template.slug: offer.state for offer in templates.shared_with(acme)}
    assert offered == {"fake.receive": "new", "fake.decide": "new", "fake.notify": "new"}
    assert templates.revoke(provider, "fake.notify", acme)
    assert not templates.revoke(provider, "fake.notify", acme)
    assert len(templates.shared_with(acme)) == 2


def test_what_is_not_there_or_ones_own_is_not_shared(provider, acme):
    assert "no template 'nothing'" in fakes.refused(templates.share, provider, "nothing", acme)
    assert "already" in fakes.refused(templates.share, provider, "fake.push", provider)
    assert not TemplateShare.objects.exists()


def test_copying_needs_a_share(provider, acme, rival):
    template = templates.own(provider, "fake.push")
    templates.share(provider, "fake.push", rival)
    assert "not shared with tenant acme" in fakes.refused(templates.copy, template, acme)
    copied = templates.copy(template, rival)
    assert copied.made
    assert copied.template.tenant == rival
    assert copied.template.copied_from == template
    assert content.of(copied.template) == content.of(template)
    assert not templates.copy(template, rival).made


def test_copying_takes_the_companions_along(provider, acme):
    templates.share(provider, "fake.receive", acme)
    templates.copy(templates.own(provider, "fake.receive"), acme)
    assert {t.slug for t in templates.newest_of_all(acme)} == {"fake.receive", "fake.decide", "fake.notify"}


def test_an_existing_template_is_overridden_or_kept_as_one_says(load, files, provider, acme, own):
    old = own("fake.push")
    change(files, "page_size: 50", "page_size: 60")
    change(files, "target: name}", "target: title}")
    load()
    new = templates.own(provider, "fake.push")
    assert [offer.state for offer in templates.shared_with(acme)] == ["newer"]
    shown = {(d.kind, d.name): (d.old, d.new) for d in templates.difference(new, old)}
    assert shown == {
        ("config", "page_size"): (50, 60),
        ("mapping", "main.name"): ({"section": "main", "source": "ItemName", "target": "name"}, None),
        ("mapping", "main.title"): (None, {"section": "main", "source": "ItemName", "target": "title"}),
    }
    assert "override or keep" in fakes.refused(templates.copy, new, acme)
    assert templates.copy(new, acme, templates.KEEP) == templates.Copied(old, made=False)
    made = templates.copy(new, acme, templates.OVERRIDE)
    assert (made.made, made.template.version) == (True, 2)
    assert templates.newest(acme, "fake.push") == made.template
    assert templates.newest(acme, "fake.push@1") == old
    assert [offer.state for offer in templates.shared_with(acme)] == ["same"]


def test_finding_says_what_to_do_when_there_is_none(provider, acme):
    assert "there is no template fake.push" in fakes.refused(templates.newest, acme, "fake.push")
    templates.share(provider, "fake.push", acme)
    assert "copy it first" in fakes.refused(templates.newest, acme, "fake.push")
    assert "after the @" in fakes.refused(templates.newest, acme, "fake.push@new")
    templates.newest(acme, "fake.push", provide=True)
    assert "no version 7; it has: 1" in fakes.refused(templates.newest, acme, "fake.push@7", provide=True)
    assert "fake.push" in fakes.refused(templates.newest, acme, "fake.psh", provide=True)


def test_providing_follows_the_provider_and_pins_its_versions(load, files, provider, acme):
    first = templates.newest(acme, "fake.push", provide=True)
    assert templates.newest(acme, "fake.push", provide=True) == first
    change(files, "page_size: 50", "page_size: 60")
    load()
    second = templates.newest(acme, "fake.push", provide=True)
    assert (second.config["page_size"], second.version) == (60, 2)
    assert templates.newest(acme, "fake.push@1", provide=True) == first
    assert FlowTemplate.objects.filter(tenant=acme).count() == 2


def test_a_tenant_that_published_a_variant_still_gets_the_providers_when_it_is_provided(provider, acme, push_template):
    flow = creating.create_flow(acme, push_template, "F", config={"page_size": 99})
    variant = templates.publish_from_flow(flow, "fake.push", "own")
    assert templates.newest(acme, "fake.push") == variant
    assert templates.newest(acme, "fake.push", provide=True) == push_template


def test_publishing_leaves_the_customers_things_behind(acme, push_template):
    spare = fakes.erp(acme, name="Approver")
    flow = creating.create_flow(
        acme,
        push_template,
        "F",
        connections={"erp": fakes.erp(acme)},
        config={
            "workflow_id": "17", "approvers": ["u1"], "page_size": 99, "since": "2024-01-01",
            "approver_connections": {"1": spare.name},
        },
        mappings=[{"section": "lines", "source": "Price", "target": "price"}],
    )  # fmt: skip
    assert set(templates.private_names(flow)) == {"workflow_id", "approvers", "since", "approver_connections"}
    template = templates.publish_from_flow(flow, "acme.items", "Our items", changes="first")
    assert template.config == {"object_type": "Items", "page_size": 99}
    assert [row.target for row in template.mappings.all()] == ["price", "code", "name"]
    assert template.version == 1
    assert templates.publish_from_flow(flow, "acme.items", "Our items", changes="first") == template
    kept = templates.publish_from_flow(flow, "acme.items", "Our items", without=["since", "approver_connections"])
    assert (kept.version, kept.config["workflow_id"]) == (2, "17")


def test_publishing_under_a_key_of_another_type_is_refused(acme, own, push_template):
    flow = creating.create_flow(acme, own("fake.other"), "F")
    assert "choose another key" in fakes.refused(templates.publish_from_flow, flow, "fake.push", "x")
    assert "lower-case" in fakes.refused(templates.publish_from_flow, flow, "Fake Push", "x")


def test_a_flow_that_runs_by_hand_only_is_published_so(acme, push_template):
    flow = creating.create_flow(acme, push_template, "F", schedule={})
    assert templates.publish_from_flow(flow, "acme.byhand", "x").schedule == {}


def test_exported_templates_are_imported_the_same(provider, acme, rival, own):
    for key in ("fake.push", "fake.receive", "fake.ask"):
        template = own(key)
        imported = templates.import_yaml(rival, templates.export_yaml(template))
        expected = content.of(template)
        if key == "fake.receive":  # companions that the other tenant does not have
            expected = content.replace(expected, companions=())
        assert content.of(imported) == expected
        assert templates.import_yaml(rival, templates.export_yaml(imported)) == imported


def test_a_version_keeps_its_checksum_in_the_database(provider):
    for template in FlowTemplate.objects.all():
        assert content.of(template).checksum == template.checksum


def test_revoking_leaves_copies_and_flows(provider, acme, push_template):
    flow = creating.create_flow(acme, push_template, "F")
    templates.revoke(provider, "fake.push", acme)
    updating.rename(flow, "G")
    assert versions.own(acme, "fake.push") == push_template
