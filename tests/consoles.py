"""The console in process: people with cookies before a reception, over a data folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from runner.server.console.reception import Reception
from runner.server.console.sessions import COOKIE, Sessions
from runner.server.inventoryfile import Holder
from runner.server.routes.transport import Call
from tests import desks, webserver
from tests.desks import Front
from tests.webserver import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runner.model import Json
    from runner.server.console.attempts import Going

NOW = 1_800_000_000
HOST = "jobs.example"
OURS = {"host": HOST, "origin": f"http://{HOST}"}
PASSWORDS = {"alice": "of alice", "bob": "of bob", "carol": "of carol"}


def inventory(passwords: Mapping[str, str] = PASSWORDS) -> dict[str, Json]:
    """Return the inventory of `webserver`, its people with passwords."""
    tree = webserver.inventory()
    users = tree["users"]
    assert isinstance(users, list)
    for user in users:
        assert isinstance(user, dict)
        user["password"] = webserver.line(passwords[str(user["name"])])
    return tree


class House:
    """A reception over a folder, at an instant that tests move on."""

    def __init__(self, folder: Path, *, secure: bool = False) -> None:
        """Stand over the folder."""
        self.front = Front(folder)
        self.know(inventory())
        self.now = NOW
        self.sessions = Sessions(bytes(32), secure=secure)
        self.reception = Reception(self.front.desk.site, self.sessions, clock=lambda: self.now)

    def know(self, tree: Mapping[str, Json]) -> None:
        """Put another inventory in force."""
        holder = self.front.inventory
        assert isinstance(holder, Holder)
        self.front.write(tree)
        holder.reload()

    def visitor(self, name: str = "") -> Visitor:
        """Return somebody who has logged in, or a stranger."""
        made = Visitor(self)
        if name:
            assert made.log_in(name, PASSWORDS[name]).status == 303
        return made


class Visitor:
    """Somebody with a browser: a cookie, and the token that forms have."""

    def __init__(self, house: House) -> None:
        """Come without a cookie."""
        self.house = house
        self.cookie = ""
        self.going: list[Going] = []

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request with the cookie, and take the one that comes back."""
        aim = urlsplit(path)
        shown = {"cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        call = Call(
            method=method,
            path=aim.path,
            query=aim.query,
            headers={**shown, **(headers or {})},
            body=body,
            peer=desks.PEER,
        )
        reply = self.house.reception.answer(call)
        if reply.going is not None:
            self.going.append(reply.going)
        answer = reply.answer
        content = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        named = {name.lower(): value for name, value in answer.headers.items()}
        if found := re.match(f"{COOKIE}=([^;]*);", named.get("set-cookie", "")):
            self.cookie = found[1]
        return Reply(answer.status, {**named, "content-type": answer.kind}, content)

    def get(self, path: str, **headers: str) -> Reply:
        """Open a page."""
        return self.send("GET", path, headers=headers)

    def page(self, path: str) -> str:
        """Return the text of a page that there must be."""
        reply = self.get(path)
        assert reply.status == 200, reply.content
        return reply.content.decode()

    def post(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] = OURS
    ) -> Reply:
        """Send a form."""
        return self.send("POST", path, urlencode(fields).encode(), headers)

    def log_in(self, name: str, password: str) -> Reply:
        """Send the form for logging in."""
        return self.post("/login", {"name": name, "password": password})

    def token(self) -> str:
        """Return the token that this visitor's forms have."""
        return hidden(self.page("/"), "token")

    def confirm(self, job: Json, operation: str, **other: str) -> Reply:
        """Confirm an order with what its page says, some of it changed."""
        page = self.page(f"/jobs/{job}/confirm/{operation}")
        fields = {name: hidden(page, name) for name in ("token", "operation", "batch", "count")}
        return self.post(f"/jobs/{job}/operate", {**fields, **other})


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field, the last of its name."""
    found = re.findall(f'<input type="hidden" name="{name}" value="([^"]*)">', page)
    assert found, page
    return str(found[-1])
