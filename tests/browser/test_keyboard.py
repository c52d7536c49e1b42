"""The console by keyboard alone: everything is reached, and it is always shown where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from runner.progress import Status
from tests.browser import jobs, visits

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.browser.jobs import Made
    from tests.browser.visits import Visit, Visits
    from tests.webserver import Web

_MOST = 200  # presses of a key until something must have been reached
_FOCUSED = "each => each === document.activeElement"
_SHOWN = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
}"""
# What the browser itself shows: the calendar's button in a field for a date; and after the last
# element its own bar, when the body has what is left of the focus.
_BESIDE = "document.activeElement.matches('body, [type=datetime-local]:not(:focus-visible)')"


@pytest.fixture
def waiting(web: Web, tmp_path: Path) -> Made:
    """Return a job that waits for a person after its first batch."""
    (tmp_path / "gate").touch()
    made = jobs.gated(web, tmp_path / "gate", name="By keyboard")
    made.rests(Status.CONFIRM)
    return made


def tab_to(visit: Visit, wanted: Locator) -> None:
    """Press Tab until the element is reached; on the way each one shows that it is."""
    for _ in range(_MOST):
        visit.page.keyboard.press("Tab")
        shown = visit.page.evaluate(_SHOWN) or visit.page.evaluate(_BESIDE)
        assert shown, visit.page.evaluate("document.activeElement.outerHTML")
        if focused(wanted):
            return
    raise AssertionError(f"not reached: {wanted}")


def focused(wanted: Locator) -> bool:
    """Tell whether an element has the focus."""
    return wanted.count() == 1 and wanted.evaluate(_FOCUSED) is True


def test_one_logs_in(people: Visits) -> None:
    """Name, password and Enter are enough."""
    visit = people.visit()
    page = visit.page
    visit.go("/login")

    if not focused(page.get_by_label("Name", exact=True)):
        tab_to(visit, page.get_by_label("Name", exact=True))
    page.keyboard.type("alice")
    tab_to(visit, page.get_by_label("Password"))
    page.keyboard.type(visits.PASSWORDS["alice"])
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")


def test_one_finds_a_job(people: Visits, waiting: Made) -> None:
    """The first stop leads past the navigation; filters and jobs come after it."""
    visit = people.alice()
    page = visit.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")

    skip = page.get_by_role("link", name="Skip to")
    page.keyboard.press("Tab")
    assert focused(skip)
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.get_by_role("main").evaluate("each => each.contains(document.activeElement)")
    tab_to(visit, page.get_by_role("link", name="By keyboard").first)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
    assert visit.path() == waiting.path


def test_one_thinks_twice_and_confirms(people: Visits, waiting: Made) -> None:
    """Escape leaves a dialog and gives the focus back; Enter on its button gives the order."""
    visit = people.alice()
    visit.go(waiting.path)
    order = visit.page.get_by_role("button", name="Next batch")
    dialog = visit.page.get_by_role("dialog")

    tab_to(visit, order)
    visit.page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("each => each.contains(document.activeElement)")
    visit.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert focused(order)
    assert waiting.begun() == 2

    visit.page.keyboard.press("Enter")
    confirm = dialog.get_by_role("button", name="Confirm")
    expect(confirm).to_be_visible()
    if not focused(confirm):
        tab_to(visit, confirm)
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("main")).to_contain_text("batch 2 of 3")
    assert waiting.begun() == 4


def test_what_is_refreshed_keeps_the_focus(people: Visits, web: Web, tmp_path: Path) -> None:
    """A job moves on behind a person who stands on a link of the page: there they stay."""
    gate = tmp_path / "gate"
    made = jobs.gated(web, gate, name="Moves on")
    visit = people.alice()
    visit.go(made.path)
    link = (
        visit.page.get_by_role("table", name="Hosts in").get_by_role("link", name="Log of").nth(3)
    )
    tab_to(visit, link)

    gate.touch()
    expect(visit.page.get_by_role("button", name="Next batch")).to_be_visible()

    assert focused(link)
