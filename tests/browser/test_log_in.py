"""Logging in and out in a real browser, and what nobody gets at without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import webserver
from tests.browser import jobs, visits
from tests.browser.visits import Visits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.webserver import Web


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Web]:
    """Return a server of one test's own: others who failed before count for nobody here."""
    made = webserver.Web(tmp_path)
    made.write(visits.inventory())
    made.begin()
    yield made
    assert made.end() == 0


def test_first_wrong_then_right(browser: Browser, alone: Web) -> None:
    """A wrong password is refused in words, and the right one then leads to the jobs."""
    people = Visits(browser, alone.url)
    visit = people.visit()

    visit.log_in(word="a guess")
    expect(visit.page.get_by_role("alert")).to_contain_text("cannot log you in")
    assert visit.path() == "/login"
    visit.page.get_by_label("Name", exact=True).fill("alice")
    visit.page.get_by_label("Password").fill(visits.PASSWORDS["alice"])
    visit.page.get_by_role("button", name="Log in").click()

    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Jobs")
    assert visit.path() == "/"
    people.end()


def test_who_guesses_has_to_wait(browser: Browser, alone: Web) -> None:
    """After some wrong passwords the page says for how long nothing is looked at."""
    people = Visits(browser, alone.url)
    visit = people.visit()

    # A guess that comes late enough is looked at; each one makes the wait twice as long.
    alert = visit.page.get_by_role("alert")
    for number in range(20):
        visit.log_in(word=f"guess {number}")
        if "too many attempts" in alert.inner_text():
            break
    expect(alert).to_contain_text("seconds")
    visit.picture("too-soon-light")
    people.end()

    asked = alone.events("request")
    assert {each["status"] for each in asked if each["method"] == "POST"} == {401, 429}


@pytest.mark.parametrize("path", ["/", "/jobs/1", "/jobs/1/hosts/1", "/jobs/1/confirm/stop"])
def test_a_stranger_is_sent_to_the_log_in(people: Visits, path: str) -> None:
    """No page is shown to whoever has not logged in, be there such a job or not."""
    visit = people.visit()

    visit.go(path)

    assert visit.path().partition("?")[0] == "/login"
    expect(visit.page.get_by_role("button", name="Log in")).to_be_visible()


def test_logging_out_ends_every_tab(people: Visits, web: Web) -> None:
    """A second tab is out as well, and the cookie of before is worth nothing any more."""
    first = people.visit()
    first.log_in()
    second = people.beside(first)
    second.go("/")
    expect(second.page.get_by_role("heading", level=1)).to_have_text("Jobs")
    kept = first.page.context.cookies()

    first.page.get_by_role("button", name="Log out").click()
    expect(first.page.get_by_role("button", name="Log in")).to_be_visible()
    second.page.reload()
    expect(second.page.get_by_role("button", name="Log in")).to_be_visible()
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in kept)
    reply = web.call("GET", "/", headers={"Cookie": cookies})

    assert (reply.status, reply.headers["location"]) == (303, "/login")


def test_the_cookie_is_out_of_reach(people: Visits) -> None:
    """No script of the page reads the session, and no other site sends it."""
    visit = people.visit()
    visit.log_in()

    (cookie,) = visit.page.context.cookies()

    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert visit.page.evaluate("document.cookie") == ""


def test_who_may_not_steer_is_offered_nothing(people: Visits, web: Web) -> None:
    """Who may only look sees the job without a button; who may not look sees no job."""
    made = jobs.failed(web)
    looks, nobody = people.visit(), people.visit()

    looks.log_in("bob")
    assert looks.go(made.path) == 200
    expect(looks.page.get_by_role("heading", level=1)).to_be_visible()
    names = [each.inner_text() for each in looks.page.get_by_role("button").all()]
    assert "Log out" in names
    assert not {"Retry failed", "Retry all", "Ignore failures", "Skip", "Stop"} & set(names)

    nobody.log_in("carol")
    nobody.go("/")
    expect(nobody.page.get_by_role("link", name="Fails")).to_have_count(0)
    assert nobody.go(made.path) in {403, 404}
