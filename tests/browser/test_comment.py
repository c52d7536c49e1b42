"""The comment on a pull request as people see it: nothing overflows, wide and narrow, light, dark.

`python -m tests.browser.test_comment` makes the picture of the README anew.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from runner.report.comment import comment
from runner.views import Viewed
from tests import comments, plans, rendered, webserver
from tests.browser import visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.visits import Scheme

PICTURE = webserver.HERE / "docs" / "images" / "comment.png"
DESKTOP, PHONE = 1012, 390
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What sticks out of the comment, but for what scrolls by itself.
_OUTSIDE = """() => {
  const edge = document.querySelector("article").getBoundingClientRect().right;
  return [...document.querySelectorAll("article *")]
    .filter((each) => !each.closest("pre, table") && each.getBoundingClientRect().right > edge)
    .map((each) => each.outerHTML.slice(0, 80));
}"""
BODIES = {
    "waiting": lambda: comments.waiting().body,
    "approved": lambda: comments.approved().body,
    "freeze": lambda: comments.freeze().body,
    "every-kind": lambda: comment.made(Viewed(planned=plans.every_kind())).body,
    "hostile": lambda: comment.made(Viewed(planned=plans.hostile(plans.ATTACK))).body,
    "large": lambda: comments.large().body,
    "mistaken": lambda: comments.mistaken().body,
}


@contextmanager
def shown(browser: Browser, body: str, width: int, scheme: Scheme) -> Iterator[Page]:
    """Show a comment in a window of that width; its page asks nobody for anything."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(rendered.page(body))
    yield page
    assert asked == []
    context.close()


def picture(page: Page, path: Path) -> None:
    """Keep what a comment looks like."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(("width", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_nothing_overflows(browser: Browser, name: str, width: int, scheme: Scheme) -> None:
    """Neither the page nor the comment is wider than it may be, also with every fold open."""
    folder = Path(os.environ.get(visits.SCREENSHOTS) or webserver.HERE / "build" / "screenshots")
    with shown(browser, BODIES[name](), width, scheme) as page:
        picture(page, folder / f"comment-{name}-{width}.png")
        for _ in range(2):
            assert page.evaluate(_OVERFLOW) == 0
            assert page.evaluate(_OUTSIDE) == []
            page.evaluate(
                "document.querySelectorAll('details').forEach((each) => each.open = true)"
            )


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_one_job_is_read_without_a_click(browser: Browser, width: int) -> None:
    """Verdict, who is missing, what changes and where are seen at once, the first in one window."""
    with shown(browser, comments.waiting().body, width, "light") as page:
        heading = page.locator("h3")
        assert heading.inner_text() == "○ Waiting for approval by dan or eve"
        for text in (
            "1 waiting",
            "6 hosts in 3 batches",
            "timeout: 600",
            "systemctl restart nginx",
        ):
            assert page.get_by_text(text).first.is_visible()
        for text in ("10.20.0.11", "jobgate approve edge/restart-nginx"):
            assert page.get_by_text(text).first.is_visible()
        changes = page.get_by_text("- timeout: 60").first.bounding_box()
        assert changes is not None
        assert changes["y"] < 800


def _readme() -> None:
    """Make the picture of the README anew."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=visits.CHROMIUM)
        with shown(browser, comments.waiting().body, DESKTOP, "light") as page:
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            page.locator("article").screenshot(path=PICTURE)
        browser.close()


def test_the_picture_of_the_readme() -> None:
    """It is there, of a size that a page can bear, and shown in the README."""
    assert 1000 < PICTURE.stat().st_size < 150_000
    assert "docs/images/comment.png" in (webserver.HERE / "README.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    _readme()
