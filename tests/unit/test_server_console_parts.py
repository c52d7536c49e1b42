"""What the console's pages are made of: texts, forms, sessions, offers, logs in pieces."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlatformError
from runner.progress import Status
from runner.server import answers, states
from runner.server import inventory as inventories
from runner.server.answers import RefusalError
from runner.server.callers import Member
from runner.server.console import (
    assets,
    escapes,
    forms,
    keyfile,
    live,
    offers,
    origins,
    pages,
    pieces,
    places,
    reception,
    words,
)
from runner.server.console.pieces import Line, Part
from runner.server.console.sessions import COOKIE, IDLE, LIFE, RENEWED, Session, Sessions
from runner.server.inventory import Contents, Inventory
from runner.server.service import Whole
from runner.server.states import HostStatus, JobOperation, StepOperation
from runner.server.views import BatchView, HostFilter, JobFilter, JobView, StepView

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_800_000_000

# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\x00b\x1bc\rd", "a\u2400b\u241bc\u240dd"),
        ("\x7f\x9b", "\u2421\u27e8U+009B\u27e9"),
        ("\u202eabc\u2066\u200b\ufeff", "⟨U+202E⟩abc⟨U+2066⟩⟨U+200B⟩⟨U+FEFF⟩"),
        ("\ud800\u2028", "⟨U+D800⟩⟨U+2028⟩"),
        ("höher, 高, 🙂", "höher, 高, 🙂"),
    ],
)
def test_nothing_acts_unseen(text: str, shown: str) -> None:
    """Controls, turns of direction, halves and what has no width become visible."""
    assert escapes.harmless(text) == shown


def test_colours_are_dropped_and_no_other_escape_is() -> None:
    """What sets a colour goes; a title, a link or a cleared screen is shown as its text."""
    text = "\x1b[1;31mred\x1b[m \x1b[38:5:1mx\x1b[0m \x1b[2J \x1b]0;title\x07"

    assert escapes.plain(text) == "red x \u241b[2J \u241b]0;title\u2407"


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (b"text", b"text"),
        (b"text\x1b", b"text"),
        (b"text\x1b[38;5", b"text"),
        (b"text\x1b[31m", b"text\x1b[31m"),
        (b"text\x1b[" + b"1;" * 40, b"text\x1b[" + b"1;" * 40),
    ],
)
def test_an_escape_that_has_begun_is_left_for_later(content: bytes, whole: bytes) -> None:
    """What could become a colour waits for its end, unless it is too long for one."""
    assert escapes.complete(content) == whole


def test_templates_escape_and_make_harmless() -> None:
    """A text is escaped once, also where one template holds another."""
    refusal = answers.field("<b>\x1b&", "\u202e")

    html = pages.made("parts/refusal.html", {"refusal": refusal})

    assert "&lt;b&gt;\u241b&amp;" in html
    assert "⟨U+202E⟩" in html


# ---------------------------------------------------------------- words


def test_every_state_has_words_and_a_colour() -> None:
    """Each state of a job and a host is told in words of its own, and drawn."""
    style = assets.ASSETS["console.css"].content.decode()
    jobs = [words.state(each) for each in Status]
    hosts = [words.state(each) for each in HostStatus]

    assert len(set(jobs)) == len(jobs)
    assert len(set(hosts)) == len(hosts)
    for each in (*Status, *HostStatus):
        assert f".state.k-{words.kind(each)} {{" in style
    assert set(words.HOST_STATES) == set(HostStatus)


def test_every_order_has_words() -> None:
    """What the history keeps of an order is told in words; what it may keep later is not lost."""
    kept = {each.operation.name.lower() for each in offers.OFFERS}

    assert {words.act(each) for each in kept}.isdisjoint(kept)
    assert words.act("something_new") == "something_new"


@pytest.mark.parametrize(
    ("begun", "ended", "text"),
    [
        (None, None, "\u2013"),
        (0, 999, "0 s"),
        (0, 59_999, "59 s"),
        (0, 61_000, "1 min 01 s"),
        (0, 3_723_000, "1 h 02 min"),
        (5_000, 0, "0 s"),
        (0, None, "9 s"),
    ],
)
def test_how_long_it_took(begun: int | None, ended: int | None, text: str) -> None:
    """What goes on is told until now; a clock that was put back makes no negative time."""
    assert words.lasting(begun, ended, 9_000) == text


def test_instants_and_amounts() -> None:
    """Instants are in UTC; numbers have their nouns."""
    assert words.instant(1_769_860_800_999) == "2026-01-31 12:00:00"
    assert words.machine(1_769_860_800_999) == "2026-01-31T12:00:00Z"
    assert words.instant(None) == "\u2013"
    assert words.amount(1, "host") == "1 host"
    assert words.amount(10_000, "host") == "10,000 hosts"
    assert words.amount(2, "batch") == "2 batches"
    assert [words.size(each) for each in (1, 2048, 3 << 19)] == ["1 byte", "2.0 KiB", "1.5 MiB"]
    assert (words.language(4), words.language(9)) == ("python", "9")
    assert (words.launched(1), words.launched(2)) == ("by the console", "by the API")
    assert words.rolling(None) == "all at once"
    assert words.rolling(7) == "7"
    counts = {HostStatus.WAITING: 2, HostStatus.SUCCEEDED: 1, HostStatus.RUNNING: 0}
    assert words.tally(counts) == ((HostStatus.SUCCEEDED, 1), (HostStatus.WAITING, 2))


# ---------------------------------------------------------------- forms


def test_a_filter_of_jobs_is_read() -> None:
    """Each field narrows the list; an end without seconds means the end of its minute."""
    text = (
        "scope=biz/2&state=3&name=+a+b+&operator=bob&ip=127.0.0.1"
        "&from=2026-01-31T12:00&to=2026-01-31T12:00&other=1"
    )

    assert forms.jobs(forms.read(text)) == JobFilter(
        scopes=(("biz", "2"),),
        name="a b",
        operator="bob",
        ip="127.0.0.1",
        status=Status.SUCCEEDED,
        since=1_769_860_800_000,
        until=1_769_860_859_999,
    )
    assert forms.jobs(forms.read("scope=&state=&from=&to=")) == JobFilter()
    seconds = forms.jobs(forms.read("to=2026-01-31T12:00:01"))
    assert seconds.until == 1_769_860_801_000


def test_a_filter_of_hosts_is_read() -> None:
    """A batch and a state narrow the list; 0 is a state."""
    assert forms.hosts(forms.read("batch=2&state=104")) == HostFilter(
        batch=2, statuses=(HostStatus.NON_ZERO,)
    )
    assert forms.hosts(forms.read("state=0")).statuses == (HostStatus.UNKNOWN,)
    assert forms.hosts(forms.read("")) == HostFilter()


@pytest.mark.parametrize(
    "text",
    [
        "scope=biz",
        "state=99",
        "state=x",
        "state=-1",
        "state=\u0663",
        "from=yesterday",
        "to=2026-13-01T00:00",
        "state=9999999999999999999999",
        "&".join(f"f{number}=1" for number in range(60)),
    ],
)
def test_what_no_form_sends_is_refused(text: str) -> None:
    """A value that a field cannot have is told, and does not count as absent."""
    with pytest.raises(RefusalError) as caught:
        forms.jobs(forms.read(text))
    assert caught.value.mend


def test_other_values_that_no_form_sends_are_refused() -> None:
    """So are states of hosts, and orders that do not say what was confirmed."""
    for fields in ({"state": "8"}, {"batch": "two"}):
        with pytest.raises(RefusalError):
            forms.hosts(fields)
    for fields in ({}, {"batch": "1"}, {"count": "1"}, {"batch": "1", "count": "x"}):
        with pytest.raises(RefusalError):
            forms.point(fields)
    with pytest.raises(RefusalError):
        forms.exact(b"&".join(b"f=1" for _ in range(60)))


def test_forms_are_read_as_they_are_sent() -> None:
    """A password keeps its blanks, and of bytes that are no text something is kept."""
    body = b"name=+alice+&password=%20a%C3%BC%FF+&empty="
    assert forms.exact(body) == {"name": " alice ", "password": " a\u00fc\ufffd ", "empty": ""}
    assert forms.point({"batch": "2", "count": "1"}) == (2, 1)
    assert forms.offset({}, "at") == 0


def test_an_address_keeps_the_filter() -> None:
    """One field is changed, or left out, and the others stay."""
    fields = {"name": "a&b", "page": "3"}
    assert forms.written(fields, page=4) == "?name=a%26b&page=4"
    assert forms.written(fields, page=None) == "?name=a%26b"
    assert forms.written({}) == ""


@pytest.mark.parametrize(
    ("wanted", "total", "number", "text"),
    [
        (1, 0, 1, "none"),
        (1, 10_000, 1, "1 to 50 of 10,000"),
        (200, 10_000, 200, "9,951 to 10,000 of 10,000"),
        (2, 60, 2, "51 to 60 of 60"),
        (9, 60, 2, "51 to 60 of 60"),
    ],
)
def test_a_page_of_a_list(wanted: int, total: int, number: int, text: str) -> None:
    """A page says what is on it; past the end it is the last one."""
    page = forms.Page(wanted=wanted, length=50, total=total)
    assert (page.number, page.text) == (number, text)


def test_pages_count_from_one() -> None:
    """What is not named, and page 0, is the first."""
    assert [forms.page(forms.read(each)) for each in ("", "page=0", "page=7")] == [1, 1, 7]


# ---------------------------------------------------------------- sessions


def known(*members: Member) -> Inventory:
    """Return an inventory with these people."""
    return inventories.indexed(Contents(scopes=(), hosts=(), accounts=(), members=members))


LINES = ("scrypt$1", "scrypt$2")  # nothing is behind them
ALICE = Member(name="alice", password=LINES[0])
SESSIONS = Sessions(bytes(32), secure=False)


def cookie(session: Session) -> str:
    """Return the Cookie header that a browser sends for a session."""
    return SESSIONS.cookie(session).partition(";")[0]


def test_a_session_holds_while_it_is_used() -> None:
    """It is read back from its cookie, until it was not used for an hour."""
    session = SESSIONS.begin(ALICE, NOW)
    header = f"other=1; {cookie(session)}; more"

    assert SESSIONS.read(header, known(ALICE), NOW) == session
    assert SESSIONS.read(header, known(ALICE), NOW + IDLE - 1) == session
    assert SESSIONS.read(header, known(ALICE), NOW + IDLE) is None


def test_a_session_ends_after_half_a_day() -> None:
    """However often it is used."""
    session, now = SESSIONS.begin(ALICE, NOW), NOW
    while (now := now + IDLE - 1) < NOW + LIFE:
        renewed = SESSIONS.renewed(session, now)
        assert renewed is not None
        session = renewed
        assert SESSIONS.read(cookie(session), known(ALICE), now) == session
    assert SESSIONS.read(cookie(session), known(ALICE), NOW + LIFE) is None


def test_a_use_is_written_down_now_and_then() -> None:
    """Not with every request, and the end does not move."""
    session = SESSIONS.begin(ALICE, NOW)

    assert SESSIONS.renewed(session, NOW + RENEWED - 1) is None
    renewed = SESSIONS.renewed(session, NOW + RENEWED)
    assert renewed is not None
    assert (renewed.begun, renewed.used) == (NOW, NOW + RENEWED)
    assert f"Max-Age={LIFE - RENEWED};" in SESSIONS.cookie(renewed)


def test_a_session_ends_with_its_user_and_its_password() -> None:
    """Whoever is gone, has another password or none, is logged out."""
    header = cookie(SESSIONS.begin(ALICE, NOW))

    assert SESSIONS.read(header, known(), NOW) is None
    assert SESSIONS.read(header, known(Member(name="alice", password=LINES[1])), NOW) is None
    assert SESSIONS.read(header, known(Member(name="alice")), NOW) is None


def test_a_session_that_was_ended_stays_so() -> None:
    """A copy of its cookie is of no use; other sessions go on; what is over is forgotten."""
    ours = Sessions(bytes(32), secure=False)
    one, other = ours.begin(ALICE, NOW), ours.begin(ALICE, NOW)
    ours.end(one, NOW)

    assert not ours.holds(one, known(ALICE), NOW)
    assert ours.holds(other, known(ALICE), NOW)
    ours.end(other, NOW + 2 * LIFE)
    assert list(ours._ended) == [other.token]


@pytest.mark.parametrize("header", ["", "jobgate_session", f"{COOKIE}=", f"{COOKIE}=a.b"])
def test_what_is_no_cookie_of_ours_is_nobodys(header: str) -> None:
    """Nothing, and what nobody has signed, shows no session."""
    assert SESSIONS.read(header, known(ALICE), NOW) is None


def test_a_cookie_of_another_key_or_form_is_nobodys() -> None:
    """So are the cookie of another server, one that was changed, and one of another release."""
    session = SESSIONS.begin(ALICE, NOW)
    other = Sessions(b"another" * 8, secure=False).cookie(session).partition(";")[0]
    changed = cookie(session).replace("=", "=x", 1)
    older = f"{COOKIE}={SESSIONS._signer.dumps(['alice'])}"

    for header in (other, changed, older):
        assert SESSIONS.read(header, known(ALICE), NOW) is None


def test_a_session_from_the_future_is_nobodys() -> None:
    """A clock may be put back a little, and no further."""
    header = cookie(SESSIONS.begin(ALICE, NOW))

    assert SESSIONS.read(header, known(ALICE), NOW - 30) is not None
    assert SESSIONS.read(header, known(ALICE), NOW - 300) is None


def test_a_cookie_is_kept_from_scripts_and_from_other_sites() -> None:
    """And from plain HTTP where the server speaks TLS."""
    session = SESSIONS.begin(ALICE, NOW)

    assert SESSIONS.cookie(session).endswith("; Path=/; HttpOnly; SameSite=Strict")
    secure = Sessions(bytes(32), secure=True)
    assert secure.cookie(session).endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")
    assert secure.no_cookie().startswith(f"{COOKIE}=; Max-Age=0;")
    assert "scrypt" not in SESSIONS.cookie(session)


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """It is its owner's alone, another for each folder, and stays."""
    (tmp_path / "other").mkdir()
    key = keyfile.kept(tmp_path)

    assert len(key) == 32
    assert keyfile.kept(tmp_path) == key
    assert keyfile.kept(tmp_path / "other") != key
    assert (tmp_path / keyfile.NAME).stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == [keyfile.NAME]


def test_a_key_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """Half a key would sign nothing worth having; a folder in its place is none."""
    (tmp_path / keyfile.NAME).write_bytes(b"short")
    with pytest.raises(PlatformError, match="it has 5 bytes of 32"):
        keyfile.kept(tmp_path)
    (tmp_path / keyfile.NAME).unlink()
    (tmp_path / keyfile.NAME).mkdir()
    with pytest.raises(PlatformError, match="cannot keep the key"):
        keyfile.kept(tmp_path)


# ---------------------------------------------------------------- where a form comes from


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "jobs:8000", "origin": "http://jobs:8000"},
        {"host": "Jobs.example", "origin": "https://jobs.example"},
        {"host": "jobs", "origin": "http://jobs", "sec-fetch-site": "same-origin"},
        {"host": "jobs", "sec-fetch-site": "same-origin"},
    ],
)
def test_our_own_forms_are_taken(headers: Mapping[str, str]) -> None:
    """Also behind a proxy that speaks TLS for us."""
    origins.check(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "jobs"},
        {"host": "jobs", "origin": "null"},
        {"host": "jobs", "origin": ""},
        {"origin": "http://"},
        {"host": "jobs", "origin": "http://evil.example"},
        {"host": "jobs", "origin": "http://jobs.evil.example"},
        {"host": "jobs:8000", "origin": "http://jobs:9000"},
        {"host": "jobs", "origin": "http://[jobs"},
        {"host": "jobs", "origin": "http://jobs", "sec-fetch-site": "cross-site"},
        {"host": "jobs", "sec-fetch-site": "same-site"},
        {"host": "jobs", "sec-fetch-site": "none"},
    ],
)
def test_the_forms_of_others_are_not(headers: Mapping[str, str]) -> None:
    """Nor one of which nothing is known."""
    with pytest.raises(RefusalError, match="does not come from a page"):
        origins.check(headers)


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "path", ["/api", "/api/v4/x", "/prod/api/v3/x", "/healthz", "/metrics", "/openapi.json"]
)
def test_the_paths_of_the_api_stay_its_own(path: str) -> None:
    """The console answers none of them."""
    assert not places.is_ours(path)


@pytest.mark.parametrize("path", ["/", "/jobs/1", "/apis", "/healthzz", "/login", "/x.json"])
def test_every_other_path_is_the_consoles(path: str) -> None:
    """Also one that is nowhere."""
    assert places.is_ours(path)


@pytest.mark.parametrize(
    "path",
    [
        *("", "//", "/jobs", "/jobs/", "/jobs/x", "/jobs/1/", "/jobs/1/hosts", "/jobs/\u0663"),
        *("/jobs/1234567890123", "/jobs/1/confirm/", "/assets/", "/assets/../x"),
    ],
)
def test_what_is_nowhere_is_refused(path: str) -> None:
    """A number that nothing can have is as much nowhere as a word."""
    with pytest.raises(RefusalError, match="cannot find this page"):
        places.find(path)


def test_methods_are_those_that_a_place_has() -> None:
    """What is there to be read is there for HEAD too."""
    assert places.find("/jobs/1")[0].allowed == ("GET", "HEAD")
    assert places.find("/jobs/1/events")[0].allowed == ("GET", "HEAD")
    assert places.find("/jobs/1/operate")[0].allowed == ("POST",)
    assert places.find("/login")[0].allowed == ("GET", "POST", "HEAD")
    assert places.find("/jobs/12/hosts/3")[1] == {"job": "12", "host": "3"}


# ---------------------------------------------------------------- offers


def whole(job: Status, step: Status, batch: int, *tallies: dict[HostStatus, int]) -> Whole:
    """Return a job whose current batch is as its step is, and whose others wait."""
    current = Status.SUCCEEDED if step is Status.CONFIRM else step
    return Whole(
        job=JobView(
            id=7,
            name="job",
            scope=("biz", "2"),
            status=job,
            operator="alice",
            app="",
            launch_mode=1,
            callback="",
            created_at=0,
            started_at=None,
            ended_at=None,
        ),
        step=StepView(
            id=8,
            job=7,
            status=step,
            execute_count=1,
            batch=batch,
            batches=len(tallies),
            mode=1,
            language=1,
            script_id="",
            script_version=0,
            param="",
            sensitive=False,
            timeout=60,
            account=1,
            alias="operator",
            user="nobody",
            started_at=None,
            ended_at=None,
        ),
        batches=tuple(
            BatchView(
                number=number,
                status=current if number == batch else Status.WAITING,
                tally=MappingProxyType(tally),
            )
            for number, tally in enumerate(tallies, 1)
        ),
    )


@pytest.mark.parametrize("status", Status)
def test_what_is_offered_is_what_would_be_taken(status: Status) -> None:
    """In every state: no order more than the platform takes then, and none less."""
    seen = whole(status, status, 1, {HostStatus.SUCCEEDED: 1})

    def taken(offer: offers.Offer) -> bool:
        try:
            offers.check(offer, seen)
        except RefusalError:
            return False
        return True

    assert offers.offered(seen) == tuple(filter(taken, offers.OFFERS))


def test_every_order_there_is_can_be_offered() -> None:
    """All that some state allows has a button, under a name of its own."""
    jobs = {each for each in JobOperation if any(states.JOB_OPERATIONS[each].values())}
    steps = {each for each in StepOperation if any(states.STEP_OPERATIONS[each].values())}
    found = [each.operation for each in offers.OFFERS]

    assert {each for each in found if isinstance(each, JobOperation)} == jobs
    assert {each for each in found if isinstance(each, StepOperation)} == steps
    assert len({each.slug for each in offers.OFFERS}) == len(offers.OFFERS)
    assert len({each.label for each in offers.OFFERS}) == len(offers.OFFERS)
    with pytest.raises(RefusalError, match="there is no such order"):
        offers.named("drop")


_S, _H = Status, HostStatus
WAIT2 = {_H.WAITING: 2}


@pytest.mark.parametrize(
    ("slug", "seen", "text"),
    [
        (
            "start",
            whole(_S.WAITING, _S.WAITING, 0, {_H.WAITING: 1}, WAIT2),
            "Batch 1 of 2 begins: the script runs on 1 host.",
        ),
        (
            "next-batch",
            whole(_S.CONFIRM, _S.CONFIRM, 1, {_H.SUCCEEDED: 2}, WAIT2),
            "Batch 2 of 2 begins: the script runs on 2 hosts.",
        ),
        (
            "stop",
            whole(_S.CONFIRM, _S.CONFIRM, 1, {_H.SUCCEEDED: 2}, WAIT2),
            (
                "The job ends where it stands, after batch 1 of 2. "
                "The 2 hosts of later batches are left as they are."
            ),
        ),
        (
            "stop",
            whole(_S.RUNNING, _S.RUNNING, 1, {_H.RUNNING: 3, _H.WAITING: 1}),
            (
                "The scripts that run on 3 hosts of batch 1 of 1 are ended. "
                "They do not begin on the 1 host of it that wait."
            ),
        ),
        (
            "stop",
            whole(_S.RUNNING, _S.RUNNING, 1, {_H.RUNNING: 1}, WAIT2),
            (
                "The scripts that run on 1 host of batch 1 of 2 are ended. "
                "The 2 hosts of later batches are left as they are."
            ),
        ),
        (
            "retry-failed",
            whole(_S.FAILED, _S.FAILED, 1, {_H.NON_ZERO: 1, _H.SUCCEEDED: 2}, WAIT2),
            "The script runs again on 1 host of batch 1 of 2, where it has not succeeded.",
        ),
        (
            "retry-all",
            whole(_S.FAILED, _S.FAILED, 1, {_H.NON_ZERO: 1, _H.SUCCEEDED: 2}, WAIT2),
            (
                "The script runs again on all 3 hosts of batch 1 of 2. "
                "That includes 2 hosts where it has succeeded."
            ),
        ),
        (
            "retry-all",
            whole(_S.FAILED, _S.FAILED, 1, {_H.NON_ZERO: 1}),
            "The script runs again on all 1 host of batch 1 of 1.",
        ),
        (
            "ignore",
            whole(_S.FAILED, _S.FAILED, 1, {_H.NON_ZERO: 1, _H.SUCCEEDED: 2}, WAIT2),
            (
                "It did not succeed on 1 host of batch 1 of 2; that is ignored. "
                "Batch 2 of 2 begins: the script runs on 2 hosts."
            ),
        ),
        (
            "next-step",
            whole(_S.STOPPED, _S.STOPPED, 2, {_H.SUCCEEDED: 1}, {_H.TERMINATED: 2}),
            (
                "It did not succeed on 2 hosts of batch 2 of 2; the batch is skipped. "
                "The job ends as succeeded."
            ),
        ),
        (
            "skip",
            whole(_S.STOPPING, _S.STOPPING, 1, {_H.RUNNING: 2, _H.TERMINATED: 1}),
            (
                "Nobody waits any longer for the 2 hosts of batch 1 of 1 being stopped. "
                "The job ends as succeeded."
            ),
        ),
    ],
)
def test_what_will_happen_is_told(slug: str, seen: Whole, text: str) -> None:
    """With the batch, and the number of hosts that it is about."""
    offer = offers.named(slug)
    assert offer in offers.offered(seen)
    assert " ".join(offers.consequences(offer, seen)) == text


def test_a_batch_that_has_succeeded_is_not_skipped() -> None:
    """Where a job was stopped between two batches, the next step begins the next one."""
    stopped = whole(_S.STOPPED, _S.CONFIRM, 1, {_H.SUCCEEDED: 1}, WAIT2)

    told = offers.consequences(offers.named("next-step"), stopped)

    assert told == ("Batch 2 of 2 begins: the script runs on 2 hosts.",)


# ---------------------------------------------------------------- logs in pieces


def reader(content: bytes, size: int = 7) -> pieces.Read:
    """Return what reads a log in small pieces."""
    return lambda offset: content[offset : offset + size]


def test_a_short_log_is_shown_whole() -> None:
    """From its first byte to its last."""
    shown = pieces.tail(reader(b"one\ntwo\n"), follows=False)
    assert shown == Part(text="one\ntwo\n", begin=0, end=8)
    assert pieces.tail(reader(b""), follows=False) == Part(text="", begin=0, end=0)


def test_of_a_long_log_the_end_is_shown() -> None:
    """From the beginning of a line, and the offset says which."""
    content = b"".join(b"%03d\n" % number for number in range(200))

    shown = pieces.tail(reader(content), follows=False, most=10)

    assert shown == Part(text="198\n199\n", begin=792, end=800)


def test_of_a_long_line_the_end_is_shown() -> None:
    """Where no line begins nearby, from the beginning of a character."""
    content = "\u00fc".encode() * 5000

    shown = pieces.tail(reader(content), follows=False, most=8999)

    assert shown == Part(text="\u00fc" * 4499, begin=1002, end=10_000)


def test_continuation_bytes_alone_are_skipped() -> None:
    """What is no text at all is skipped to the end, and fails nothing."""
    shown = pieces.tail(reader(b"\x80" * 5000), follows=False, most=4500)
    assert (shown.text, shown.end) == ("", 5000)


def test_what_has_begun_is_left_to_the_next_part() -> None:
    """An escape that is cut by the end of a piece is not shown in halves."""
    first = pieces.part(b"a\x1b[3", 10, follows=True)
    assert first == Part(text="a", begin=10, end=11)
    assert pieces.part(b"\x1b[31mb", 11, follows=True).text == "b"
    assert pieces.part(b"a\x1b[3", 10, follows=False).text == "a\u241b[3"


def test_all_of_a_log_is_searched() -> None:
    """Whatever the case, over the borders of pieces; lines have their numbers."""
    content = b"first Word\nsecond\nword and WORD\nlast \x1b[1mwo\x1b[mrd"

    count, found = pieces.search(reader(content), "word")

    assert count == 4
    assert found == (
        Line(number=1, text="first Word"),
        Line(number=3, text="word and WORD"),
        Line(number=4, text="last word"),
    )
    assert pieces.search(reader(content), "no.e") == (0, ())
    assert pieces.search(reader(content), "word", most=1)[1] == found[:1]


def test_long_lines_are_cut_around_what_was_found() -> None:
    """Something before it and after it is shown, and that there is more."""
    content = b"a" * 1000 + b"word" + b"b" * 1000

    ((_, (line,))) = pieces.search(reader(content, 900), "word")

    assert line.text == "\u2026" + "a" * 200 + "word" + "b" * 200 + "\u2026"


# ---------------------------------------------------------------- what goes on


def test_only_what_has_changed_is_told() -> None:
    """A part that is as before is not told again; nothing in it can end its event."""
    changes = live.Changes()

    first = b"".join(changes.events({"a": "<p>\n\nevent: x</p>", "b": "1"}))
    again = b"".join(changes.events({"a": "<p>\n\nevent: x</p>", "b": "2"}))

    assert first.count(b"\n\n") == 2
    assert again == b'event: part\ndata: {"id": "b", "html": "2"}\n\n'
    assert live.event("log", {"text": "x"}, at=9) == (b'id: 9\nevent: log\ndata: {"text": "x"}\n\n')


def test_what_takes_long_is_looked_at_less_often() -> None:
    """So many open pages of a large job do not hold the server up."""

    def slow() -> tuple[Mapping[str, str], bool]:
        time.sleep(0.2)
        return {"a": "1"}, True

    assert live.PartsWatch(slow).look().wait >= 6.0
    quick = live.PartsWatch(lambda: ({"a": "1"}, True)).look()
    assert json.loads(quick.content.partition(b"data: ")[2]) == {"id": "a", "html": "1"}
    assert quick.wait == live.QUICK
    assert live.PartsWatch(lambda: ({}, False)).look().wait == live.SLOW


# ---------------------------------------------------------------- assets


def test_assets_are_small_and_plain() -> None:
    """No other server is named in them, and nothing is evaluated."""
    script = assets.ASSETS["console.js"].content.decode()
    style = assets.ASSETS["console.css"].content.decode()

    assert len(script.splitlines()) <= 250
    assert len(style.splitlines()) <= 300
    for word in ("http:", "https:", "eval(", "innerHTML", "Function(", "localStorage"):
        assert word not in script
    assert "url(" not in style
    assert "@import" not in style


def test_an_address_changes_with_the_content() -> None:
    """So a browser may keep it for ever."""
    kept = {each.address for each in assets.ASSETS.values()}

    assert len(kept) == 3
    assert all(each.startswith("/assets/console.") and "?v=" in each for each in kept)


# ---------------------------------------------------------------- the page about it


def test_the_pages_are_those_that_are_told_of() -> None:
    """Each page that people see is on the page about the server, and each there is one."""
    text = (Path(__file__).parents[2] / "docs" / "reference" / "server.md").read_text("utf-8")
    table = text.partition("<!-- pages -->")[2].partition("<!-- /pages -->")[0]
    told = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}

    seen = {each.route for each in places.PLACES if "GET" in {**each.open, **each.pages}}

    assert told == {each for each in seen if "." not in each and "assets" not in each}
    assert f"{reception.WATCHES} pages are kept up to date" in text
