"""A real `jobgate serve` as a process that can be killed, and a client that bears its death."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3

from runner import narrow, wire
from runner.server import passwords

if TYPE_CHECKING:
    from runner.model import Json

HERE = Path(__file__).parents[2]
APP, USER = "campaign", "tester"
SCOPE: dict[str, Json] = {"bk_scope_type": "biz", "bk_scope_id": "2"}
HOSTS = 40

_INVENTORY = """\
apiVersion: jobgate/v1
kind: Inventory
scopes: [{{type: biz, id: "2"}}]
hosts: [{hosts}]
accounts: [{{id: 1, alias: operator}}]
apps: [{{code: {app}, secret: {secret}, trusted: [{user}]}}]
users:
  - name: {user}
    may: [{{scope: biz/2, actions: [view, operate, execute], accounts: ["*"]}}]
"""
_OK = 200


class LostError(Exception):
    """No answer, or one that says: not now. Whether the order was carried out is not known."""


class RefusedError(Exception):
    """The server answers no; the text is what it answered."""


class Server:
    """A server over one data folder, begun again and again, each time at another port."""

    def __init__(self, folder: Path) -> None:
        """Keep its data, its inventory and its log below `folder`."""
        self._folder = folder
        self._secret = secrets.token_urlsafe(24)
        salt = secrets.token_bytes(passwords.SALT)
        content = _INVENTORY.format(
            hosts=", ".join(f"{{id: {each}, ip: 127.0.0.{each}}}" for each in range(1, HOSTS + 1)),
            app=APP,
            user=USER,
            secret=passwords.line(self._secret, salt, passwords.DRAWN),
        )
        (folder / "inventory.yaml").write_text(content, "utf-8")
        self.data = folder / "data"
        self.process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._listens = threading.Event()
        self.url = ""

    def begin(self) -> None:
        """Begin it, and do not wait for it."""
        self._listens = threading.Event()
        self.process = subprocess.Popen(
            (
                *(sys.executable, "-m", "runner", "serve", "--listen", "127.0.0.1:0"),
                *("--data", str(self.data), "--inventory", str(self._folder / "inventory.yaml")),
                *("--log-format", "json"),
            ),
            cwd=HERE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self.process, self._listens))
        self._reader.start()

    def client(self) -> Client:
        """Return a client once it listens. Raises LostError when it died before."""
        self._listens.wait()
        if not self.url:
            raise LostError
        return Client(self.url, self._secret)

    def kill(self, *, children: bool) -> None:
        """Kill it with SIGKILL, and if wanted the processes that it began as well."""
        if self.process is not None:
            begun = _children(self.process.pid) if children else []
            for process in (self.process.pid, *begun):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self._buried()

    def end(self) -> int:
        """End it as a service manager does, and return its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self._buried()

    def told(self) -> str:
        """Return what its processes have said."""
        return (self._folder / "log").read_text("utf-8")

    def _buried(self) -> int:
        code = -1 if self.process is None else self.process.wait()
        if self._reader is not None:
            self._reader.join()
        return code

    def _read(self, process: subprocess.Popen[str], listens: threading.Event) -> None:
        self.url = ""
        with (self._folder / "log").open("a", encoding="utf-8") as log:
            for line in process.stderr or ():
                log.write(line)
                log.flush()
                with suppress(ValueError):
                    event = wire.loads(line)
                    if narrow.text(event, "event") == "listening":
                        self.url = narrow.text(event, "address")
                        listens.set()
        # It has ended: whoever still waits for it to listen waits in vain.
        if not listens.is_set():
            listens.set()
        if process.stderr is not None:
            process.stderr.close()


class Client:
    """Calls one server. Each method raises LostError when there is no answer."""

    def __init__(self, url: str, secret: str) -> None:
        """Call the server at `url` as the app that knows `secret`."""
        self._url = url
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(5))
        who = {"bk_app_code": APP, "bk_app_secret": secret, "bk_username": USER}
        self._headers = {
            "X-Bkapi-Authorization": json.dumps(who),
            "Content-Type": "application/json",
        }

    def get(self, name: str, /, **values: Json) -> Json:
        """Ask version 4 a question."""
        query = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in (SCOPE | values).items()
        }
        return self._v4("GET", name, fields=query)

    def post(self, name: str, body: dict[str, Json]) -> Json:
        """Give version 4 an order, or a question with a body."""
        return self._v4("POST", name, body=json.dumps(SCOPE | body).encode())

    def operate(self, name: str, /, **values: Json) -> None:
        """Give version 3 an order. Raises RefusedError."""
        url = f"{self._url}/api/v3/{name}"
        status, tree = self._ask("POST", url, body=json.dumps(SCOPE | values).encode())
        if status != _OK or not narrow.boolean(tree, "result", default=False):
            raise RefusedError(json.dumps(tree))

    def _v4(self, method: str, name: str, **more: dict[str, str] | bytes) -> Json:
        status, tree = self._ask(method, f"{self._url}/api/v4/{name}", **more)
        if status != _OK:
            raise RefusedError(json.dumps(tree))
        return narrow.at(tree, "data")

    def _ask(self, method: str, url: str, **more: dict[str, str] | bytes) -> tuple[int, Json]:
        fields, body = more.get("fields"), more.get("body")
        try:
            response = self._http.request(
                method,
                url,
                fields=fields if isinstance(fields, dict) else None,
                body=body if isinstance(body, bytes) else None,
                headers=self._headers,
            )
        except urllib3.exceptions.HTTPError as error:
            raise LostError from error
        if response.status in {502, 503, 504}:
            raise LostError
        return response.status, wire.loads(response.data.decode())


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, task.read_text().split())
    return found
