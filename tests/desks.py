"""The routes in process: a desk over a data folder, without HTTP and without a driver."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from runner.server import inventory as inventories
from runner.server.engine import Engine
from runner.server.fleet import Fleet
from runner.server.hosts.local import Local
from runner.server.inventoryfile import Holder
from runner.server.logins import Logins
from runner.server.passwords import Verifier
from runner.server.pool import Pool
from runner.server.routes.desk import Desk, Site
from runner.server.routes.gate import Gate
from runner.server.routes.health import Metrics
from runner.server.routes.transport import Call
from runner.server.service import Service
from runner.server.store import Store
from runner.server.throttle import Throttle
from tests import webserver
from tests.webserver import Client, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from runner.model import Json
    from runner.server.inventory import Inventory

PEER = "192.0.2.1"


class Front(Client):
    """A desk that answers, what it noted, and how often it woke the driver."""

    def __init__(self, folder: Path, known: Inventory | None = None) -> None:
        """Stand over the folder, with what is known, or else with the inventory of `webserver`."""
        self.folder = folder
        self.notes: list[tuple[str, Mapping[str, Json]]] = []
        self.woken = 0
        self.write(webserver.inventory())
        user = inventories.own_user()
        holder = Holder(folder / "inventory.yaml", user)
        self.inventory: Callable[[], Inventory] = holder if known is None else lambda: known
        self.local = Local(user=user.name, home=user.home, grace=0.3)
        self.services = Pool(self._service, 2)
        site = Site(
            services=self.services,
            inventory=self.inventory,
            gate=Gate(logins=Logins(Verifier(), Throttle()), inventory=self.inventory),
            metrics=Metrics(),
            wake=self._wake,
            note=lambda event, values: self.notes.append((event, values)),
            key=bytes(32),
        )
        self.desk = Desk(site)

    def _service(self) -> Service:
        store = Store(self.data, 0.5)
        fleet = Fleet(folder=self.data / "runs", connections={"local": self.local})
        engine = Engine(store, self.inventory, fleet)
        return Service(engine=engine, store=store, inventory=self.inventory)

    def _wake(self) -> None:
        self.woken += 1

    def close(self) -> None:
        """Let go of everything."""
        self.services.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Have one request answered."""
        aim = urlsplit(path)
        call = Call(
            method=method,
            path=unquote(aim.path),
            query=aim.query,
            headers={name.lower(): value for name, value in (headers or {}).items()},
            body=body or b"",
            peer=PEER,
        )
        answer = self.desk.answer(call)
        content = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        named = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status, {**named, "content-type": answer.kind}, content)

    def state(self, job: Json) -> Json:
        """Drive the job on, and return the number of its state."""
        with self.services.one() as service:
            service.engine.advance(int(str(job)))
        return super().state(job)
