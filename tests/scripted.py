"""A server for tests that answers as it is told to, byte for byte, or does not answer at all."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runner.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is done with one request.

    `promised` is the length that is announced, where it is not the content's. `end` closes the
    connection after it: by a reset where it is "reset". "silent" answers nothing until the end.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    promised: int | None = None
    end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes
    peer: int

    @property
    def shown(self) -> dict[str, Json]:
        """Return what it shows of who makes it."""
        tree: dict[str, Json] = json.loads(self.headers["x-bkapi-authorization"])
        return tree


@dataclass(slots=True)
class Scripted:
    """The acts to come, the requests that came, and the address."""

    acts: list[Act]
    got: list[Got] = field(default_factory=list)
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def next(self, got: Got) -> Act:
        """Note a request, and return what to do with it."""
        self.got.append(got)
        return self.acts.pop(0) if self.acts else Act(status=599)


def answer(data: Json, status: int = 200) -> Act:
    """Return an answer of version 4 with data."""
    return tree({"data": data, "job_request_id": "r1"}, status)


def tree(content: Json, status: int = 200, **headers: str) -> Act:
    """Return an answer with a JSON tree; `_` in a header's name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Act(status=status, headers=named, content=json.dumps(content).encode())


class _Server(ThreadingHTTPServer):
    """Keeps quiet about connections that break."""

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(*acts: Act, tls: Path | None = None) -> Iterator[Scripted]:
    """Serve these acts in turn; with TLS by the certificate in the folder `tls`."""
    made = Scripted(list(acts))
    server = _Server(("127.0.0.1", 0), _handler(made))
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "certificate.pem", tls / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        made.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(made: Scripted) -> type[BaseHTTPRequestHandler]:
    """Return what does with each request what `made` says."""

    class Handler(BaseHTTPRequestHandler):
        """Does with each request what is written for it."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer goes out in two pieces, and at once

        def do_GET(self) -> None:  # the name is that of http.server
            """Note the request and act."""
            length = int(self.headers.get("Content-Length", "0"))
            got = Got(
                method=self.command,
                path=self.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                content=self.rfile.read(length),
                peer=self.client_address[1],
            )
            _act(self, made, made.next(got))

        def do_POST(self) -> None:  # the name is that of http.server
            """Do as with a GET."""
            self.do_GET()

        def do_PATCH(self) -> None:  # the name is that of http.server
            """Do as with a GET."""
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _act(handler: BaseHTTPRequestHandler, made: Scripted, act: Act) -> None:
    if act.end == "silent":
        made.over.wait(30)
        handler.close_connection = True
        return
    if act.end == "reset":
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()
        handler.close_connection = True
        return
    handler.send_response(act.status)
    for name, value in act.headers.items():
        handler.send_header(name, value)
    length = len(act.content) if act.promised is None else act.promised
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    with contextlib.suppress(OSError):
        handler.wfile.write(act.content)
    handler.close_connection = bool(act.end)
