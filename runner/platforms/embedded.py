"""The embedded platform in process: the Platform protocol over the engine of `server`.

What the server refuses becomes a RefusedError with the platform's code and number.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner import acts
from runner.errors import RefusedError
from runner.model import Act
from runner.server import inventory as inventories
from runner.server import inventoryfile
from runner.server.answers import Number, RefusalError, not_offered
from runner.server.engine import Engine
from runner.server.fleet import Fleet
from runner.server.hosts.local import Local
from runner.server.rows import Caller
from runner.server.states import JobOperation
from runner.server.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.frozen import Frozen
    from runner.handles import Handle
    from runner.model import Json
    from runner.progress import Created, Progress
    from runner.stored import Named, Stored
    from runner.witness import Sighting


class Embedded:
    """Jobs that this machine runs itself, kept in one data folder.

    Whoever asks for a job's status drives it on; several processes may use one folder at once.
    """

    def __init__(self, data: Path, inventory: Path | None) -> None:
        """Open the folder `data` for the hosts of the YAML file, or for the built-in ones.

        Raises PlatformError, and FindingsError for what is wrong with the file.
        """
        folder = data.absolute()
        user = inventories.own_user()
        known = inventoryfile.Holder(inventory, user)
        self._owner = Caller(user=user.name)
        local = Local(user=user.name, home=user.home)
        self._engine = Engine(
            Store(folder),
            known,
            Fleet(folder=folder / "runs", connections={"local": local}),
        )

    def close(self) -> None:
        """Let go of the folder; what runs goes on."""
        self._engine.close()

    @property
    def instance(self) -> str:
        """Return the UUID that the folder was given when it was made."""
        return self._engine.instance

    @property
    def lanes(self) -> int:
        """Return how many threads may ask it at one time: the engine is one thread's."""
        return 1

    def create(self, body: dict[str, Json]) -> Created:
        """Create a job from the whole body; `start_task` false means that it does not start."""
        with _refusals():
            order = self._engine.order(body)
            if order.callback:
                # It would be queued, and nobody here would ever send it.
                raise not_offered("callback_url", "leave it out, and ask for the status")
            return self._engine.create(order, self._owner)

    def start(self, handle: Handle) -> None:
        """Start a job that waits. A job that was started before is left alone, without an error."""
        with _refusals():
            try:
                self._engine.operate_job(handle.job, JobOperation.START, self._owner)
            except RefusalError as refusal:
                if refusal.number != Number.STARTED_TWICE:
                    raise

    def find(self, name: str, scope: tuple[str, str]) -> tuple[int, ...]:
        """Return the ids of the jobs whose `task_name` contains `name`, oldest first.

        All scopes of a folder are its owner's, so they are looked through alike.
        """
        del scope
        return self._engine.find(name)

    def listed(self, scope: tuple[str, str], since: int, bearing: str = "") -> tuple[Sighting, ...]:
        """Return the jobs of a scope that were created since then (ms), oldest first.

        Only those whose `task_name` contains `bearing`.
        """
        return self._engine.listed(scope, since, bearing)

    def status(self, handle: Handle) -> Progress:
        """Return how the job stands now, after driving it on."""
        with _refusals():
            return self._engine.status(handle.job)

    def frozen(self, handle: Handle) -> Frozen:
        """Return what a job was created with, all of it."""
        with _refusals():
            return self._engine.frozen(handle.job)

    def script_version(self, scope: tuple[str, str], named: Named) -> Stored:
        """Return a version of a script of the inventory, by its number or the id of its script."""
        with _refusals():
            return self._engine.stored(scope, named)

    def operate(self, handle: Handle, act: Act, seen: Progress) -> None:
        """Order `act` of a job, if it still stands where it was `seen`."""
        point = (seen.batch, seen.tries)
        with _refusals():
            step = self._engine.step(handle.job)
            code = acts.operation(act, seen.status)
            if act is Act.STOP:
                # It is wanted of the job, however far that has come meanwhile.
                self._engine.operate_job(handle.job, code, self._owner)
            else:
                self._engine.operate_step(step, code, self._owner, point)

    def logs(self, handle: Handle, host: str | None) -> Iterator[tuple[str, str]]:
        """Yield (host label, log text so far) for one host or all."""
        with _refusals():
            return self._engine.logs(handle.job, host)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except RefusalError as refusal:
        raise RefusedError(
            f"{refusal.message} ({refusal.code} {int(refusal.number)})", mend=refusal.mend
        ) from refusal
