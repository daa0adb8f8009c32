"""What a person does in the console, step by step; clicks are counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from core import tasks
from core.models import FlowInstance, FlowRun


class Desk:
    """A person at the console. ``clicks``: how often the mouse was needed since ``count()``."""

    def __init__(self, page: Page, shoot: Callable[[str], None]) -> None:
        self.page, self.shoot, self.clicks = page, shoot, 0

    def count(self) -> None:
        self.clicks = 0

    def open(self, path: str) -> None:
        self.page.goto(path)

    def click(self, selector: str, *, has_text: str = "") -> None:
        """One click, and the page it leads to."""
        found = self.page.locator(selector, has_text=has_text) if has_text else self.page.locator(selector)
        found.first.click()
        self.clicks += 1
        self.page.wait_for_load_state("networkidle")

    def fill(self, values: dict[str, Any]) -> None:
        """Fields by name: a text, a choice, or a bool for a box."""
        for name, value in values.items():
            field = self.page.locator(f'[name="{name}"]').first
            if isinstance(value, bool):
                field.set_checked(value)
            elif field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(str(value))

    def told(self, text: str) -> None:
        """The page says so."""
        expect(self.page.locator("#main")).to_contain_text(text)

    # -- the chapters of the seed

    def share(self, template: Any, tenant: Any) -> None:
        """2.5.3: the provider shares a template with a customer."""
        self.open(f"/admin/templates/{template.pk}/share/")
        self.fill({"slug": tenant.slug})
        self.click("form button.main")
        self.shoot(f"share-{template.slug}")

    def copy(self, name: str) -> None:
        """2.5.4: the customer's consultant copies it."""
        self.open("/admin/templates/")
        self.shoot("templates-shared")
        row = self.page.locator("tr", has_text=name).last
        row.locator("button.main").click()
        self.clicks += 1
        self.page.wait_for_load_state("networkidle")

    def create(self, name: str) -> None:
        """2.5.5.1.1 step 1."""
        row = self.page.locator("tr", has_text=name).first
        row.locator("a.main").click()
        self.clicks += 1
        self.page.wait_for_load_state("networkidle")

    def new_connection(self, slot: str, values: dict[str, Any]) -> None:
        """Steps 2 to 5: fill in, test and save."""
        self.click(f'a[href$="/connections/{slot}/"]')
        self.fill(values)
        self.shoot(f"connection-{slot}")
        self.click('button[name="_test"]')

    def next(self) -> None:
        self.click("form button.main")

    def enable(self, choice: str = "all", picture: str = "") -> None:
        """Switch on the flow whose page is shown."""
        self.click('a[href$="/enable/"]')
        self.page.wait_for_selector("[data-load]:has(.console-count)", state="attached") if choice else None
        if choice and choice != "all":
            self.page.locator(f'input[name="mode"][value="{choice}"]').check()
            self.clicks += 1
        if picture:
            self.shoot(picture)
        self.click("form.console-panel button.main")

    def run(self) -> FlowRun:
        """Run now, as a worker would carry it out; leaves the run's page open."""
        self.click('form[action$="/do/run_now/"] button')
        run = FlowRun.objects.get(pk=int(re.findall(r"flowrun/(\d+)/", self.page.url)[0]))
        tasks.run_flow(run.pk)
        run.refresh_from_db()
        self.page.reload()
        return run

    def flow(self, name: str) -> FlowInstance:
        """Open a flow's page."""
        flow = FlowInstance.objects.get(name=name)
        self.open(f"/admin/core/flowinstance/{flow.pk}/change/")
        return flow
