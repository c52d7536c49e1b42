"""A server put together over one data folder: its lock, its driver, what its routes serve from."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import PlatformError
from runner.server.callbacks import Sender
from runner.server.console import keyfile
from runner.server.driver import Driver
from runner.server.engine import Engine
from runner.server.fleet import Fleet
from runner.server.hosts.local import Local
from runner.server.logins import Logins
from runner.server.passwords import Verifier
from runner.server.pool import Pool
from runner.server.routes.desk import Site
from runner.server.routes.gate import Gate
from runner.server.routes.health import Metrics
from runner.server.service import Service
from runner.server.store import Store
from runner.server.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from runner.model import Json
    from runner.server.inventory import User
    from runner.server.inventoryfile import Holder
    from runner.server.posting import Post

SERVICES = 8  # requests that are carried out at a time
PATIENCE = 3.0  # seconds that a request waits for others at the database
_LOCK = "server"


@contextmanager
def opened(
    data: Path,
    holder: Holder,
    user: User,
    note: Callable[[str, Mapping[str, Json]], None],
    post: Post,
) -> Iterator[Site]:
    """Serve from the folder `data` for the time of the block, drive its jobs on, and call back.

    Raises PlatformError when another server does so already. `note` is told of troubles.
    """
    metrics = Metrics()

    def told(what: str) -> None:
        metrics.troubled()
        note("trouble", {"what": what})

    with _alone(data.absolute()) as folder:
        made = _Maker(folder=folder, holder=holder, local=Local(user=user.name, home=user.home))
        store = Store(folder)
        driver = Driver(made.engine(store), store, told)
        sender = _sender(folder, holder, note, post)
        services = Pool(made.service, SERVICES)
        driver.begin()
        sender.begin()
        try:
            yield Site(
                services=services,
                inventory=holder,
                gate=Gate(logins=Logins(Verifier(), Throttle()), inventory=holder),
                metrics=metrics,
                wake=driver.wake,
                note=note,
                key=keyfile.kept(folder),
            )
        finally:
            driver.end()
            sender.end()
            services.close()


def _sender(
    folder: Path, holder: Holder, note: Callable[[str, Mapping[str, Json]], None], post: Post
) -> Sender:
    return Sender(Store(folder), holder, lambda what: note("callback", {"what": what}), post=post)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Makes engines over one folder, all of which launch by one connection."""

    folder: Path
    holder: Holder
    local: Local

    def engine(self, store: Store) -> Engine:
        fleet = Fleet(folder=self.folder / "runs", connections={"local": self.local})
        return Engine(store, self.holder, fleet)

    def service(self) -> Service:
        store = Store(self.folder, PATIENCE)
        return Service(engine=self.engine(store), store=store, inventory=self.holder)


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """Hold the lock of the folder's one server; whoever uses it in process is not kept out."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PlatformError(
            f"cannot open the data folder {folder}: {error.strerror}",
            mend="name a folder that this user may write to",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise PlatformError(
            f"cannot serve the data folder {folder}: another server does",
            mend="end that one first, or name another folder with --data",
        ) from error
    try:
        yield folder
    finally:
        os.close(lock)
