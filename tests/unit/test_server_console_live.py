"""What keeps the console's pages up to date: in process look by look, and over real HTTP."""

from __future__ import annotations

import http.client
import json
import sqlite3
import ssl
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest

from runner.progress import Status
from runner.server.console import job, live, pieces
from runner.server.console.reception import FORM, WATCHES
from runner.server.console.sessions import COOKIE
from runner.server.hosts.runs import LIMIT
from tests import consoles, servercases, serving, webserver
from tests.consoles import House, Visitor
from tests.webserver import DEADLINE, Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse
    from pathlib import Path

    from runner.model import Json
    from runner.server.console.visits import Look


PEM = servercases.CASES / "tls"


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


def ran(house: House, script: str, **more: Json) -> Json:
    """Run a job on two hosts to where it comes to rest; return its id."""
    number = house.front.create(serving.body(script, hosts=(1, 2), **more))["job_instance_id"]
    house.front.ended(number)
    return number


def read(content: bytes) -> list[tuple[str, dict[str, Json], str]]:
    """Return the events in a stream: name, data and id."""
    found = []
    for block in content.decode().split("\n\n"):
        lines = dict(each.partition(": ")[::2] for each in block.splitlines() if each)
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"]), lines.get("id", "")))
    return found


def parts(look: Look) -> dict[str, str]:
    """Return the parts of a page that a look has told."""
    return {str(data["id"]): str(data["html"]) for name, data, _ in read(look.content)}


def watched(visitor: Visitor, path: str, **headers: str) -> Watched:
    """Open a stream."""
    reply = visitor.get(path, **headers)
    assert (reply.status, reply.headers["content-type"]) == (200, live.KIND)
    return Watched(visitor)


class Watched:
    """An open stream in process."""

    def __init__(self, visitor: Visitor) -> None:
        """Take the last one that a visitor has opened."""
        self.house = visitor.house
        self.going = visitor.going[-1]

    def look(self) -> Look:
        """Look once."""
        return self.house.reception.look(self.going)

    def rest(self) -> list[tuple[str, dict[str, Json], str]]:
        """Return the events up to the end of the stream."""
        told = b""
        for _ in range(LIMIT // pieces.PIECE + 10):
            look = self.look()
            told += look.content
            if look.over:
                return read(told)
        raise AssertionError(told[-200:])


# ---------------------------------------------------------------- parts of pages


def test_a_job_is_watched(house: House, alice: Visitor) -> None:
    """At first all parts are told, then those that have changed, as the page has them."""
    number = ran(house, "true", rolling_config=serving.rolling("1", mode=3))
    stream = watched(alice, f"/jobs/{number}/events?batch=2")

    first = parts(stream.look())
    assert set(first) == set(job.PARTS)
    page = alice.page(f"/jobs/{number}?batch=2")
    assert all(f'id="{each}"' in page for each in job.PARTS)
    assert all(first[each] in page for each in ("summary", "batches", "hosts", "acts"))
    assert alice.confirm(number, "next-batch").status == 303
    house.front.ended(number)

    then = parts(stream.look())

    assert "batch 2 of 3" in then["summary"] or "batch 2 of 2" in then["summary"]
    assert ">Succeeded</span>" in then["hosts"]
    assert "Confirmed the next batch" in then["acts"]


def test_what_rests_is_not_told_again(house: House, alice: Visitor) -> None:
    """A job that has ended costs no traffic, and is looked at seldom."""
    number = ran(house, "true")
    stream = watched(alice, f"/jobs/{number}/events")
    stream.look()

    again = stream.look()

    assert (again.content, again.over) == (b"", False)
    assert again.wait >= live.SLOW


def test_the_list_is_watched(house: House, alice: Visitor) -> None:
    """A new job appears in it; the filter of the page holds."""
    ran(house, "true", task_name="first")
    stream, other = watched(alice, "/events"), watched(alice, "/events?name=first")
    assert "first" in parts(stream.look())["jobs"]
    other.look()

    number = house.front.create(serving.body("sleep 9", task_name="second"))["job_instance_id"]

    look = stream.look()
    assert "second" in parts(look)["jobs"]
    assert look.wait >= live.QUICK
    assert "second" not in other.look().content.decode()
    assert alice.confirm(number, "stop").status == 303
    house.front.ended(number)


def test_a_stream_ends_with_its_session(house: House) -> None:
    """By time, by a log-out and by a new password; then nothing more is told."""
    streams = {}
    for name in ("time", "log-out", "password"):
        visitor = house.visitor("alice")
        streams[name] = watched(visitor, "/events")
        if name == "log-out":
            visitor.post("/logout", {"token": visitor.token()})
    assert [not each.look().over for each in streams.values()] == [True, False, True]

    house.know(consoles.inventory({**consoles.PASSWORDS, "alice": "another"}))
    assert streams["password"].look().over
    house.know(consoles.inventory())
    house.now += 3600
    assert streams["time"].look().over


def test_a_stream_ends_with_the_leave(house: House) -> None:
    """Who may not view the job any more is told nothing more of it."""
    number = ran(house, "true")
    bob = house.visitor("bob")
    stream = watched(bob, f"/jobs/{number}/events")
    assert stream.look().content
    tree = consoles.inventory()
    users = tree["users"]
    assert isinstance(users, list)
    assert isinstance(users[1], dict)
    users[1]["may"] = []

    house.know(tree)

    look = stream.look()
    assert (look.content, look.over) == (b"", True)


def test_a_bug_ends_a_stream(house: House, alice: Visitor) -> None:
    """And is noted."""
    number = ran(house, "true")
    stream = watched(alice, f"/jobs/{number}/events")
    with closing(sqlite3.connect(house.front.data / "jobgate.db")) as rows, rows:
        rows.execute("UPDATE jobs SET created_at = 'never'")

    assert stream.look().over
    assert [event for event, _ in house.front.notes].count("bug") == 1


def test_there_are_so_many_streams(house: House, alice: Visitor) -> None:
    """One more is refused for the moment; one that is left makes room."""
    for _ in range(WATCHES):
        assert alice.get("/events").status == 200

    refused = alice.get("/events")

    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert alice.get("/").status == 200
    house.reception.left()
    assert alice.get("/events").status == 200


# ---------------------------------------------------------------- logs


def test_a_log_is_watched_to_its_end(house: House, alice: Visitor) -> None:
    """Each piece says how far it goes, and the host's state comes before the end."""
    number = ran(house, r"printf 'one\n\033[1mtwo\n'")

    told = watched(alice, f"/jobs/{number}/hosts/0/events?run=1&at=0").rest()

    assert [name for name, _, _ in told] == ["part", "log", "end"]
    assert ">Succeeded</span>" in str(told[0][1]["html"])
    assert told[1] == ("log", {"text": "one\ntwo\n"}, "12")


def test_a_log_goes_on_where_it_was_left(house: House, alice: Visitor) -> None:
    """What a browser says that it has had comes before what its page has said."""
    number = ran(house, "echo one; echo two")
    path = f"/jobs/{number}/hosts/0/events?run=1"

    from_page = watched(alice, f"{path}&at=4").rest()
    from_browser = watched(alice, f"{path}&at=0", **{"last-event-id": "4"}).rest()
    from_end = watched(alice, f"{path}&at=8").rest()

    assert from_page[1:] == from_browser[1:] == [("log", {"text": "two\n"}, "8"), ("end", {}, "")]
    assert from_end[1:] == [("end", {}, "")]


def test_a_large_log_comes_in_pieces(house: House, alice: Visitor) -> None:
    """None is larger than it may be, and together they are all of it."""
    number = ran(house, "yes abcdefghijklmno | head -c 1000000; true")

    told = watched(alice, f"/jobs/{number}/hosts/0/events?run=1").rest()

    texts = [str(data["text"]) for name, data, _ in told if name == "log"]
    assert max(map(len, texts)) <= pieces.PIECE
    assert "".join(texts) == ("abcdefghijklmno\n" * 70_000)[:1_000_000]


def test_a_log_is_followed_as_it_is_written(house: House, alice: Visitor, tmp_path: Path) -> None:
    """What was written is told, nothing is told while nothing is, and at last the end."""
    script = 'echo one; until [ -e "$1/go" ]; do sleep 0.02; done; echo two'
    body = serving.body(script, script_param=serving.text64(str(tmp_path)))
    number = house.front.create(body)["job_instance_id"]
    stream = watched(alice, f"/jobs/{number}/hosts/0/events?run=1")
    told = [b""]

    def says(word: str) -> bool:
        house.front.state(number)
        told[0] += stream.look().content
        return word in told[0].decode()

    serving.until(lambda: says('"one\\n"'))
    assert not stream.look().over
    (tmp_path / "go").touch()
    serving.until(lambda: says("event: end"))

    assert '"two\\n"' in told[0].decode()


def test_another_run_is_another_log(house: House, alice: Visitor) -> None:
    """A stream of the run before ends and says which run there is now."""
    number = ran(house, "echo one; false")
    path = f"/jobs/{number}/hosts/0/events"
    assert alice.confirm(number, "retry-failed").status == 303
    house.front.ended(number)

    told = watched(alice, f"{path}?run=1&at=4").rest()

    assert told[-1] == ("again", {"run": 2}, "")
    assert watched(alice, f"{path}?run=2").rest()[1][1] == {"text": "one\n"}


def test_a_host_that_waits_is_waited_for(house: House, alice: Visitor) -> None:
    """Its log has not ended before it has begun."""
    number = house.front.create(serving.body("true", start_task=False))["job_instance_id"]
    stream = watched(alice, f"/jobs/{number}/hosts/0/events?run=0")

    looks = [stream.look(), stream.look()]

    assert ">Waiting</span>" in parts(looks[0])["host"]
    assert (looks[1].content, looks[1].over) == (b"", False)
    assert looks[1].wait == live.SLOW


def test_a_trouble_for_the_moment_is_sat_out(house: House, alice: Visitor) -> None:
    """A log that cannot be read now is read later."""
    number = ran(house, "echo one")
    stream = watched(alice, f"/jobs/{number}/hosts/0/events?run=1")
    (log,) = (house.front.data / "runs" / str(number)).glob("1/1/0/log")
    log.rename(log.with_name("aside"))
    log.mkdir()

    look = stream.look()

    assert (look.content, look.over, look.wait) == (b"", False, live.SLOW)
    log.rmdir()
    log.with_name("aside").rename(log)
    assert "one" in json.dumps(stream.rest())


# ---------------------------------------------------------------- over HTTP


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Return one server for several tests."""
    made = served(tmp_path_factory.mktemp("console"))
    yield made
    made.end()
    assert made.events("bug") == []


def served(folder: Path) -> Web:
    """Return a server that runs, with people who may log in."""
    made = webserver.Web(folder)
    made.write(consoles.inventory())
    made.begin()
    return made


def session(web: Web, name: str = "alice") -> dict[str, str]:
    """Log in, and return the header that shows it."""
    fields = {"name": name, "password": consoles.PASSWORDS[name]}
    headers = {"Origin": web.url, "Content-Type": "application/x-www-form-urlencoded"}
    reply = web.call("POST", "/login", body=urlencode(fields).encode(), headers=headers)
    assert reply.status == 303, reply.content
    return {"Cookie": reply.headers["set-cookie"].partition(";")[0]}


def opened(web: Web, path: str, shown: dict[str, str], at: ExitStack) -> HTTPResponse:
    """Open a stream; it is closed by the stack."""
    aim = urlsplit(web.url)
    connection = http.client.HTTPConnection(str(aim.hostname), aim.port, timeout=DEADLINE)
    at.callback(connection.close)
    connection.request("GET", path, headers=shown)
    answer = connection.getresponse()
    at.callback(answer.close)
    return answer


def until(stream: HTTPResponse, word: str) -> str:
    """Read a stream to the line that has the word; return what was read."""
    text = ""
    while word not in text:
        line = stream.readline()
        assert line, text
        text += line.decode()
    return text


def test_the_console_and_the_api_share_a_port(web: Web) -> None:
    """Each answers its own paths in its own way."""
    shown = session(web)

    assert b"<h1>Jobs</h1>" in web.call("GET", "/", headers=shown).content
    assert web.call("GET", "/").headers["location"] == "/login"
    assert web.call("GET", "/healthz").tree == {"status": "ok"}
    assert web.call("GET", "/metrics", headers=shown).tree["error"]
    assert web.call("GET", "/api/v4/nothing", headers=shown).status == 404
    assert web.call("GET", "/api", headers=shown).headers["content-type"] == "application/json"
    assert web.get("/api/v4/get_job_instance_list", start_time=0).status != 401
    head = web.call("HEAD", "/", headers=shown)
    assert (head.status, head.content) == (200, b"")
    large = web.call("POST", "/login", body=b"a" * (FORM + 1), headers={"Origin": web.url, **shown})
    assert large.status == 400
    assert b"it has more than" in large.content


def test_a_job_is_live_over_http(web: Web) -> None:
    """Its page's stream tells of what the driver does, and its log ends when it does."""
    shown = session(web)
    job_ = web.create(serving.body("echo one; false", hosts=(1, 2)))["job_instance_id"]
    with ExitStack() as stack:
        page = opened(web, f"/jobs/{job_}/events", shown, stack)
        assert page.getheader("Content-Type") == "text/event-stream; charset=utf-8"
        assert page.getheader("Cache-Control") == "no-store"
        assert "retry: 2000" in until(page, "retry")
        until(page, ">Failed</span>")
        log = opened(web, f"/jobs/{job_}/hosts/0/events?run=1", shown, stack)
        told = log.read().decode()
    assert '"one\\n"' in told
    assert "event: end" in told
    file = web.call("GET", f"/jobs/{job_}/hosts/0/log.txt", headers=shown)
    assert (file.status, file.content) == (200, b"one\n")


def test_streams_hold_nobody_up(web: Web) -> None:
    """With all that there may be open, pages and the API are answered; closed ones make room."""
    shown = session(web)
    with ExitStack() as stack:
        streams = [opened(web, "/events", shown, stack) for _ in range(WATCHES)]
        assert {each.status for each in streams} == {200}
        for each in streams:
            until(each, "event: part")
        assert web.call("GET", "/events", headers=shown).status == 503
        assert web.call("GET", "/", headers=shown).status == 200
        assert web.call("GET", "/healthz").status == 200

    def has_room() -> bool:
        with ExitStack() as stack:
            return opened(web, "/events", shown, stack).status == 200

    web.until(has_room)


def test_streams_end_with_the_server(tmp_path: Path) -> None:
    """An open page does not keep the server from ending, or make it end with a complaint."""
    made = served(tmp_path)
    shown = session(made)
    job_ = made.create(serving.body("true", start_task=False))["job_instance_id"]
    with ExitStack() as stack:
        streams = [
            opened(made, path, shown, stack)
            for path in ("/events", f"/jobs/{job_}/events", f"/jobs/{job_}/hosts/0/events?run=0")
        ]
        for each in streams:
            until(each, "event: part")

        assert made.end() == 0

        # An answer that was cut off has no such end, and reading it fails.
        assert [each.read()[-2:] or b"\n\n" for each in streams] == [b"\n\n"] * 3
    assert made.events("library") == []
    assert made.events("bug") == []
    assert (made.data / "console.key").stat().st_mode & 0o777 == 0o600


def test_a_session_outlives_the_server(tmp_path: Path) -> None:
    """Whoever was logged in still is when it was begun again."""
    made = served(tmp_path)
    shown = session(made)
    made.end()
    made.begin()

    assert made.call("GET", "/", headers=shown).status == 200
    assert f"{COOKIE}=" in shown["Cookie"]
    assert made.end() == 0


def test_an_order_over_http(web: Web) -> None:
    """The next batch begins where somebody has confirmed it."""
    shown = session(web)
    body = serving.body("true", hosts=(1, 2), rolling_config=serving.rolling("1", mode=3))
    number = web.create(body)["job_instance_id"]
    web.until(lambda: web.state(number) == Status.CONFIRM)
    page = web.call("GET", f"/jobs/{number}/confirm/next-batch", headers=shown).content.decode()
    names = ("token", "operation", "batch", "count")
    form = urlencode({name: consoles.hidden(page, name) for name in names}).encode()

    reply = web.call(
        "POST", f"/jobs/{number}/operate", body=form, headers={**shown, "Origin": web.url}
    )

    assert reply.status == 303
    web.until(lambda: web.state(number) == Status.SUCCEEDED)


def test_over_tls_the_cookie_is_for_tls_alone(tmp_path: Path) -> None:
    """A server with a certificate gives none that is sent in the clear."""
    made = webserver.Web(tmp_path)
    made.write(consoles.inventory())
    made.begin("--certificate", str(PEM / "certificate.pem"), "--key", str(PEM / "key.pem"))
    fields = urlencode({"name": "bob", "password": consoles.PASSWORDS["bob"]}).encode()
    aim = urlsplit(made.url)
    trusted = ssl.create_default_context(cafile=PEM / "certificate.pem")
    connection = http.client.HTTPSConnection("127.0.0.1", aim.port, context=trusted)
    with closing(connection):
        connection.request("POST", "/login", fields, {"Origin": f"https://{aim.netloc}"})
        answer = connection.getresponse()
        answer.read()
    made.end()

    assert answer.status == 303
    assert str(answer.getheader("Set-Cookie")).endswith("; Secure")
