"""The suite must not go green by being empty: folders, registry, templates and papers belong together."""

from __future__ import annotations

import ast
import pathlib

import pytest
from django.apps import apps
from django.conf import settings

from core import registry
from core.apps import IntegrationConfig
from core.errors import ConfigurationError

ROOT = pathlib.Path(settings.BASE_DIR)
FOLDERS = sorted(p.parent.name for p in (ROOT / "integrations").glob("*/apps.py"))
# The flow catalogue of the design: none may get lost.
CATALOGUE = {
    "ecology.push_master_data", "ecology.create_erp_document", "ecology.push_approval", "ecology.receive_decision",
    "dingtalk.push_approval", "dingtalk.receive_events", "dingtalk.decide_draft", "dingtalk.save_special_price",
    "wecom.push_draft", "wecom.push_document", "wecom.receive_events", "wecom.decide_draft", "wecom.decide_document",
    "mes.push_items", "mes.push_work_orders", "mes.pull_receipts",
    "barcode.query", "barcode.save", "barcode.methods", "barcode.companies", "barcode.refresh_session",
}  # fmt: skip
CONNECTORS = {"erp.service_layer", "erp.di_api", "ecology.oa", "dingtalk.oa", "wecom.oa", "mes.blacklake"}


def ours(keys) -> set[str]:
    """Keys of the integrations, without what tests register."""
    return {key for key in keys if key.split(".")[0] in FOLDERS}


def test_every_folder_is_an_installed_app():
    installed = {config.label for config in apps.get_app_configs() if isinstance(config, IntegrationConfig)}
    assert installed == set(FOLDERS)


def test_the_catalogue_is_whole():
    assert ours(registry.flow_types()) >= CATALOGUE
    assert ours(registry.connectors()) >= CONNECTORS


@pytest.mark.parametrize("name", FOLDERS)
def test_integration_has_a_readme_in_both_languages(name):
    text = (ROOT / "integrations" / name / "README.md").read_text(encoding="utf-8")
    assert len(text) > 1500
    assert any("\u4e00" <= c <= "\u9fff" for c in text), "Chinese part is missing"
    assert "administrator" in text.lower(), "English part is missing"


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_flow_type_is_declared_whole(key):
    flow_type = registry.flow_type(key)
    assert str(flow_type.label)
    assert flow_type.__doc__
    assert flow_type.kind in ("sync", "event", "request")
    for slot, connector in flow_type.connections.items():
        assert slot.isidentifier()
        registry.connector(connector)
    names = [section.name for section in flow_type.sections]
    assert len(names) == len(set(names))
    for name, field in flow_type.Config.base_fields.items():
        assert str(field.label or ""), f"{key}.{name} has no label"


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_config_names_the_field_that_is_wrong(key):
    flow_type = registry.flow_type(key)
    with pytest.raises(ConfigurationError) as caught:
        flow_type.clean_config({"no_such_setting": 1})
    assert "no_such_setting" in caught.value.fields


SYNC = sorted(key for key, flow in registry.flow_types().items() if flow.kind == "sync" and key in CATALOGUE)


@pytest.mark.parametrize("key", SYNC)
def test_sync_flow_says_what_happens_to_an_uncertain_document(key):
    flow = registry.flow_type(key)()
    assert flow.on_change in ("keep", "update", "new")
    assert flow.settle_seconds >= 0
    assert flow.repeatable or flow.can_find or flow.__doc__, "held documents must be explained"
    if flow.awaits_decision:
        assert type(flow).reconcile is not type(flow).__mro__[-2].__dict__.get("reconcile")
        assert "reconcile_minutes" in flow.Config.base_fields


def test_core_names_no_vendor():
    vendors = ("ecology", "dingtalk", "wecom", "weaver", "blacklake", "service_layer", "diapi")
    found = []
    for file in (ROOT / "core").rglob("*.py"):
        if "migrations" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
            if isinstance(name, str) and any(vendor in name.lower() for vendor in vendors):
                found.append(f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)} {name}")
    assert not found


def test_a_key_used_twice_raises_and_names_both():
    class First:
        key = "test.twice"

    class Second:
        key = "test.twice"

    registry.register_flow(First)
    try:
        with pytest.raises(ConfigurationError, match=r"First.*Second"):
            registry.register_flow(Second)
    finally:
        registry._flow_types.pop("test.twice")
