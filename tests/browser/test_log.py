"""A log that means harm, read in a real browser: all of it text, searched, and downloaded whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import jobs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.jobs import Made
    from tests.browser.visits import Visit, Visits
    from tests.webserver import Web


@pytest.fixture(scope="module")
def made(web: Web) -> Made:
    """Return a job that has ended, with a log that means harm."""
    return jobs.hostile(web)


def log_of(visit: Visit, made: Made) -> str:
    """Open the log of a job's first host by the links that lead there; return what it shows."""
    visit.go(made.path)
    visit.page.get_by_role("table", name="Hosts in").get_by_role(
        "link", name="Log of"
    ).first.click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Log of 0:127.0.0.1")
    log = visit.page.locator("#log")
    expect(log).to_contain_text("desrever")
    return log.inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_everything_in_it_is_text(people: Visits, made: Made, *, scripts: bool) -> None:
    """Elements, handlers and escapes of a terminal are shown as characters, and do nothing."""
    visit = people.alice(scripts=scripts)

    told = log_of(visit, made)

    assert '<script>document.title="ran"</script>\n' in told
    assert '<img src=x onerror="document.title=1">\n' in told
    assert '</pre><a href="javascript:alert(1)">a link</a>&amp;\n' in told
    assert "red" in told
    assert not {each for each in told if ord(each) < 32 and each not in "\n\t"}
    assert not {each for each in told if 0x7F <= ord(each) <= 0x9F or each == "\u202e"}
    assert visit.page.locator("#log").locator("a, img, script").count() == 0
    assert "Log of" in visit.page.title()


def test_the_name_of_the_job_is_text(people: Visits, made: Made) -> None:
    """So it is with a name that means harm, in the list and on the job's page."""
    visit = people.alice()

    expect(visit.page.get_by_role("link", name=jobs.NAME).first).to_be_visible()
    visit.go(made.path)

    expect(visit.page.get_by_role("heading", level=1)).to_have_text(jobs.NAME)
    assert "ran" not in visit.page.title().removeprefix(jobs.NAME)


def test_a_sensitive_parameter_is_nowhere(people: Visits, made: Made) -> None:
    """Stars stand for it on the job's page, and no page has it in any attribute or text."""
    visit = people.alice()

    for path in ("/", made.path):
        visit.go(path)
        assert jobs.UNSEEN not in visit.page.content()
    expect(visit.page.locator("dl")).to_contain_text("******")
    log_of(visit, made)

    assert jobs.UNSEEN not in visit.page.content()


def test_searching_marks_what_matches(people: Visits, made: Made) -> None:
    """What matches is marked and counted, and is taken as text too."""
    visit = people.alice()
    log_of(visit, made)

    box = visit.page.get_by_label("Search", exact=True)
    box.fill("<img src=x")
    box.press("Enter")

    expect(visit.page.locator("#log mark")).to_have_text(["<img src=x"])
    expect(visit.page.get_by_text("1 of 1 match", exact=True)).to_be_visible()


def test_without_scripts_the_lines_are_listed(people: Visits, made: Made) -> None:
    """The server then finds what matches, and lists its lines."""
    visit = people.alice(scripts=False)
    log_of(visit, made)

    box = visit.page.get_by_label("Search", exact=True)
    box.fill("<img src=x")
    box.press("Enter")

    found = visit.page.get_by_role("region", name="Lines with")
    expect(found.get_by_role("listitem")).to_have_text(['<img src=x onerror="document.title=1">'])
    expect(visit.page.get_by_text("1 match", exact=True)).to_be_visible()


def test_the_download_is_what_was_written(people: Visits, made: Made) -> None:
    """The file has the very bytes, escapes and all, and is never shown as a page."""
    visit = people.alice()
    log_of(visit, made)

    with visit.page.expect_download() as begun:
        visit.page.get_by_role("link", name="Download").click()
    content = begun.value.path().read_bytes()

    assert b'<script>document.title="ran"</script>\n' in content
    assert b"\x1b[31mred\x1b[0m and \x1b[1;32mgreen\x1b[m\n" in content
    assert b"\x1b]0;a title\x07\x1b]8;;http://evil.example/\x1b\\shown" in content
    assert content.endswith("C1 \u009b31m and override \u202edesrever\n".encode())


def test_what_is_printed_now_is_seen_now(people: Visits, web: Web, tmp_path: Path) -> None:
    """A page that stays open shows what a script prints, and in the end how it ended."""
    gate = tmp_path / "gate"
    made = jobs.gated(web, gate)
    visit = people.alice()
    visit.go(f"{made.path}/hosts/0")
    opened = visit.opening()
    log = visit.page.locator("#log")
    expect(log).to_have_text("waits for the gate")

    gate.touch()
    expect(log).to_have_text("waits for the gate has passed the gate")
    expect(visit.page.locator("dl")).to_contain_text("Succeeded")

    assert visit.opening() == opened


@pytest.fixture(scope="module")
def long(web: Web) -> Made:
    """Return a job that has printed nearly two MiB."""
    return jobs.long(web)


def test_of_a_long_log_the_end_is_shown(people: Visits, long: Made) -> None:
    """The page says that it shows the end alone; the download has it all."""
    visit = people.alice()

    visit.go(f"{long.path}/hosts/0")
    log = visit.page.locator("#log")
    expect(log).to_contain_text("line 39999 of")
    shown = log.text_content() or ""
    with visit.page.expect_download() as begun:
        visit.page.get_by_role("link", name="Download").click()
    lines = begun.value.path().read_text("utf-8").splitlines()

    assert len(shown) <= 1024 * 1024
    assert "line 0 of" not in shown
    expect(visit.page.get_by_text("The last 1.0 MiB of the log are shown")).to_be_visible()
    assert lines == [f"line {each} of a long log, with some more words" for each in range(40_000)]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_all_of_a_long_log_is_searched(people: Visits, long: Made, *, scripts: bool) -> None:
    """What stands before the end that is shown is found as well."""
    visit = people.alice(scripts=scripts)
    visit.go(f"{long.path}/hosts/0")

    box = visit.page.get_by_label("Search", exact=True)
    box.fill("line 17")
    box.press("Enter")

    found = visit.page.get_by_role("region", name="Lines with")
    expect(found.get_by_role("listitem").nth(1)).to_have_text(
        "line 170 of a long log, with some more words"
    )
