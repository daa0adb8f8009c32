"""Headless Chromium against a real server. Screenshots go to docs/screenshots/<language>/ when SCREENSHOTS is set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox_server import sandbox, sandbox_server  # noqa: F401 - fixtures

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the test's thread

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
LANGUAGES = {"zh-hans": "zh-CN", "en": "en-US"}
PASSWORD = "pass word 12345"


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """One browser for the session."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is needed: apt-get install chromium")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=list(LANGUAGES))
def language(request) -> str:
    """Each test once a language."""
    return request.param


@pytest.fixture
def page(chromium, live_server, language):
    """A laptop's window; an error of the page's scripts fails the test."""
    context = chromium.new_context(
        base_url=live_server.url, locale=LANGUAGES[language], viewport={"width": 1366, "height": 860}
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def shoot(page, language) -> Callable[[str], None]:
    """Keeps a picture of the whole page under docs/."""

    def keep(name: str) -> None:
        if not os.environ.get("SCREENSHOTS"):
            return
        file = FOLDER / language / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        size = page.viewport_size
        height = page.evaluate("document.documentElement.scrollHeight")
        # As tall as the page, so that nothing that sticks to the window's edge covers it.
        page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(height, 4000))})
        page.screenshot(path=str(file))
        page.set_viewport_size(size)

    return keep


@pytest.fixture
def log_in(page, live_server, client):
    """Lets a person in without the login page."""

    def enter(person) -> None:
        client.force_login(person)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        page.context.add_cookies([cookie])

    return enter


@pytest.fixture
def desk(page, shoot):
    """A person at the console."""
    from tests.browser.desk import Desk

    return Desk(page, shoot)


@pytest.fixture
def world(sandbox):  # noqa: F811
    """Provider, customer, and the sandbox as all other systems."""
    from tests.browser.world import World

    return World(sandbox)
