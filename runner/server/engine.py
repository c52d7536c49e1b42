"""The platform itself: creates jobs, drives them on, and answers for them.

It has no threads and no memory: whoever asks for a status drives the job, so a job goes on when
its runner has died and another one asks. Several may ask at once. What is decided is decided in
one transaction and launched after it; if we die in between, the next one who asks launches it, and
the run's claim lets it begin once.

Who may do what, HTTP and callbacks are left to others.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runner import canon
from runner.errors import PlatformError
from runner.frozen import Frozen, Target
from runner.progress import HostState, Progress, Status
from runner.server import admit, answers, scriptversions, states
from runner.server.hosts.runs import Outcome, Seen
from runner.server.states import HostStatus, JobOperation, StepOperation
from runner.server.steering import Steering
from runner.server.views import JobFilter
from runner.witness import Sighting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from runner.model import Json
    from runner.progress import Created
    from runner.server.admit import Order
    from runner.server.answers import Point
    from runner.server.fleet import Fleet
    from runner.server.inventory import Inventory, ScopeKey
    from runner.server.rows import Caller, HostRow, Work
    from runner.server.store import Store
    from runner.stored import Named, Stored

_ACTIVE = frozenset({Status.RUNNING, Status.STOPPING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many hosts of a batch run at a time, and how often a launch is tried.

    A run that nobody has claimed is launched again after `patience` ms; after `launches`, given up.
    """

    parallel: int = 64
    patience: int = 1000
    launches: int = 10


_PACE = Pace()


def _anything(known: Inventory, order: Order) -> None:
    """Permit what is ordered in process, by the owner of the machine."""
    del known, order


class Engine:
    """The jobs of one data folder. Methods raise RefusalError, and PlatformError for the disk."""

    def __init__(
        self, store: Store, inventory: Callable[[], Inventory], fleet: Fleet, *, pace: Pace = _PACE
    ) -> None:
        """Serve the jobs in `store` for the hosts of the inventory in force, by way of `fleet`."""
        self.instance = store.instance
        self._store = store
        self._inventory = inventory
        self._fleet = fleet
        self._pace = pace

    def close(self) -> None:
        """Let go of the data folder; what runs goes on, and its outcome is not lost."""
        self._store.close()

    # ------------------------------------------------------------ orders

    def order(
        self, body: dict[str, Json], permit: Callable[[Inventory, Order], None] = _anything
    ) -> Order:
        """Return what `body` orders, to be created; nothing is stored yet.

        `permit` raises for what the caller may not do by the inventory that is in force.
        """
        known = self._inventory()
        return admit.order(body, known, _now(), permit=partial(permit, known))

    def create(self, order: Order, caller: Caller) -> Created:
        """Store a job as ordered, and start it unless `start_task` is false."""
        with self._store.launching():
            with self._store.transaction():
                created = self._store.add(order, caller, _now())
                begun = self._steering().start(self._known(created.job)) if order.start else ()
            self._launch_or_leave(created.job, begun)
        return created

    def operate_job(self, job: int, code: int, caller: Caller, seen: Point | None = None) -> None:
        """Carry out the platform's operation `code` on a job; a second start is 1241015.

        Where `seen` says where the job stood, it is refused if it stands elsewhere by now.
        """
        with self._store.launching():
            with self._store.transaction():
                work = _as_seen(self._known(job), seen)
                operation = states.job_operation(code, work.job_status)
                self._store.note(job, caller, operation.name.lower(), _now())
                steering = self._steering()
                start = operation is JobOperation.START
                begun = steering.start(work) if start else steering.stop(work)
            self._launch_or_leave(job, begun)
        if not start:
            # The order is given; who asks next gives it to the hosts if we cannot.
            with suppress(PlatformError):
                self.advance(job)

    def operate_step(self, step: int, code: int, caller: Caller, seen: Point | None = None) -> None:
        """Carry out the platform's operation `code` on a step: on its current batch.

        Where `seen` says where the step stood, it is refused if it stands elsewhere by now.
        """
        with self._store.launching():
            with self._store.transaction():
                work = self._store.work_of_step(step)
                if work is None:
                    raise answers.no_step(step)
                operation = states.step_operation(code, _as_seen(work, seen).step_status)
                self._store.note(work.job, caller, operation.name.lower(), _now())
                steering = self._steering()
                if operation is StepOperation.NEXT_BATCH:
                    begun = steering.confirm(work)
                elif operation in {StepOperation.RETRY_FAILED, StepOperation.RETRY_ALL}:
                    begun = steering.retry(work, operation)
                elif operation is StepOperation.SKIP:
                    begun = steering.skip(work)
                else:
                    begun = steering.leave(work, operation)
            self._launch_or_leave(work.job, begun)

    # ------------------------------------------------------------ driving

    def advance(self, job: int) -> None:
        """Take in what has ended, and begin what comes next."""
        with self._store.reading():
            work = self._known(job)
            rows = self._store.running(work)
        seen = tuple((row, self._fleet.observe(job, row)) for row in rows)
        if work.job_status is not Status.RUNNING:
            self._fleet.stop(job, (row for row, what in seen if isinstance(what, Seen)))
        ended = tuple((row, what) for row, what in seen if isinstance(what, Outcome))
        idle = tuple(row for row, what in seen if what is Seen.UNCLAIMED and self._overdue(row))
        if not ended and not idle:
            return
        with self._store.launching():
            with self._store.transaction():
                for row, outcome in ended:
                    self._store.end(work, row, outcome)
                again = tuple(row for row in idle if self._store.relaunch(work, row, _now()))
                work = self._known(job)
                begun = self._steering().settle(work) if work.job_status in _ACTIVE else ()
                errand = self._store.errand(work.step) if begun or again else None
            if errand is not None:
                most = self._pace.launches
                self._fleet.give_up(job, (row for row in again if row.launches >= most))
                once_more = (row for row in again if row.launches < most)
                self._fleet.launch(job, (*begun, *once_more), errand)

    # ------------------------------------------------------------ answers

    def find(self, name: str) -> tuple[int, ...]:
        """Return the ids of the jobs whose name contains `name`, oldest first."""
        with self._store.reading():
            return self._store.find(name)

    def listed(self, scope: tuple[str, str], since: int, name: str = "") -> tuple[Sighting, ...]:
        """Return the jobs of a scope that were created since then (ms), oldest first.

        Only those whose name contains `name`.
        """
        wanted = JobFilter(scopes=(scope,), since=since, name=name)
        with self._store.reading():
            found = self._store.views.jobs(wanted, length=-1)
        return tuple(
            Sighting(
                job=each.id,
                name=each.name,
                status=each.status,
                at=each.created_at,
                by=each.operator,
            )
            for each in reversed(found)
        )

    def step(self, job: int) -> int:
        """Return the id of the job's only step."""
        with self._store.reading():
            return self._known(job).step

    def status(self, job: int) -> Progress:
        """Drive the job on, and return how it stands then."""
        self.advance(job)
        with self._store.reading():
            work = self._known(job)
            rows = self._store.hosts(work.step)
        return Progress(
            status=work.job_status,
            finished=states.finished(work.job_status),
            paused=_paused(work),
            batch=work.batch,
            batches=work.batches,
            hosts=tuple(map(_host, rows)),
            tries=max(1, work.execute_count),
        )

    def frozen(self, job: int) -> Frozen:
        """Return what the job was created with: its script, its account, and its hosts."""
        with self._store.reading():
            step = self._store.views.step_of(job)
            if step is None:
                raise answers.no_job(job)
            script, rows = self._store.views.script(step.id), self._store.hosts(step.id)
        return Frozen(
            script=canon.sha256(script),
            account_id=step.account,
            alias=step.alias,
            targets=tuple(Target(label=row.label, id=row.host) for row in rows),
        )

    def stored(self, scope: ScopeKey, named: Named) -> Stored:
        """Return what the inventory keeps under a version's number, or has online of a script."""
        return scriptversions.stored(self._inventory(), scope, named)

    def logs(self, job: int, host: str | None) -> Iterator[tuple[str, str]]:
        """Return (label, log text so far) of one host or of all, in the order of the batches."""
        with self._store.reading():
            rows = self._store.hosts(self._known(job).step)
        chosen = tuple(row for row in rows if host in {None, row.label})
        if not chosen:
            raise answers.no_host(str(host))
        return ((row.label, self._fleet.text(job, row)) for row in chosen)

    def log(self, job: int, row: HostRow, offset: int, limit: int) -> bytes:
        """Return at most `limit` bytes of what the last run on a host has written."""
        return self._fleet.log(job, row, offset, limit)

    def text(self, job: int, row: HostRow) -> str:
        """Return all that the last run on a host has written, as text."""
        return self._fleet.text(job, row)

    # ------------------------------------------------------------ parts

    def _known(self, job: int) -> Work:
        work = self._store.work(job)
        if work is None:
            raise answers.no_job(job)
        return work

    def _steering(self) -> Steering:
        return Steering(store=self._store, parallel=self._pace.parallel, now=_now())

    def _launch_or_leave(self, job: int, begun: tuple[HostRow, ...]) -> None:
        """Launch what was decided. The decision stands also if it cannot be launched now."""
        if begun:
            with suppress(PlatformError):
                with self._store.reading():
                    errand = self._store.errand(self._known(job).step)
                self._fleet.launch(job, begun, errand)

    def _overdue(self, row: HostRow) -> bool:
        # The clock may have been put back: what was launched in the future counts as long ago.
        return not 0 <= _now() - row.launched_at < self._pace.patience


def _now() -> int:
    return time.time_ns() // 1_000_000


def _as_seen(work: Work, seen: Point | None) -> Work:
    if seen is not None and seen != (work.batch, work.execute_count):
        raise answers.moved_on(seen, (work.batch, work.execute_count))
    return work


def _paused(work: Work) -> bool:
    failed = work.job_status is Status.FAILED and work.mode is not None and not work.last
    return failed or work.job_status is Status.CONFIRM


def _host(row: HostRow) -> HostState:
    return HostState(
        host=row.label,
        batch=row.batch,
        state=_state(row.status),
        exit_code=row.exit_code,
        detail=row.detail,
        begun=row.launched_at or None,
        ended=row.ended_at,
    )


def _state(status: HostStatus) -> Literal["waiting", "running", "succeeded", "failed"]:
    if status is HostStatus.WAITING:
        return "waiting"
    if status is HostStatus.RUNNING:
        return "running"
    return "succeeded" if status in states.HOST_SUCCEEDED else "failed"
