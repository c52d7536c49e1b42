"""What follows a batch that has ended, in each rolling mode."""

from __future__ import annotations

import pytest

from runner.progress import Status
from runner.server import turns
from runner.server.states import HostStatus

OK = {HostStatus.SUCCEEDED: 3}
BEFORE = {HostStatus.SUCCEEDED: 1, HostStatus.SUCCEEDED_BEFORE: 2}
BAD = {HostStatus.SUCCEEDED: 2, HostStatus.NON_ZERO: 1}
LOST = {HostStatus.NON_ZERO: 2, HostStatus.UNKNOWN: 1}


@pytest.mark.parametrize(
    ("tally", "left", "mode", "expected"),
    [
        (OK, 0, None, (3, 3, 3)),
        (OK, 1, 1, (3, 15, 2)),
        (OK, 1, 2, (3, 15, 2)),
        (OK, 1, 3, (3, 7, 7)),
        (OK, 0, 3, (3, 3, 3)),
        (BEFORE, 0, 1, (3, 3, 3)),
        (BAD, 0, None, (4, 4, 4)),
        (BAD, 1, 1, (4, 4, 4)),
        (BAD, 1, 2, (6, 15, 2)),
        (BAD, 0, 2, (6, 6, 3)),
        (BAD, 1, 3, (4, 4, 4)),
        (LOST, 1, 2, (9, 9, 9)),
        ({HostStatus.TIMED_OUT: 1, HostStatus.SUCCEEDED: 0}, 0, 1, (4, 4, 4)),
    ],
)
def test_a_batch_turns_as_its_mode_says(
    tally: dict[HostStatus, int],
    left: int,
    mode: int | None,
    expected: tuple[int, int, int],
) -> None:
    """Batch, step and job after a batch that nobody stopped, with `left` batches to come."""
    turn = turns.after(tally, stopping=False, last=left == 0, mode=mode)

    assert expected == (turn.batch, turn.step, turn.job)


@pytest.mark.parametrize("mode", [None, 1, 2, 3])
def test_a_stopped_batch_is_stopped_in_every_mode(mode: int | None) -> None:
    """Also when every host had succeeded before the stop reached it."""
    turn = turns.after(OK, stopping=True, last=True, mode=mode)

    assert {Status.STOPPED} == {turn.batch, turn.step, turn.job}


def test_an_unknown_outcome_outweighs_a_stop() -> None:
    """A stop does not hide that nobody knows what a host did."""
    assert Status.ABNORMAL is turns.after(LOST, stopping=True, last=True, mode=2).job
