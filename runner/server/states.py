"""The states of a job, its step, its batches and its hosts, and what moves them: tables alone.

A state moves by itself along `JOB`, `STEP` and `BATCH`, and by an order of a person along the
tables of operations. Nothing leaves an end state by itself; the operations name every way out.
"""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from runner.progress import Status
from runner.server.answers import Code, Number, RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Moves: TypeAlias = Mapping[Status, frozenset[Status]]


class JobOperation(IntEnum):
    """What a person may order a job to do (the platform's numbers)."""

    STOP = 1
    START = 2


class StepOperation(IntEnum):
    """What a person may order a step to do (the platform's numbers).

    CONFIRM, REFUSE and ASK_AGAIN are for manual steps, which a script job never has. They are
    known, and refused in every state.
    """

    RETRY_FAILED = 2
    IGNORE = 3
    CONFIRM = 6
    RETRY_ALL = 8
    REFUSE = 9
    ASK_AGAIN = 10
    NEXT_STEP = 11
    SKIP = 12
    NEXT_BATCH = 13


class HostStatus(IntEnum):
    """The platform's states of one host of a step (an "execute object")."""

    UNKNOWN = 0
    SUCCEEDED_BEFORE = 3
    WAITING = 5
    RUNNING = 7
    SUCCEEDED = 9
    NOT_STARTED = 12
    TIMED_OUT = 102
    TERMINATED = 103
    NON_ZERO = 104


FINISHED = frozenset(
    {
        Status.SUCCEEDED,
        Status.FAILED,
        Status.SKIPPED,
        Status.IGNORED,
        Status.TERMINATED,
        Status.ABNORMAL,
        Status.STOPPED,
        Status.CONFIRM_REFUSED,
        Status.ABANDONED,
    }
)
HOST_SUCCEEDED = frozenset({HostStatus.SUCCEEDED, HostStatus.SUCCEEDED_BEFORE})


def _moves(table: dict[Status, set[Status]]) -> Moves:
    return MappingProxyType({state: frozenset(table.get(state, ())) for state in Status})


_S = Status

JOB: Moves = _moves(
    {
        _S.RUNNING: {_S.SUCCEEDED, _S.FAILED, _S.CONFIRM, _S.ABNORMAL},
        _S.STOPPING: {_S.STOPPED, _S.ABNORMAL},
    }
)
# ROLLING stands between two batches; the engine passes through it within one transaction.
STEP: Moves = _moves(
    {
        _S.RUNNING: {_S.SUCCEEDED, _S.FAILED, _S.IGNORED, _S.CONFIRM, _S.ROLLING, _S.ABNORMAL},
        _S.ROLLING: {_S.RUNNING},
        _S.STOPPING: {_S.STOPPED, _S.ABNORMAL},
    }
)
BATCH: Moves = _moves(
    {
        _S.WAITING: {_S.RUNNING},
        _S.RUNNING: {_S.SUCCEEDED, _S.FAILED, _S.IGNORED, _S.STOPPED, _S.ABNORMAL},
    }
)

JOB_OPERATIONS: Mapping[JobOperation, Moves] = MappingProxyType(
    {
        JobOperation.START: _moves({_S.WAITING: {_S.RUNNING}}),
        JobOperation.STOP: _moves({_S.RUNNING: {_S.STOPPING}, _S.CONFIRM: {_S.STOPPED}}),
    }
)
_LEFT = (_S.FAILED, _S.ABNORMAL, _S.STOPPED)
_AGAIN = _moves({state: {_S.RUNNING} for state in _LEFT})
_NEVER = _moves({})
STEP_OPERATIONS: Mapping[StepOperation, Moves] = MappingProxyType(
    {
        StepOperation.RETRY_FAILED: _AGAIN,
        StepOperation.RETRY_ALL: _AGAIN,
        # RUNNING where batches are left: then the mark stays on the batch, and the step goes on.
        StepOperation.IGNORE: _moves(
            {_S.FAILED: {_S.IGNORED, _S.RUNNING}, _S.ABNORMAL: {_S.IGNORED, _S.RUNNING}}
        ),
        StepOperation.NEXT_STEP: _moves({_S.STOPPED: {_S.SKIPPED, _S.RUNNING}}),
        StepOperation.NEXT_BATCH: _moves({_S.CONFIRM: {_S.RUNNING}}),
        StepOperation.CONFIRM: _NEVER,
        StepOperation.REFUSE: _NEVER,
        StepOperation.ASK_AGAIN: _NEVER,
        # Nobody waits any longer for the hosts that are being stopped; they are still followed.
        StepOperation.SKIP: _moves({_S.STOPPING: {_S.SKIPPED}}),
    }
)
# What the operations on a step make of its job and of its current batch.
JOB_BY_STEP: Mapping[StepOperation, Moves] = MappingProxyType(
    {
        StepOperation.RETRY_FAILED: _AGAIN,
        StepOperation.RETRY_ALL: _AGAIN,
        StepOperation.IGNORE: _moves(
            {_S.FAILED: {_S.RUNNING, _S.SUCCEEDED}, _S.ABNORMAL: {_S.RUNNING, _S.SUCCEEDED}}
        ),
        StepOperation.NEXT_STEP: _moves({_S.STOPPED: {_S.RUNNING, _S.SUCCEEDED}}),
        StepOperation.SKIP: _moves({_S.STOPPING: {_S.SUCCEEDED}}),
        StepOperation.NEXT_BATCH: _moves({_S.CONFIRM: {_S.RUNNING}}),
    }
)
# A batch that succeeded is the current one where a step was stopped while it waited for a person.
_BATCH_AGAIN = _moves({state: {_S.RUNNING} for state in (*_LEFT, _S.SUCCEEDED)})
BATCH_BY_STEP: Mapping[StepOperation, Moves] = MappingProxyType(
    {
        StepOperation.RETRY_FAILED: _BATCH_AGAIN,
        StepOperation.RETRY_ALL: _BATCH_AGAIN,
        StepOperation.IGNORE: _moves({_S.FAILED: {_S.IGNORED}, _S.ABNORMAL: {_S.IGNORED}}),
        StepOperation.NEXT_STEP: _moves({_S.STOPPED: {_S.SKIPPED}, _S.SUCCEEDED: {_S.SUCCEEDED}}),
        StepOperation.SKIP: _moves({_S.RUNNING: {_S.SKIPPED}}),
    }
)


def finished(status: Status) -> bool:
    """Tell whether the platform calls a job or step in this state finished."""
    return status in FINISHED


def move(moves: Moves, old: Status, new: Status) -> Status:
    """Return `new`. A move that the table does not have is a bug, and raises ValueError."""
    if new not in moves[old]:
        message = f"no move leads from {_text(old)} to {_text(new)}"
        raise ValueError(message)
    return new


def job_operation(code: int, status: Status) -> JobOperation:
    """Return the operation that `code` orders for a job in `status`.

    Raises RefusalError: 1241002 for an unknown code, 1241015 for a start that is not the first,
    1241003 for a stop in a state that has none.
    """
    if code not in set(JobOperation):
        raise _unknown(code)
    operation = JobOperation(code)
    if JOB_OPERATIONS[operation][status]:
        return operation
    if operation is JobOperation.START:
        raise RefusalError(
            code=Code.FAILED_PRECONDITION,
            number=Number.STARTED_TWICE,
            message=f"cannot start the job: it was started before and is in state {_text(status)}",
            mend="ask for its status",
        )
    raise _unsupported("stop the job", status)


def step_operation(code: int, status: Status) -> StepOperation:
    """Return the operation that `code` orders for a step in `status`.

    Raises RefusalError: 1241002 for an unknown code, 1241003 in a state that does not allow it.
    """
    if code not in set(StepOperation):
        raise _unknown(code)
    operation = StepOperation(code)
    if not STEP_OPERATIONS[operation][status]:
        raise _unsupported(f"carry out operation {code} ({operation.name.lower()})", status)
    return operation


def _unknown(code: int) -> RefusalError:
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=Number.ILLEGAL,
        message=f"cannot carry out operation {code}: there is none of that number",
        mend="name an operation of the platform",
    )


def _unsupported(what: str, status: Status) -> RefusalError:
    return RefusalError(
        code=Code.FAILED_PRECONDITION,
        number=Number.UNSUPPORTED,
        message=f"cannot {what}: the state {_text(status)} does not allow it",
        mend="ask for its status, and choose an operation that this state allows",
    )


def _text(status: Status) -> str:
    return f"{status.value} ({status.name.lower()})"
