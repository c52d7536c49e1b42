"""A job that rolls by hand in a real browser: live, confirmed, bound to what was shown."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from runner.progress import Status
from runner.server.states import StepOperation
from tests.browser import jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.visits import Visit, Visits
    from tests.webserver import Web


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Return the file that lets the hosts of a batch end."""
    return tmp_path / "gate"


def hosts_in(visit: Visit, word: str) -> None:
    """Wait until the table of hosts has the word."""
    expect(visit.page.get_by_role("table", name="Hosts in")).to_contain_text(word)


def test_a_batch_is_watched_confirmed_and_stopped(people: Visits, web: Web, gate: Path) -> None:
    """The page follows the job without a reload; each order is confirmed in a dialog."""
    made = jobs.gated(web, gate)
    visit = people.alice()
    visit.page.get_by_role("link", name="Roll by hand").first.click()
    opened = visit.opening()

    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Roll by hand")
    hosts_in(visit, "Running")
    gate.touch()
    expect(visit.page.get_by_role("button", name="Next batch")).to_be_visible()
    assert visit.opening() == opened
    made.rests(Status.CONFIRM)
    gate.unlink()

    visit.page.get_by_role("button", name="Next batch").click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Batch 2 of 3")
    expect(dialog).to_contain_text("2 hosts")
    dialog.get_by_role("button", name="Confirm").click()
    expect(visit.page.get_by_role("button", name="Stop")).to_be_visible()
    assert made.state() is not Status.CONFIRM

    visit.page.get_by_role("button", name="Stop").click()
    visit.page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    made.rests(Status.STOPPED)
    expect(visit.page.get_by_role("button", name="Retry failed")).to_be_visible()


def test_the_list_is_live_too(people: Visits, web: Web, gate: Path) -> None:
    """A new job appears in the list, and its state changes there, without a reload."""
    visit = people.alice()
    opened = visit.opening()

    jobs.gated(web, gate, name="Seen in the list")
    row = visit.page.get_by_role("row").filter(has_text="Seen in the list")
    expect(row).to_contain_text("Running")
    gate.touch()
    expect(row).to_contain_text("Waiting for confirmation")

    assert visit.opening() == opened


def test_a_stale_confirmation_is_refused(people: Visits, web: Web, gate: Path) -> None:
    """Who confirms a batch that somebody else has begun meanwhile begins none, and is told why."""
    gate.touch()
    made = jobs.gated(web, gate)
    made.rests(Status.CONFIRM)
    visit = people.alice(scripts=False)
    visit.go(made.path)
    visit.page.get_by_role("button", name="Next batch").click()
    expect(visit.page.get_by_role("main")).to_contain_text("Batch 2 of 3")

    made.operate(StepOperation.NEXT_BATCH)
    web.until(lambda: made.begun() == 4)
    made.rests(Status.CONFIRM)
    visit.page.get_by_role("button", name="Confirm").click()

    expect(visit.page.get_by_role("alert")).to_contain_text("cannot")
    assert made.state() == Status.CONFIRM
    assert made.begun() == 4


def test_so_it_is_in_an_open_dialog(people: Visits, web: Web, gate: Path) -> None:
    """What is shown live behind a dialog never changes what is confirmed in it."""
    gate.touch()
    made = jobs.gated(web, gate)
    made.rests(Status.CONFIRM)
    visit = people.alice()
    visit.go(made.path)
    visit.page.get_by_role("button", name="Next batch").click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Batch 2 of 3")

    made.operate(StepOperation.NEXT_BATCH)
    web.until(lambda: made.begun() == 4)
    made.rests(Status.CONFIRM)
    expect(visit.page.get_by_role("table", name="Batches with")).to_contain_text("2 succeeded")
    dialog.get_by_role("button", name="Confirm").click()

    expect(visit.page.get_by_role("alert")).to_contain_text("cannot")
    assert made.begun() == 4


# ---------------------------------------------------------------- orders from elsewhere


@contextmanager
def elsewhere(page: str) -> Iterator[str]:
    """Serve one page from another origin of the same site: a cookie of ours goes along."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_form_elsewhere_orders_nothing(people: Visits, web: Web, gate: Path) -> None:
    """A page of another origin is refused, even one that knows the token of the session."""
    gate.touch()
    made = jobs.gated(web, gate)
    made.rests(Status.CONFIRM)
    visit = people.alice()
    visit.go(f"{made.path}/confirm/next-batch")
    form = visit.page.locator("form", has=visit.page.get_by_role("button", name="Confirm"))
    fields = "".join(
        f'<input type="hidden" name="{escape(each.get_attribute("name") or "")}"'
        f' value="{escape(each.get_attribute("value") or "")}">'
        for each in form.locator("input").all()
    )
    button = form.get_by_role("button", name="Confirm")
    chosen = button.get_attribute("name"), button.get_attribute("value")
    action = escape(f"{web.url}{form.get_attribute('action')}")
    page = f'<form method="post" action="{action}">{fields}<button>Win</button></form>'

    other = visit.page.context.new_page()
    with elsewhere(page) as address:
        other.goto(address)
        with other.expect_navigation() as navigated:
            other.get_by_role("button", name="Win").click()
        answer = navigated.value

    assert answer is not None
    assert "token" in fields
    assert chosen[0] is None
    assert answer.request.headers["origin"] == address.rstrip("/")
    assert answer.status == 403
    assert (made.state(), made.begun()) == (Status.CONFIRM, 2)
