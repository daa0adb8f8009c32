"""No serious finding of axe-core (vendor/axe.min.js, 4.14.1, MPL 2.0); the wizard by keyboard; the phone's window."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from core import models
from core.models import FlowInstance, Role
from tests.core.admin import rows
from tests.core.admin.conftest import _pretend  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
# The theme's own markup, which we do not write: (rule, part of the selector), with the reason.
THEIRS = {
    ("region", ""): "the theme has no landmarks",
    ("landmark-one-main", ""): "the theme has no landmarks",
}


@pytest.fixture
def a(transactional_db):
    return rows.make("AAA")


def addresses(a):
    def of(name, model):
        return reverse(f"admin:{name}", args=[a[model].pk])

    flow = models.FlowInstance
    return [
        "/admin/",
        "/admin/core/flowinstance/",
        "/admin/core/delivery/",
        "/admin/core/membership/add/",
        "/admin/core/connection/add/",
        "/admin/core/connection/add/?connector=pretend.system",
        "/admin/templates/",
        "/admin/flows/new/",
        *[of(name, flow) for name in ("core_flowinstance_change", "mapping", "flow_enable", "flow_duplicate")],
        of("core_delivery_change", models.Delivery),
        of("core_flowrun_change", models.FlowRun),
        of("core_connection_change", models.Connection),
        of("connection_actions", models.Connection),
    ]


def findings(page):
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    return [
        (v["id"], node["target"][0], node["failureSummary"])
        for v in serious
        for node in v["nodes"]
        if not any(v["id"] == rule and part in str(node["target"]) for rule, part in THEIRS)
    ]


def test_no_serious_finding(a, page, log_in):
    log_in(a.people[Role.OWNER])
    wrong = {}
    for address in addresses(a):
        assert page.goto(address).status == 200
        page.wait_for_load_state("networkidle")
        if found := findings(page):
            wrong[address] = found
    assert wrong == {}


def test_nothing_overflows_on_a_phone(a, page, log_in):
    log_in(a.people[Role.OWNER])
    page.set_viewport_size({"width": 390, "height": 844})
    wide = {}
    for address in addresses(a):
        assert page.goto(address).status == 200
        page.wait_for_load_state("networkidle")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[address] = width
    assert wide == {}


def test_the_wizard_by_keyboard(a, page, log_in):
    log_in(a.people[Role.CONSULTANT])
    page.goto(f"/admin/flows/new/?template={a[models.FlowTemplate].pk}")
    for _step in range(4):
        page.locator("form.console-panel, form:has(.console-actions)").first.wait_for()
        before = page.url
        press_main(page)
        page.wait_for_url(lambda url, before=before: url != before)
    assert FlowInstance.objects.filter(name="Template AAA").exists()


def press_main(page):
    """Tab to the main button and press Enter, as somebody without a mouse does."""
    for _tab in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('button.console-button.main')"):
            page.keyboard.press("Enter")
            return
    raise AssertionError("the keyboard never reaches the main button")
