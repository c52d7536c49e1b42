"""A relay for tests between jobgate and a server: it passes calls on, or loses them.

A fault is "before" (the call never reaches the server) or "after" (its answer never comes back). An
"echo" refuses the call, and repeats what was sent in its message, as it is and decoded.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})


@dataclass(slots=True)
class Relay:
    """The names of the calls that came, in order, and the faults to come for each name."""

    aim: str
    calls: list[str] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, path: str) -> str:
        """Note a call, and return its fault, or the empty text."""
        name = urlsplit(path).path.rpartition("/")[2]
        with self.lock:
            self.calls.append(name)
            due = self.faults.get(name, [])
            return due.pop(0) if due else ""


@contextlib.contextmanager
def relayed(aim: str) -> Iterator[Relay]:
    """Relay to the server at `aim`."""
    made = Relay(aim)

    class Handler(BaseHTTPRequestHandler):
        """Passes one request on."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the name is that of http.server
            """Pass it on, unless it is to be lost."""
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            fault = made.fault(self.path)
            if fault == "before":
                self.close_connection = True
                return
            if fault == "echo":
                _answer(self, 400, {"Content-Type": "application/json"}, _echoed(content))
                return
            to = urlsplit(made.aim)
            connection = http.client.HTTPConnection(str(to.hostname), to.port, timeout=20)
            connection.request(self.command, self.path, content, dict(self.headers.items()))
            got = connection.getresponse()
            answer = got.read()
            connection.close()
            if fault == "after":
                self.close_connection = True
                return
            _answer(self, got.status, dict(got.getheaders()), answer)

        def do_POST(self) -> None:  # the name is that of http.server
            """Do as with a GET."""
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(
    handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes
) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        if name.lower() not in _OWN:
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def _echoed(content: bytes) -> bytes:
    """Return a refusal of JOB's that says again what it was sent, with its parameters decoded."""
    sent = json.loads(content)
    param = base64.b64decode(sent["script_param"]).decode()
    said = f"bad parameters {param} in {content.decode()}, that is {sent!r}"
    detail = {"code": 1241003, "message": said}
    return json.dumps(
        {"error": {"code": "INVALID_ARGUMENT", "message": said, "details": [detail]}}
    ).encode()
