"""What these tests need: Chromium, axe-core, and one server for all, with people and jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import webserver
from tests.browser import axe, visits
from tests.browser.visits import Visits
from tests.node import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, StorageState

expect.set_options(timeout=webserver.DEADLINE * 1000)


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    peers.install(axe.HERE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a Chromium that runs without a window."""
    with sync_playwright() as driver:
        begun = driver.chromium.launch(executable_path=visits.CHROMIUM)
        yield begun
        begun.close()


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webserver.Web]:
    """Return a server that runs, for every test."""
    made = webserver.Web(tmp_path_factory.mktemp("server"))
    made.write(visits.inventory())
    made.begin()
    yield made
    assert made.end() == 0
    assert made.events("bug") == []


@pytest.fixture(scope="session")
def session(browser: Browser, web: webserver.Web) -> StorageState:
    """Return the cookie of somebody who has logged in once for most tests."""
    visitors = Visits(browser, web.url)
    visit = visitors.visit()
    visit.log_in()
    kept = visit.page.context.storage_state()
    visitors.end()
    return kept


@pytest.fixture
def people(browser: Browser, web: webserver.Web, session: StorageState) -> Iterator[Visits]:
    """Return the visitors of one test; what they may never do is checked at its end."""
    visitors = Visits(browser, web.url, session)
    yield visitors
    visitors.end()
