"""The fakes, a customer with two companies, another customer, and templates of the fakes at the provider's."""

from __future__ import annotations

import pytest
from django.utils import translation

from core.catalog import templates
from core.models import Company, FlowTemplate, Tenant
from tests.core import fakes

PUSH = """
key: fake.push
name: 物料同步
description: Items to the OA
config: {object_type: Items, page_size: 50}
schedule: {every: 5, unit: minute}
mappings:
  - {section: main, source: ItemCode, target: code, required: true}
  - {section: main, source: ItemName, target: name}
  - {section: lines, source: Quantity, target: qty, transform: number}
"""
RECEIVE = """
key: fake.receive
name: 回调总流程
companions: [fake.decide, fake.notify]
"""
OTHERS = {
    "decide": "{key: fake.decide, name: 审批回调}",
    "notify": "{key: fake.notify, name: 通知}",
    "ask": "{key: fake.ask, name: 接口, config: {answer: no}}",
    "other": "{key: fake.other, name: 其它}",
}


@pytest.fixture(autouse=True)
def _in_english():
    """The tests know the words in English."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    fakes.install(monkeypatch)


@pytest.fixture
def files(tmp_path):
    """Template files of the fakes, in a folder like an integration's."""
    folder = tmp_path / "fake" / "flow_templates"
    folder.mkdir(parents=True)
    for name, text in {"push": PUSH, "receive": RECEIVE, **OTHERS}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def load(files, db):
    """Loads the files; returns {key: outcome}."""

    def run() -> dict[str, str]:
        loaded = templates.load_shipped(sorted(files.glob("*.yaml")))
        return {each.template.slug: each.outcome for each in loaded}

    return run


@pytest.fixture
def provider(load) -> Tenant:
    """The provider, with the fakes' templates."""
    load()
    return templates.provider()


@pytest.fixture
def acme(db) -> Tenant:
    return fakes.tenant("acme")


@pytest.fixture
def rival(db) -> Tenant:
    return fakes.tenant("rival")


@pytest.fixture
def companies(acme) -> tuple[Company, Company]:
    return tuple(Company.objects.create(tenant=acme, code=code, name=code) for code in ("C1", "C2"))


@pytest.fixture
def own(provider, acme):
    """The customer's copy of a provider's template."""
    return lambda key: templates.newest(acme, key, provide=True)


@pytest.fixture
def push_template(own) -> FlowTemplate:
    return own("fake.push")
