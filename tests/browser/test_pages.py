"""Every page in a real browser: accessible, light and dark, wide and narrow, kept as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from runner.progress import Status
from tests.browser import axe, jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.jobs import Made
    from tests.browser.visits import Scheme, Visit, Visits
    from tests.webserver import Web

NARROW = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The jobs whose pages are looked at."""

    hostile: Made
    failed: Made
    rolling: Made
    long: Made


@pytest.fixture(scope="module")
def known(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Return a job that has succeeded, one that has failed and one that waits for a person."""
    gate = tmp_path_factory.mktemp("gates") / "gate"
    gate.touch()
    rolling = jobs.gated(web, gate)
    rolling.rests(Status.CONFIRM)
    return Known(
        hostile=jobs.hostile(web), failed=jobs.failed(web), rolling=rolling, long=jobs.long(web)
    )


def _login(visit: Visit, known: Known) -> None:
    del known
    visit.page.context.clear_cookies()
    visit.go("/login")


def _refused(visit: Visit, known: Known) -> None:
    _login(visit, known)
    visit.log_in(word="a guess")
    expect(visit.page.get_by_role("alert")).to_be_visible()


def _jobs(visit: Visit, known: Known) -> None:
    del known
    visit.go("/")
    expect(visit.page.get_by_role("table")).to_contain_text("Roll by hand")


def _none(visit: Visit, known: Known) -> None:
    _jobs(visit, known)
    visit.page.get_by_label("Name", exact=True).fill("no job is called so")
    visit.page.get_by_role("button", name="Filter").click()
    expect(visit.page.get_by_role("link", name="Roll by hand")).to_have_count(0)


def _succeeded(visit: Visit, known: Known) -> None:
    visit.go(known.hostile.path)


def _failed(visit: Visit, known: Known) -> None:
    visit.go(known.failed.path)


def _waiting(visit: Visit, known: Known) -> None:
    visit.go(known.rolling.path)


def _asking(visit: Visit, known: Known) -> None:
    visit.go(known.rolling.path)
    visit.page.get_by_role("button", name="Next batch").click()
    expect(visit.page.get_by_role("dialog")).to_be_visible()


def _confirming(visit: Visit, known: Known) -> None:
    visit.go(f"{known.rolling.path}/confirm/next-batch")


def _log(visit: Visit, known: Known) -> None:
    visit.go(known.hostile.path)
    visit.page.get_by_role("table", name="Hosts in").get_by_role(
        "link", name="Log of"
    ).first.click()
    expect(visit.page.locator("#log")).to_contain_text("desrever")


def _searched(visit: Visit, known: Known) -> None:
    _log(visit, known)
    box = visit.page.get_by_label("Search", exact=True)
    box.fill("an")
    box.press("Enter")
    expect(visit.page.locator("#log mark").first).to_be_visible()


def _found(visit: Visit, known: Known) -> None:
    visit.go(f"{known.long.path}/hosts/0?q=line+170")
    expect(visit.page.get_by_role("region", name="Lines with")).to_be_visible()
    # Axe would read a MiB for ten seconds, and has judged a log on other pages.
    visit.page.locator("#log").evaluate("each => each.replaceChildren('some of it')")


def _unknown(visit: Visit, known: Known) -> None:
    del known
    assert visit.go("/there/is/no/such/page") == 404


PAGES: dict[str, Callable[[Visit, Known], None]] = {
    "log-in": _login,
    "log-in-refused": _refused,
    "jobs": _jobs,
    "jobs-none": _none,
    "job-succeeded": _succeeded,
    "job-failed": _failed,
    "job-waiting": _waiting,
    "job-dialog": _asking,
    "job-confirm": _confirming,
    "log": _log,
    "log-searched": _searched,
    "log-found": _found,
    "not-found": _unknown,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(people: Visits, known: Known, name: str, scheme: Scheme) -> None:
    """Axe finds nothing wrong with it, and it is no wider than a window of any width."""
    visit = people.alice(scheme=scheme)

    PAGES[name](visit, known)
    visit.picture(f"{name}-{scheme}")
    found = axe.faults(visit.page)
    wide = visit.overflow()
    visit.page.set_viewport_size({"width": NARROW, "height": 800})
    visit.picture(f"{name}-{scheme}-narrow")

    assert found == []
    assert (wide, visit.overflow()) == (0, 0)


def test_light_and_dark_differ(people: Visits, known: Known) -> None:
    """The page follows the scheme that a person prefers."""
    colours: dict[str, str] = {}
    for scheme in ("light", "dark"):
        visit = people.alice(scheme=scheme)
        visit.go(known.failed.path)
        colours[scheme] = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert colours["light"] != colours["dark"]
