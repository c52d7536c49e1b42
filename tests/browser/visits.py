"""People at the console: pages in a real Chromium, and what none of them may ever do."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from playwright.sync_api import Error

from tests import webserver

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Dialog,
        Page,
        StorageState,
    )

    from runner.model import Json

Scheme: TypeAlias = Literal["light", "dark"]

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = "JOBGATE_SCREENSHOTS"
WIDTH, HEIGHT = 1280, 900
_TRIES = 5
PASSWORDS = {"alice": "of alice at the console", "bob": "of bob", "carol": "of carol"}
# What Chromium says of every answer that is not 2xx, also of those that are wanted.
_NOT_FOUND = "Failed to load resource: the server responded with a status of"
_ONCE = "performance.getEntriesByType('navigation')[0].startTime + performance.timeOrigin"


def inventory() -> dict[str, Json]:
    """Return the inventory of the other tests, its people with passwords for the console."""
    users: list[Json] = [
        {**user, "password": webserver.line(PASSWORDS[str(user["name"])])}
        for user in _mappings(webserver.inventory()["users"])
    ]
    return {**webserver.inventory(), "users": users}


def _mappings(listed: Json) -> list[dict[str, Json]]:
    assert isinstance(listed, list)
    return [each for each in listed if isinstance(each, dict)]


@dataclass
class Visit:  # without slots: Playwright keeps a mark of its own on whose methods it calls
    """A tab, with all that it has asked for, said and opened."""

    page: Page
    url: str
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen from the first request on."""
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._asks)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_NOT_FOUND):
            self.said.append(message.text)

    def _asks(self, dialog: Dialog) -> None:
        self.opened.append(dialog.message)
        dialog.dismiss()

    def go(self, path: str) -> int:
        """Open a page of the console; return the status of its answer."""
        answer = self.page.goto(f"{self.url}{path}")
        assert answer is not None
        return answer.status

    def log_in(self, name: str = "alice", word: str | None = None) -> None:
        """Fill in the form and send it."""
        self.go("/login")
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("Password").fill(PASSWORDS[name] if word is None else word)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Log in").click()

    def path(self) -> str:
        """Return the path of the page that is shown."""
        return self.page.url.removeprefix(self.url)

    def opening(self) -> float:
        """Return the instant at which the page was opened: another after each reload."""
        instant: float = self.page.evaluate(_ONCE)
        return instant

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        pixels: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return pixels

    def picture(self, name: str) -> None:
        """Keep what the page looks like."""
        folder = Path(os.environ.get(SCREENSHOTS) or webserver.HERE / "build" / "screenshots")
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)

    def leave(self) -> None:
        """Leave the page. A context with a page that is being loaded may never come to be closed.

        What is being loaded interrupts who leaves, once.
        """
        for _ in range(_TRIES):
            with suppress(Error):
                self.page.goto("about:blank")
                return

    def check(self) -> None:
        """Check what holds of every tab: it kept to its server, in silence, with no script's box.

        A broken Content-Security-Policy, a failed script and the like are said on the console.
        """
        assert [url for url in self.asked if not url.startswith(f"{self.url}/")] == []
        assert self.said == []
        assert self.opened == []


@dataclass(slots=True)
class Visits:
    """All who look at one server in one test, each with cookies of their own."""

    browser: Browser
    url: str
    session: StorageState | None = None
    begun: list[Visit] = field(default_factory=list)

    def visit(
        self, *, scheme: Scheme = "light", scripts: bool = True, session: StorageState | None = None
    ) -> Visit:
        """Return somebody new, who has not logged in, or has the cookie of somebody who has."""
        return self._tab(
            self.browser.new_context(
                color_scheme=scheme,
                viewport={"width": WIDTH, "height": HEIGHT},
                java_script_enabled=scripts,
                storage_state=session,
            )
        )

    def alice(self, *, scheme: Scheme = "light", scripts: bool = True) -> Visit:
        """Return somebody at the list of jobs, who has logged in and may do everything there."""
        visit = self.visit(scheme=scheme, scripts=scripts, session=self.session)
        visit.go("/")
        return visit

    def beside(self, visit: Visit) -> Visit:
        """Return a second tab of the same person."""
        return self._tab(visit.page.context)

    def _tab(self, context: BrowserContext) -> Visit:
        visit = Visit(context.new_page(), self.url)
        self.begun.append(visit)
        return visit

    def end(self) -> None:
        """Close every tab and check what each has done."""
        for visit in self.begun:
            visit.leave()
        for visit in self.begun:
            visit.page.context.close()
        for visit in self.begun:
            visit.check()
