"""The forge of the tests over HTTP: who is let in, limits, pages, entity tags, and faults."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.forge import answering, writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Json
    from tests.forge.double import Double

PREFIX = "/api/v3"  # as GitHub Enterprise has it
VERSIONS = frozenset({"2022-11-28"})
HOUR = 3600
FAULTS = {
    "limit": "the budget of the hour is used up: 403, with the time when it begins anew",
    "secondary": "too many at one time: 403, and when to come back",
    "hurry": "too many at one time: 403, and not when to come back",
    "later": "too many: 429, and when to come back",
    "down": "502, a page of what stands before GitHub",
    "html": "200, and no JSON",
    "half": "an answer that breaks off",
    "reset": "no answer, the connection is reset",
    "silent": "no answer, the connection stays",
    "moved": "301 to the same path of another name",
    "leave": "403: the token may not",
    "gone": "404",
    "unchanged": "304, though nobody asked for it",
    "lost": "it is done, and then no answer, the connection is reset",
    "passed": "it is done, and then 502",
}
DONE = {"lost": "reset", "passed": "down"}  # what is done all the same, and how it looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer. `path` is as GitHub's description has it, below the prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    sent: Mapping[str, str]  # headers, names in lower case
    status: int
    headers: Mapping[str, str]
    content: bytes
    given: bytes = b""  # what came with the request


@dataclass(slots=True, kw_only=True)
class Reply:
    """What is going to be answered."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    end: str = ""


class _Server(ThreadingHTTPServer):
    """Keeps quiet about connections that break."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(double: Double) -> Iterator[str]:
    """Serve a forge; yield the address of its API."""
    over, lock = threading.Event(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        """Answers one request."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer goes out in two pieces, and at once

        def do_GET(self) -> None:  # the name is that of http.server
            """Answer."""
            sent = {name.lower(): value for name, value in self.headers.items()}
            given = self.rfile.read(int(sent.get("content-length", "0")))
            with lock:
                reply = _reply(double, (self.command, self.path), sent, given)
            _send(self, reply, over)

        def do_POST(self) -> None:  # the name is that of http.server
            """Write, and answer."""
            self.do_GET()

        def do_PATCH(self) -> None:  # the name is that of http.server
            """Write, and answer."""
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _reply(
    double: Double, asked_for: tuple[str, str], sent: Mapping[str, str], given: bytes
) -> Reply:
    method, target = asked_for
    split = urlsplit(target)
    query = dict(parse_qsl(split.query))
    path = answering.described(unquote(split.path.removeprefix(PREFIX)), double.name)
    route, asked = answering.kind(path)
    name, needed = writing.DEEDS.get((method, route), (route, ""))
    if (method == "GET") != (not needed):
        name, asked = "", {}
    due = double.faults[name]
    fault = due.pop(0) if due else ""
    content = given if needed else None
    if fault and fault not in DONE:
        reply = _faulty(double, fault, target)
    else:
        reply = _admitted(double, sent, (name, needed), asked, content)
    if fault in DONE:
        reply = _faulty(double, DONE[fault], target)
    if reply.status == 200 and not fault and not needed:
        _cut(double, reply, split.path, query)
        _tag(reply, sent)
    _limits(double, reply, needed)
    double.exchanges.append(
        Exchange(
            method=method,
            given=given,
            path=path,
            query=query,
            sent=sent,
            status=reply.status,
            headers=reply.headers,
            content=reply.content,
        )
    )
    return reply


def _admitted(
    double: Double,
    sent: Mapping[str, str],
    deed: tuple[str, str],
    asked: Mapping[str, str],
    content: bytes | None,
) -> Reply:
    """Return the answer to who may ask, or write."""
    name, needed = deed
    refusals = {
        (403, "Request forbidden by administrative rules."): not sent.get("user-agent"),
        (401, "Bad credentials"): sent.get("authorization", "")[7:] not in double.tokens,
        (400, "Not supported."): sent.get("x-github-api-version") not in VERSIONS,
        (404, "Not Found"): not name,
        (403, "Resource not accessible by integration"): needed not in {"", *double.may},
    }
    refused = next((each for each, applies in refusals.items() if applies), None)
    if refused is not None:
        return _json(refused[0], answering.told(refused[1], refused[0]))
    if double.budget < 1:
        return _faulty(double, "limit", "")
    status, tree = answering.answer(double, name, asked, content)
    if name in double.lies:
        tree = double.lies[name](tree)
    return _json(status, tree)


def _cut(double: Double, reply: Reply, path: str, query: Mapping[str, str]) -> None:
    """Leave one page of a list, and link to the others."""
    tree: Json = json.loads(reply.content)
    if not isinstance(tree, list):
        return
    size = min(int(query.get("per_page", "30")), double.largest, 100)
    page, last = int(query.get("page", "1")), max(1, -(-len(tree) // size))
    links = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    if page == 1:
        del links["first"], links["prev"]
    if page >= last:
        del links["next"], links["last"]
    reply.content = json.dumps(tree[(page - 1) * size : page * size]).encode()
    place = double.url.removesuffix(PREFIX) + answering.linked(path, double.name)
    told = [
        f'<{place}?{urlencode({**query, "page": number})}>; rel="{name}"'
        for name, number in links.items()
    ]
    if told:
        reply.headers["Link"] = ", ".join(told)


def _tag(reply: Reply, sent: Mapping[str, str]) -> None:
    """Give an answer its tag, and send nothing where whoever asks has it."""
    tag = f'W/"{hashlib.sha256(reply.content).hexdigest()}"'
    reply.headers["ETag"] = tag
    if sent.get("if-none-match") == tag:
        reply.status, reply.content = 304, b""


def _limits(double: Double, reply: Reply, needed: str) -> None:
    if reply.status != 304 and not reply.end:
        double.budget = max(0, double.budget - 1)
    told = {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": str(double.budget),
        "X-RateLimit-Reset": str(int(time.time()) + double.reset),
        "X-RateLimit-Resource": "core",
        "X-Accepted-GitHub-Permissions": needed or "pull_requests=read",
        "X-GitHub-Request-Id": "0400:1E2F:3D:4C",
    }
    reply.headers = {**told, **reply.headers}


def _faulty(double: Double, fault: str, target: str) -> Reply:
    """Return what a fault answers."""
    back = {"Retry-After": str(double.reset)}
    if fault == "limit":
        limit = {"X-RateLimit-Remaining": "0"}
        return _json(403, answering.told("API rate limit exceeded for installation.", 403), limit)
    said = "You have exceeded a secondary rate limit. Please wait a few minutes."
    known = {
        "secondary": lambda: _json(403, answering.told(said, 403), back),
        "hurry": lambda: _json(403, answering.told(said, 403)),
        "later": lambda: _json(429, answering.told(said, 429), back),
        "down": lambda: Reply(status=502, content=b"<html>502 Bad Gateway</html>"),
        "html": lambda: Reply(status=200, content=b"<html>Sign in</html>"),
        "moved": lambda: Reply(
            status=301,
            content=json.dumps(answering.told("Moved Permanently", 301)).encode(),
            headers={"Location": f"http://127.0.0.1:9{target.replace('/repos/', '/renamed/')}"},
        ),
        "leave": lambda: _json(403, answering.told("Resource not accessible by integration", 403)),
        "gone": lambda: _json(404, answering.told("Not Found", 404)),
        "unchanged": lambda: Reply(status=304),
    }
    return known[fault]() if fault in known else Reply(status=200, content=b"[{", end=fault)


def _json(status: int, tree: Json, headers: Mapping[str, str] | None = None) -> Reply:
    form = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(
        status=status, content=json.dumps(tree).encode(), headers={**form, **(headers or {})}
    )


def _send(handler: BaseHTTPRequestHandler, reply: Reply, over: threading.Event) -> None:
    handler.close_connection = bool(reply.end)
    if reply.end == "silent":
        over.wait(30)
        return
    if reply.end == "reset":
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()
        return
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    longer = 100 if reply.end == "half" else 0
    if reply.status != 304:
        handler.send_header("Content-Length", str(len(reply.content) + longer))
    handler.end_headers()
    with contextlib.suppress(OSError):
        handler.wfile.write(reply.content)
