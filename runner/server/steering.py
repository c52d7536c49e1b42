"""What moves a job from batch to batch, written inside one transaction of the store.

`states` says which moves there are, `turns` what follows a batch, the store keeps it; here they
are put together. After each of these functions a step that runs has a host that runs.
Each returns the hosts that were marked as running, for the caller to launch once it is committed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.server import states, turns
from runner.server.states import HostStatus, JobOperation, StepOperation
from runner.server.turns import Turn

if TYPE_CHECKING:
    from runner.server.rows import HostRow, Work
    from runner.server.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """A store, how many hosts of a batch may run at a time, and the instant (ms)."""

    store: Store
    parallel: int
    now: int

    def start(self, work: Work) -> tuple[HostRow, ...]:
        """Begin the first batch of a job that waits."""
        moves = states.JOB_OPERATIONS[JobOperation.START]
        states.move(moves, work.job_status, Status.RUNNING)
        states.move(moves, work.step_status, Status.RUNNING)
        return self._begin(work, batch=1, execute_count=1)

    def stop(self, work: Work) -> tuple[HostRow, ...]:
        """Let no more hosts begin; those that run are to be told by the caller."""
        moves = states.JOB_OPERATIONS[JobOperation.STOP]
        if work.job_status is Status.CONFIRM:
            stopped = states.move(moves, work.step_status, Status.STOPPED)
            self._write(work, Turn(batch=work.batch_status, step=stopped, job=stopped))
            return ()
        stopping = states.move(moves, work.step_status, Status.STOPPING)
        self.store.put_off(work)
        return self.settle(
            self._write(work, Turn(batch=work.batch_status, step=stopping, job=stopping))
        )

    def retry(self, work: Work, operation: StepOperation) -> tuple[HostRow, ...]:
        """Run the current batch again under a new execute count: all of it, or what failed."""
        self._check(work, operation, Turn(batch=_RUN, step=_RUN, job=_RUN))
        self.store.reset(work, everyone=operation is StepOperation.RETRY_ALL)
        return self._begin(work, batch=work.batch, execute_count=work.execute_count + 1)

    def leave(self, work: Work, operation: StepOperation) -> tuple[HostRow, ...]:
        """Leave the current batch as it is, marked as ignored or skipped, and go on."""
        mark = Status.IGNORED if operation is StepOperation.IGNORE else Status.SKIPPED
        batch = work.batch_status if work.batch_status is Status.SUCCEEDED else mark
        if work.last:
            turn = Turn(batch=batch, step=mark, job=Status.SUCCEEDED)
            self._check(work, operation, turn)
            self._write(work, turn)
            return ()
        turn = Turn(batch=batch, step=_RUN, job=_RUN)
        self._check(work, operation, turn)
        return self._next(self._write(work, turn))

    def skip(self, work: Work) -> tuple[HostRow, ...]:
        """End a step that is being stopped, without waiting for its hosts."""
        turn = Turn(batch=Status.SKIPPED, step=Status.SKIPPED, job=Status.SUCCEEDED)
        self._check(work, StepOperation.SKIP, turn)
        self._write(work, turn)
        return ()

    def confirm(self, work: Work) -> tuple[HostRow, ...]:
        """Begin the next batch of a step that waits for a person."""
        operation = StepOperation.NEXT_BATCH
        self._check(work, operation, Turn(batch=work.batch_status, step=_RUN, job=_RUN))
        return self._next(work)

    def settle(self, work: Work) -> tuple[HostRow, ...]:
        """Begin waiting hosts where there is room; turn the batch when all its hosts have ended."""
        tally = self.store.tally(work)
        running = tally.get(HostStatus.RUNNING, 0)
        if running or tally.get(HostStatus.WAITING, 0):
            return self.store.take(work, self.parallel - running, self.now)
        turn = turns.after(
            tally,
            stopping=work.step_status is Status.STOPPING,
            last=work.last,
            mode=work.mode,
        )
        states.move(states.BATCH, work.batch_status, turn.batch)
        states.move(states.STEP, work.step_status, turn.step)
        if turn.job is not work.job_status:
            states.move(states.JOB, work.job_status, turn.job)
        turned = self._write(work, turn)
        if turn.step is not Status.ROLLING:
            return ()
        states.move(states.STEP, turn.step, Status.RUNNING)
        return self._next(turned)

    def _next(self, work: Work) -> tuple[HostRow, ...]:
        return self._begin(work, batch=work.batch + 1, execute_count=work.execute_count)

    def _begin(self, work: Work, *, batch: int, execute_count: int) -> tuple[HostRow, ...]:
        self.store.choose(work, batch=batch, execute_count=execute_count)
        chosen = replace(work, batch=batch, execute_count=execute_count)
        return self.settle(self._write(chosen, Turn(batch=_RUN, step=_RUN, job=_RUN)))

    def _write(self, work: Work, turn: Turn) -> Work:
        self.store.turn(work, turn, self.now)
        return replace(work, batch_status=turn.batch, step_status=turn.step, job_status=turn.job)

    def _check(self, work: Work, operation: StepOperation, turn: Turn) -> None:
        states.move(states.STEP_OPERATIONS[operation], work.step_status, turn.step)
        states.move(states.JOB_BY_STEP[operation], work.job_status, turn.job)
        if operation is not StepOperation.NEXT_BATCH:
            states.move(states.BATCH_BY_STEP[operation], work.batch_status, turn.batch)


_RUN = Status.RUNNING
