"""Callbacks over real sockets: what is sent, to whom, how often, and what a death leaves."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from runner.errors import UsageError
from runner.progress import Status
from runner.server import callbacks, inventory, posting
from runner.server.callbacks import Sender
from runner.server.posting import Post
from runner.server.states import StepOperation
from runner.server.store import Store
from tests import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Json
    from runner.server.engine import Engine

pytestmark = pytest.mark.stories


KEY = b"0123456789abcdef"
SEND = """
import pathlib, signal, sys
from runner.server import inventory
from runner.server.callbacks import Sender
from runner.server.posting import Post
from runner.server.store import Store
known = inventory.built_in(inventory.own_user())
Sender(Store(pathlib.Path(sys.argv[1])), lambda: known, print, post=Post()).begin()
signal.pause()
"""
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Got:
    """A request that the receiver got."""

    path: str
    kind: str
    signature: str
    text: bytes

    @property
    def tree(self) -> Json:
        """Return what its text says."""
        tree: Json = json.loads(self.text)
        return tree


@dataclass(slots=True)
class Receiver:
    """A server that answers with the statuses of `answers` in turn, then with 200."""

    answers: list[int] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    # Requests wait for this after they were read.
    opens: threading.Event = field(default_factory=threading.Event)
    inside: int = 0
    most: int = 0
    port: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str = "/hook") -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}{path}"

    def take(self, got: Got) -> int:
        """Keep a request, and return the status to answer with."""
        with self.turn:
            self.got.append(got)
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.opens.wait(10)
        with self.turn:
            self.inside -= 1
            return self.answers.pop(0) if self.answers else 200


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver that answers at once."""
    made = Receiver()
    made.opens.set()

    class Handler(BaseHTTPRequestHandler):
        """Hands each request to the receiver."""

        def do_POST(self) -> None:  # the name is that of http.server
            """Answer as the receiver says."""
            text = self.rfile.read(int(self.headers["Content-Length"]))
            signature = self.headers.get(posting.SIGNATURE, "")
            kind = self.headers["Content-Type"]
            status = made.take(Got(self.path, kind, signature, text))
            self.send_response(status)
            self.send_header("Location", made.url("/elsewhere"))
            self.end_headers()
            self.wfile.write(b"x" * 100)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.opens.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Engine]:
    """Return an engine over an empty folder."""
    made = serving.engine(tmp_path / "data")
    yield made
    made.close()


@dataclass(slots=True)
class Site:
    """A sender over the same folder as an engine, what it told, and how much it has to send."""

    folder: Path
    told: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] | None = None

    def sender(self, post: Post) -> Sender:
        """Return a sender that has not begun."""
        known = inventory.built_in(inventory.own_user())

        def inforce() -> inventory.Inventory:
            return dataclasses.replace(known, callbacks=self.allowed)

        return Sender(Store(self.folder), inforce, self.told.append, post=post)

    def waiting(self) -> int:
        """Return how many callbacks are due."""
        store = Store(self.folder)
        with store.reading():
            count = int(store._rows.execute("SELECT COUNT(*) FROM callbacks").fetchone()[0])
        store.close()
        return count

    def sent(self, post: Post | None = None) -> None:
        """Send all that is due."""
        sender = self.sender(post or Post())
        sender.begin()
        serving.until(lambda: self.waiting() == 0)
        sender.end()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return the sender's side of the folder."""
    return Site(tmp_path / "data")


def _ended(
    served: Engine, url: str, script: str = "exit 0", *, hosts: tuple[int, ...] = (1,), **more: Json
) -> int:
    wanted = serving.body(script, hosts=hosts, callback_url=url, **more)
    job = serving.create(served, wanted).job
    serving.rested(served, job)
    return job


# ---------------------------------------------------------------- what is sent


def test_a_job_that_ends_is_told_once_in_json(
    served: Engine, receiver: Receiver, site: Site
) -> None:
    """The text has the names of the platform's code, and no signature without a key."""
    job = _ended(served, receiver.url("/hook?token=1"))
    site.sent()

    (got,) = receiver.got
    assert (got.path, got.kind, got.signature) == ("/hook?token=1", "application/json", "")
    assert got.tree == {
        "job_instance_id": job,
        "status": 3,
        "step_instances": [{"step_instance_id": served.step(job), "status": 3}],
    }
    assert site.told == []


@pytest.mark.parametrize("status", [201, 204, 302, 307, 400, 500])
def test_any_status_but_200_brings_the_same_text_as_a_form(
    served: Engine, receiver: Receiver, site: Site, status: int
) -> None:
    """Exactly one more, whatever comes then; and no redirect is followed."""
    receiver.answers = [status, status]
    job = _ended(served, receiver.url())
    site.sent()

    assert [(got.path, got.kind) for got in receiver.got] == [
        ("/hook", "application/json"),
        ("/hook", FORM),
    ]
    assert receiver.got[0].text == receiver.got[1].text
    assert site.told == [f"job {job}: its callback was not taken: {status}, then {status}"]


def test_a_form_that_is_taken_is_no_trouble(served: Engine, receiver: Receiver, site: Site) -> None:
    """The second attempt counts as much as the first."""
    receiver.answers = [415]
    _ended(served, receiver.url())
    site.sent()

    assert len(receiver.got) == 2
    assert site.told == []


def test_a_connection_that_fails_is_not_tried_again(served: Engine, site: Site) -> None:
    """Nobody listens there: it is told, without the address, and over."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    job = _ended(served, f"http://127.0.0.1:{port}/secret")
    site.sent()

    (told,) = site.told
    assert told == f"job {job}: its callback was not taken: NewConnectionError"


def test_a_receiver_that_says_nothing_is_given_up(
    served: Engine, receiver: Receiver, site: Site
) -> None:
    """After the time to read is up there is no second attempt."""
    receiver.opens.clear()
    job = _ended(served, receiver.url())
    site.sent(Post(read=0.2))

    assert site.told == [f"job {job}: its callback was not taken: ReadTimeoutError"]
    assert len(receiver.got) == 1


def test_both_posts_are_signed_with_the_instant_and_the_text(
    served: Engine, receiver: Receiver, site: Site
) -> None:
    """Who has the key can tell that it was us, and when."""
    receiver.answers = [500]
    _ended(served, receiver.url())
    before = int(time.time())
    site.sent(Post(key=KEY))

    assert len(receiver.got) == 2
    for got in receiver.got:
        instant, _, said = got.signature.partition(",v1=")
        at = instant.removeprefix("t=")
        assert before <= int(at) <= int(time.time())
        assert said == hmac.new(KEY, at.encode() + b"." + got.text, hashlib.sha256).hexdigest()


def test_a_pause_is_told_and_so_is_the_end_after_a_retry(
    served: Engine, receiver: Receiver, site: Site, tmp_path: Path
) -> None:
    """Mode 1 pauses with a failure, which the platform calls finished; in the order of events."""
    script = f"test -e {tmp_path}/mended"
    rolls = serving.rolling("1", 1)
    job = _ended(served, receiver.url(), script, hosts=(1, 2), rolling_config=rolls)
    (tmp_path / "mended").touch()
    served.operate_step(served.step(job), StepOperation.RETRY_FAILED, serving.OWNER)
    assert serving.rested(served, job).status is Status.SUCCEEDED
    site.sent()

    trees = [got.tree for got in receiver.got]
    assert [tree["status"] for tree in trees if isinstance(tree, dict)] == [4, 3]


def test_a_job_without_an_address_tells_nobody(served: Engine, site: Site) -> None:
    """Nothing is due."""
    job = serving.create(served, serving.body("exit 0")).job
    serving.rested(served, job)

    assert site.waiting() == 0


# ---------------------------------------------------------------- to whom


@pytest.mark.parametrize(
    ("allowed", "path"),
    [
        ((), "/hook"),
        (("http://127.0.0.1:{port}/other",), "/hook"),
        (("http://127.0.0.1:{port}/hook",), "/hook/../other"),
    ],
    ids=["none", "other", "upwards"],
)
def test_the_allow_list_is_asked_again_before_sending(
    served: Engine, receiver: Receiver, site: Site, *, allowed: tuple[str, ...], path: str
) -> None:
    """What was allowed when the job was created may not be so now; dots do not lead out of it."""
    job = _ended(served, receiver.url(path))
    site.allowed = tuple(each.format(port=receiver.port) for each in allowed)
    site.sent()

    assert receiver.got == []
    assert site.told == [
        f"job {job}: its callback was not taken: the inventory does not allow its address"
    ]


def test_what_the_list_names_is_sent(served: Engine, receiver: Receiver, site: Site) -> None:
    """An address below a listed one."""
    _ended(served, receiver.url("/hooks/one"))
    site.allowed = (receiver.url("/hooks"),)
    site.sent()

    assert [got.path for got in receiver.got] == ["/hooks/one"]


def test_an_address_that_nobody_can_send_to_is_no_address() -> None:
    """A host that is no name is refused, not sent to."""
    with pytest.raises(ValueError, match="not a valid host"):
        posting.as_sent("http://[::1")


# ---------------------------------------------------------------- how


def test_so_many_are_under_way_at_a_time(served: Engine, receiver: Receiver, site: Site) -> None:
    """Neither more than `most`, nor one after the other."""
    receiver.opens.clear()
    for _ in range(5):
        _ended(served, receiver.url())
    sender = site.sender(Post(most=2))
    sender.begin()
    serving.until(lambda: receiver.inside == 2)
    receiver.opens.set()
    serving.until(lambda: site.waiting() == 0)
    sender.end()

    assert receiver.most == 2
    assert len(receiver.got) == 5


def test_an_end_leaves_for_the_next_what_is_not_over(
    served: Engine, receiver: Receiver, site: Site
) -> None:
    """It waits a moment for what is under way, and no longer."""
    receiver.opens.clear()
    _ended(served, receiver.url())
    sender = site.sender(Post())
    sender.begin()
    serving.until(lambda: receiver.inside == 1)
    begun = time.monotonic()
    sender.end()

    assert callbacks.GRACE <= time.monotonic() - begun < callbacks.GRACE + 5
    assert site.waiting() == 1
    receiver.opens.set()
    site.sent()
    assert [got.tree for got in receiver.got] == [receiver.got[0].tree] * 2
    assert site.told == []


def test_a_server_that_died_sends_again(served: Engine, receiver: Receiver, site: Site) -> None:
    """Killed while the receiver has it: the next one cannot know, and sends it once more."""
    receiver.opens.clear()
    _ended(served, receiver.url())
    with subprocess.Popen((sys.executable, "-c", SEND, str(site.folder))) as server:
        serving.until(lambda: receiver.inside == 1)
        server.kill()
    receiver.opens.set()
    assert site.waiting() == 1
    site.sent()

    assert len(receiver.got) == 2
    assert receiver.got[0].text == receiver.got[1].text


def test_what_cannot_be_dropped_is_not_sent_again(
    served: Engine, receiver: Receiver, site: Site, tmp_path: Path
) -> None:
    """While the database is locked a callback goes out once, and leaves the outbox afterwards."""
    _ended(served, receiver.url())
    known = inventory.built_in(inventory.own_user())
    store = Store(site.folder, patience=0.05)
    sender = Sender(store, lambda: known, site.told.append, post=Post())
    holder = Store(tmp_path / "data")
    with holder.transaction():
        sender.begin()
        serving.until(lambda: len(site.told) >= 3)
    serving.until(lambda: site.waiting() == 0)
    sender.end()
    holder.close()

    assert len(receiver.got) == 1
    assert all("another process keeps it locked" in told for told in site.told)


# ---------------------------------------------------------------- the key


def test_a_key_is_what_its_file_has_without_the_line_end(tmp_path: Path) -> None:
    """As an editor writes it."""
    file = tmp_path / "key"
    for ending in (b"", b"\n", b"\r\n"):
        file.write_bytes(KEY + ending)
        assert posting.read_key(file) == KEY


def test_a_key_that_is_too_short_or_not_there_is_told(tmp_path: Path) -> None:
    """Nothing is signed with it."""
    (tmp_path / "key").write_bytes(b"short\n")

    with pytest.raises(UsageError, match="it has 5 bytes, of at least 16"):
        posting.read_key(tmp_path / "key")
    with pytest.raises(UsageError, match="cannot read the callback key"):
        posting.read_key(tmp_path / "none")
