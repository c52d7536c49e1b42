"""The server that is put under load: 10,000 jobs stored, 50,000 hosts known, connections kept."""

from __future__ import annotations

import http.client
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from runner import narrow
from runner.server import admit, inventory, inventoryfile
from runner.server.store import Store
from tests import serving, webserver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Json
    from runner.server.inventory import Inventory

HOSTS, JOBS = 50_000, 10_000
_USER, _WORD = "alice", "of alice at the console"
_EACH = 3  # hosts of a stored job
_PATIENCE = 300.0  # seconds until whatever is waited for counts as lost
_PAUSE = 0.02
_MOVED = 303


class Kept(webserver.Client):
    """A client that sends everything through one connection."""

    def __init__(self, web: webserver.Web) -> None:
        """Connect with the first call."""
        self.folder = web.folder
        aim = urlsplit(web.url)
        self._connection = http.client.HTTPConnection(
            str(aim.hostname), aim.port, timeout=_PATIENCE
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> webserver.Reply:
        """Send one request with exactly these headers and this body."""
        self._connection.request(method, path, body, dict(headers or {}))
        got = self._connection.getresponse()
        named = {name.lower(): value for name, value in got.getheaders()}
        return webserver.Reply(got.status, named, got.read())

    def rests(self, job: Json) -> dict[str, Json]:
        """Return the status of a job with its hosts once it has ended."""
        end = time.monotonic() + _PATIENCE
        while self.status(job)["finished"] is not True:
            check(time.monotonic() < end, f"job {job} does not end")
            time.sleep(_PAUSE)
        return self.status(job, return_execute_object_result="true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The server, a client of it, and a folder in which each round may have one of its own."""

    web: webserver.Web
    client: Kept
    scratch: Path

    def fresh(self, name: str) -> Path:
        """Make a new folder."""
        number = len(list(self.scratch.glob(f"{name}-*")))
        folder = self.scratch / f"{name}-{number}"
        folder.mkdir()
        return folder

    def session(self) -> str:
        """Log in to the console, and return the cookie."""
        form = urlencode({"name": _USER, "password": _WORD}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        headers = {**kind, "Origin": self.web.url}
        reply = self.client.call("POST", "/login", body=form, headers=headers)
        check(reply.status == _MOVED, "nobody is logged in")
        return reply.headers["set-cookie"].partition(";")[0]

    @property
    def memory(self) -> float:
        """Return the most MiB that the server's own process has ever held."""
        process = self.web.process
        check(process is not None, "the server has ended")
        status = Path(f"/proc/{0 if process is None else process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


@contextmanager
def begun(scratch: Path) -> Iterator[Load]:
    """Run a server over a new data folder for the time of the block."""
    folder = scratch / "server"
    folder.mkdir()
    web = webserver.Web(folder)
    hosts: list[Json] = [
        {"id": number, "ip": address(number), "scopes": ["biz/2"]} for number in range(1, HOSTS + 1)
    ]
    grant: Json = {"scope": "biz/2", "actions": ["view", "execute", "operate"], "accounts": ["*"]}
    user: Json = {"name": _USER, "password": webserver.line(_WORD), "may": [grant]}
    others = [
        each
        for each in narrow.items(webserver.inventory(), "users")
        if narrow.text(each, "name") != _USER
    ]
    web.write({**webserver.inventory(), "hosts": hosts, "users": [user, *others]})
    known = inventoryfile.load(folder / "inventory.yaml", inventory.own_user())
    with closing(Store(web.data)) as store:
        _fill(store, known)
    web.begin()
    try:
        with closing(Kept(web)) as client:
            yield Load(web=web, client=client, scratch=scratch)
    finally:
        web.end()


def _fill(store: Store, known: Inventory) -> None:
    """Store jobs as requests for them would, one a second until now; they wait to be started."""
    body = serving.body("echo hello\n", start_task=False)
    now = time.time_ns() // 1_000_000
    order = admit.order(body, known, now)
    with store.transaction():
        for number in range(JOBS):
            first = number * _EACH % HOSTS + 1
            hosts = tuple(known.hosts[each] for each in range(first, first + _EACH))
            one = replace(order, name=f"stored {number}", hosts=hosts, batches=(_EACH,))
            store.add(one, serving.OWNER, now - (JOBS - number) * 1000)


def address(number: int) -> str:
    """Return the address of a host."""
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def check(good: object, what: str) -> None:
    """Raise where what was measured is not what was meant to be measured."""
    if not good:
        raise RuntimeError(what)
