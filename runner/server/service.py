"""What a caller may ask of the platform: each question and order after a look at who asks.

A service is one engine with one connection to the data, so one thread at a time may use it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.server import access, answers
from runner.server.views import HostFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runner.model import Json
    from runner.progress import Created, Status
    from runner.server.answers import Point
    from runner.server.engine import Engine
    from runner.server.inventory import Inventory
    from runner.server.rows import Caller, HostRow
    from runner.server.store import Store
    from runner.server.views import Act, BatchView, JobFilter, JobView, StepView

Scope = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A job with its step and its batches, as they stood at one moment."""

    job: JobView
    step: StepView
    batches: tuple[BatchView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Methods raise RefusalError: NO_PERMISSION for who may not, NOT_FOUND across scopes."""

    engine: Engine
    store: Store
    inventory: Callable[[], Inventory]

    def close(self) -> None:
        """Let go of the data; what runs goes on."""
        self.engine.close()

    # ------------------------------------------------------------ orders

    def create(self, caller: Caller, body: dict[str, Json]) -> tuple[Created, str]:
        """Create the job that `body` orders; return it with its name."""
        order = self.engine.order(
            body, lambda known, drafted: access.may_execute(known, caller, drafted)
        )
        return self.engine.create(order, caller), order.name

    def operate_job(
        self, caller: Caller, scope: Scope, job: int, code: int, seen: Point | None = None
    ) -> None:
        """Carry out operation `code` on a job of `scope`, if it still stands where `seen`."""
        access.may_operate(self.inventory(), caller, scope)
        with self._reading():
            self._job(scope, job)
        self.engine.operate_job(job, code, caller, seen)

    def operate_step(
        self,
        caller: Caller,
        scope: Scope,
        ids: tuple[int, int],
        code: int,
        seen: Point | None = None,
    ) -> None:
        """Carry out operation `code` on a step, if it still stands where it was `seen`.

        `ids` are those of its job and its own.
        """
        access.may_operate(self.inventory(), caller, scope)
        with self._reading():
            self._step(scope, *ids)
        self.engine.operate_step(ids[1], code, caller, seen)

    # ------------------------------------------------------------ questions

    def whole(self, caller: Caller, scope: Scope, job: int) -> Whole:
        """Return a job of `scope` with its step and batches."""
        access.may_view(self.inventory(), caller, scope)
        with self._reading():
            found = self._job(scope, job)
            step = self.store.views.step_of(job)
            if step is None:
                raise answers.no_job(job)
            return Whole(job=found, step=step, batches=self.store.views.batches(step.id))

    def job(self, caller: Caller, job: int) -> JobView:
        """Return a job of whichever scope; one that the caller may not see is not there."""
        scopes = access.visible(self.inventory(), caller)
        with self._reading():
            found = self.store.views.job(job)
        if found is None or found.scope not in scopes:
            raise answers.no_job(job)
        return found

    def host(self, caller: Caller, job: int, position: int) -> tuple[JobView, HostRow]:
        """Return a job as `job` does, with the host at a position of its step, from 0."""
        found = self.job(caller, job)
        with self._reading():
            step = self.store.views.step_of(job)
            wanted = HostFilter(position=position)
            rows = () if step is None else self.store.views.hosts(step.id, wanted)
        if not rows:
            raise answers.no_place(job, position)
        return found, rows[0]

    def jobs(
        self, caller: Caller, wanted: JobFilter, *, offset: int, length: int
    ) -> tuple[tuple[JobView, ...], int]:
        """Return a page of jobs, newest first, and how many there are in all.

        Without scopes, those of every scope that the caller may view.
        """
        known = self.inventory()
        if wanted.scopes is None:
            wanted = replace(wanted, scopes=access.visible(known, caller))
        for scope in wanted.scopes or ():
            access.may_view(known, caller, scope)
        with self._reading():
            page = self.store.views.jobs(wanted, offset=offset, length=length)
            return page, self.store.views.count(wanted)

    def hosts(
        self,
        caller: Caller,
        scope: Scope,
        ids: tuple[int, int],
        wanted: HostFilter,
        page: tuple[int, int] = (0, -1),
    ) -> tuple[HostRow, ...]:
        """Return the hosts of a step; `ids` are those of its job and its own."""
        access.may_view(self.inventory(), caller, scope)
        with self._reading():
            self._step(scope, *ids)
            offset, length = page
            return self.store.views.hosts(ids[1], wanted, offset=offset, length=length)

    def script(self, caller: Caller, scope: Scope, ids: tuple[int, int]) -> bytes:
        """Return the script of a step; `ids` are those of its job and its own."""
        access.may_view(self.inventory(), caller, scope)
        with self._reading():
            self._step(scope, *ids)
            return self.store.views.script(ids[1])

    def acts(self, caller: Caller, scope: Scope, job: int) -> tuple[Act, ...]:
        """Return who ordered what of a job, oldest first."""
        access.may_view(self.inventory(), caller, scope)
        with self._reading():
            self._job(scope, job)
            return self.store.views.acts(job)

    def visible(self, caller: Caller, scope: Scope) -> Inventory:
        """Return the inventory in force, to whom may see what belongs to `scope`."""
        known = self.inventory()
        access.may_view(known, caller, scope)
        return known

    # ------------------------------------------------------------ for whoever has asked before

    def log(self, job: int, row: HostRow, offset: int, limit: int) -> bytes:
        """Return a piece of what the last run on a host has written. Any thread may ask."""
        return self.engine.log(job, row, offset, limit)

    def text(self, job: int, row: HostRow) -> str:
        """Return all that the last run on a host of the job has written. Any thread may ask."""
        return self.engine.text(job, row)

    def tally(self) -> tuple[Mapping[Status, int], int]:
        """Return how many jobs are in each state, and on how many hosts something runs."""
        with self._reading():
            return self.store.views.tally(), self.store.views.running()

    # ------------------------------------------------------------ parts

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self.store.reading():
            yield

    def _job(self, scope: Scope, job: int) -> JobView:
        found = self.store.views.job(job)
        if found is None or found.scope != scope:
            raise answers.no_job(job)
        return found

    def _step(self, scope: Scope, job: int, step: int) -> None:
        self._job(scope, job)
        found = self.store.views.step_of(job)
        if found is None or found.id != step:
            raise answers.no_step(step)
