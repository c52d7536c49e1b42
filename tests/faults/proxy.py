"""`python -m tests.faults.proxy --aim URL`: loses, delays, doubles and garbles calls.

It stands between `jobgate` and a server, prints the port that it listens on, and is steered by
requests below /control/. The first part of a path names the run; each call that a run makes, with
the fault that was drawn for it from the run's seed and with what the server answered, is a line of
its account. Now and then it plays a somebody who starts at the server what a runner has created, or
sees to it that what was started is cut off: beside the script named N of a run lies `counter.N`,
which says when. Another address of the same port is the other host to which it redirects: whoever
calls that one is in the account as well.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runner import narrow, wire

if TYPE_CHECKING:
    from runner.model import Json

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.9"
FAULTS = (
    "before",  # the call never reaches the server
    "after",  # its answer never comes back
    "during",  # half of the answer comes, and the connection ends
    "delay",  # the answer comes when nobody waits any more
    "late",  # the call reaches the server when nobody waits any more
    "twice",  # it reaches the server twice
    "reset",  # the connection is reset
    "truncated",  # the answer is half a JSON text, and says that it is whole
    "gateway before",  # 502 with a page, in place of the call
    "gateway after",  # 502 with a page, in place of the answer
    "busy",  # 429
    "redirect",  # to another host
    "huge",  # an answer without end
)
SHARE = 3  # one call in so many has a fault
FOULS = ("begun", "cut before", "cut after")  # by somebody; before it counts itself, and after
RARE = 4  # one create and one start in so many is fouled
WAIT = 0.7  # seconds that are longer than a runner waits
LATEST = 1.5  # seconds after which a late call is there
HUGE = 3 * 1024 * 1024
MARK = "refs/heads/jobgate-journal"
CREATE, START = "fast_execute_script", "operate_job_instance"
_OWN = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
_SIZED = frozenset({"Content-Length", "Transfer-Encoding"})
_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it came."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def name(self) -> str:
        """Return the last part of its path."""
        return urlsplit(self.path).path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes


@dataclass(slots=True)
class Account:
    """What is written down of one run; without a seed nothing goes wrong any more."""

    aim: str
    path: Path
    remote: Path
    counter: Path
    seed: int | None
    calls: int = 0
    flying: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def drawn(self, name: str) -> tuple[int, str, float, str]:
        """Return a call's number, its fault, a number from 0 to 1 drawn with it, and a foul."""
        with self.lock:
            self.calls += 1
            number = self.calls
        if self.seed is None:
            return number, "", 0.0, ""
        digest = hashlib.sha256(f"{self.seed} {number}".encode()).digest()
        fault = FAULTS[digest[1] % len(FAULTS)] if digest[0] % SHARE == 0 else ""
        fouls = {CREATE: FOULS[:1], START: FOULS[1:]}.get(name, ())
        foul = fouls[digest[4] % len(fouls)] if fouls and digest[3] % RARE == 0 else ""
        return number, fault, digest[2] / 256, foul

    def note(self, **line: Json) -> None:
        """Add a line."""
        text = json.dumps({**line, "at": time.time_ns() // 1_000_000}, sort_keys=True)
        with self.lock, self.path.open("a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")

    def tip(self) -> str:
        """Return the tip of the journal on the remote, as it is at this moment."""
        with contextlib.suppress(OSError):
            return (self.remote / MARK).read_text("utf-8").strip()
        return _packed(self.remote)


@dataclass(frozen=True, slots=True)
class Taken:
    """A call of a run: its number there, its fault, the journal's tip when it came, a foul."""

    account: Account
    number: int
    request: Request
    fault: str
    tip: str
    foul: str

    def passed(self) -> Answer:
        """Let the server have it, and note what the server says."""
        request = self.request
        if self.foul in FOULS[1:]:
            self._cut(narrow.integer(wire.loads(request.content), "job_instance_id", default=0))
        answer = self._sent(request)
        told: dict[str, Json] = {"status": answer.status}
        if request.name in {CREATE, START}:
            told["said"] = wire.loads(answer.content)
        name, number = request.name, self.number
        self.account.note(what="server", number=number, name=name, tip=self.tip, **told)
        if self.foul == FOULS[0]:
            self._begin(narrow.integer(told.get("said"), "data", "job_instance_id", default=0))
        return answer

    def _cut(self, job: int) -> None:
        """Let the script of a job be cut off, whoever starts it."""
        flag = self.account.counter.with_name(f"{self.account.counter.name}.{job}")
        with contextlib.suppress(FileExistsError), flag.open("x", encoding="utf-8") as stream:
            stream.write(self.foul.removeprefix("cut "))
            self.account.note(what="foul", name=self.foul, job=job)

    def _begin(self, job: int) -> None:
        """Start a job as somebody does who has found it at the server."""
        created = wire.loads(self.request.content)
        scope = {name: narrow.text(created, name) for name in ("bk_scope_type", "bk_scope_id")}
        content = json.dumps({**scope, "job_instance_id": job, "operation_code": 2}).encode()
        path = self.request.path.replace("/v4/", "/v3/").replace(CREATE, START)
        own = {name: value for name, value in self.request.headers.items() if name not in _SIZED}
        said = wire.loads(self._sent(Request("POST", path, own, content)).content)
        taken = narrow.boolean(said, "result", default=False)
        self.account.note(what="foul", name=self.foul, job=job, taken=taken)

    def _sent(self, request: Request) -> Answer:
        to = urlsplit(self.account.aim)
        connection = http.client.HTTPConnection(str(to.hostname), to.port, timeout=30)
        try:
            connection.request(request.method, request.path, request.content, request.headers)
            got = connection.getresponse()
            return Answer(got.status, tuple(got.getheaders()), got.read())
        finally:
            connection.close()

    def arrive(self) -> None:
        """Let the server have it, late."""
        try:
            self.passed()
        finally:
            with self.account.lock:
                self.account.flying -= 1


def _packed(remote: Path) -> str:
    with contextlib.suppress(OSError):
        for line in (remote / "packed-refs").read_text("utf-8").splitlines():
            if line.endswith(f" {MARK}"):
                return line.partition(" ")[0]
    return ""


class _Server(ThreadingHTTPServer):
    """Has the accounts, by the name of the run; keeps quiet about connections that break."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], aim: str
    ) -> None:
        """Listen at an address, for the server at `aim`."""
        super().__init__(address, handler)
        self.aim = aim
        self.accounts: dict[str, Account] = {}

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of a runner's."""

    protocol_version = "HTTP/1.1"

    @property
    def served(self) -> _Server:
        """Return the server with its accounts."""
        assert isinstance(self.server, _Server)
        return self.server

    def do_GET(self) -> None:  # the name is that of http.server
        """Take a call."""
        length = int(self.headers.get("Content-Length", "0"))
        content = self.rfile.read(length)
        _, run, path = self.path.split("/", 2)
        request = Request(self.command, f"/{path}", dict(self.headers.items()), content)
        if run == "control":
            self._steered(request)
            return
        account = self.served.accounts[run]
        number, fault, more, foul = account.drawn(request.name)
        said = wire.loads(content) if request.name in {CREATE, START} else None
        account.note(what="call", number=number, name=request.name, fault=fault, body=said)
        taken = Taken(account, number, request, fault, account.tip(), foul)
        self._done(taken, WAIT + more * (LATEST - WAIT))

    def do_POST(self) -> None:  # the name is that of http.server
        """Do as with a GET."""
        self.do_GET()

    def _done(self, taken: Taken, seconds: float) -> None:
        if taken.fault in {"before", "reset"}:
            self._dropped(reset=taken.fault == "reset")
        elif taken.fault == "late":
            with taken.account.lock:
                taken.account.flying += 1
            threading.Timer(seconds, taken.arrive).start()
            time.sleep(WAIT)
            self._dropped(reset=False)
        elif taken.fault in {"gateway before", "busy", "redirect"}:
            self._instead(taken.fault)
        else:
            if taken.fault == "twice":
                taken.passed()
            self._garbled(taken.passed(), taken.fault)

    def _instead(self, fault: str) -> None:
        port = self.connection.getsockname()[1]
        status, headers = {
            "gateway before": (502, {"Content-Type": "text/html"}),
            "busy": (429, {"Retry-After": "0"}),
            "redirect": (302, {"Location": f"http://{ELSEWHERE}:{port}{self.path}"}),
        }[fault]
        self._sent(Answer(status, tuple(headers.items()), _PAGE))

    def _garbled(self, answer: Answer, fault: str) -> None:
        if fault in {"after", "delay"}:
            time.sleep(WAIT if fault == "delay" else 0)
            self._dropped(reset=False)
        elif fault == "gateway after":
            self._sent(Answer(502, (("Content-Type", "text/html"),), _PAGE))
        elif fault == "huge":
            self._sent(Answer(200, answer.headers, answer.content + b" " * HUGE))
        elif fault == "truncated":
            half = answer.content[: len(answer.content) // 2]
            self._sent(Answer(answer.status, answer.headers, half))
        else:
            self._sent(answer, half=fault == "during")

    def _sent(self, answer: Answer, *, half: bool = False) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        end = len(answer.content) // 2 if half else len(answer.content)
        self.wfile.write(answer.content[:end])
        self.close_connection = half

    def _dropped(self, *, reset: bool) -> None:
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        self.close_connection = True

    def _steered(self, request: Request) -> None:
        tree = wire.loads(request.content)
        run = narrow.text(tree, "run")
        if request.name == "begin":
            self.served.accounts[run] = Account(
                self.served.aim,
                path=Path(narrow.text(tree, "account")),
                remote=Path(narrow.text(tree, "remote")),
                counter=Path(narrow.text(tree, "counter")),
                seed=narrow.integer(tree, "seed", default=0),
            )
        account = self.served.accounts[run]
        if request.name == "calm":
            account.seed = None
        with account.lock:
            left = json.dumps({"flying": account.flying})
        self._sent(Answer(200, (), left.encode()))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Trap(_Handler):
    """A connection to the other host, where nobody must go."""

    def do_GET(self) -> None:  # the name is that of http.server
        """Note it."""
        account = self.served.accounts[self.path.split("/")[1]]
        account.note(what="followed", number=0, name=self.path)
        self.send_error(404)


def main() -> int:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aim", required=True)
    options = parser.parse_args()
    server = _Server((HERE, 0), _Handler, options.aim)
    port = server.server_port
    other = _Server((ELSEWHERE, port), _Trap, options.aim)
    other.accounts = server.accounts
    for each in (server, other):
        threading.Thread(target=each.serve_forever, args=(0.05,), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
