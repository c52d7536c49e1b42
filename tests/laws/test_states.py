"""No chain of states leaves an end state, except by the operations that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.progress import Status
from runner.server import states, turns
from runner.server.answers import RefusalError
from runner.server.states import HostStatus, JobOperation, StepOperation

if TYPE_CHECKING:
    from runner.server.states import Moves

pytestmark = pytest.mark.laws

STATUS = st.sampled_from(Status)
TABLES = st.sampled_from([states.JOB, states.STEP, states.BATCH])
ENDED = st.sampled_from(sorted(set(HostStatus) - {HostStatus.WAITING, HostStatus.RUNNING}))


@settings(max_examples=200)
@given(moves=TABLES, status=STATUS, choices=st.lists(st.integers(0, 20), max_size=12))
def test_no_chain_of_moves_leaves_an_end_state(
    moves: Moves, status: Status, choices: list[int]
) -> None:
    """However a state moves by itself, once it is finished it stays."""
    finished = states.finished(status)
    for choice in choices:
        ways = sorted(moves[status])
        if not ways:
            break
        status = states.move(moves, status, ways[choice % len(ways)])

        assert not finished
        finished = states.finished(status)


@settings(max_examples=200)
@given(code=st.integers(-1, 20), status=STATUS)
def test_only_an_operation_of_the_table_moves_a_step(code: int, status: Status) -> None:
    """An operation is let through exactly where its table has a way out of the state."""
    known = code in set(StepOperation)
    ways = states.STEP_OPERATIONS[StepOperation(code)][status] if known else frozenset()
    if ways:
        assert code == states.step_operation(code, status)
        return
    with pytest.raises(RefusalError) as refusal:
        states.step_operation(code, status)

    assert refusal.value.number == (1241003 if known else 1241002)


@settings(max_examples=100)
@given(status=STATUS)
def test_a_job_starts_once(status: Status) -> None:
    """No state but waiting lets a job start, and no operation or move leads back to waiting."""
    tables = [
        *(states.JOB, states.STEP, states.BATCH, *states.JOB_OPERATIONS.values()),
        *(*states.STEP_OPERATIONS.values(), *states.JOB_BY_STEP.values()),
    ]

    assert all(Status.WAITING not in table[status] for table in tables)
    starts = states.JOB_OPERATIONS[JobOperation.START][status]
    assert bool(starts) == (status is Status.WAITING)


@settings(max_examples=300)
@given(
    tally=st.dictionaries(ENDED, st.integers(1, 50), min_size=1),
    stopping=st.booleans(),
    last=st.booleans(),
    mode=st.sampled_from([None, 1, 2, 3]),
)
def test_what_follows_a_batch_is_always_a_move_of_the_tables(
    *, tally: dict[HostStatus, int], stopping: bool, last: bool, mode: int | None
) -> None:
    """Whatever the hosts did, batch, step and job have a way to what follows."""
    before = Status.STOPPING if stopping else Status.RUNNING

    turn = turns.after(tally, stopping=stopping, last=last or mode is None, mode=mode)

    states.move(states.BATCH, Status.RUNNING, turn.batch)
    states.move(states.STEP, before, turn.step)
    assert turn.job is before or turn.job in states.JOB[before]
    assert states.finished(turn.job) or turn.step in {Status.ROLLING, Status.CONFIRM}


@settings(max_examples=100)
@given(extra=st.dictionaries(ENDED, st.integers(1, 9)), mode=st.sampled_from([None, 1, 2, 3]))
def test_an_unknown_outcome_is_never_a_success(
    extra: dict[HostStatus, int], mode: int | None
) -> None:
    """One host whose outcome nobody knows makes the job abnormal, whatever the others did."""
    turn = turns.after({**extra, HostStatus.UNKNOWN: 1}, stopping=False, last=True, mode=mode)

    assert {Status.ABNORMAL} == {turn.batch, turn.step, turn.job}
