"""The console's pages in process: who sees what, what is ordered, and what nobody may do."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.errors import UnknownOutcomeError
from runner.progress import Status
from runner.server.console import assets, forms, job, pieces, reception
from runner.server.console.reception import Reception
from runner.server.console.sessions import COOKIE, RENEWED
from runner.server.hosts.runs import LIMIT
from runner.server.routes.transport import Call
from tests import consoles, serving
from tests.consoles import OURS, House, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Json

FAILS = """echo "on $JOBGATE_IP"; [ "$JOBGATE_IP" != 127.0.0.2 ]"""
HARM = """<i>&"'\x1b[31m\u202e"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Return a reception."""
    made = House(tmp_path)
    yield made
    made.front.close()


@pytest.fixture
def alice(house: House) -> Visitor:
    """Return somebody who may do everything in biz/2."""
    return house.visitor("alice")


def ran(house: House, script: str = FAILS, **more: Json) -> Json:
    """Run a job on three hosts to where it comes to rest; return its id."""
    body = serving.body(script, hosts=(1, 2, 3), task_name="three", **more)
    number = house.front.create(body)["job_instance_id"]
    house.front.ended(number)
    return number


def rolled(house: House) -> Json:
    """Run a job with a batch for each host to where it waits for a person; return its id."""
    return ran(house, "true", rolling_config=serving.rolling("1", mode=3))


# ---------------------------------------------------------------- logging in and out


def test_strangers_see_the_form_alone(house: House) -> None:
    """Every page leads there, streams say so, and nothing of a job is told."""
    number = ran(house)
    stranger = house.visitor()

    for path in ("/", f"/jobs/{number}", f"/jobs/{number}/hosts/0/log.txt", "/jobs/99"):
        reply = stranger.get(path)
        assert (reply.status, reply.headers["location"], reply.content) == (303, "/login", b"")
    assert stranger.get(f"/jobs/{number}/events").status == 401
    assert stranger.post("/logout", {}).headers["location"] == "/login"
    assert "<label" in stranger.page("/login")


def test_logging_in_and_out(house: House) -> None:
    """The right password gives a session, and leaving ends it for every copy of the cookie."""
    visitor = house.visitor("alice")
    copy = house.visitor()
    copy.cookie = visitor.cookie
    assert visitor.get("/login").headers["location"] == "/"
    assert "<h1>Jobs</h1>" in copy.page("/")

    reply = visitor.post("/logout", {"token": visitor.token()})

    assert (reply.status, reply.headers["location"]) == (303, "/login")
    assert visitor.cookie == ""
    assert copy.get("/").status == 303


def test_a_wrong_password_is_refused(house: House) -> None:
    """Nobody learns whether the name or the password was wrong; what was typed is escaped."""
    visitor = house.visitor()

    replies = [visitor.log_in(name, "guess") for name in ("alice", HARM)]

    assert [each.status for each in replies] == [401, 401]
    assert all(b"cannot log you in" in each.content for each in replies)
    assert b"<i>" not in replies[1].content
    assert b"guess" not in replies[0].content
    assert visitor.cookie == ""


def test_guessing_is_slowed_down(house: House) -> None:
    """After some failures one is told how long to wait, by the page and its header."""
    visitor = house.visitor()

    replies = [visitor.log_in("alice", "guess") for _ in range(8)]

    assert replies[-1].status == 429
    wait = int(replies[-1].headers["retry-after"])
    assert f"try again in {wait} seconds".encode() in replies[-1].content
    assert visitor.log_in("alice", consoles.PASSWORDS["alice"]).status == 429


def test_a_new_password_ends_the_session(house: House) -> None:
    """So does leaving the inventory, from the next request on."""
    visitor, other = house.visitor("alice"), house.visitor("bob")

    house.know(consoles.inventory({**consoles.PASSWORDS, "alice": "another"}))

    assert visitor.get("/").status == 303
    assert other.get("/").status == 200


def test_a_session_is_kept_up_by_use(house: House, alice: Visitor) -> None:
    """A cookie is sent anew now and then, and an hour without use ends it."""
    assert "set-cookie" not in alice.get("/").headers
    house.now += RENEWED
    assert "set-cookie" in alice.get("/").headers
    house.now += 3599
    assert alice.get("/").status == 200
    house.now += 3600
    assert alice.get("/").status == 303


def test_behind_tls_the_cookie_is_for_tls_alone(tmp_path: Path) -> None:
    """As the server was told that it has a certificate."""
    secure = House(tmp_path, secure=True)
    reply = secure.visitor().log_in("alice", consoles.PASSWORDS["alice"])
    secure.front.close()

    assert "; Secure" in reply.headers["set-cookie"]


# ---------------------------------------------------------------- what holds of every answer


def test_every_answer_is_guarded(house: House, alice: Visitor) -> None:
    """Pages, refusals and files alike say what a browser may do with them."""
    number = ran(house)
    host = f"/jobs/{number}/hosts/0"
    paths = ("/", f"/jobs/{number}", host, f"{host}/log.txt", "/nowhere", "/login", "/events")
    for reply in [*(alice.get(each) for each in paths), alice.send("PUT", "/")]:
        policy = reply.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "same-origin"
        assert reply.headers["cross-origin-opener-policy"] == "same-origin"
        assert reply.headers["cache-control"] == "no-store"


def test_pages_keep_to_the_policy(house: House, alice: Visitor) -> None:
    """No page has a style, a script or a handler of its own, or anything from elsewhere."""
    number = rolled(house)
    for path in ("/", f"/jobs/{number}", f"/jobs/{number}/hosts/0", f"/jobs/{number}/confirm/stop"):
        page = alice.page(path)
        assert '<html lang="en">' in page
        assert page.count("<h1") == 1
        assert re.search(r"<(?:header|nav)[ >]", page)
        assert '<main id="main"' in page
        assert 'class="skip" href="#main"' in page
        assert not re.search(r"<style|\sstyle=|<script(?! src=)|\son\w+=|https?:|javascript:", page)


def test_a_page_that_there_is_not(alice: Visitor) -> None:
    """It is told in the look of the console, to strangers too."""
    reply = alice.get("/nowhere")
    assert (reply.status, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert b'role="alert"' in reply.content
    assert Visitor(alice.house).get("/nowhere").status == 404
    assert alice.get("/jobs/99").status == 404
    assert alice.get("/jobs/99/hosts/0").status == 404


def test_methods_that_a_page_does_not_have(alice: Visitor) -> None:
    """They are refused with those that it has; HEAD is as GET."""
    reply = alice.send("DELETE", "/")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")
    assert alice.get("/jobs/1/operate").headers["allow"] == "POST"
    assert alice.send("HEAD", "/").status == 200
    assert alice.send("HEAD", "/login").headers["location"] == "/"
    head = alice.send("HEAD", "/events")
    assert (head.status, head.headers["content-type"]) == (200, "text/event-stream")
    assert alice.going == []


def test_requests_are_noted_and_counted(house: House, alice: Visitor) -> None:
    """By route, as those to the API are, and without what was sent."""
    alice.get("/?name=secret")
    alice.get("/elsewhere/secret")

    noted = [values for event, values in house.front.notes if event == "request"]
    assert [(each["user"], each["route"], each["status"]) for each in noted] == [
        ("", "/login", 303),
        ("alice", "/", 200),
        ("", "nowhere", 404),
    ]
    assert "secret" not in json.dumps(house.front.notes)
    assert "of alice" not in json.dumps(house.front.notes)
    text = house.front.desk.site.metrics.text({}, 0)
    assert 'jobgate_requests_total{route="/",status="200"} 1' in text


def test_a_bug_is_told_without_its_words(house: House, alice: Visitor) -> None:
    """The page says that there is one, and the log where."""
    number = ran(house)
    with closing(sqlite3.connect(house.front.data / "jobgate.db")) as rows, rows:
        rows.execute("UPDATE jobs SET created_at = 'never, says acts'")

    reply = alice.get(f"/jobs/{number}")

    assert reply.status == 500
    assert b"there is a bug in jobgate" in reply.content
    (bug,) = [values for event, values in house.front.notes if event == "bug"]
    assert "never" not in json.dumps(bug)
    assert b"never" not in reply.content


def test_a_locked_database_is_told_as_such(house: House, alice: Visitor) -> None:
    """It is not possible for the moment, and may be tried again."""
    number = rolled(house)
    page = alice.page(f"/jobs/{number}/confirm/next-batch")
    fields = {
        each: consoles.hidden(page, each) for each in ("token", "operation", "batch", "count")
    }
    with closing(sqlite3.connect(house.front.data / "jobgate.db")) as rows:
        rows.execute("BEGIN IMMEDIATE")
        reply = alice.post(f"/jobs/{number}/operate", fields)

    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert b'role="alert"' in reply.content


def test_other_troubles_are_told_too(house: House, alice: Visitor) -> None:
    """Whatever jobgate has words for is told in these words."""

    def unknown() -> None:
        raise UnknownOutcomeError("cannot tell what became of it", mend="look for yourself")

    number = rolled(house)
    site = replace(house.front.desk.site, wake=unknown)
    house.reception = Reception(site, house.sessions, clock=lambda: house.now)

    reply = alice.confirm(number, "next-batch")

    assert reply.status == 500
    assert b"cannot tell what became of it" in reply.content


# ---------------------------------------------------------------- the list


def test_jobs_are_listed_and_filtered(house: House, alice: Visitor) -> None:
    """Newest first, with their states in words; each field of the form narrows the list."""
    first, second = ran(house), ran(house, "true")
    page = alice.page("/")

    assert page.index(f'id="job-{second}"') < page.index(f'id="job-{first}"')
    assert "<caption>" in page
    assert ">Failed</span>" in page
    assert "1 to 2 of 2" in page
    assert "Older" not in page
    for query, there in (
        ("state=4", {first}),
        ("name=three&scope=biz/2", {first, second}),
        ("name=four", set()),
        ("operator=bob", set()),
        ("ip=127.0.0.3", {first, second}),
        ("ip=127.0.0.4", set()),
        ("from=2000-01-01T00:00", {first, second}),
        ("to=2000-01-01T00:00", set()),
    ):
        found = set(re.findall(r'<tr role="row" id="job-(\d+)"', alice.page(f"/?{query}")))
        assert found == {str(each) for each in there}, query
    assert 'value="three"' in alice.page("/?name=three")
    assert '<option value="4" selected>' in alice.page("/?state=4")


def test_a_long_list_has_pages(house: House, alice: Visitor) -> None:
    """One can go on and back, and the filter is kept."""
    made = house.front.create(serving.body("true", task_name="one of many"))
    house.front.ended(made["job_instance_id"])
    with closing(sqlite3.connect(house.front.data / "jobgate.db")) as rows, rows:
        rows.executemany(
            "INSERT INTO jobs (name, scope_type, scope_id, status, created_at, operator, app,"
            " launch_mode, callback) SELECT name, scope_type, scope_id, status, created_at,"
            " operator, app, launch_mode, callback FROM jobs WHERE id = ?",
            [(made["job_instance_id"],)] * 120,
        )

    first, second = alice.page("/?name=many"), alice.page("/?name=many&page=2")

    assert "1 to 50 of 121" in first
    assert 'href="/?name=many&amp;page=2"' in first
    assert "Newer" not in first
    assert "51 to 100 of 121" in second
    assert 'href="/?name=many&amp;page=1"' in second
    assert 'href="/?name=many&amp;page=3"' in second
    assert "101 to 121 of 121" in alice.page("/?page=99")
    assert alice.page("/?page=99").count('id="job-') == 21


def test_nobody_sees_more_than_they_may(house: House) -> None:
    """Who may view nothing sees an empty list, and no job by its number."""
    number = ran(house)
    carol = house.visitor("carol")

    assert f"job-{number}" not in carol.page("/")
    assert carol.get("/?scope=biz/2").status == 403
    for path in ("", "/events", "/script.txt", "/hosts/0", "/hosts/0/log.txt", "/confirm/stop"):
        assert carol.get(f"/jobs/{number}{path}").status in {200, 404}
        assert b"three" not in carol.get(f"/jobs/{number}{path}").content
    look = house.reception.look(carol.going[0])
    assert (look.content, look.over) == (b"", True)
    assert "There are no jobs yet" in carol.page("/")


def test_a_filter_that_no_form_sends(alice: Visitor) -> None:
    """It is refused on a page."""
    reply = alice.get("/?state=many")
    assert reply.status == 400
    assert b"cannot accept the request" in reply.content


# ---------------------------------------------------------------- one job


def test_a_job_is_told_of(house: House, alice: Visitor) -> None:
    """Its facts, its batches, its hosts, and who ordered what."""
    number = ran(house, rolling_config=serving.rolling("1", mode=1))
    page = alice.page(f"/jobs/{number}")

    assert "<h1>three</h1>" in page
    assert "stop at a batch that fails" in page
    assert "batch 2 of 3" in page
    assert re.search(r'id="batch-2" class="current" aria-current="step"', page)
    assert page.count('<tr role="row" id="host-') == 3
    assert 'aria-label="Log of 0:127.0.0.2"' in page
    assert 'data-label="Exit code">1<' in page
    assert "exit code 1" in page
    assert "Created it" in page
    assert "echo &#34;on $JOBGATE_IP&#34;" in page
    assert [
        each for each in ("Retry failed", "Retry all", "Ignore failures") if each not in page
    ] == []
    assert ">Stop<" not in page


def test_the_hosts_are_filtered(house: House, alice: Visitor) -> None:
    """By batch and by state, and the number of them is told."""
    number = ran(house, rolling_config=serving.rolling("1", mode=2))

    def hosts(query: str) -> list[str]:
        return re.findall(r'<tr role="row" id="host-(\d+)"', alice.page(f"/jobs/{number}?{query}"))

    assert hosts("") == ["0", "1", "2"]
    assert hosts("batch=2") == ["1"]
    assert hosts("state=9") == ["0", "2"]
    assert hosts("batch=2&state=9") == []
    assert "No host is like that" in alice.page(f"/jobs/{number}?batch=2&state=9")
    assert "1 to 2 of 2" in alice.page(f"/jobs/{number}?state=9")


def test_many_hosts_and_batches_have_pages(house: House, alice: Visitor) -> None:
    """A hundred of each are shown, and of the batches those around the current one."""
    body = serving.body(
        "true", start_task=False, rolling_config=serving.rolling("1", mode=3), task_name="many"
    )
    tree = consoles.inventory()
    tree["hosts"] = [
        {"id": each, "ip": f"127.0.{each // 200}.{each % 200 + 1}"} for each in range(1, 251)
    ]
    house.know(tree)
    target: Json = {"host_list": [{"bk_host_id": each} for each in range(1, 251)]}
    number = house.front.create({**body, "execute_target": target})["job_instance_id"]

    page = alice.page(f"/jobs/{number}")
    last = alice.page(f"/jobs/{number}?page=3")

    assert "1 to 100 of 250" in page
    assert page.count('<tr role="row" id="batch-') == 100
    assert "1 to 100 of 250, those around the current one" in page
    assert f'href="/jobs/{number}?page=2#hosts-title"' in page
    assert "201 to 250 of 250" in last
    assert last.count('<tr role="row" id="host-') == 50
    assert f'href="/jobs/{number}?page=2#hosts-title"' in last


def test_what_is_sensitive_is_hidden(house: House, alice: Visitor) -> None:
    """Its parameter is six asterisks wherever it could be, and another one is shown."""
    shown = ran(house, script_param=serving.text64("a word"))
    hidden = ran(house, script_param=serving.text64("a word"), param_sensitive=True)

    assert "<code>a word</code>" in alice.page(f"/jobs/{shown}")
    assert f"<code>{job.HIDDEN}</code>" in alice.page(f"/jobs/{hidden}")
    assert "a word" not in alice.page(f"/jobs/{hidden}")


def test_names_and_scripts_are_text(house: House, alice: Visitor) -> None:
    """Wherever they stand, nothing in them is markup, and nothing acts unseen."""
    number = ran(house, f"cat <<'E'\n{HARM}\nE\n", script_param=serving.text64(f'{HARM}"'))
    with closing(sqlite3.connect(house.front.data / "jobgate.db")) as rows, rows:
        rows.execute("UPDATE jobs SET name = ?, operator = ?, app = ?", (HARM, HARM, HARM))
        rows.execute("UPDATE hosts SET tag = ?, detail = ?", (HARM, HARM))
        rows.execute(
            "INSERT INTO acts (job, at, user, app, what) VALUES (?, 1, ?, ?, ?)",
            (number, HARM, HARM, HARM),
        )

    pages = [alice.page(each) for each in ("/", f"/jobs/{number}", f"/jobs/{number}/hosts/0")]

    for page in pages:
        assert "<i>" not in page
        assert "\x1b" not in page
        assert "\u202e" not in page
        assert "&lt;i&gt;&amp;&#34;&#39;" in page


def test_a_long_script_is_cut_and_can_be_had_whole(house: House, alice: Visitor) -> None:
    """The page says how much it shows; the file has all of it."""
    script = f"true\n#{'x' * 70_000}end"
    number = ran(house, script)

    page, file = alice.page(f"/jobs/{number}"), alice.get(f"/jobs/{number}/script.txt")

    assert "the first 64.0 KiB are shown" in page
    assert "xend" not in page
    assert file.content.decode() == script
    assert file.headers["content-disposition"] == (
        f'attachment; filename="job-{number}-script.txt"'
    )
    assert file.headers["content-type"] == "text/plain; charset=utf-8"


# ---------------------------------------------------------------- orders


def test_a_batch_is_confirmed(house: House, alice: Visitor) -> None:
    """The page says what will happen, and the next batch runs; the history says who."""
    number = rolled(house)
    page = alice.page(f"/jobs/{number}/confirm/next-batch")
    assert "Batch 2 of 3 begins: the script runs on 1 host." in page

    reply = alice.confirm(number, "next-batch")

    assert (reply.status, reply.headers["location"]) == (303, f"/jobs/{number}")
    house.front.ended(number)
    after = alice.page(f"/jobs/{number}")
    assert "batch 2 of 3" in after
    assert "Confirmed the next batch" in after
    assert house.front.woken == 2


def test_a_confirmation_is_for_what_was_seen(house: House, alice: Visitor) -> None:
    """Sent twice, or late, it does not begin another batch."""
    number = rolled(house)
    page = alice.page(f"/jobs/{number}/confirm/next-batch")
    fields = {
        each: consoles.hidden(page, each) for each in ("token", "operation", "batch", "count")
    }
    assert alice.post(f"/jobs/{number}/operate", fields).status == 303
    house.front.ended(number)

    reply = alice.post(f"/jobs/{number}/operate", fields)

    assert reply.status == 400
    assert b"it was ordered for batch 1, run 1, and the job is at batch 2, run 1" in reply.content
    assert b'role="alert"' in reply.content
    assert house.front.state(number) == Status.CONFIRM


def test_every_order_is_carried_out(house: House, alice: Visitor) -> None:
    """One after the other, each where it is offered."""
    body = serving.body(FAILS, hosts=(1, 2), start_task=False)
    number = house.front.create(body)["job_instance_id"]
    steps = (
        ("start", Status.FAILED),
        ("retry-failed", Status.FAILED),
        ("retry-all", Status.FAILED),
        ("ignore", Status.SUCCEEDED),
    )
    for order, status in steps:
        assert f"/confirm/{order}" in alice.page(f"/jobs/{number}")
        assert alice.confirm(number, order).status == 303
        house.front.ended(number)
        assert house.front.state(number) == status
    other = rolled(house)
    for order, status in (("stop", Status.STOPPED), ("next-step", Status.CONFIRM)):
        assert alice.confirm(other, order).status == 303
        house.front.ended(other)
        assert house.front.state(other) == status


def test_a_job_that_stops_is_skipped(house: House, alice: Visitor) -> None:
    """Without waiting for a script that takes its time to end."""
    number = house.front.create(
        serving.body("trap '' TERM; sleep 30 & wait; sleep 30", hosts=(1,))
    )["job_instance_id"]
    assert house.front.state(number) == Status.RUNNING
    assert alice.confirm(number, "stop").status == 303
    assert alice.confirm(number, "skip").status == 303

    assert ">Succeeded</span>" in alice.page(f"/jobs/{number}")
    serving.until(lambda: not _running(house, number))


def _running(house: House, number: Json) -> bool:
    house.front.state(number)
    with house.front.services.one() as service:
        return service.tally()[1] > 0


def test_what_the_state_does_not_allow_is_refused(house: House, alice: Visitor) -> None:
    """On the job's page, with the reason."""
    number = ran(house)

    reply = alice.get(f"/jobs/{number}/confirm/next-batch")

    assert reply.status == 400
    assert b"<h1>three</h1>" in reply.content
    assert b"does not allow it" in reply.content
    assert alice.get(f"/jobs/{number}/confirm/drop").status == 404


def test_an_order_that_says_too_little(house: House, alice: Visitor) -> None:
    """It is not carried out."""
    number, token = rolled(house), alice.token()

    for fields in ({}, {"operation": "next-batch"}, {"operation": "drop", "batch": "1"}):
        reply = alice.post(f"/jobs/{number}/operate", {"token": token, **fields})
        assert reply.status in {400, 404}
    assert house.front.state(number) == Status.CONFIRM


def test_who_may_only_look_orders_nothing(house: House) -> None:
    """No button is there, and no request is taken."""
    number = rolled(house)
    bob = house.visitor("bob")
    page = bob.page(f"/jobs/{number}")

    assert "/confirm/" not in page
    assert bob.get(f"/jobs/{number}/confirm/stop").status == 403
    fields = {"token": bob.token(), "operation": "next-batch", "batch": "1", "count": "1"}
    reply = bob.post(f"/jobs/{number}/operate", fields)
    assert reply.status == 403
    assert b"bob may not operate jobs of biz/2" in reply.content
    assert house.front.state(number) == Status.CONFIRM


def test_forms_of_others_are_refused(house: House, alice: Visitor) -> None:
    """Without the token of the session, and from other sites, also with it."""
    number, token = rolled(house), alice.token()
    fields = {"token": token, "operation": "next-batch", "batch": "1", "count": "1"}
    path = f"/jobs/{number}/operate"

    assert alice.post(path, {**fields, "token": house.visitor("alice").token()}).status == 403
    assert alice.post(path, {**fields, "token": ""}).status == 403
    assert alice.post(path, {**fields, "token": "\u00fc"}).status == 403
    assert alice.post(path, fields, {}).status == 403
    assert alice.post(path, fields, {**OURS, "origin": "http://evil.example"}).status == 403
    assert alice.post(path, fields, {**OURS, "sec-fetch-site": "cross-site"}).status == 403
    login = {"name": "alice", "password": consoles.PASSWORDS["alice"]}
    assert house.visitor().post("/login", login, {}).status == 403
    assert house.front.state(number) == Status.CONFIRM
    assert alice.post(path, fields).status == 303


# ---------------------------------------------------------------- logs


def test_a_log_is_shown(house: House, alice: Visitor) -> None:
    """As text, with its colours dropped and every other escape seen."""
    number = ran(house, r"printf '<script>\033[31mred\033[0m\033[2J\r\n'")

    page = alice.page(f"/jobs/{number}/hosts/1")

    assert "<h1>Log of 0:127.0.0.2</h1>" in page
    assert "&lt;script&gt;red\u241b[2J\u240d\n</pre>" in page
    assert ">Succeeded</span>" in page
    assert "run=1&amp;at=" in page
    assert alice.get(f"/jobs/{number}/hosts/3").status == 404


def test_a_log_is_searched(house: House, alice: Visitor) -> None:
    """By the server as well, with what was searched for escaped."""
    number = ran(house, "echo one; echo '<b>two</b>'; echo ONE")

    page = alice.page(f"/jobs/{number}/hosts/0?q=one")
    other = alice.page(f"/jobs/{number}/hosts/0?q=%3Cb%3E")

    assert "2 matches" in page
    assert '<li value="3"><code>ONE</code></li>' in page
    assert "1 match<" in other
    assert 'value="&lt;b&gt;"' in other
    assert "0 matches" in alice.page(f"/jobs/{number}/hosts/0?q=three")


def test_a_log_can_be_had_as_it_is(house: House, alice: Visitor) -> None:
    """Byte by byte, under a name that says whose it is."""
    number = ran(house, r"printf '\033[31mred\377\n'")

    file = alice.get(f"/jobs/{number}/hosts/0/log.txt")

    assert file.content == b"\x1b[31mred\xff\n"
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    name = f"job-{number}-0_127.0.0.1-run-1.log.txt"
    assert file.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_a_host_that_waits_has_no_log_yet(house: House, alice: Visitor) -> None:
    """Its page is there, and its file is empty."""
    number = house.front.create(serving.body("true", start_task=False))["job_instance_id"]

    assert "Waiting" in alice.page(f"/jobs/{number}/hosts/0")
    assert alice.get(f"/jobs/{number}/hosts/0/log.txt").content == b""


def test_of_a_large_log_a_part_is_shown(house: House, alice: Visitor) -> None:
    """The page says so; the file has all that was kept."""
    number = ran(house, "yes 0123456789abcdef | head -c 6000000; true")
    host = f"/jobs/{number}/hosts/0"

    page, file = alice.page(host), alice.get(f"{host}/log.txt")

    assert len(file.content) == LIMIT
    assert "The last 1.0 MiB of the log are shown" in page
    assert len(page) < pieces.SHOWN + 20_000
    assert f"at={LIMIT}" in page
    count = 5 * 1024 * 1024 // 17
    assert f"{count:,} matches" in alice.page(f"{host}?q=9abcdef")
    found = alice.page(f"{host}?q=9abcdef")
    assert found.count("<li value=") == pieces.FOUND
    assert "The first 500 are listed." in found


# ---------------------------------------------------------------- assets


def test_assets_are_kept_by_browsers(house: House) -> None:
    """For ever under the address that pages name, else until they have changed."""
    stranger = house.visitor()
    for asset in assets.ASSETS.values():
        reply = stranger.get(asset.address)
        assert (reply.status, reply.content) == (200, asset.content)
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        plain = stranger.get(f"/assets/{asset.name}")
        assert plain.headers["cache-control"] == "no-cache"
        again = stranger.send(
            "GET", f"/assets/{asset.name}", headers={"if-none-match": plain.headers["etag"]}
        )
        assert (again.status, again.content) == (304, b"")
    assert stranger.get("/assets/other.css").status == 404


def test_a_form_that_is_too_large(house: House, alice: Visitor) -> None:
    """It was not read to its end, and is refused."""
    call = Call(method="POST", path="/login", headers=OURS, whole=False)
    reply = house.reception.answer(call)
    assert reply.answer.status == 400
    assert reception.FORM == 64 * 1024
    fields = {f"f{each}": "" for each in range(forms.FIELDS + 1)}
    assert alice.post("/logout", fields).status == 400


def test_a_cookie_of_nobody_is_no_session(house: House) -> None:
    """Whatever is in it."""
    visitor = house.visitor()
    for cookie in ("a.b.c", '"', "=", "\u00fc"):
        visitor.cookie = cookie
        assert visitor.get("/").status == 303
    assert visitor.get("/", cookie=f"{COOKIE}; {COOKIE}=;;").status == 303
