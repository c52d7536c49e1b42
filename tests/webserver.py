"""A server for tests: `jobgate serve` in a process of its own, on 127.0.0.1, and calls to it."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from runner.server import inventory as inventories
from runner.server import passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json

HERE = Path(__file__).parents[1]
DEADLINE = 20.0
WORD = "what the app ci shows"
SCOPE = {"bk_scope_type": "biz", "bk_scope_id": "2"}
HEADER = "X-Bkapi-Authorization"


def line(secret: str) -> str:
    """Return what stands for a secret in the inventory, of the cheapest kind."""
    return passwords.line(secret, bytes(passwords.SALT), passwords.DRAWN)


def shown(user: str = "alice", app: str = "ci", word: str = WORD) -> dict[str, str]:
    """Return the header that `app` shows in the name of `user`."""
    told = {"bk_app_code": app, "bk_app_secret": word, "bk_username": user}
    return {HEADER: json.dumps(told)}


def inventory() -> dict[str, Json]:
    """Return an inventory: alice may do everything in biz/2, bob look, carol nothing."""
    every: list[Json] = ["view", "execute", "operate"]
    hosts: list[Json] = [
        {"id": number, "ip": f"127.0.0.{number}", "scopes": ["biz/2"]} for number in range(1, 61)
    ]
    return {
        "apiVersion": "jobgate/v1",
        "kind": "Inventory",
        "scopes": [{"type": "biz", "id": "2"}, {"type": "biz_set", "id": "9000001"}],
        "hosts": [*hosts, {"id": 998, "ip": "127.0.9.98", "scopes": ["biz_set/9000001"]}],
        "accounts": [{"id": 1, "alias": "operator", "user": inventories.own_user().name}],
        "scripts": _scripts(),
        "danger": [
            {
                "expression": "mkfs",
                "languages": ["shell"],
                "action": "intercept",
                "level": "fatal",
                "description": "Makes a file system anew",
            }
        ],
        "apps": [
            {"code": "ci", "secret": line(WORD), "trusted": ["alice", "bob", "carol"]},
            {"code": "cron", "secret": line("of cron"), "system": True},
            {"code": "peer", "secret": line("of peer"), "trusted": ["alice"], "system": True},
        ],
        "users": [
            {"name": "alice", "may": [{"scope": "biz/2", "actions": every, "accounts": ["*"]}]},
            {"name": "bob", "may": [{"scope": "biz/2", "actions": ["view"]}]},
            {"name": "carol"},
        ],
    }


def _scripts() -> list[Json]:
    content = "echo stored\n"
    return [
        {
            "id": "clean",
            "name": "Clean up",
            "scope": "biz/2",
            "language": "shell",
            "versions": [
                {"id": 5, "version": "0.9", "status": "offline", "content": content},
                {"id": 6, "version": "1.0", "status": "online", "content": content},
                {"id": 7, "version": "1.1", "status": "disabled", "content": content},
                {"id": 8, "version": "1.2", "status": "draft", "content": content},
            ],
        },
        {
            "id": "public",
            "name": "For everybody",
            "language": "python",
            "versions": [{"id": 9, "version": "1", "status": "online", "content": "print(1)\n"}],
        },
    ]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its headers in lower case, its bytes."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def tree(self) -> dict[str, Json]:
        """Return the JSON object that it is."""
        tree: dict[str, Json] = json.loads(self.content)
        return tree


class Client(ABC):
    """Whoever sends requests to a server, be it over HTTP or in process."""

    folder: Path

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.folder / "data"

    @abstractmethod
    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request with exactly these headers and this body."""

    def write(self, tree: Mapping[str, Json]) -> None:
        """Write the inventory; JSON is YAML."""
        (self.folder / "inventory.yaml").write_text(json.dumps(tree), encoding="utf-8")

    def get(self, path: str, *, user: str = "alice", **query: Json) -> Reply:
        """Ask in the name of a user, about biz/2 unless `query` says otherwise."""
        text = urlencode({**SCOPE, **query})
        return self.call("GET", f"{path}?{text}", headers=shown(user))

    def post(self, path: str, tree: Mapping[str, Json], *, user: str = "alice") -> Reply:
        """Send a body in the name of a user, about biz/2 unless `tree` says otherwise."""
        headers = {**shown(user), "Content-Type": "application/json"}
        return self.call("POST", path, body=json.dumps({**SCOPE, **tree}).encode(), headers=headers)

    def create(self, body: Mapping[str, Json], **more: Json) -> dict[str, Json]:
        """Create a job that must be taken; return the data of the answer."""
        reply = self.post("/api/v4/fast_execute_script", {**body, **more})
        assert reply.status == 200, reply.content
        data = reply.tree["data"]
        assert isinstance(data, dict)
        return data

    def status(self, job: Json, **more: Json) -> dict[str, Json]:
        """Return the data of a job's status."""
        asked: dict[str, Json] = {**SCOPE, "job_instance_id": job, **more}
        path = f"/api/v4/get_job_instance_status?{urlencode(asked)}"
        reply = self.call("GET", path, headers=shown())
        assert reply.status == 200, reply.content
        data = reply.tree["data"]
        assert isinstance(data, dict)
        return data

    def state(self, job: Json) -> Json:
        """Return the number of a job's state."""
        instance = self.status(job)["job_instance"]
        assert isinstance(instance, dict)
        return instance["status"]

    def log_of(self, created: Mapping[str, Json], host: int = 1) -> str:
        """Return what a host has printed."""
        reply = self.get(
            "/api/v3/get_job_instance_ip_log",
            job_instance_id=created["job_instance_id"],
            step_instance_id=created["step_instance_id"],
            bk_host_id=host,
        )
        data = reply.tree["data"]
        assert isinstance(data, dict), reply.content
        return str(data["log_content"])

    def ended(self, job: Json) -> dict[str, Json]:
        """Return the status of a job with its hosts, once it has come to rest."""
        end = time.monotonic() + DEADLINE
        while self.state(job) in {2, 10}:
            assert time.monotonic() < end, self.status(job)
            time.sleep(0.02)
        return self.status(job, return_execute_object_result="true")


@dataclass(slots=True)
class Web(Client):
    """A folder with an inventory and data, and the server over it, once it was begun."""

    folder: Path
    url: str = ""
    log: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    reader: threading.Thread | None = None

    def spawn(self, *more: str) -> subprocess.Popen[str]:
        """Begin a server and return its process at once."""
        words = ("serve", "--listen", "127.0.0.1:0", "--data", str(self.data), "--inventory")
        file = str(self.folder / "inventory.yaml")
        return subprocess.Popen(
            (sys.executable, "-m", "runner", *words, file, "--log-format", "json", *more),
            cwd=HERE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begin(self, *more: str) -> None:
        """Begin the server; return when it listens."""
        self.process = self.spawn(*more)
        self.log.clear()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.until(lambda: bool(self.events("listening")) or self._ended())
        assert self.events("listening"), self.log
        self.url = str(self.events("listening")[0]["address"])

    def _ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for text in stream:
                self.log.append(text.rstrip("\n"))

    def events(self, name: str) -> list[dict[str, Json]]:
        """Return what the log says of an event, oldest first."""
        read = [json.loads(text) for text in list(self.log) if text.startswith("{")]
        return [each for each in read if each["event"] == name]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the server."""
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the server by a signal and return its exit code."""
        assert self.process is not None
        assert self.reader is not None
        self.process.send_signal(number)
        code = self.process.wait(timeout=DEADLINE)
        self.reader.join(timeout=DEADLINE)
        self.process = None
        return code

    def until(self, happens: Callable[[], bool]) -> None:
        """Return once it happens; fail after the deadline."""
        end = time.monotonic() + DEADLINE
        while not happens():
            assert time.monotonic() < end, self.log[-20:]
            time.sleep(0.02)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request with exactly these headers and this body."""
        aim = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(aim.hostname), aim.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            got = connection.getresponse()
            named = {name.lower(): value for name, value in got.getheaders()}
            return Reply(got.status, named, got.read())
        finally:
            connection.close()


def made(folder: Path) -> Web:
    """Return a server that is ready to begin, over the inventory of this module."""
    web = Web(folder)
    web.write(inventory())
    return web
